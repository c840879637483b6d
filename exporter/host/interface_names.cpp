#include "exporter/host/interface_names.h"

#include <sys/socket.h>

#include "exporter/host/netlink.h"

namespace exporter {

void InterfaceNames::update() {
  if (!changes_) {
    changes_.reset(link_news_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  } else if (!has_link_news(changes_.get())) {
    return;
  }
  names_.clear();
}

const std::string& InterfaceNames::of(std::uint32_t index, int socket) {
  const auto [at, is_new] = names_.try_emplace(index);
  if (is_new) at->second = interface_name(plain_ioctl, socket, index);
  return at->second;
}

}  // namespace exporter
