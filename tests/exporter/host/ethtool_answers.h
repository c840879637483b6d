// A driver that answers ethtool's questions, written by hand.
#pragma once

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "exporter/host/netlink.h"

namespace test {

struct EthtoolAnswers {
  std::string driver{};
  std::vector<std::string> names{};
  std::vector<std::uint64_t> values{};
  std::vector<unsigned> supported{};  // bits of link modes
  std::vector<unsigned> advertised{};
  bool autonegotiates = false;
  int error = 0;  // of every question
};

// Interfaces that are not in the map are gone.
inline exporter::Ioctl driven_by(std::map<std::string, EthtoolAnswers> devices) {
  return [devices = std::move(devices)](int, unsigned long request, void* argument) {
    auto& interface = *static_cast<ifreq*>(argument);
    const auto found = devices.find(interface.ifr_name);
    if (request != SIOCETHTOOL) return EOPNOTSUPP;
    if (found == devices.end()) return ENODEV;
    const EthtoolAnswers& device = found->second;
    if (device.error != 0) return device.error;
    char* data = interface.ifr_data;
    std::uint32_t command = 0;
    std::memcpy(&command, data, sizeof command);
    if (command == ETHTOOL_GDRVINFO) {
      auto& info = *reinterpret_cast<ethtool_drvinfo*>(data);
      device.driver.copy(info.driver, sizeof info.driver);
      std::strcpy(info.version, "1.0.0");
      std::strcpy(info.bus_info, "0000:00:03.0");
      info.n_stats = static_cast<std::uint32_t>(device.names.size());
    } else if (command == ETHTOOL_GSTRINGS) {
      for (std::size_t i = 0; i < device.names.size(); ++i) {
        device.names[i].copy(data + sizeof(ethtool_gstrings) + i * ETH_GSTRING_LEN,
                             ETH_GSTRING_LEN);
      }
    } else if (command == ETHTOOL_GSTATS) {
      std::memcpy(data + sizeof(ethtool_stats), device.values.data(), 8 * device.values.size());
    } else if (command == ETHTOOL_GLINKSETTINGS) {
      if (device.supported.empty()) return EOPNOTSUPP;
      auto& settings = *reinterpret_cast<ethtool_link_settings*>(data);
      constexpr std::int8_t kWords = 3;
      if (settings.link_mode_masks_nwords != kWords) {
        settings.link_mode_masks_nwords = -kWords;
        return 0;
      }
      settings.autoneg = device.autonegotiates ? AUTONEG_ENABLE : AUTONEG_DISABLE;
      std::uint32_t masks[2 * kWords]{};
      for (const unsigned bit : device.supported) masks[bit / 32] |= 1U << (bit % 32);
      for (const unsigned bit : device.advertised) masks[kWords + bit / 32] |= 1U << (bit % 32);
      std::memcpy(data + sizeof settings, masks, sizeof masks);
    } else {
      return EOPNOTSUPP;
    }
    return 0;
  };
}

}  // namespace test
