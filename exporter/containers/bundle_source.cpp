#include <sys/inotify.h>

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

// A bundle is made before its container starts, never changes, and goes when the task is deleted.
class BundleSource final : public RuntimeSource {
 public:
  BundleSource(FileWatch& watch, std::string tasks) : watch_(watch), tasks_(std::move(tasks)) {}

  void scan(bool all) override {
    if (tasks_watch_ == FileWatch::kNone) {
      tasks_watch_ =
          watch_.watch(tasks_, IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
      if (tasks_watch_ == FileWatch::kNone) {
        problem_ = errno == ENOENT || errno == ENOTDIR
                       ? std::string()
                       : tasks_ + ": " + std::generic_category().message(errno);
        namespaces_.clear();
        return;
      }
      all = true;
    }
    if (all) list();
  }

  void on_event(int watch, std::string_view name) override {
    if (watch == tasks_watch_) {
      if (name.empty()) tasks_watch_ = FileWatch::kNone;
      list();
      return;
    }
    for (auto& [space, content] : namespaces_) {
      if (content.watch == watch) return list_namespace(space, content);
      for (auto& [id, bundle] : content.bundles) {
        if (bundle.watch == watch) return read(space, id, bundle);
      }
    }
  }

  void append_to(std::vector<RuntimeRecord>& records) const override {
    for (const auto& [space, content] : namespaces_) {
      for (const auto& [id, bundle] : content.bundles) {
        if (!bundle.record.facts.identity.name.empty()) records.push_back(bundle.record);
      }
    }
  }

  const std::string& problem() const override { return problem_; }

 private:
  struct Bundle {
    int watch = FileWatch::kNone;  // until its files are there
    RuntimeRecord record;
  };
  struct Namespace {
    int watch = FileWatch::kNone;
    std::map<std::string, Bundle> bundles;
  };

  static constexpr std::size_t kMaxBundles = 20'000;

  void list() {
    problem_.clear();
    const std::vector<std::string> names = list_directory(tasks_);
    std::erase_if(namespaces_, [&](const auto& entry) {
      return !std::ranges::binary_search(names, entry.first);
    });
    for (const std::string& name : names) {
      if (name == "moby") continue;  // Docker's own files tell more
      Namespace& content = namespaces_[name];
      if (content.watch == FileWatch::kNone) {
        content.watch = watch_.watch(tasks_ + "/" + name, IN_CREATE | IN_DELETE | IN_ONLYDIR);
      }
      list_namespace(name, content);
    }
  }

  void list_namespace(const std::string& space, Namespace& content) {
    const std::vector<std::string> ids = list_directory(tasks_ + "/" + space);
    std::erase_if(content.bundles, [&](const auto& entry) {
      if (std::ranges::binary_search(ids, entry.first)) return false;
      watch_.unwatch(entry.second.watch);
      return true;
    });
    for (const std::string& id : ids) {
      if (content.bundles.size() == kMaxBundles) break;
      const auto [at, is_new] = content.bundles.try_emplace(id);
      if (!is_new) continue;
      at->second.watch =
          watch_.watch(tasks_ + "/" + space + "/" + id, IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR);
      read(space, id, at->second);
    }
  }

  void read(const std::string& space, const std::string& id, Bundle& bundle) {
    const std::string folder = tasks_ + "/" + space + "/" + id;
    RuntimeRecord record;
    record.facts.id = bounded(id);
    const auto text = read_file(folder + "/config.json", kMaxJsonBytes);
    if (!text) {
      if (text.error().kind != ErrorKind::kNotFound) problem_ = text.error().message;
      return;
    }
    if (const auto parsed = parse_bundle_config(*text, record); !parsed) {
      problem_ = folder + "/config.json: " + parsed.error().message;
      return;
    }
    record.facts.identity.runtime = ContainerRuntime::kContainerd;
    bool whole = false;
    if (const auto pid = read_file(folder + "/init.pid", 64)) {
      record.process = to_number<std::uint32_t>(trimmed(*pid)).value_or(0);
      whole = record.process != 0;
    }
    bundle.record = std::move(record);
    if (!whole) return;
    watch_.unwatch(bundle.watch);
    bundle.watch = FileWatch::kNone;
  }

  FileWatch& watch_;
  const std::string tasks_;
  int tasks_watch_ = FileWatch::kNone;
  std::map<std::string, Namespace> namespaces_;
  std::string problem_;
};

}  // namespace

std::unique_ptr<RuntimeSource> make_bundle_source(FileWatch& watch, std::string tasks) {
  return std::make_unique<BundleSource>(watch, std::move(tasks));
}

}  // namespace exporter
