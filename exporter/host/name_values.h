// Files of lines "name value": P/vmstat, P/net/snmp6.
#pragma once

#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/core/number.h"

namespace exporter {

struct NameValue {
  std::string_view name;  // into the text that was parsed
  Number value;
};

void parse_name_values(std::string_view text, std::vector<NameValue>& values, LineErrors& errors);

}  // namespace exporter
