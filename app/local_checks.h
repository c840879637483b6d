// What probes of things on this machine look at, put together from what measures them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exporter/containers/facts.h"
#include "exporter/core/clock.h"
#include "exporter/core/process_groups.h"
#include "exporter/host/bus.h"
#include "exporter/probes/local_worker.h"

namespace app {

// look() is called by one thread for each kind of target, set_process_groups() by any.
class LocalChecks {
 public:
  // The containers as they are now; empty: nobody follows them.
  using Containers = std::function<std::shared_ptr<const exporter::ContainerView>()>;

  // procfs: root of the kernel's process files.
  LocalChecks(std::string procfs, Containers containers)
      : procfs_(std::move(procfs)), containers_(std::move(containers)), bus_("") {}

  // Groups from now on.
  void set_process_groups(const exporter::ProcessGroups& groups);

  // An error means that nothing could be seen.
  exporter::Result<exporter::LocalState> look(const exporter::LocalTarget& target);

  // CLOCK_BOOTTIME since when processes or a unit that are good now were so without a break: the
  // kernel's and systemd's own times of their start tell. Nothing: they are not good, or nobody
  // knows. An error as of look(). Before anybody looks.
  exporter::Result<std::optional<std::int64_t>> good_since_ns(const exporter::LocalTarget& target,
                                                              const exporter::Moment& now);

 private:
  exporter::Result<std::vector<std::uint64_t>> starts_of(const std::string& group);
  exporter::Result<exporter::LocalState> look_at_processes(const exporter::LocalTarget& target);
  exporter::Result<exporter::LocalState> look_at_unit(const exporter::LocalTarget& target);

  const std::string procfs_;
  const Containers containers_;
  std::mutex lock_;
  exporter::ProcessGroups groups_;  // under lock_
  exporter::Bus bus_;               // of the thread that looks at units
};

// Whether the container of this name, or "namespace/pod/container", runs and is not unhealthy.
exporter::Result<exporter::LocalState> judge_container(const exporter::ContainerView& view,
                                                       const std::string& name);

// The object of a unit, as systemd escapes its name: bytes other than letters and digits, and a
// digit at the start, become _XX.
std::string unit_object_path(const std::string& unit);

}  // namespace app
