// Every parser of what the kernel and udev say, over the same bytes: none may read outside them,
// the names it hands out lie in them, and what it reports stays a page of whole lines.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/core/samples.h"
#include "exporter/core/scan.h"
#include "exporter/core/text.h"
#include "exporter/host/cpu_info.h"
#include "exporter/host/cpu_sysfs.h"
#include "exporter/host/cpu_ticks.h"
#include "exporter/host/disk_properties.h"
#include "exporter/host/diskstats.h"
#include "exporter/host/filefd.h"
#include "exporter/host/loadavg.h"
#include "exporter/host/meminfo.h"
#include "exporter/host/mountinfo.h"
#include "exporter/host/name_values.h"
#include "exporter/host/netdev.h"
#include "exporter/host/netdev_netlink.h"
#include "exporter/host/netstat.h"
#include "exporter/host/sockstat.h"
#include "exporter/host/stat.h"
#include "tests/fuzz/fuzz.h"

namespace {

using exporter::LineErrors;
using fuzz::check_errors;
using fuzz::check_within;

// A page of these labels: whole lines of valid text, the same when written a second time.
void check_page(const std::vector<std::string_view>& names) {
  static constexpr exporter::Family kLabelled{
      "labelled", "L.", exporter::MetricType::kGauge, {"name"}};
  static constexpr exporter::Family kNamed{"named_", "N.", exporter::MetricType::kGauge, {}, "_x"};
  exporter::SampleBlock block;
  std::array<std::string, 2> pages;
  for (std::string& page : pages) {
    exporter::SampleWriter out(block);
    out.family(kLabelled);
    for (const std::string_view name : names) out.add(1, name);
    for (const std::string_view name : names) out.named(kNamed, {name}, 1);
    out.finish();
    block.render_text(page);
  }
  FUZZ_CHECK(pages[0] == pages[1]);
  FUZZ_CHECK(exporter::is_valid_utf8(pages[0]));
  std::string_view rest = pages[0];
  std::string_view line;
  while (exporter::next_line(rest, line)) {
    FUZZ_CHECK(line.starts_with("# ") || line.ends_with(" 1"));
  }
}

void fuzz_stat(std::string_view input) {
  LineErrors errors;
  const auto stat = exporter::parse_stat(input, errors);
  FUZZ_CHECK(stat.softirq_count <= stat.softirqs.size());
  check_errors(errors);
}

void fuzz_cpu_ticks(std::string_view input) {
  LineErrors errors;
  std::vector<exporter::CpuTicks> cpus;
  exporter::parse_cpu_ticks(input, cpus, errors);
  exporter::RisingTicks rising;
  rising.apply(cpus);
  const auto before = cpus;
  std::ranges::reverse(cpus);
  rising.apply(cpus);
  FUZZ_CHECK(cpus.size() == before.size());
  for (const auto& cpu : cpus) check_within(cpu.cpu, input);
  check_errors(errors);
}

void fuzz_cpu_list(std::string_view input) {
  std::vector<std::uint32_t> cpus;
  exporter::parse_cpu_list(input.substr(0, 64), cpus);
}

void fuzz_cpuinfo(std::string_view input) {
  std::vector<exporter::CpuInfo> cpus;
  exporter::parse_cpuinfo(input, cpus);
  for (const auto& cpu : cpus) check_within(cpu.flags, input);
}

void fuzz_loadavg(std::string_view input) { exporter::parse_loadavg(input); }

void fuzz_file_nr(std::string_view input) { exporter::parse_file_nr(input); }

void fuzz_meminfo(std::string_view input) {
  LineErrors errors;
  std::vector<exporter::MemoryField> fields;
  exporter::parse_meminfo(input, fields, errors);
  std::vector<std::string_view> names;
  for (const auto& field : fields) {
    check_within(field.name, input);
    check_within(field.part, input);
    names.push_back(field.name);
  }
  check_page(names);
  check_errors(errors);
}

// Twice: the second reading goes by what the first found out.
void fuzz_name_values(std::string_view input) {
  exporter::WantedLines lines{exporter::NameFilter()};
  std::array<std::vector<exporter::NameValue>, 2> values;
  std::array<LineErrors, 2> errors;
  for (std::size_t i = 0; i < 2; ++i) lines.parse(input, values[i], errors[i]);
  FUZZ_CHECK(values[0].size() == values[1].size());
  FUZZ_CHECK(errors[0].count() == errors[1].count());
  check_errors(errors[0]);
}

void fuzz_netstat(std::string_view input) {
  exporter::ColumnPairs pairs{exporter::NameFilter()};
  std::array<std::vector<exporter::NameValue>, 2> values;
  std::array<LineErrors, 2> errors;
  for (std::size_t i = 0; i < 2; ++i) pairs.parse(input, values[i], errors[i]);
  FUZZ_CHECK(values[0].size() == values[1].size());
  FUZZ_CHECK(errors[0].count() == errors[1].count());
  check_errors(errors[0]);
}

void fuzz_sockstat(std::string_view input) {
  LineErrors errors;
  std::vector<exporter::SocketCount> counts;
  exporter::parse_sockstat(input, counts, errors);
  for (const auto& count : counts) check_within(count.name, input);
  exporter::has_no_sockets(input, "UDP:");
  check_errors(errors);
}

void fuzz_diskstats(std::string_view input) {
  LineErrors errors;
  exporter::OrderedFilter all{exporter::NameFilter()};
  std::vector<exporter::DiskStats> disks;
  exporter::parse_diskstats(input, all, disks, errors);
  for (const auto& disk : disks) {
    check_within(disk.device, input);
    FUZZ_CHECK(disk.columns > exporter::DiskStats::kWeightedIoTime);
    FUZZ_CHECK(disk.columns <= exporter::DiskStats::kColumns);
  }
  check_errors(errors);
}

void fuzz_udev(std::string_view input) { exporter::parse_udev(input); }

void fuzz_net_dev(std::string_view input) {
  LineErrors errors;
  std::vector<exporter::NetworkDevice> devices;
  exporter::parse_net_dev(input, devices, errors);
  std::vector<std::string_view> names;
  for (const auto& device : devices) names.push_back(device.name);
  check_page(names);
  check_errors(errors);
}

void fuzz_netlink(std::string_view input) {
  std::vector<exporter::IndexedDevice> devices;
  exporter::parse_stats_dump(input, 1, devices);
  FUZZ_CHECK(devices.size() <= input.size() / 16);
}

void fuzz_mountinfo(std::string_view input) {
  LineErrors errors;
  std::vector<exporter::MountLine> mounts;
  exporter::parse_mountinfo(input, mounts, errors);
  std::vector<std::string> plain;
  for (const auto& mount : mounts) {
    check_within(mount.super_options, input);
    FUZZ_CHECK(mount.mount_point.starts_with('/'));
    mount.is_read_only();
    plain.push_back(exporter::unescape_mount(mount.mount_point));
    FUZZ_CHECK(plain.back().size() <= mount.mount_point.size());
  }
  check_page({plain.begin(), plain.end()});
  check_errors(errors);
}

}  // namespace

void fuzz_kernel_text(std::string_view input) {
  for (const auto fuzz : {fuzz_stat, fuzz_cpu_ticks, fuzz_cpu_list, fuzz_cpuinfo, fuzz_loadavg,
                          fuzz_file_nr, fuzz_meminfo, fuzz_name_values, fuzz_netstat, fuzz_sockstat,
                          fuzz_diskstats, fuzz_udev, fuzz_net_dev, fuzz_netlink, fuzz_mountinfo}) {
    fuzz(input);
  }
}
