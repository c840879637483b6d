#include "exporter/http/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

// The kernel's own limit (somaxconn) may cut this. A short backlog costs an honest client a SYN
// retry of one second when others connect in a burst.
constexpr int kBacklog = 1024;

// The kernel hands a client over with its first bytes, or after this time. So an honest request is
// there at accept and never stands among those that can be evicted, and who sends nothing costs no
// descriptor for a while.
constexpr int kDeferSeconds = 1;

std::string lower_first(const char* text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z') out[0] = static_cast<char>(out[0] + 32);
  return out;
}

std::unexpected<Error> fail_at(ErrorKind kind, const std::string& address, const char* why) {
  return fail(kind, "--web.listen-address: " + address + ": " + lower_first(why));
}

ErrorKind kind_of(int error) {
  if (error == EADDRINUSE) return ErrorKind::kConflict;
  if (error == EADDRNOTAVAIL || error == EAFNOSUPPORT) return ErrorKind::kUnavailable;
  return ErrorKind::kIo;
}

struct AddressListDelete {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressListDelete>;

// 0, or the errno of what failed.
int try_listen(const addrinfo& where, Listener& listener) {
  FileDescriptor fd(
      socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!fd) return errno;
  const int on = 1;
  const int off = 0;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd.get(), IPPROTO_TCP, TCP_DEFER_ACCEPT, &kDeferSeconds, sizeof kDeferSeconds);
  if (where.ai_family == AF_INET6) {
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (bind(fd.get(), where.ai_addr, where.ai_addrlen) != 0) return errno;
  if (listen(fd.get(), kBacklog) != 0) return errno;

  sockaddr_in6 bound{};  // sin_port and sin6_port are at the same place
  socklen_t length = sizeof bound;
  if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &length) != 0) return errno;
  listener.port = ntohs(bound.sin6_port);
  listener.fd = std::move(fd);
  return 0;
}

}  // namespace

Result<ListenAddress> parse_listen_address(const std::string& text) {
  const auto bad = [&] { return fail_at(ErrorKind::kInvalid, text, "want host:port or :port"); };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return bad();
  ListenAddress address{text.substr(0, colon), text.substr(colon + 1)};
  if (!to_number<std::uint16_t>(address.port)) {
    return fail_at(ErrorKind::kInvalid, text, "the port has to be a number from 0 to 65535");
  }
  std::string& host = address.host;
  if (host.starts_with('[') && host.ends_with(']') && host.size() > 2) {
    host = host.substr(1, host.size() - 2);
    if (!host.contains(':')) return bad();
  } else if (host.find_first_of(":[]") != std::string::npos) {
    return bad();
  }
  return address;
}

Result<Listener> listen_on(const std::string& address) {
  const auto parsed = parse_listen_address(address);
  if (!parsed) return std::unexpected(parsed.error());

  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  // "localhost" is known here, so that it needs no /etc/hosts (RFC 6761, section 6.3).
  const char* host = parsed->host.empty()          ? nullptr
                     : parsed->host == "localhost" ? "127.0.0.1"
                                                   : parsed->host.c_str();
  const int error = getaddrinfo(host, parsed->port.c_str(), &hints, &found);
  if (error != 0) return fail_at(ErrorKind::kInvalid, address, gai_strerror(error));
  const AddressList list(found);

  // One socket per address. "Everywhere" is one IPv6 socket that takes IPv4 too, and a name with
  // both kinds means IPv4; the other family is for machines that lack the preferred one.
  const int preferred = host == nullptr ? AF_INET6 : AF_INET;
  Listener listener;
  std::optional<int> first_error;
  for (const bool in_preferred : {true, false}) {
    for (const addrinfo* a = list.get(); a != nullptr; a = a->ai_next) {
      if ((a->ai_family == preferred) != in_preferred) continue;
      const int failed = try_listen(*a, listener);
      if (failed == 0) return listener;
      if (!first_error) first_error = failed;
      if (failed == EADDRINUSE || failed == EACCES) {
        return fail_at(kind_of(failed), address, std::strerror(failed));
      }
    }
  }
  const int failed = first_error.value_or(EADDRNOTAVAIL);
  return fail_at(kind_of(failed), address, std::strerror(failed));
}

}  // namespace exporter
