#include "app/measuring.h"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "exporter/containers/collector.h"

namespace app {
namespace {

using exporter::ErrorKind;
using exporter::fail;
using exporter::Result;

Result<void> check_directory(const char* flag, const std::string& path) {
  struct stat status{};
  const std::string where = std::string(flag) + ": " + path + ": ";
  if (::stat(path.c_str(), &status) != 0) {
    return fail(ErrorKind::kInvalid, where + std::generic_category().message(errno));
  }
  if (!S_ISDIR(status.st_mode)) return fail(ErrorKind::kInvalid, where + "not a directory");
  return {};
}

Result<void> check_roots(const exporter::Roots& roots) {
  if (auto ok = check_directory("--path.procfs", roots.procfs); !ok) return ok;
  if (auto ok = check_directory("--path.sysfs", roots.sysfs); !ok) return ok;
  return check_directory("--path.rootfs", roots.rootfs);
}

}  // namespace

Result<std::unique_ptr<exporter::Registry>> make_registry(
    const Options& options, exporter::ProcessGroups process_groups, const exporter::Clock& clock,
    const OwnSeries& own, std::unique_ptr<exporter::ContainerFollower>& follower,
    std::chrono::milliseconds patience) {
  if (auto ok = check_roots(options.roots); !ok) return std::unexpected(ok.error());
  exporter::HostContext context = exporter::make_host_context(options.roots);
  context.options = options.collector_options;
  context.process_groups = std::move(process_groups);
  context.patience = patience;

  auto registry = std::make_unique<exporter::Registry>(clock, own.text());
  std::vector<std::string> disabled;
  for (const exporter::CollectorRow& row : exporter::host_collectors()) {
    const std::string name(row.name);
    if (!options.collectors.at(name)) {
      disabled.push_back(name);
      continue;
    }
    auto collector = row.make(context);
    if (!collector) return std::unexpected(collector.error());
    registry->add(std::move(*collector), exporter::CollectorGroup::kNode);
  }
  if (options.collectors.at("containers")) {
    auto containers = exporter::parse_container_options(options.collector_options);
    if (!containers) return std::unexpected(containers.error());
    follower = std::make_unique<exporter::ContainerFollower>(
        exporter::FollowerOptions{options.roots, containers->docker_root, containers->docker_socket,
                                  "/dev/kmsg"},
        clock);
    registry->add(
        exporter::make_container_collector(options.roots, std::move(*containers), *follower),
        exporter::CollectorGroup::kOwn);
  } else {
    disabled.emplace_back("containers");
  }
  registry->set_disabled(std::move(disabled));
  if (options.disable_exporter_metrics) registry->hide_process_metrics();
  return registry;
}

bool has_network_of_its_own(const exporter::Roots& roots) {
  struct stat first{};
  struct stat own{};
  // Files of procfs that stand for a network have an inode for each.
  return roots.procfs == "/proc" && ::stat("/proc/1/net/dev", &first) == 0 &&
         ::stat("/proc/self/net/dev", &own) == 0 && first.st_ino != own.st_ino;
}

}  // namespace app
