// hwmon2/name: "coretemp", hwmon2/device -> ../../../coretemp.0 (chip "platform_coretemp_0")
// hwmon2/{temp1_input,temp1_crit,temp1_label}: "45000", "100000", "Package id 0"; old drivers put
// them into hwmon2/device/.
//
// A sensor on a slow bus may take tens of milliseconds.
#include "exporter/host/hwmon.h"

#include <filesystem>
#include <map>

#include "exporter/host/hardware.h"
#include "exporter/host/hwmon_names.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

constexpr Family kChipName{"node_hwmon_chip_names",
                           "Name that the driver gives a chip; always 1.",
                           MetricType::kGauge,
                           {"chip", "chip_name"}};
constexpr Family kLabel{"node_hwmon_sensor_label",
                        "Name that the driver gives a sensor; always 1.",
                        MetricType::kGauge,
                        {"chip", "label", "sensor"}};
constexpr Family kLikeGauge{"node_hwmon",
                            "What a sensor measures or is set to, in the unit of the name.",
                            MetricType::kGauge,
                            {"chip", "sensor"}};
constexpr Family kLikeCounter{"node_hwmon",
                              "What a sensor counts, in the unit of the name.",
                              MetricType::kCounter,
                              {"chip", "sensor"}};
constexpr Family kFrequency{
    "node_hwmon_freq_freq_mhz", "Clock rate in megahertz.", MetricType::kGauge, {"chip", "sensor"}};

constexpr CollectorOption kOptions[] = {
    {"hwmon.chip-include", "", "chips to report"},
    {"hwmon.chip-exclude", "", "chips to leave out"},
    {"hwmon.sensor-include", "", "sensors to report, as 'chip;sensor'"},
    {"hwmon.sensor-exclude", "", "sensors to leave out, as 'chip;sensor'"},
};

struct Filters {
  NameFilter chips;
  NameFilter sensors;
};

struct Chip {
  std::string directory;
  std::string entry;  // "hwmon2"
  std::string name;   // of the driver, clean
  std::string label;
};

std::string label_of(const Chip& chip) {
  std::error_code error;
  const std::filesystem::path device =
      std::filesystem::canonical(chip.directory + "/device", error);
  if (!error) {
    const std::string name = clean_hwmon_name(device.filename().native());
    const std::string parent = clean_hwmon_name(device.parent_path().filename().native());
    if (!name.empty()) return parent.empty() ? name : parent + "_" + name;
  }
  return chip.name.empty() ? chip.entry : chip.name;
}

// Chips of one device get their names, too; if these are the same, the numbers of the kernel.
void tell_apart(std::vector<Chip>& chips) {
  const auto rename = [&chips](auto suffix) {
    std::map<std::string, int> count;
    for (const Chip& chip : chips) ++count[chip.label];
    for (Chip& chip : chips) {
      if (count[chip.label] > 1) chip.label = suffix(chip);
    }
  };
  std::vector<std::string> before;
  for (const Chip& chip : chips) before.push_back(chip.label);
  rename([](const Chip& chip) {
    return chip.name.empty() ? chip.label : chip.label + "_" + chip.name;
  });
  rename([&](const Chip& chip) {
    return before[static_cast<std::size_t>(&chip - chips.data())] + "_" + chip.entry;
  });
}

std::optional<Number> parse_sensor(std::string_view text) {
  const auto value = to_value(text);
  return value ? value : Number::nan();
}

std::optional<Number> parse_switch(std::string_view text) { return Number(text == "1" ? 1 : 0); }

void discover_sensor(const Chip& chip, const SensorFile& file, const std::string& path,
                     const std::map<std::string, std::string>& files, HardwarePlan& plan) {
  const auto label = files.find(file.sensor + "_label");
  const std::string label_text = label == files.end() ? "" : read_text(label->second);
  if (file.property == "label") {
    if (!label_text.empty()) plan.constant(kLabel, 1, {chip.label, label_text, file.sensor});
    return;
  }
  if (file.type == "freq" && file.property == "input") {
    const std::string sensor = clean_hwmon_name(label_text);
    if (sensor.empty()) return;
    plan.number(kFrequency, path, {chip.label, sensor}, {1, 6}, parse_sensor);
    return;
  }
  const SensorFamily made = sensor_family(file, files.contains(file.sensor));
  const bool counts = made.type == MetricType::kCounter;
  const Family* family = plan.families().get(made.name, counts ? kLikeCounter : kLikeGauge);
  if (family == nullptr) return;
  plan.number(*family, path, {chip.label, file.sensor}, made.scale,
              file.type == "beep_enable" ? parse_switch : parse_sensor);
}

void discover_chip(const Chip& chip, const Filters& filters, HardwarePlan& plan) {
  std::map<std::string, std::string> files;  // to their paths
  for (const std::string& directory : {chip.directory + "/device", chip.directory}) {
    for (const std::string& file : list_directory(directory)) {
      if (parse_sensor_file(file)) files[file] = directory + "/" + file;
    }
  }
  if (!chip.name.empty()) plan.constant(kChipName, 1, {chip.label, chip.name});
  for (const auto& [name, path] : files) {
    const auto file = parse_sensor_file(name);
    if (!filters.sensors.passes(chip.label + ";" + file->sensor)) continue;
    discover_sensor(chip, *file, path, files, plan);
  }
}

void discover(const std::string& directory, const Filters& filters, HardwarePlan& plan) {
  std::vector<Chip> chips;
  for (const std::string& entry : plan.list(directory)) {
    Chip chip{.directory = directory + "/" + entry, .entry = entry, .name = {}, .label = {}};
    chip.name = clean_hwmon_name(read_text(chip.directory + "/name"));
    if (chip.name.empty()) chip.name = clean_hwmon_name(read_text(chip.directory + "/device/name"));
    chip.label = label_of(chip);
    chips.push_back(std::move(chip));
  }
  tell_apart(chips);
  for (const Chip& chip : chips) {
    if (filters.chips.passes(chip.label)) discover_chip(chip, filters, plan);
  }
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  auto chips = filter_option(context, "hwmon.chip-include", "hwmon.chip-exclude");
  if (!chips) return std::unexpected(chips.error());
  auto sensors = filter_option(context, "hwmon.sensor-include", "hwmon.sensor-exclude");
  if (!sensors) return std::unexpected(sensors.error());
  const std::string directory = context.roots.sysfs + "/class/hwmon";
  return make_hardware_collector(
      context, {.name = "hwmon",
                .places = {directory},
                .discover = [directory, filters = Filters{std::move(*chips), std::move(*sensors)}](
                                HardwarePlan& plan) { discover(directory, filters, plan); },
                .may_block = true,
                .no_device = NoDevice::kFineInPlace});
}

}  // namespace

CollectorRow hwmon_row() {
  return {"hwmon", true, "fans, temperatures, voltages and powers (/sys/class/hwmon)", kOptions,
          make};
}

}  // namespace exporter
