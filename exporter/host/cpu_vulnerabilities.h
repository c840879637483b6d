// Flaws of the CPU that the kernel knows, and what it does about them.
// S/devices/system/cpu/vulnerabilities/*, the kernel's Documentation/ABI.
#pragma once

#include <string>
#include <string_view>

#include "exporter/host/table.h"

namespace exporter {

struct Vulnerability {
  std::string_view state;       // "not affected", "vulnerable", "mitigation", "unknown"
  std::string_view mitigation;  // what is done or missing, a view into the text
};
Vulnerability parse_vulnerability(std::string_view text);

CollectorRow cpu_vulnerabilities_row();

}  // namespace exporter
