#include "exporter/containers/options.h"

#include <array>
#include <charconv>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr std::array kOptions{
    CollectorOption{"containers.cgroup-include", "", "paths of control groups to report"},
    CollectorOption{"containers.cgroup-exclude", "", "paths of control groups to leave out"},
    CollectorOption{
        "containers.label-include",
        "^(com\\.docker\\.compose\\.(project|service|project\\.working_dir)|fournines\\..+)$",
        "labels of containers that all of their series carry"},
    CollectorOption{"containers.docker-root", "/var/lib/docker", "Docker's data root"},
    CollectorOption{
        "containers.docker-socket", "",
        "ask Docker by this socket (GET only) instead of reading its files; whoever may "
        "use the socket is as good as root"},
    CollectorOption{"containers.details", "false",
                    "also the families that cost no further reading: dirty and written back pages, "
                    "page scans and refaults, CPU bursts, blk-iocost, device numbers"},
    CollectorOption{"containers.disk-usage", "false",
                    "also the size of writable layers, walked on a thread of its own"},
    CollectorOption{"containers.processes", "false",
                    "also open files, sockets, limits and CPU waits of each container's processes"},
    CollectorOption{"containers.sockets", "false", "also sockets of each network namespace"},
    CollectorOption{"containers.per-cpu", "false",
                    "CPU usage of each CPU instead of the total (cgroup v1 only)"},
    CollectorOption{"containers.numa", "false", "also memory on each NUMA node"},
    CollectorOption{"containers.hugetlb", "false", "also huge pages"},
    CollectorOption{"containers.machine-topology", "false",
                    "also machine_cpu_physical_cores, machine_cpu_sockets and machine_dimm_*"},
    CollectorOption{"containers.kernel-memory", "10000000",
                    "bytes of kernel memory that kept descriptors may hold"},
};

class Values {
 public:
  explicit Values(const std::unordered_map<std::string, std::string>& set) : set_(set) {}

  std::string text(std::string_view name) const {
    if (const auto given = set_.find(std::string(name)); given != set_.end()) return given->second;
    for (const CollectorOption& option : kOptions) {
      if (option.name == name) return std::string(option.default_value);
    }
    return {};
  }

  Result<NameFilter> filter(std::string_view include, std::string_view exclude) const {
    const std::string no_exclude;
    auto filter = NameFilter::make(text(include), exclude.empty() ? no_exclude : text(exclude));
    if (filter) return filter;
    return fail(ErrorKind::kInvalid,
                "--collector." + std::string(include) + ": " + filter.error().message);
  }

  Result<bool> flag(std::string_view name) const {
    const std::string value = text(name);
    if (value == "true") return true;
    if (value == "false") return false;
    return fail(ErrorKind::kInvalid,
                "--collector." + std::string(name) + ": '" + value + "' is neither true nor false");
  }

  Result<std::size_t> number(std::string_view name) const {
    const std::string value = text(name);
    if (const auto number = to_number<std::size_t>(value)) return *number;
    return fail(ErrorKind::kInvalid,
                "--collector." + std::string(name) + ": '" + value + "' is no whole number");
  }

 private:
  const std::unordered_map<std::string, std::string>& set_;
};

}  // namespace

std::span<const CollectorOption> container_options() { return kOptions; }

Result<ContainerOptions> parse_container_options(
    const std::unordered_map<std::string, std::string>& set) {
  const Values values(set);
  auto groups = values.filter("containers.cgroup-include", "containers.cgroup-exclude");
  if (!groups) return std::unexpected(groups.error());
  auto labels = values.filter("containers.label-include", "");
  if (!labels) return std::unexpected(labels.error());
  const auto memory = values.number("containers.kernel-memory");
  if (!memory) return std::unexpected(memory.error());
  ContainerOptions options;
  options.groups = std::move(*groups);
  options.labels = std::move(*labels);
  options.docker_root = values.text("containers.docker-root");
  options.docker_socket = values.text("containers.docker-socket");
  options.kernel_memory_bytes = *memory;
  struct Switch {
    std::string_view name;
    bool ContainerOptions::* member;
  };
  for (const Switch& flag :
       {Switch{"containers.details", &ContainerOptions::details},
        Switch{"containers.disk-usage", &ContainerOptions::disk_usage},
        Switch{"containers.hugetlb", &ContainerOptions::hugetlb},
        Switch{"containers.machine-topology", &ContainerOptions::machine_topology},
        Switch{"containers.numa", &ContainerOptions::numa},
        Switch{"containers.per-cpu", &ContainerOptions::per_cpu},
        Switch{"containers.processes", &ContainerOptions::processes},
        Switch{"containers.sockets", &ContainerOptions::sockets}}) {
    const auto value = values.flag(flag.name);
    if (!value) return std::unexpected(value.error());
    options.*flag.member = *value;
  }
  return options;
}

}  // namespace exporter
