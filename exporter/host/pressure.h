// Time that tasks lost for want of CPU, memory, I/O or to interrupts. P/pressure/*, the kernel's
// Documentation/accounting/psi.rst.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "exporter/core/line_errors.h"
#include "exporter/host/table.h"

namespace exporter {

// Microseconds since boot.
struct Pressure {
  std::optional<std::uint64_t> some;  // at least one task waited
  std::optional<std::uint64_t> full;  // all of them did
};

Pressure parse_pressure(std::string_view text, LineErrors& errors);

CollectorRow pressure_row();

}  // namespace exporter
