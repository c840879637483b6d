// A flag --collector.<name> of one collector, as node_exporter spells it without "collector.":
// "diskstats.device-exclude". All values are text; the collector that owns the option reads it.
#pragma once

#include <string_view>

namespace exporter {

struct CollectorOption {
  std::string_view name;
  std::string_view default_value;  // "true" and "false" make it a flag without a value
  std::string_view help;
  bool repeatable = false;  // its values stand on lines of their own in one text
};

}  // namespace exporter
