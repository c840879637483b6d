// Kernel settings that the user names. P/sys/..., proc_sys(5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exporter/host/table.h"

namespace exporter {

// "net.ipv4.tcp_rmem:min,default,max"
struct SysctlSpec {
  std::string name;
  std::vector<std::string> keys;  // names of the values, if given
};
SysctlSpec parse_sysctl_spec(std::string_view text);

// Below P/sys. A dot separates folders; "/" may stand for a dot inside a folder's name:
// net/ipv4/conf/eth0.1/forwarding.
std::string sysctl_path(std::string_view name);

CollectorRow sysctl_row();

}  // namespace exporter
