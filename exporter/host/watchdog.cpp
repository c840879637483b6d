// watchdog0/{timeout,timeleft,pretimeout,bootstatus,fw_version,nowayout,access_cs0}: "60"
// watchdog0/{identity,options,pretimeout_governor,state,status}: "Software Watchdog", "0x8380", …
#include "exporter/host/watchdog.h"

#include <array>

#include "exporter/host/hardware.h"

namespace exporter {
namespace {

constexpr Family kInfo{"node_watchdog_info",
                       "Make and state of a watchdog; always 1.",
                       MetricType::kGauge,
                       {"identity", "name", "options", "pretimeout_governor", "state", "status"}};

constexpr Family gauge(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kGauge, {"name"}};
}

struct Output {
  Family family;
  std::string_view file;
};

constexpr std::array<Output, 7> kOutputs{{
    {gauge("node_watchdog_bootstatus", "What the watchdog says of the last boot, as bits."),
     "bootstatus"},
    {gauge("node_watchdog_fw_version", "Firmware version of the watchdog."), "fw_version"},
    {gauge("node_watchdog_nowayout", "1 when the watchdog cannot be stopped."), "nowayout"},
    {gauge("node_watchdog_timeleft_seconds", "Time until the watchdog acts."), "timeleft"},
    {gauge("node_watchdog_timeout_seconds", "Time without a sign of life after which it acts."),
     "timeout"},
    {gauge("node_watchdog_pretimeout_seconds", "Time before the timeout at which it warns."),
     "pretimeout"},
    {gauge("node_watchdog_access_cs0",
           "1 when the watchdog can make the machine boot from chip 0."),
     "access_cs0"},
}};

void discover(const std::string& directory, HardwarePlan& plan) {
  for (const std::string& name : plan.list(directory)) {
    const std::string base = directory + "/" + name + "/";
    for (const Output& output : kOutputs) {
      plan.number(output.family, base + std::string(output.file), {name});
    }
    std::vector<LabelSource> labels;
    labels.push_back(LabelSource::file(base + "identity"));
    labels.push_back(LabelSource::text(name));
    for (const char* file : {"options", "pretimeout_governor", "state", "status"}) {
      labels.push_back(LabelSource::file(base + file));
    }
    plan.info(kInfo, std::move(labels));
  }
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const std::string directory = context.roots.sysfs + "/class/watchdog";
  return make_hardware_collector(
      context, {.name = "watchdog",
                .places = {directory},
                .discover = [directory](HardwarePlan& plan) { discover(directory, plan); },
                .may_block = true,
                .no_device = NoDevice::kFineInPlace});
}

}  // namespace

CollectorRow watchdog_row() {
  return {"watchdog", true, "hardware watchdogs (/sys/class/watchdog)", {}, make};
}

}  // namespace exporter
