// st0/stats/{in_flight,io_ns,other_cnt,read_byte_cnt,read_cnt,read_ns,resid_cnt,…}: "68"
#include "exporter/host/tapestats.h"

#include <array>

#include "exporter/host/hardware.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

constexpr Family counter(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kCounter, {"device"}};
}

struct Output {
  Family family;
  std::string_view file;
  std::uint8_t decimals = 0;
};

constexpr std::array<Output, 10> kOutputs{{
    {{"node_tape_io_now", "Requests to the drive under way.", MetricType::kGauge, {"device"}},
     "in_flight"},
    {counter("node_tape_io_time_seconds_total", "Time that all requests took together."), "io_ns",
     9},
    {counter("node_tape_io_others_total", "Requests other than reads and writes."), "other_cnt"},
    {counter("node_tape_read_bytes_total", "Bytes read from the drive."), "read_byte_cnt"},
    {counter("node_tape_reads_completed_total", "Reads that were completed."), "read_cnt"},
    {counter("node_tape_read_time_seconds_total", "Time that all reads took together."), "read_ns",
     9},
    {counter("node_tape_written_bytes_total", "Bytes written to the drive."), "write_byte_cnt"},
    {counter("node_tape_writes_completed_total", "Writes that were completed."), "write_cnt"},
    {counter("node_tape_write_time_seconds_total", "Time that all writes took together."),
     "write_ns", 9},
    {counter("node_tape_residual_total", "Reads and writes that moved less than was asked for."),
     "resid_cnt"},
}};

constexpr CollectorOption kOptions[] = {
    {"tapestats.ignored-devices", "^$", "drives to leave out"},
};

void discover(const std::string& directory, const NameFilter& filter, HardwarePlan& plan) {
  for (const std::string& device : plan.list(directory)) {
    if (!is_numbered(device, "st") || !filter.passes(device)) continue;
    for (const Output& output : kOutputs) {
      plan.number(output.family, directory + "/" + device + "/stats/" + std::string(output.file),
                  {device}, {1, output.decimals});
    }
  }
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  auto filter = exclude_option(context, "tapestats.ignored-devices");
  if (!filter) return std::unexpected(filter.error());
  const std::string directory = context.roots.sysfs + "/class/scsi_tape";
  return make_hardware_collector(
      context, {.name = "tapestats",
                .places = {directory},
                .discover = [directory, filter = std::move(*filter)](
                                HardwarePlan& plan) { discover(directory, filter, plan); },
                .no_device = NoDevice::kFineInPlace});
}

}  // namespace

CollectorRow tapestats_row() {
  return {"tapestats", true, "SCSI tape drives (/sys/class/scsi_tape)", kOptions, make};
}

}  // namespace exporter
