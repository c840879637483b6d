// BAT0/{capacity,charge_now,voltage_now,…}: "98", "4300000" (µAh), "12341000" (µV); temp: "253"
// (tenths of a degree); {status,technology,…}: "Discharging", "Li-ion"
//
// A reading may go through an embedded controller or over a slow bus.
#include "exporter/host/powersupplyclass.h"

#include <array>

#include "exporter/host/hardware.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

constexpr Family gauge(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kGauge, {"power_supply"}};
}

struct Output {
  Family family;
  std::string_view file;
  std::uint8_t decimals = 0;
};

constexpr std::array kOutputs{
    Output{gauge("node_power_supply_authentic", "1 when the supply knows that it is genuine."),
           "authentic"},
    Output{gauge("node_power_supply_calibrate", "1 while the battery is being calibrated."),
           "calibrate"},
    Output{gauge("node_power_supply_capacity", "Charge in percent of a full one."), "capacity"},
    Output{gauge("node_power_supply_capacity_alert_max",
                 "Charge in percent above which the supply warns."),
           "capacity_alert_max"},
    Output{gauge("node_power_supply_capacity_alert_min",
                 "Charge in percent below which the supply warns."),
           "capacity_alert_min"},
    Output{gauge("node_power_supply_charge_ampere", "Charge in ampere hours."), "charge_now", 6},
    Output{gauge("node_power_supply_charge_control_limit", "Limit that is set for charging."),
           "charge_control_limit", 6},
    Output{gauge("node_power_supply_charge_control_limit_max",
                 "Highest limit that can be set for charging."),
           "charge_control_limit_max", 6},
    Output{
        gauge("node_power_supply_charge_counter", "Charge in ampere hours that went in and out."),
        "charge_counter", 6},
    Output{gauge("node_power_supply_charge_empty",
                 "Charge in ampere hours at which the battery counts as empty."),
           "charge_empty", 6},
    Output{gauge("node_power_supply_charge_empty_design",
                 "Charge in ampere hours of a new empty battery."),
           "charge_empty_design", 6},
    Output{gauge("node_power_supply_charge_full", "Charge in ampere hours of the full battery."),
           "charge_full", 6},
    Output{gauge("node_power_supply_charge_full_design",
                 "Charge in ampere hours of a new full battery."),
           "charge_full_design", 6},
    Output{gauge("node_power_supply_charge_term_current",
                 "Current in amperes at which charging ends."),
           "charge_term_current", 6},
    Output{gauge("node_power_supply_constant_charge_current",
                 "Current in amperes while charging with constant current."),
           "constant_charge_current", 6},
    Output{gauge("node_power_supply_constant_charge_current_max",
                 "Most current in amperes while charging with constant current."),
           "constant_charge_current_max", 6},
    Output{gauge("node_power_supply_constant_charge_voltage",
                 "Voltage in volts while charging with constant voltage."),
           "constant_charge_voltage", 6},
    Output{gauge("node_power_supply_constant_charge_voltage_max",
                 "Most voltage in volts while charging with constant voltage."),
           "constant_charge_voltage_max", 6},
    Output{gauge("node_power_supply_current_ampere", "Current in amperes now."), "current_now", 6},
    Output{gauge("node_power_supply_current_boot", "Current in amperes at boot."), "current_boot",
           6},
    Output{gauge("node_power_supply_current_max", "Most current in amperes."), "current_max", 6},
    Output{gauge("node_power_supply_cyclecount", "Times that the battery was charged."),
           "cycle_count"},
    Output{gauge("node_power_supply_energy_empty",
                 "Energy in watt hours at which the battery counts as empty."),
           "energy_empty", 6},
    Output{gauge("node_power_supply_energy_empty_design",
                 "Energy in watt hours of a new empty battery."),
           "energy_empty_design", 6},
    Output{gauge("node_power_supply_energy_full", "Energy in watt hours of the full battery."),
           "energy_full", 6},
    Output{gauge("node_power_supply_energy_full_design",
                 "Energy in watt hours of a new full battery."),
           "energy_full_design", 6},
    Output{gauge("node_power_supply_energy_watthour", "Energy in watt hours now."), "energy_now",
           6},
    Output{gauge("node_power_supply_input_current_limit",
                 "Most current in amperes that is drawn from the input."),
           "input_current_limit", 6},
    Output{gauge("node_power_supply_online", "1 when the supply gives power."), "online"},
    Output{gauge("node_power_supply_power_watt", "Power in watts now."), "power_now", 6},
    Output{gauge("node_power_supply_precharge_current",
                 "Current in amperes while an empty battery is prepared."),
           "precharge_current", 6},
    Output{gauge("node_power_supply_present", "1 when the battery is there."), "present"},
    Output{gauge("node_power_supply_temp_alert_max_celsius",
                 "Temperature above which the supply warns."),
           "temp_alert_max", 1},
    Output{gauge("node_power_supply_temp_alert_min_celsius",
                 "Temperature below which the supply warns."),
           "temp_alert_min", 1},
    Output{gauge("node_power_supply_temp_ambient_celsius", "Temperature around the battery."),
           "temp_ambient", 1},
    Output{gauge("node_power_supply_temp_ambient_max_celsius",
                 "Temperature around the battery above which the supply warns."),
           "temp_ambient_max", 1},
    Output{gauge("node_power_supply_temp_ambient_min_celsius",
                 "Temperature around the battery below which the supply warns."),
           "temp_ambient_min", 1},
    Output{gauge("node_power_supply_temp_celsius", "Temperature of the battery."), "temp", 1},
    Output{gauge("node_power_supply_temp_max_celsius",
                 "Highest temperature that the battery may have."),
           "temp_max", 1},
    Output{gauge("node_power_supply_temp_min_celsius",
                 "Lowest temperature that the battery may have."),
           "temp_min", 1},
    Output{gauge("node_power_supply_time_to_empty_seconds", "Time until the battery is empty."),
           "time_to_empty_now"},
    Output{gauge("node_power_supply_time_to_full_seconds", "Time until the battery is full."),
           "time_to_full_now"},
    Output{gauge("node_power_supply_voltage_boot", "Voltage in volts at boot."), "voltage_boot", 6},
    Output{gauge("node_power_supply_voltage_max", "Highest voltage in volts that was seen."),
           "voltage_max", 6},
    Output{gauge("node_power_supply_voltage_max_design", "Highest voltage in volts by design."),
           "voltage_max_design", 6},
    Output{gauge("node_power_supply_voltage_min", "Lowest voltage in volts that was seen."),
           "voltage_min", 6},
    Output{gauge("node_power_supply_voltage_min_design", "Lowest voltage in volts by design."),
           "voltage_min_design", 6},
    Output{gauge("node_power_supply_voltage_ocv", "Voltage in volts without load."), "voltage_ocv",
           6},
    Output{gauge("node_power_supply_voltage_volt", "Voltage in volts now."), "voltage_now", 6},
};

constexpr Family kInfo{
    "node_power_supply_info",
    "Make and state of a power supply; always 1.",
    MetricType::kGauge,
    {"capacity_level", "charge_type", "health", "manufacturer", "model_name", "power_supply",
     "scope", "serial_number", "status", "technology", "type", "usb_type"},
    {},
    EmptyLabels::kLeftOut};

constexpr CollectorOption kOptions[] = {
    {"powersupply.ignored-supplies", "^$", "power supplies to leave out"},
};

void discover(const std::string& directory, const NameFilter& filter, HardwarePlan& plan) {
  for (const std::string& supply : plan.list(directory)) {
    if (!filter.passes(supply)) continue;
    const std::string base = directory + "/" + supply + "/";
    for (const Output& output : kOutputs) {
      plan.number(output.family, base + std::string(output.file), {supply}, {1, output.decimals});
    }
    std::vector<LabelSource> labels;
    for (const std::string_view label : std::span(kInfo.labels).first(kInfo.label_count())) {
      labels.push_back(label == "power_supply" ? LabelSource::text(supply)
                                               : LabelSource::file(base + std::string(label)));
    }
    plan.info(kInfo, std::move(labels));
  }
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  auto filter = exclude_option(context, "powersupply.ignored-supplies");
  if (!filter) return std::unexpected(filter.error());
  const std::string directory = context.roots.sysfs + "/class/power_supply";
  return make_hardware_collector(
      context, {.name = "powersupplyclass",
                .places = {directory},
                .discover = [directory, filter = std::move(*filter)](
                                HardwarePlan& plan) { discover(directory, filter, plan); },
                .may_block = true,
                .no_device = NoDevice::kFineInPlace});
}

}  // namespace

CollectorRow powersupplyclass_row() {
  return {"powersupplyclass", true, "batteries and mains adapters (/sys/class/power_supply)",
          kOptions, make};
}

}  // namespace exporter
