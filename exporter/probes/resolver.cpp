// Two questions over one c-ares channel. The first is about the name. When it fails with anything
// but a plain "no such name", or half of the time is gone, the second asks the same servers for the
// name servers of the root, which every resolver that works knows:
//
//   name        root      verdict
//   no such     -         failed: an answer about the target
//   error       answered  failed: the resolver works, this name does not
//   error       error     no resolver: a broken one says SERVFAIL (systemd-resolved without
//   silence     silence   a network) or nothing to everything
//
// A channel lives for one look-up: it reads resolv.conf as it is now and sends from fresh ports.
#include "exporter/probes/resolver.h"

#include <ares.h>
#include <arpa/nameser.h>

#include <algorithm>
#include <cerrno>

namespace exporter {
namespace {

constexpr std::size_t kMaxAddresses = 16;
constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr int kTries = 3;

bool library_ready() {
  static const bool ready = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  return ready;
}

bool is_no_such_name(int status) { return status == ARES_ENOTFOUND || status == ARES_ENODATA; }

bool is_out_of_means(int status) { return status == ARES_ENOMEM || status == ARES_EFILE; }

void append_sockets(ares_channel channel, std::vector<pollfd>& out) {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const auto wanted = static_cast<unsigned>(
      ares_getsock(channel, sockets.data(), static_cast<int>(sockets.size())));
  for (unsigned i = 0; i < sockets.size(); ++i) {
    const int events = (ARES_GETSOCK_READABLE(wanted, i) != 0 ? POLLIN : 0) |
                       (ARES_GETSOCK_WRITABLE(wanted, i) != 0 ? POLLOUT : 0);
    if (events != 0) out.push_back({sockets[i], static_cast<short>(events), 0});
  }
}

}  // namespace

NameLookup::NameLookup(const std::string& host, std::uint16_t port, const Moment& now,
                       std::int64_t budget_ns, const std::string& name_servers)
    : host_(host), port_(port), doubt_at_ns_(now.boot_ns + budget_ns / 2) {
  ares_options options{};
  options.timeout = static_cast<int>(std::max<std::int64_t>(budget_ns / 4 / kNsPerMs, 1));
  options.tries = kTries;
  int status = ARES_ENOTINITIALIZED;
  if (library_ready()) {
    status = ares_init_options(&channel_, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
  }
  if (status == ARES_SUCCESS && !name_servers.empty()) {
    status = ares_set_servers_ports_csv(channel_, name_servers.c_str());
  }
  if (status != ARES_SUCCESS) {
    name_ = {.asked = true, .done = true, .status = ARES_ENOMEM};
    return;
  }

  name_.asked = true;
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  const auto on_answer = [](void* arg, int result, int, ares_addrinfo* found) {
    auto* self = static_cast<NameLookup*>(arg);
    self->name_.done = true;
    self->name_.status = result;
    if (found == nullptr) return;
    for (const auto* node = found->nodes; node != nullptr; node = node->ai_next) {
      if (self->addresses_.size() == kMaxAddresses) break;
      if (const auto address = Address::from(node->ai_addr, self->port_)) {
        self->addresses_.push_back(*address);
      }
    }
    ares_freeaddrinfo(found);
  };
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, on_answer, this);
}

NameLookup::~NameLookup() {
  if (channel_ != nullptr) ares_destroy(channel_);
}

void NameLookup::ask_about_root() {
  root_.asked = true;
  const auto on_answer = [](void* arg, int result, int, unsigned char*, int) {
    auto* self = static_cast<NameLookup*>(arg);
    self->root_.done = true;
    self->root_.status = result;
  };
  ares_query(channel_, ".", ns_c_in, ns_t_ns, on_answer, this);
}

void NameLookup::process() {
  std::vector<pollfd> sockets;
  append_sockets(channel_, sockets);
  poll(sockets.data(), sockets.size(), 0);
  for (const pollfd& socket : sockets) {
    const bool read = (socket.revents & (POLLIN | POLLERR | POLLHUP)) != 0;
    const bool write = (socket.revents & POLLOUT) != 0;
    if (read || write) {
      ares_process_fd(channel_, read ? socket.fd : ARES_SOCKET_BAD,
                      write ? socket.fd : ARES_SOCKET_BAD);
    }
  }
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

LookupState NameLookup::step(const Moment& now) {
  if (channel_ != nullptr && !(name_.done && (!root_.asked || root_.done))) process();
  const bool in_doubt = name_.done ? name_.status != ARES_SUCCESS && !is_no_such_name(name_.status)
                                   : now.boot_ns >= doubt_at_ns_;
  if (in_doubt && !root_.asked && channel_ != nullptr) ask_about_root();
  return verdict();
}

LookupState NameLookup::verdict() {
  if (!name_.done) return LookupState::kRunning;
  if (name_.status == ARES_SUCCESS && !addresses_.empty()) return LookupState::kFound;
  reason_ =
      host_ + ": " + (name_.status == ARES_SUCCESS ? "no address" : ares_strerror(name_.status));
  if (name_.status == ARES_SUCCESS || is_no_such_name(name_.status)) return LookupState::kFailed;
  if (is_out_of_means(name_.status)) return LookupState::kLocal;
  if (root_.asked && !root_.done) return LookupState::kRunning;
  return give_up();
}

LookupState NameLookup::give_up() const {
  const bool resolver_works =
      root_.done && (root_.status == ARES_SUCCESS || is_no_such_name(root_.status));
  return resolver_works ? LookupState::kFailed : LookupState::kNoResolver;
}

std::int64_t NameLookup::waits(const Moment& now, std::vector<pollfd>& out) const {
  if (channel_ == nullptr) return now.boot_ns;
  append_sockets(channel_, out);
  std::int64_t wake_ns = root_.asked ? INT64_MAX : doubt_at_ns_;
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) != nullptr) {
    wake_ns = std::min(wake_ns, now.boot_ns + std::int64_t{left.tv_sec} * 1'000'000'000 +
                                    std::int64_t{left.tv_usec} * 1000);
  }
  return wake_ns;
}

}  // namespace exporter
