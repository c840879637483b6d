#include "exporter/containers/machine.h"

#include <set>
#include <utility>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family kCores{"machine_cpu_cores", "CPUs (hardware threads) that are switched on."};
constexpr Family kPhysicalCores{"machine_cpu_physical_cores", "Cores of all sockets."};
constexpr Family kSockets{"machine_cpu_sockets", "CPU sockets."};
constexpr Family kMemory{"machine_memory_bytes", "Memory of the machine."};
constexpr Family kSwap{"machine_swap_bytes", "Swap space of the machine."};

constexpr Family kModules{
    "machine_dimm_count", "Memory modules of this type.", MetricType::kGauge, {"type"}};
constexpr Family kModuleBytes{
    "machine_dimm_capacity_bytes", "Memory on modules of this type.", MetricType::kGauge, {"type"}};

constexpr std::int64_t kReadAgainAfterNs = 60'000'000'000;

std::string first_of(std::initializer_list<std::string> paths) {
  for (const std::string& path : paths) {
    if (const auto text = read_file(path, 4096)) return std::string(trimmed(*text));
  }
  return {};
}

std::optional<std::uint64_t> meminfo_bytes(std::string_view text, std::string_view key) {
  std::string_view line;
  while (next_line(text, line)) {
    if (!line.starts_with(key)) continue;
    line.remove_prefix(key.size());
    const auto kib = next_number<std::uint64_t>(line);
    if (kib) return *kib * 1024;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> count_of_list(std::string_view text) {
  std::uint64_t count = 0;
  text = trimmed(text);
  while (!text.empty()) {
    const auto first = next_number<std::uint32_t>(text);
    if (!first) return std::nullopt;
    std::uint32_t last = *first;
    if (text.starts_with('-')) {
      text.remove_prefix(1);
      const auto end = next_number<std::uint32_t>(text);
      if (!end || *end < *first) return std::nullopt;
      last = *end;
    }
    count += std::uint64_t{last} - *first + 1;
    if (text.starts_with(',')) {
      text.remove_prefix(1);
    } else if (!text.empty()) {
      return std::nullopt;
    }
  }
  return count == 0 ? std::nullopt : std::optional(count);
}

// A core is a package and a number in it: numbers alone repeat from socket to socket.
void MachineFamilies::read_topology() {
  std::set<std::string> sockets;
  std::set<std::pair<std::string, std::string>> cores;
  const std::string cpus = roots_.sysfs + "/devices/system/cpu/";
  for (const std::string& cpu : list_directory(cpus)) {
    if (!cpu.starts_with("cpu") || cpu.size() == 3 || cpu[3] < '0' || cpu[3] > '9') continue;
    const auto package = read_file(cpus + cpu + "/topology/physical_package_id", 64);
    const auto core = read_file(cpus + cpu + "/topology/core_id", 64);
    if (!package || !core) continue;
    sockets.insert(*package);
    cores.insert({*package, *core});
  }
  read_memory_modules();
  if (!sockets.empty()) sockets_ = sockets.size();
  if (!cores.empty()) physical_cores_ = cores.size();
}

// Where the memory controller has a driver: S/devices/system/edac/mc/mc0/dimm0/size in MiB.
void MachineFamilies::read_memory_modules() {
  const std::string controllers = roots_.sysfs + "/devices/system/edac/mc/";
  for (const std::string& controller : list_directory(controllers)) {
    if (!controller.starts_with("mc")) continue;
    for (const std::string& module : list_directory(controllers + controller)) {
      if (!module.starts_with("dimm")) continue;
      const std::string path = controllers + controller + "/" + module;
      const auto type = read_file(path + "/dimm_mem_type", 64);
      const auto size = read_file(path + "/size", 64);
      const auto mebibytes =
          size ? to_number<std::uint64_t>(trimmed(*size)) : std::optional<std::uint64_t>();
      if (!type || !mebibytes || *mebibytes == 0 || *mebibytes > (1ULL << 40)) continue;
      auto& [count, bytes] = modules_[std::string(trimmed(*type))];
      ++count;
      bytes += *mebibytes << 20;
    }
  }
}

void MachineFamilies::read_once() {
  labels_.add("machine_id", first_of({roots_.rootfs + "/etc/machine-id",
                                      roots_.rootfs + "/var/lib/dbus/machine-id"}));
  labels_.add("system_uuid", first_of({roots_.sysfs + "/class/dmi/id/product_uuid"}));
  labels_.add("boot_id", first_of({roots_.procfs + "/sys/kernel/random/boot_id"}));
  labels_.seal();
  if (topology_) read_topology();
}

void MachineFamilies::read(ReadBuffer& buffer) {
  const auto online = online_.read(buffer);
  cores_ = online ? count_of_list(*online) : std::nullopt;
  const auto meminfo = meminfo_.read(buffer);
  memory_bytes_ = meminfo ? meminfo_bytes(*meminfo, "MemTotal:") : std::nullopt;
  swap_bytes_ = meminfo ? meminfo_bytes(*meminfo, "SwapTotal:") : std::nullopt;
}

void MachineFamilies::write(const Scrape& scrape, SampleWriter& out) {
  const bool first = labels_.number() == 0;
  if (first) read_once();
  if (first || scrape.now.boot_ns - read_at_ns_ >= kReadAgainAfterNs) {
    read_at_ns_ = scrape.now.boot_ns;
    read(scrape.buffer);
  }
  const auto add = [&](const Family& family, const std::optional<std::uint64_t>& value) {
    out.family(family);
    if (value) out.add_of(labels_, *value);
  };
  add(kCores, cores_);
  add(kPhysicalCores, physical_cores_);
  add(kSockets, sockets_);
  add(kMemory, memory_bytes_);
  add(kSwap, swap_bytes_);
  out.family(kModules);
  for (const auto& [type, sum] : modules_) out.add_of(labels_, sum.first, type);
  out.family(kModuleBytes);
  for (const auto& [type, sum] : modules_) out.add_of(labels_, sum.second, type);
}

}  // namespace exporter
