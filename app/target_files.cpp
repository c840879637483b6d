#include "app/target_files.h"

#include <glob.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <utility>

#include "exporter/core/log.h"

namespace app {
namespace {

using exporter::log;
using exporter::LogLevel;

constexpr int kLookEveryMs = 30'000;
constexpr int kSettleMs = 50;  // several files are often written one after the other
constexpr std::size_t kMaxFiles = 1'000;
constexpr std::size_t kMaxFolders = 100;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

// The files that a path with a pattern names now, sorted.
std::vector<std::string> matching_files(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc && i < kMaxFiles; ++i) {
      paths.emplace_back(found.gl_pathv[i]);
    }
  }
  ::globfree(&found);
  return paths;
}

bool is_pattern(const std::string& path) { return path.find_first_of("*?[") != std::string::npos; }

std::string stamp_of(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return "gone";
  return std::to_string(info.st_dev) + "." + std::to_string(info.st_ino) + "." +
         std::to_string(info.st_size) + "." + std::to_string(info.st_mtim.tv_sec) + "." +
         std::to_string(info.st_mtim.tv_nsec);
}

}  // namespace

void TargetFiles::start(const ProbeModules& modules) { set(modules); }

void TargetFiles::set(const ProbeModules& modules) {
  const std::lock_guard lock(mutex_);
  modules_ = modules;
  look(/*changed=*/true);
  const bool wanted = !modules_.target_files.empty();
  if (wanted && !thread_.joinable()) {
    inotify_.reset(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    wake_.reset(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  watch_folders();
}

void TargetFiles::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  eventfd_write(wake_.get(), 1);
  thread_.join();
}

void TargetFiles::watch_folders() {
  if (!inotify_) return;
  std::set<std::string> folders;
  for (const TargetFileSet& set : modules_.target_files) {
    for (const std::string& path : set.files) folders.insert(folder_of(path));
  }
  std::size_t watched = 0;
  for (const std::string& folder : folders) {
    if (++watched > kMaxFolders) break;
    // The same folder again is the same watch; one that is not there is looked for each half
    // minute.
    inotify_add_watch(inotify_.get(), folder.c_str(),
                      IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR);
  }
}

void TargetFiles::run(const std::stop_token& stop) {
  std::array<pollfd, 2> waits{{{inotify_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
  std::array<char, 16 * 1024> events;
  while (!stop.stop_requested()) {
    const int ready = poll(waits.data(), waits.size(), kLookEveryMs);
    if (stop.stop_requested()) return;
    if (ready > 0) poll(&waits[1], 1, kSettleMs);
    while (::read(inotify_.get(), events.data(), events.size()) > 0) {
    }
    const std::lock_guard lock(mutex_);
    look(/*changed=*/false);
    watch_folders();
  }
}

// False: it is as it was.
bool TargetFiles::read(const std::string& path, File& file) {
  const std::string stamp = stamp_of(path);
  if (stamp == file.stamp) return false;
  file.stamp = stamp;
  const auto text = exporter::read_file(path, kMaxFileSdBytes);
  auto found = text ? parse_file_sd(*text, path)
                    : exporter::Result<std::vector<FoundTarget>>(std::unexpected(text.error()));
  if (!found) {
    ++status_.errors;
    if (file.error != found.error().message) {
      log(LogLevel::kError, "a file of targets keeps what it said last",
          {{"error", found.error().message}});
    }
    file.error = found.error().message;
    return true;
  }
  file.error.clear();
  file.targets = std::move(*found);
  return true;
}

void TargetFiles::look(bool changed) {
  std::vector<std::vector<std::string>> paths;  // of each set
  std::set<std::string> wanted;
  for (const TargetFileSet& set : modules_.target_files) {
    std::vector<std::string>& own = paths.emplace_back();
    for (const std::string& path : set.files) {
      if (is_pattern(path)) {
        std::ranges::move(matching_files(path), std::back_inserter(own));
      } else {
        own.push_back(path);
      }
    }
    wanted.insert(own.begin(), own.end());
  }
  // A file that a pattern no longer finds was taken away; one that is named keeps its targets.
  changed |=
      std::erase_if(files_, [&](const auto& entry) { return !wanted.contains(entry.first); }) > 0;
  for (const std::string& path : wanted) {
    if (files_.size() >= kMaxFiles && !files_.contains(path)) break;
    changed |= read(path, files_[path]);
  }
  if (!changed) return;
  std::vector<exporter::ProbeSpec> found = probes(paths);
  status_.files = files_.size();
  status_.bad_files = static_cast<std::size_t>(
      std::ranges::count_if(files_, [](const auto& entry) { return !entry.second.error.empty(); }));
  status_.targets = found.size();
  if (found == applied_) return;
  applied_ = found;
  apply_(std::move(found));
}

std::vector<exporter::ProbeSpec> TargetFiles::probes(
    const std::vector<std::vector<std::string>>& paths) const {
  std::vector<exporter::ProbeSpec> specs;
  std::set<std::string> names;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const ProbeModule* module = modules_.find(modules_.target_files[i].module);
    for (const std::string& path : paths[i]) {
      const auto file = files_.find(path);
      if (file == files_.end() || module == nullptr) continue;
      for (const FoundTarget& found : file->second.targets) {
        auto spec = probe_of_module(*module, found.target);
        if (!spec) {
          log(LogLevel::kError, "a target is left out",
              {{"file", path}, {"error", spec.error().message}});
          continue;
        }
        if (!found.name.empty()) spec->name = found.name;
        spec->labels = found.labels;
        if (specs.size() == kMaxTargets) return specs;
        if (names.insert(spec->name).second) specs.push_back(std::move(*spec));
      }
    }
  }
  return specs;
}

TargetFilesStatus TargetFiles::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace app
