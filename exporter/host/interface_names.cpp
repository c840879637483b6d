#include "exporter/host/interface_names.h"

#include <sys/socket.h>

#include <cerrno>

#include "exporter/host/netlink.h"

namespace exporter {
namespace {

// Of what happened only that it did is of interest, and what finds no room is told as well
// (ENOBUFS).
constexpr int kReceiveBytes = 4096;

}  // namespace

void InterfaceNames::update() {
  char byte = 0;
  const bool hears = static_cast<bool>(changes_);
  if (hears && ::recv(changes_.get(), &byte, sizeof byte, MSG_DONTWAIT) < 0 && errno == EAGAIN) {
    return;
  }
  // A new one, so that what waits in the old one need not be read.
  changes_.reset(link_news_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  if (changes_) {
    ::setsockopt(changes_.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBytes, sizeof kReceiveBytes);
  }
  names_.clear();
}

const std::string& InterfaceNames::of(std::uint32_t index, int socket) {
  const auto [at, is_new] = names_.try_emplace(index);
  if (is_new) at->second = interface_name(plain_ioctl, socket, index);
  return at->second;
}

}  // namespace exporter
