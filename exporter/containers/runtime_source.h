// The places where runtimes keep files about their containers. A source looks at one kind of place,
// and again at what inotify says has changed. A place that is not there is looked for at each beat;
// one that may not be read makes the source incomplete, and hides no control group. The follower's
// thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/containers/file_watch.h"
#include "exporter/containers/runtime_record.h"

namespace exporter {

class RuntimeSource {
 public:
  virtual ~RuntimeSource() = default;

  // Looks at everything anew: at the start, at each beat, and when events were lost. What is cheap
  // to know unchanged is not read again unless `all`.
  virtual void scan(bool all) = 0;

  // Something behind a watch changed. Ignores those of other sources.
  virtual void on_event(int watch, std::string_view name) = 0;

  virtual void append_to(std::vector<RuntimeRecord>& records) const = 0;

  // What could not be read at the last look; empty when nothing. One line, starting with the path.
  virtual const std::string& problem() const = 0;
};

// Where Docker keeps its data below the root file system: as configured; where that is the usual
// place, as /etc/docker/daemon.json says; and those of users who run a Docker of their own.
inline constexpr std::string_view kUsualDockerRoot = "/var/lib/docker";
std::vector<std::string> find_docker_roots(const Roots& roots, const std::string& configured);

// Docker: <data root>/containers/<id>/config.v2.json, also of stopped containers.
std::unique_ptr<RuntimeSource> make_docker_source(FileWatch& watch, std::string data_root);

// Docker by its socket instead, for users who may not read its files: the same of each container;
// who stopped it only where that was seen. Only asks (GET), on a thread of its own that calls
// changed when there is news.
std::unique_ptr<RuntimeSource> make_docker_api_source(std::string socket,
                                                      std::function<void()> changed);

// OCI bundles of containerd: <state>/io.containerd.runtime.v2.task/<namespace>/<id>/config.json.
std::unique_ptr<RuntimeSource> make_bundle_source(FileWatch& watch, std::string tasks);

// podman and CRI-O: containers/storage. graph is where containers.json lies below a driver's
// folder, run where the runtime files of running containers do, exits where conmon leaves exit
// codes.
struct StoragePlaces {
  std::string graph;
  std::string run;
  std::vector<std::string> exits;
  std::string procfs;
};
std::unique_ptr<RuntimeSource> make_storage_source(FileWatch& watch, StoragePlaces places);

// LXC, nspawn, libvirt: control groups whose path is their name. hierarchy is a mount of cgroups.
std::unique_ptr<RuntimeSource> make_machine_source(FileWatch& watch, std::string hierarchy);

}  // namespace exporter
