// 254       0 vda 50320 8126 2345818 9570 13567 7254 1682640 5718 0 7964 15728 4368 86 409752 359
// 1456 79 Lines end after weighted I/O time on kernels before 4.18, after discards before 5.5.
#include "exporter/host/diskstats.h"

#include "exporter/core/scan.h"
#include "exporter/host/disk_properties.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

constexpr Family counter(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kCounter, {"device"}};
}

enum class Unit : std::uint8_t { kCount, kSectors, kMilliseconds };

struct Output {
  Family family;
  DiskStats::Column column;
  Unit unit;
};

constexpr Output kOutputs[] = {
    {counter("node_disk_reads_completed_total", "Reads that were completed."), DiskStats::kReads,
     Unit::kCount},
    {counter("node_disk_reads_merged_total", "Reads that were merged into another."),
     DiskStats::kReadsMerged, Unit::kCount},
    {counter("node_disk_read_bytes_total", "Bytes that were read."), DiskStats::kSectorsRead,
     Unit::kSectors},
    {counter("node_disk_read_time_seconds_total", "Time that all reads took together."),
     DiskStats::kReadTime, Unit::kMilliseconds},
    {counter("node_disk_writes_completed_total", "Writes that were completed."), DiskStats::kWrites,
     Unit::kCount},
    {counter("node_disk_writes_merged_total", "Writes that were merged into another."),
     DiskStats::kWritesMerged, Unit::kCount},
    {counter("node_disk_written_bytes_total", "Bytes that were written."),
     DiskStats::kSectorsWritten, Unit::kSectors},
    {counter("node_disk_write_time_seconds_total", "Time that all writes took together."),
     DiskStats::kWriteTime, Unit::kMilliseconds},
    {{"node_disk_io_now", "Requests that are under way.", MetricType::kGauge, {"device"}},
     DiskStats::kInFlight,
     Unit::kCount},
    {counter("node_disk_io_time_seconds_total", "Time with at least one request under way."),
     DiskStats::kIoTime, Unit::kMilliseconds},
    {counter("node_disk_io_time_weighted_seconds_total",
             "Time with requests under way, multiplied by their number."),
     DiskStats::kWeightedIoTime, Unit::kMilliseconds},
    {counter("node_disk_discards_completed_total", "Discards that were completed."),
     DiskStats::kDiscards, Unit::kCount},
    {counter("node_disk_discards_merged_total", "Discards that were merged into another."),
     DiskStats::kDiscardsMerged, Unit::kCount},
    {counter("node_disk_discarded_sectors_total", "Sectors of 512 bytes that were discarded."),
     DiskStats::kSectorsDiscarded, Unit::kCount},
    {counter("node_disk_discard_time_seconds_total", "Time that all discards took together."),
     DiskStats::kDiscardTime, Unit::kMilliseconds},
    {counter("node_disk_flush_requests_total", "Flushes that were completed."), DiskStats::kFlushes,
     Unit::kCount},
    {counter("node_disk_flush_requests_time_seconds_total", "Time that all flushes took together."),
     DiskStats::kFlushTime, Unit::kMilliseconds},
};

constexpr CollectorOption kOptions[] = {
    {"diskstats.device-include", "", "devices to report; replaces the exclude"},
    {"diskstats.device-exclude", "^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$",
     "devices to leave out"},
};

Number in_unit(std::uint64_t value, Unit unit) {
  switch (unit) {
    case Unit::kCount: return value;
    case Unit::kSectors: return Number::product(value, 512);
    case Unit::kMilliseconds: return Number::fixed(value, 3);
  }
  return value;
}

class DiskstatsCollector final : public Collector {
 public:
  DiskstatsCollector(const HostContext& context, NameFilter filter)
      : file_(context.roots.procfs + "/diskstats", FileShape::kManyRecords),
        filter_(std::move(filter)),
        properties_(context.roots) {}

  std::string_view name() const override { return "diskstats"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto text = file_.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    parse_diskstats(*text, filter_, disks_, errors);
    properties_.update(disks_);
    for (const Output& output : kOutputs) {
      out.family(output.family);
      for (const DiskStats& disk : disks_) {
        if (output.column >= disk.columns) continue;
        out.add(in_unit(disk.values[output.column], output.unit), disk.device);
      }
    }
    properties_.write(out);
    return errors.result(file_.path());
  }

 private:
  KernelFile file_;
  OrderedFilter filter_;
  DiskProperties properties_;
  std::vector<DiskStats> disks_;
};

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  auto filter = filter_option(context, "diskstats.device-include", "diskstats.device-exclude");
  if (!filter) return std::unexpected(filter.error());
  return std::make_unique<DiskstatsCollector>(context, std::move(*filter));
}

}  // namespace

void parse_diskstats(std::string_view text, OrderedFilter& filter, std::vector<DiskStats>& disks,
                     LineErrors& errors) {
  disks.clear();
  filter.restart();
  std::string_view line;
  while (next_line(text, line)) {
    std::string_view rest = line;
    const auto major = next_number<std::uint32_t>(rest);
    const auto minor = major ? next_number<std::uint32_t>(rest) : std::nullopt;
    if (!minor) {
      errors.add(line);
      continue;
    }
    const std::string_view device = next_word(rest);
    if (!filter.passes(device)) continue;
    DiskStats& disk = disks.emplace_back();
    disk.major = *major;
    disk.minor = *minor;
    disk.device = device;
    disk.columns = next_numbers(rest, disk.values);
    skip_blanks(rest);
    const bool stopped_early = !rest.empty() && disk.columns < disk.values.size();
    if (stopped_early) errors.add(line);
    if (stopped_early || disk.columns <= DiskStats::kWeightedIoTime) disks.pop_back();
  }
}

CollectorRow diskstats_row() {
  return {"diskstats", true, "work and make of block devices (/proc/diskstats, udev)", kOptions,
          make};
}

}  // namespace exporter
