// Link modes of ethtool as node_exporter names them.
#pragma once

#include <linux/ethtool.h>

#include <cstddef>
#include <span>
#include <string_view>

namespace exporter {

struct SpeedMode {
  std::size_t bit;
  unsigned megabits;
  bool full_duplex;
  std::string_view name;
};
std::span<const SpeedMode> speed_modes();

struct PortMode {
  std::size_t bit;
  std::string_view name;
};
std::span<const PortMode> port_modes();

}  // namespace exporter
