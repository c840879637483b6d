// containers/storage keeps a list of containers below its graph root, and below its run root those
// that shall not outlive the machine:
//   /var/lib/containers/storage/overlay-containers/containers.json
//   /run/containers/storage/overlay-containers/volatile-containers.json
//   …/overlay-containers/<id>/userdata/{config.json,pidfile}      in either root
//   /run/libpod/exits/<id>, /run/crio/exits/<id>                  exit codes, from conmon
#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <system_error>

#include "exporter/containers/json_walk.h"
#include "exporter/containers/runtime_source.h"
#include "exporter/core/kernel_file.h"
#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr std::uint32_t kAnyChange =
    IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_ONLYDIR;
constexpr std::string_view kFolderEnd = "-containers";  // overlay-containers, vfs-containers

// The lists say which containers exist; whether one runs is seen from the process that its pidfile
// names, which has to be in a control group of that id.
class StorageSource final : public RuntimeSource {
 public:
  StorageSource(FileWatch& watch, StoragePlaces places)
      : watch_(watch), places_(std::move(places)) {}

  void scan(bool all) override {
    bool came = false;
    for (const std::string* root : {&places_.graph, &places_.run}) {
      came = follow(*root) || came;
    }
    for (const std::string& exits : places_.exits) came = follow(exits) || came;
    if (all || came) list();
    for (auto& [id, container] : containers_) judge(container);
  }

  void on_event(int watch, std::string_view name) override {
    const auto place = std::ranges::find_if(watches_, [&](auto& w) { return w.second == watch; });
    if (place == watches_.end()) return;
    if (name.empty()) watches_.erase(place);  // the directory itself is gone
    list();
    for (auto& [id, container] : containers_) judge(container);
  }

  void append_to(std::vector<RuntimeRecord>& records) const override {
    for (const auto& [id, container] : containers_) records.push_back(container.record);
  }

  const std::string& problem() const override { return problem_; }

 private:
  struct Container {
    std::string folder;  // "overlay-containers"
    RuntimeRecord record;
  };

  // True when the directory is followed from now on, and was not before.
  bool follow(const std::string& directory) {
    if (watches_.contains(directory)) return false;
    const int watch = watch_.watch(directory, kAnyChange);
    if (watch == FileWatch::kNone) {
      if (errno != ENOENT && errno != ENOTDIR) complain(directory, errno);
      return false;
    }
    watches_[directory] = watch;
    return true;
  }

  void complain(const std::string& path, int error) {
    problem_ = path + ": " + std::generic_category().message(error);
  }

  void list() {
    problem_.clear();
    std::map<std::string, Container> found;
    for (const std::string* root : {&places_.graph, &places_.run}) {
      for (const std::string& folder : list_directory(*root)) {
        if (!folder.ends_with(kFolderEnd)) continue;
        follow(*root + "/" + folder);
        for (const char* file : {"/containers.json", "/volatile-containers.json"}) {
          read_list(folder, *root + "/" + folder + file, found);
        }
      }
    }
    std::erase_if(watches_, [&](const auto& watch) {
      const auto id = id_of_userdata(watch.first);
      if (id.empty() || found.contains(std::string(id))) return false;
      watch_.unwatch(watch.second);
      return true;
    });
    containers_ = std::move(found);
  }

  static std::string_view id_of_userdata(std::string_view directory) {
    if (!directory.ends_with("/userdata")) return {};
    directory.remove_suffix(9);
    return directory.substr(directory.rfind('/') + 1);
  }

  void read_list(const std::string& folder, const std::string& path,
                 std::map<std::string, Container>& found) {
    const auto text = read_file(path, kMaxJsonBytes);
    if (!text) {
      if (text.error().kind != ErrorKind::kNotFound) problem_ = text.error().message;
      return;
    }
    std::vector<RuntimeRecord> records;
    if (const auto parsed = parse_storage_list(*text, records); !parsed) {
      problem_ = path + ": " + parsed.error().message;
    }
    for (RuntimeRecord& record : records) {
      const std::string id = record.facts.id;
      if (id.find('/') != std::string::npos || id.starts_with('.')) continue;
      Container container{folder, std::move(record)};
      read_bundle(container);
      found.insert_or_assign(id, std::move(container));
    }
  }

  std::string userdata(const std::string& root, const Container& container) const {
    return root + "/" + container.folder + "/" + container.record.facts.id + "/userdata";
  }

  void read_bundle(Container& container) {
    const std::string name = container.record.facts.identity.name;
    container.record.facts.identity.runtime = ContainerRuntime::kUnknown;
    for (const std::string* root : {&places_.graph, &places_.run}) {
      const std::string folder = userdata(*root, container);
      follow(folder);
      const auto text = read_file(folder + "/config.json", kMaxJsonBytes);
      if (text && !parse_bundle_config(*text, container.record)) {
        problem_ = folder + "/config.json: no JSON";
      }
    }
    ContainerIdentity& identity = container.record.facts.identity;
    identity.name = name;
    if (identity.runtime == ContainerRuntime::kUnknown) {
      identity.runtime = ContainerRuntime::kPodman;
    }
  }

  bool is_in_group(std::uint32_t process, const std::string& id) const {
    const auto groups = read_file(places_.procfs + "/" + std::to_string(process) + "/cgroup");
    return groups && groups->find(id) != std::string::npos;
  }

  void judge(Container& container) {
    ContainerFacts& facts = container.record.facts;
    std::uint32_t process = 0;
    for (const std::string* root : {&places_.graph, &places_.run}) {
      const auto pid = read_file(userdata(*root, container) + "/pidfile", 64);
      if (pid) process = to_number<std::uint32_t>(trimmed(*pid)).value_or(0);
    }
    const bool ran = process != 0;
    container.record.process = ran && is_in_group(process, facts.id) ? process : 0;
    if (container.record.process != 0) {
      facts.state = ContainerState::kRunning;
      return;
    }
    facts.state = ran ? ContainerState::kExited : ContainerState::kCreated;
    for (const std::string& exits : places_.exits) {
      const std::string path = exits + "/" + facts.id;
      struct stat status{};
      const auto text = read_file(path, 64);
      const auto code = text ? to_number<int>(trimmed(*text)) : std::nullopt;
      if (!code || *code < 0 || *code > 255 || ::stat(path.c_str(), &status) != 0) continue;
      facts.state = ContainerState::kExited;
      facts.exit_code = *code;
      facts.exit_code_known = true;
      facts.finished_unix_ms =
          std::int64_t{status.st_mtim.tv_sec} * 1000 + status.st_mtim.tv_nsec / 1'000'000;
    }
  }

  FileWatch& watch_;
  const StoragePlaces places_;
  std::map<std::string, int> watches_;
  std::map<std::string, Container> containers_;
  std::string problem_;
};

}  // namespace

std::unique_ptr<RuntimeSource> make_storage_source(FileWatch& watch, StoragePlaces places) {
  return std::make_unique<StorageSource>(watch, std::move(places));
}

}  // namespace exporter
