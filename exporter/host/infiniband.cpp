// mlx5_0/{board_id,fw_ver,hca_type}: "SM_1061000001000", "12.28.2006", "MT4115"
// mlx5_0/ports/1/{state,phys_state,rate}: "4: ACTIVE", "5: LinkUp", "100 Gb/sec (4X EDR)"
// mlx5_0/ports/1/counters/port_rcv_data: "2884894436" (in units of four bytes), "N/A (no PMA)"
#include "exporter/host/infiniband.h"

#include "exporter/core/scan.h"
#include "exporter/host/hardware.h"
#include "exporter/host/infiniband_counters.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

constexpr Family kInfo{"node_infiniband_info",
                       "Make of an InfiniBand device; always 1.",
                       MetricType::kGauge,
                       {"board_id", "device", "firmware_version", "hca_type"}};

constexpr Family gauge(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kGauge, {"device", "port"}};
}

constexpr Family kState =
    gauge("node_infiniband_state_id",
          "State of the port: 0 no change, 1 down, 2 init, 3 armed, 4 active, 5 active, deferred.");
constexpr Family kPhysicalState = gauge(
    "node_infiniband_physical_state_id",
    "Physical state of the port: 0 no change, 1 sleep, 2 polling, 3 disabled, 4 training, 5 up.");
constexpr Family kRate =
    gauge("node_infiniband_rate_bytes_per_second", "Most that the port can carry.");
constexpr Family kLifespan = gauge("node_infiniband_lifespan_seconds",
                                   "How long the port's hardware counters are kept before they are "
                                   "read again.");

constexpr CollectorOption kOptions[] = {
    {"infiniband.device-include", "", "devices to report"},
    {"infiniband.device-exclude", "", "devices to leave out"},
};

std::optional<Number> parse_state(std::string_view text) {
  return to_value(text.substr(0, text.find(':')));
}

// "2.5 Gb/sec (1X)", in bytes.
std::optional<Number> parse_rate(std::string_view text) {
  const std::string_view number = next_word(text);
  if (next_word(text) != "Gb/sec") return std::nullopt;
  return to_value(number);
}

std::optional<Number> parse_count(std::string_view text) {
  if (text.starts_with("N/A")) return Number::nan();
  return to_value(text);
}

std::optional<Number> parse_whole_seconds(std::string_view milliseconds) {
  const auto value = to_number<std::uint64_t>(milliseconds);
  return value ? std::optional<Number>(*value / 1000) : std::nullopt;
}

void discover(const std::string& directory, const NameFilter& filter, HardwarePlan& plan) {
  for (const std::string& device : plan.list(directory)) {
    if (!filter.passes(device)) continue;
    const std::string base = directory + "/" + device;
    std::vector<LabelSource> labels;
    labels.push_back(LabelSource::file(base + "/board_id"));
    labels.push_back(LabelSource::text(device));
    labels.push_back(LabelSource::file(base + "/fw_ver"));
    labels.push_back(LabelSource::file(base + "/hca_type"));
    plan.info(kInfo, std::move(labels));
    for (const std::string& port : list_directory(base + "/ports")) {
      const std::string files = base + "/ports/" + port + "/";
      plan.number(kState, files + "state", {device, port}, {}, parse_state);
      plan.number(kPhysicalState, files + "phys_state", {device, port}, {}, parse_state);
      plan.number(kRate, files + "rate", {device, port}, {125'000'000, 0}, parse_rate);
      plan.number(kLifespan, files + "hw_counters/lifespan", {device, port}, {},
                  parse_whole_seconds);
      for (const InfinibandCounter& counter : infiniband_counters()) {
        plan.number(counter.family, files + std::string(counter.file), {device, port},
                    {counter.multiplier, 0}, parse_count);
      }
    }
  }
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  auto filter = filter_option(context, "infiniband.device-include", "infiniband.device-exclude");
  if (!filter) return std::unexpected(filter.error());
  const std::string directory = context.roots.sysfs + "/class/infiniband";
  return make_hardware_collector(
      context, {.name = "infiniband",
                .places = {directory},
                .discover = [directory, filter = std::move(*filter)](
                                HardwarePlan& plan) { discover(directory, filter, plan); },
                .may_block = true,
                .no_device = NoDevice::kFineInPlace});
}

}  // namespace

CollectorRow infiniband_row() {
  return {"infiniband", true, "InfiniBand and RoCE ports (/sys/class/infiniband)", kOptions, make};
}

}  // namespace exporter
