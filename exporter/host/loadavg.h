// Load averages. P/loadavg, proc_loadavg(5).
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "exporter/host/table.h"

namespace exporter {

// The averages over 1, 5 and 15 minutes; nothing when text does not begin with three numbers.
std::optional<std::array<double, 3>> parse_loadavg(std::string_view text);

CollectorRow loadavg_row();

}  // namespace exporter
