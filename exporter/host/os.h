// The operating system's name and version. etc/os-release below the root file system, else
// usr/lib/os-release, os-release(5).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/host/table.h"

namespace exporter {

// Assignments with the shell's quotes taken off; lines that are none are passed over.
std::map<std::string, std::string, std::less<>> parse_os_release(std::string_view text);

// The number in front of VERSION_ID: 22.04 of "22.04.1".
std::optional<double> os_version(std::string_view version_id);

// Midnight UTC of "2028-06-30".
std::optional<std::int64_t> support_end(std::string_view date);

CollectorRow os_row();

}  // namespace exporter
