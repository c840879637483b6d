// Reading the options of collectors (--collector.NAME): what is wrong with one is said in one
// line that begins with the flag. Used by the factories at start.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/error.h"
#include "exporter/core/name_filter.h"
#include "exporter/host/table.h"

namespace exporter {

// Two options that exclude each other. Given only an include, the default of the exclude falls
// away.
Result<NameFilter> filter_option(const HostContext& context, std::string_view include,
                                 std::string_view exclude);

// One option that names what is left out.
Result<NameFilter> exclude_option(const HostContext& context, std::string_view exclude);

// One option that names what is wanted.
Result<NameFilter> filter_option(const HostContext& context, std::string_view include);

// All values of a repeatable option, in the order they were given, without empty ones.
std::vector<std::string> list_option(const HostContext& context, std::string_view name);

Result<bool> flag_option(const HostContext& context, std::string_view name);

// "5s", "1m30s", "500ms": as Go writes durations. Greater than zero.
Result<std::int64_t> duration_option_ns(const HostContext& context, std::string_view name);

}  // namespace exporter
