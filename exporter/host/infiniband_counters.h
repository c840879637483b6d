// The counters of an InfiniBand port: which file below S/class/infiniband/DEVICE/ports/N becomes
// which family. Constant.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "exporter/core/samples.h"

namespace exporter {

struct InfinibandCounter {
  std::string_view file;
  Family family;
  std::uint64_t multiplier = 1;
};

std::span<const InfinibandCounter> infiniband_counters();

}  // namespace exporter
