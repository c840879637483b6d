// A datagram holds messages {u32 length, u16 type, u16 flags, u32 sequence, u32 port, body}, each
// aligned to 4 bytes; a body is a struct of its family and attributes {u16 length, u16 type,
// value}.
#include "exporter/host/netlink.h"

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <thread>

namespace exporter {
namespace {

// Takes length bytes off the front, of which a header of this size was taken already.
bool take_body(std::string_view& bytes, std::size_t length, std::size_t header,
               std::string_view& body) {
  if (length < header || length - header > bytes.size()) return false;
  body = bytes.substr(0, length - header);
  bytes.remove_prefix(std::min<std::size_t>(NLMSG_ALIGN(length) - header, bytes.size()));
  return true;
}

bool same_file(const std::string& a, const std::string& b) {
  struct stat x{};
  struct stat y{};
  return ::stat(a.c_str(), &x) == 0 && ::stat(b.c_str(), &y) == 0 && x.st_dev == y.st_dev &&
         x.st_ino == y.st_ino;
}

// A socket stays in the network it was made in, so a thread of its own goes there to make it.
int socket_in(const std::string& network, int domain, int type, int protocol) {
  const FileDescriptor fd(::open(network.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return -errno;
  int result = -EPERM;
  std::jthread([&] {
    result = ::setns(fd.get(), CLONE_NEWNET) == 0 ? plain_socket(domain, type, protocol) : -errno;
  }).join();
  return result;
}

}  // namespace

int plain_socket(int domain, int type, int protocol) {
  const int fd = ::socket(domain, type | SOCK_CLOEXEC, protocol);
  return fd >= 0 ? fd : -errno;
}

int link_news_socket(int domain, int type, int protocol) {
  FileDescriptor socket(plain_socket(domain, type, protocol));
  if (!socket) return -errno;
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return -errno;
  }
  return socket.release();
}

bool has_link_news(int socket) {
  bool news = false;
  char byte = 0;  // receiving it drops the rest of its message
  while (::recv(socket, &byte, sizeof byte, MSG_DONTWAIT) >= 0) news = true;
  return news || errno != EAGAIN;
}

bool next_message(std::string_view& rest, nlmsghdr& head, std::string_view& body) {
  std::string_view bytes = rest;
  if (!take_struct(bytes, head) || !take_body(bytes, head.nlmsg_len, sizeof head, body)) {
    return false;
  }
  rest = bytes;
  return true;
}

bool next_attribute(std::string_view& rest, std::uint16_t& type, std::string_view& value) {
  nlattr attribute{};
  std::string_view bytes = rest;
  if (!take_struct(bytes, attribute) ||
      !take_body(bytes, attribute.nla_len, sizeof attribute, value)) {
    return false;
  }
  type = attribute.nla_type & NLA_TYPE_MASK;
  rest = bytes;
  return true;
}

std::unexpected<Error> NetlinkSocket::give_up(const char* what, int error) {
  socket_.reset();
  const bool missing = error == ENOENT || error == EOPNOTSUPP || error == EPROTONOSUPPORT ||
                       error == EAFNOSUPPORT || error == ESRCH;
  const ErrorKind kind = error == EBADMSG ? ErrorKind::kParse
                         : missing        ? ErrorKind::kNotFound
                                          : ErrorKind::kIo;
  return fail(kind,
              std::string("netlink: ") + what + ": " + std::generic_category().message(error));
}

// The body of an NLMSG_ERROR begins with a negative errno.
std::unexpected<Error> NetlinkSocket::refused(std::string_view message) {
  const auto error = as_struct<std::int32_t>(message);
  return give_up("request", error < 0 && error > -4096 ? -error : EBADMSG);
}

Result<void> NetlinkSocket::open() {
  if (socket_) return {};
  const int fd = open_(AF_NETLINK, SOCK_RAW, protocol_);
  if (fd < 0) return give_up("socket", -fd);
  socket_.reset(fd);
  sequence_ = 0;
  return {};
}

Result<void> NetlinkSocket::request(std::uint16_t type, std::string_view body) {
  if (auto opened = open(); !opened) return opened;
  nlmsghdr head{};
  head.nlmsg_len = static_cast<std::uint32_t>(sizeof head + body.size());
  head.nlmsg_type = type;
  head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  head.nlmsg_seq = ++sequence_;
  iovec parts[] = {{&head, sizeof head}, {const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  if (::sendmsg(socket_.get(), &message, MSG_NOSIGNAL) < 0) return give_up("send", errno);
  return {};
}

Result<std::string_view> NetlinkSocket::receive(ReadBuffer& buffer) {
  const ssize_t length =
      ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC);
  if (length < 0) return give_up("receive", errno);
  if (length == 0) return give_up("receive", EBADMSG);
  if (static_cast<std::size_t>(length) > buffer.size()) {
    buffer.grow();
    return give_up("receive", EMSGSIZE);
  }
  return std::string_view(buffer.data(), static_cast<std::size_t>(length));
}

int plain_ioctl(int fd, unsigned long request, void* argument) {
  return ::ioctl(fd, request, argument) == 0 ? 0 : errno;
}

std::string interface_name(const Ioctl& ioctl, int fd, std::uint32_t index) {
  ifreq request{};
  request.ifr_ifindex = static_cast<int>(index);
  if (ioctl(fd, SIOCGIFNAME, &request) != 0) return {};
  return {request.ifr_name, ::strnlen(request.ifr_name, IFNAMSIZ)};
}

OpenSocket open_socket_of(const Roots& roots) {
  if (roots.procfs == "/proc") return plain_socket;
  return [network = roots.procfs + "/1/ns/net"](int domain, int type, int protocol) {
    return same_file(network, "/proc/self/ns/net") ? plain_socket(domain, type, protocol)
                                                   : socket_in(network, domain, type, protocol);
  };
}

std::string network_file(const Roots& roots, std::string_view name) {
  std::string directory = roots.procfs + "/net/";
  if (roots.procfs != "/proc") {
    std::string of_first = roots.procfs + "/1/net/";
    if (::access(of_first.c_str(), X_OK) == 0) directory = std::move(of_first);
  }
  return directory.append(name);
}

}  // namespace exporter
