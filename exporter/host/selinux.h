// Whether SELinux is on, and how it is set. S/fs/selinux/enforce, and SELINUX= of
// etc/selinux/config below the root file system, selinux(8).
#pragma once

#include <string_view>

#include "exporter/host/table.h"

namespace exporter {

// 1 enforcing, 0 permissive, -1 disabled or not said.
int parse_selinux_config(std::string_view text);

CollectorRow selinux_row();

}  // namespace exporter
