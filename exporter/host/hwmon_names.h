// How a file of S/class/hwmon becomes a family: what node_exporter's users know as
// node_hwmon_temp_celsius and the like. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/core/samples.h"
#include "exporter/host/attribute.h"

namespace exporter {

// "temp2_crit_alarm" is the property "crit_alarm" of the sensor "temp2" of type "temp". Without a
// number the sensor's is 0, without a property that is empty.
struct SensorFile {
  std::string_view type;
  std::string sensor;
  std::string_view property;
};

// Nothing for files that are no sensor's.
std::optional<SensorFile> parse_sensor_file(std::string_view file);

struct SensorFamily {
  std::string name;
  MetricType type = MetricType::kGauge;
  Scale scale;
};

// `has_bare_file`: there is a file "fan1" beside "fan1_input". Labels are no families of their own:
// property "label", and freq's input, which is reported under the sensor's label.
SensorFamily sensor_family(const SensorFile& file, bool has_bare_file);

// Lower case, other bytes than [a-z0-9:_] as '_', none of them at the ends.
std::string clean_hwmon_name(std::string_view name);

}  // namespace exporter
