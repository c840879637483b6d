#include "exporter/containers/block_io.h"

#include <array>

namespace exporter {
namespace {

constexpr std::uint8_t kWhole = 0;
constexpr std::uint8_t kMicro = 6;

struct Row {
  Family family;
  Count DeviceIo::* count;
  std::uint8_t decimals;
};

constexpr Family by_device(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kCounter, {"device"}};
}

constexpr std::array<Row, 4> kRows{{
    {by_device("container_fs_reads_bytes_total", "Bytes read from the device."),
     &DeviceIo::read_bytes, kWhole},
    {by_device("container_fs_reads_total", "Reads that the device was asked for."),
     &DeviceIo::reads, kWhole},
    {by_device("container_fs_writes_bytes_total", "Bytes written to the device."),
     &DeviceIo::write_bytes, kWhole},
    {by_device("container_fs_writes_total", "Writes that the device was asked for."),
     &DeviceIo::writes, kWhole},
}};

constexpr std::array<Row, 4> kCostRows{{
    {by_device("container_fs_io_cost_usage_seconds_total", "Device time used, by blk-iocost."),
     &DeviceIo::cost_usage_us, kMicro},
    {by_device("container_fs_io_cost_wait_seconds_total", "Time I/O was held back by blk-iocost."),
     &DeviceIo::cost_wait_us, kMicro},
    {by_device("container_fs_io_cost_indebt_seconds_total",
               "Time in which the group owed device time, by blk-iocost."),
     &DeviceIo::cost_indebt_us, kMicro},
    {by_device("container_fs_io_cost_indelay_seconds_total",
               "Time tasks were delayed for debt, by blk-iocost."),
     &DeviceIo::cost_indelay_us, kMicro},
}};

constexpr Family kDeviceUsage{"container_blkio_device_usage_total",
                              "Bytes read from and written to the device.",
                              MetricType::kCounter,
                              {"device", "major", "minor", "operation"}};

void write_row(std::span<Group* const> groups, BlockDevices& devices, const Row& row,
               SampleWriter& out) {
  out.family(row.family);
  for (const Group* group : groups) {
    for (const DeviceIo& io : group->reading.io) {
      const std::string& device = devices.names(io.major, io.minor).device;
      const Count& value = io.*row.count;
      if (value && !device.empty()) {
        out.add_of(group->labels, Number::fixed(*value, row.decimals), device);
      }
    }
  }
}

}  // namespace

void write_block_io(std::span<Group* const> groups, BlockDevices& devices, bool details,
                    SampleWriter& out) {
  for (const Row& row : kRows) write_row(groups, devices, row, out);
  if (!details) return;
  for (const Row& row : kCostRows) write_row(groups, devices, row, out);
  out.family(kDeviceUsage);
  for (const Group* group : groups) {
    for (const DeviceIo& io : group->reading.io) {
      const BlockDevices::Names& names = devices.names(io.major, io.minor);
      if (names.device.empty()) continue;
      if (io.read_bytes) {
        out.add_of(group->labels, *io.read_bytes, names.device, names.major, names.minor, "Read");
      }
      if (io.write_bytes) {
        out.add_of(group->labels, *io.write_bytes, names.device, names.major, names.minor, "Write");
      }
    }
  }
}

}  // namespace exporter
