#include "exporter/host/interface_names.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>

#include "exporter/host/netlink.h"

namespace exporter {
namespace {

// Of what happened only that it did is of interest, and what finds no room is told as well
// (ENOBUFS).
constexpr int kReceiveBytes = 4096;

}  // namespace

FileDescriptor InterfaceNames::listen_for_changes() {
  FileDescriptor fd(plain_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK;
  if (!fd || ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return {};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBytes, sizeof kReceiveBytes);
  return fd;
}

void InterfaceNames::update() {
  char byte = 0;
  if (changes_ && ::recv(changes_.get(), &byte, sizeof byte, MSG_DONTWAIT) < 0 && errno == EAGAIN) {
    return;
  }
  changes_ = listen_for_changes();  // a new one, so that what waits in it need not be read
  names_.clear();
}

const std::string& InterfaceNames::of(std::uint32_t index, int socket) {
  const auto [at, is_new] = names_.try_emplace(index);
  if (is_new) at->second = interface_name(plain_ioctl, socket, index);
  return at->second;
}

}  // namespace exporter
