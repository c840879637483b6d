#include <dirent.h>
#include <sys/inotify.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <system_error>
#include <utility>

#include "exporter/containers/json_walk.h"
#include "exporter/containers/runtime_source.h"
#include "exporter/core/kernel_file.h"
#include "exporter/core/text.h"

namespace exporter {
namespace {

constexpr std::size_t kMaxContainers = 20'000;

// Docker replaces its files by renaming: at each start and stop, and after each health probe.
class DockerSource final : public RuntimeSource {
 public:
  DockerSource(FileWatch& watch, std::string data_root)
      : watch_(watch), directory_(std::move(data_root) + "/containers") {}

  void scan(bool all) override {
    if (base_watch_ == FileWatch::kNone) {
      base_watch_ = watch_.watch(directory_, IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM |
                                                 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
      if (base_watch_ == FileWatch::kNone) {
        problem_ = errno == ENOENT || errno == ENOTDIR
                       ? std::string()
                       : directory_ + ": " + std::generic_category().message(errno);
        forget_all();
        return;
      }
      all = true;
    }
    if (all) list(true);
  }

  void on_event(int watch, std::string_view name) override {
    if (watch == base_watch_) {
      if (name.empty()) base_watch_ = FileWatch::kNone;  // the directory itself is gone
      list(false);
      return;
    }
    if (name != "config.v2.json" && name != "hostconfig.json") return;
    const auto known = std::ranges::find_if(
        containers_, [&](const auto& entry) { return entry.second.watch == watch; });
    if (known != containers_.end()) read(known->first, known->second);
  }

  void append_to(std::vector<RuntimeRecord>& records) const override {
    for (const auto& [id, container] : containers_) {
      if (!container.record.facts.id.empty()) records.push_back(container.record);
    }
  }

  const std::string& problem() const override { return problem_; }

 private:
  struct Container {
    int watch = FileWatch::kNone;
    RuntimeRecord record;  // without an id until the file could be read
  };

  void forget_all() {
    for (const auto& [id, container] : containers_) watch_.unwatch(container.watch);
    containers_.clear();
  }

  void list(bool read_all) {
    problem_.clear();
    const std::vector<std::string> names = list_directory(directory_);
    std::erase_if(containers_, [&](const auto& entry) {
      if (std::ranges::binary_search(names, entry.first)) return false;
      watch_.unwatch(entry.second.watch);
      return true;
    });
    for (const std::string& name : names) {
      if (containers_.size() == kMaxContainers) break;
      const auto [at, is_new] = containers_.try_emplace(name);
      if (is_new) {
        at->second.watch =
            watch_.watch(directory_ + "/" + name, IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR);
      }
      if (is_new || read_all) read(name, at->second);
    }
  }

  void read(const std::string& id, Container& container) {
    const std::string path = directory_ + "/" + id + "/config.v2.json";
    const auto text = read_file(path, kMaxJsonBytes);
    if (!text) {
      if (text.error().kind != ErrorKind::kNotFound) problem_ = text.error().message;
      return;
    }
    RuntimeRecord record;
    if (const auto parsed = parse_docker_config(*text, record); !parsed) {
      problem_ = path + ": " + parsed.error().message;
      return;
    }
    if (const auto host = read_file(directory_ + "/" + id + "/hostconfig.json", kMaxJsonBytes)) {
      if (const auto parsed = parse_docker_host_config(*host, record); !parsed) {
        problem_ = directory_ + "/" + id + "/hostconfig.json: " + parsed.error().message;
      }
    }
    container.record = std::move(record);
  }

  FileWatch& watch_;
  const std::string directory_;
  int base_watch_ = FileWatch::kNone;
  std::map<std::string, Container> containers_;  // by the name of the directory
  std::string problem_;
};

}  // namespace

std::vector<std::string> find_docker_roots(const Roots& roots, const std::string& configured) {
  std::string root = configured;
  if (configured == kUsualDockerRoot) {
    if (const auto text = read_file(roots.in_rootfs("/etc/docker/daemon.json"), kMaxJsonBytes)) {
      const auto walked = walk_json(*text, [&root](JsonPath path, const JsonValue& value) {
        if (path.size() != 1 || (path[0] != "data-root" && path[0] != "graph")) return;
        if (value.text_or_nothing().starts_with('/')) root = value.text;
      });
      if (!walked) root = configured;  // with what is no JSON Docker does not start
    }
  }
  std::vector<std::string> found{roots.in_rootfs(root)};
  for (const std::string& user : list_directory(roots.in_rootfs("/home"))) {
    std::string own = roots.in_rootfs("/home/" + user + "/.local/share/docker");
    if (!list_directory(own).empty()) found.push_back(std::move(own));
  }
  return found;
}

std::unique_ptr<RuntimeSource> make_docker_source(FileWatch& watch, std::string data_root) {
  return std::make_unique<DockerSource>(watch, std::move(data_root));
}

}  // namespace exporter
