#include "exporter/containers/oom_watch.h"

#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>

#include "exporter/containers/cgroup_layout.h"
#include "exporter/containers/cgroup_text.h"
#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr std::size_t kReadsPerBeat = 100;

}  // namespace

std::string_view group_path(std::string_view proc_cgroup, bool version2) {
  std::string_view line;
  while (next_line(proc_cgroup, line)) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string_view path = line.substr(second + 1);
    bool wanted = version2 && controllers.empty();
    while (!version2 && !wanted && !controllers.empty()) {
      const std::string_view controller = controllers.substr(0, controllers.find(','));
      wanted = controller == "memory";
      controllers.remove_prefix(std::min(controller.size() + 1, controllers.size()));
    }
    if (wanted) return path.starts_with("/..") || !path.starts_with('/') ? "" : path;
  }
  return {};
}

OomWatch::OomWatch(FileWatch& watch, const Roots& roots) : watch_(watch), roots_(roots) {
  const auto layout = find_cgroups(roots.sysfs);
  if (!layout) return;
  const auto path = [&](Controller controller) {
    const int index = layout->index(controller);
    return index < 0 ? std::string() : layout->hierarchies[static_cast<std::size_t>(index)].path;
  };
  memory_ = path(Controller::kMemory);
  if (memory_.empty()) version2_ = path(Controller::kUnified);
}

void OomWatch::follow(const std::vector<std::shared_ptr<const RuntimeRecord>>& records,
                      CountLedger& ledger, const Moment& now) {
  if (version2_.empty() && memory_.empty()) return;
  std::erase_if(containers_, [&](auto& item) {
    const auto at = std::ranges::lower_bound(
        records, item.first, {},
        [](const auto& record) -> const std::string& { return record->facts.id; });
    const bool same = at != records.end() && (*at)->facts.id == item.first &&
                      (*at)->process == item.second.process;
    if (same) return false;
    const Followed& followed = item.second;
    watch_.unwatch(followed.watch);
    // The group went before its last count could be read; the runtime remembers that there was one.
    const bool known = at != records.end() && (*at)->facts.id == item.first;
    if (known && (*at)->oom_killed &&
        followed.account->kills_of(followed.inode) == followed.kills_before) {
      followed.account->see_kills(followed.inode, followed.kills_before + 1);
    }
    return true;
  });
  for (const auto& record : records) {
    const std::string& id = record->facts.id;
    if (record->process == 0 || containers_.contains(id)) continue;
    const auto groups =
        read_file(roots_.procfs + "/" + std::to_string(record->process) + "/cgroup");
    const std::string_view path = groups ? group_path(*groups, !version2_.empty()) : "";
    if (path.empty() || path.find(id) == std::string_view::npos) continue;
    // crun and systemd put processes deeper; the container's own group is the one with its id.
    const std::size_t end = std::min(path.find('/', path.find(id)), path.size());
    Followed followed;
    followed.process = record->process;
    followed.account = ledger.account(record->facts.identity, now);
    followed.path = version2_.empty() ? memory_ : version2_;
    followed.path += path.substr(0, end);
    struct stat status{};
    if (::stat(followed.path.c_str(), &status) != 0) continue;
    followed.inode = status.st_ino;
    followed.path += version2_.empty() ? "/memory.oom_control" : "/memory.events";
    if (!version2_.empty()) followed.watch = watch_.watch(followed.path, IN_MODIFY);
    followed.kills_before = followed.account->kills_of(followed.inode);
    look(followed);
    containers_.emplace(id, std::move(followed));
  }
}

bool OomWatch::look(const Followed& followed) {
  const auto text = read_file(followed.path, 4096);
  const Count kills = text ? parse_keyed(*text, "oom_kill") : std::nullopt;
  return kills && followed.account->see_kills(followed.inode, *kills);
}

bool OomWatch::on_event(int watch) {
  for (const auto& [id, followed] : containers_) {
    if (followed.watch == watch) return look(followed);
  }
  return false;
}

bool OomWatch::on_beat() {
  if (memory_.empty() || containers_.empty()) return false;
  bool any = false;
  auto at = containers_.lower_bound(next_);
  for (std::size_t i = 0; i < std::min(kReadsPerBeat, containers_.size()); ++i, ++at) {
    if (at == containers_.end()) at = containers_.begin();
    any = look(at->second) || any;
  }
  next_ = at == containers_.end() ? std::string() : at->first;
  return any;
}

}  // namespace exporter
