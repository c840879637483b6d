#include "exporter/host/hwmon_names.h"

#include <algorithm>
#include <array>

namespace exporter {
namespace {

constexpr std::array<std::string_view, 14> kTypes{
    "vrm",  "beep_enable", "update_interval", "in",     "cpu",      "fan",       "pwm",
    "temp", "curr",        "power",           "energy", "humidity", "intrusion", "freq"};

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> texts) {
  return std::ranges::find(texts, text) != texts.end();
}

SensorFamily power_family(const std::string& name, std::string_view property) {
  if (property == "accuracy") return {name, MetricType::kGauge, {1, 6}};
  if (property.starts_with("average_interval")) {
    return {name + "_seconds", MetricType::kGauge, {1, 3}};
  }
  return {name + "_watt", MetricType::kGauge, {1, 6}};
}

}  // namespace

std::string clean_hwmon_name(std::string_view name) {
  std::string clean;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ':' || c == '_';
    clean += kept ? c : '_';
  }
  const std::size_t first = clean.find_first_not_of('_');
  if (first == std::string::npos) return {};
  return clean.substr(first, clean.find_last_not_of('_') - first + 1);
}

std::optional<SensorFile> parse_sensor_file(std::string_view file) {
  const std::size_t digits = file.find_first_of("0123456789");
  const std::string_view type = file.substr(0, digits);
  if (std::ranges::find(kTypes, type) == kTypes.end()) return std::nullopt;
  if (digits == std::string_view::npos) return SensorFile{type, std::string(type) + "0", {}};
  const std::size_t end = std::min(file.find_first_not_of("0123456789", digits), file.size());
  std::string_view property = file.substr(end);
  if (!property.empty()) {
    if (property.size() < 2 || property.front() != '_') return std::nullopt;
    property.remove_prefix(1);
  }
  return SensorFile{type, std::string(file.substr(0, end)), property};
}

SensorFamily sensor_family(const SensorFile& file, bool has_bare_file) {
  const std::string_view type = file.type;
  const std::string_view property = file.property;
  if (type == "beep_enable") return {"node_hwmon_beep_enabled", MetricType::kGauge, {}};
  if (type == "vrm") return {"node_hwmon_voltage_regulator_version", MetricType::kGauge, {}};
  if (type == "update_interval") {
    return {"node_hwmon_update_interval_seconds", MetricType::kGauge, {1, 3}};
  }
  std::string name = "node_hwmon_" + std::string(type);
  const bool says_input = property == "input" && !has_bare_file;
  if (!property.empty() && !says_input) name += "_" + clean_hwmon_name(property);
  if (is_one_of(property, {"fault", "alarm"})) return {name, MetricType::kGauge, {}};
  if (property == "beep") return {name + "_enabled", MetricType::kGauge, {}};
  if (is_one_of(type, {"in", "cpu"})) return {name + "_volts", MetricType::kGauge, {1, 3}};
  if (type == "temp" && property != "type") return {name + "_celsius", MetricType::kGauge, {1, 3}};
  if (type == "curr") return {name + "_amps", MetricType::kGauge, {1, 3}};
  if (type == "energy") return {name + "_joule_total", MetricType::kCounter, {1, 6}};
  if (type == "power") return power_family(name, property);
  if (type == "humidity") return {name, MetricType::kGauge, {1, 6}};
  if (type == "fan" && is_one_of(property, {"input", "min", "max", "target"})) {
    return {name + "_rpm", MetricType::kGauge, {}};
  }
  return {name, MetricType::kGauge, {}};
}

}  // namespace exporter
