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
constexpr std::size_t kMaxUnfollowed = 256;
// By then the runtime has told of a container that has just begun, and it is followed, or it never
// will be.
constexpr std::int64_t kSettledNs = kContainerBeatMs * 1'000'000;
constexpr std::int64_t kForgottenNs = 12 * kSettledNs;
// No inode is that large.
constexpr std::uint64_t kLineBit = std::uint64_t{1} << 63;

bool has_ended(ContainerState state) {
  return state == ContainerState::kExited || state == ContainerState::kDead ||
         state == ContainerState::kRestarting;
}

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

bool is_group_of(std::string_view path, std::string_view id) {
  if (id.empty()) return false;
  const auto is_end = [](std::string_view rest) {
    return rest.empty() || rest.starts_with('/') || rest.starts_with(".scope");
  };
  // LXC and systemd's machines have their path for an id.
  if (id.starts_with('/')) return path.starts_with(id) && is_end(path.substr(id.size()));
  for (std::size_t at = path.find(id); at != std::string_view::npos; at = path.find(id, at + 1)) {
    const bool begins =
        at > 0 && std::string_view("/-:").find(path[at - 1]) != std::string_view::npos;
    if (begins && is_end(path.substr(at + id.size()))) return true;
  }
  return false;
}

OomWatch::OomWatch(FileWatch& watch, const Roots& roots, const std::string& kernel_log)
    : watch_(watch), roots_(roots), log_(kernel_log) {
  const auto layout = find_cgroups(roots.sysfs);
  if (!layout) return;
  const auto path = [&](Controller controller) {
    const int index = layout->index(controller);
    return index < 0 ? std::string() : layout->hierarchies[static_cast<std::size_t>(index)].path;
  };
  memory_ = path(Controller::kMemory);
  if (memory_.empty()) version2_ = path(Controller::kUnified);
}

void OomWatch::follow(const Records& records, CountLedger& ledger, const Moment& now) {
  if (version2_.empty() && memory_.empty()) return;
  on_log(now);
  const auto record_of = [&](const std::string& id) -> const RuntimeRecord* {
    const auto at = std::ranges::lower_bound(
        records, id, {}, [](const auto& record) -> const std::string& { return record->facts.id; });
    return at != records.end() && (*at)->facts.id == id ? at->get() : nullptr;
  };
  std::erase_if(containers_, [&](const auto& item) {
    const RuntimeRecord* record = record_of(item.first);
    if (record != nullptr && record->process == item.second.process) return false;
    end(item.second, record != nullptr && record->oom_killed);
    return true;
  });
  std::erase_if(groups_, [&](const auto& item) { return record_of(item.first) == nullptr; });
  for (const auto& record : records) {
    if (record->process == 0 || containers_.contains(record->facts.id)) continue;
    if (auto followed = begin(*record, ledger, now)) {
      containers_.emplace(record->facts.id, std::move(*followed));
    }
  }
}

void OomWatch::end(const Followed& followed, bool runtime_says_so) {
  watch_.unwatch(followed.watch);
  const std::uint64_t missed = std::max<std::uint64_t>(followed.lines, runtime_says_so ? 1 : 0);
  followed.account->see_kills(followed.inode, followed.kills_before + missed);
}

std::optional<OomWatch::Followed> OomWatch::begin(const RuntimeRecord& record, CountLedger& ledger,
                                                  const Moment& now) {
  const std::string& id = record.facts.id;
  const auto groups = read_file(roots_.procfs + "/" + std::to_string(record.process) + "/cgroup");
  const std::string_view path = groups ? group_path(*groups, !version2_.empty()) : "";
  if (path.find(id) == std::string_view::npos) return {};
  // crun and systemd put processes deeper; the container's own group is the one with its id.
  const std::size_t last = std::min(path.find('/', path.find(id)), path.size());
  Followed followed;
  followed.process = record.process;
  followed.account = ledger.account(record.facts.identity, now);
  followed.path = version2_.empty() ? memory_ : version2_;
  followed.path += path.substr(0, last);
  struct stat status{};
  if (::stat(followed.path.c_str(), &status) != 0) return {};
  followed.inode = status.st_ino;
  groups_[id] = path.substr(0, last);
  followed.path += version2_.empty() ? "/memory.oom_control" : "/memory.events";
  if (!version2_.empty()) followed.watch = watch_.watch(followed.path, IN_MODIFY);
  look(followed);
  // What the counter has by now, the log has told of: a line comes before the count.
  const std::uint64_t kills = followed.account->kills_of(followed.inode);
  on_log(now);
  followed.lines =
      std::erase_if(unfollowed_, [&](const Line& line) { return is_group_of(line.group, id); });
  followed.kills_before = kills - std::min(kills, followed.lines);
  return followed;
}

std::string OomWatch::group_of(const std::string& id) const {
  const auto at = groups_.find(id);
  return at == groups_.end() ? std::string() : at->second;
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

bool OomWatch::on_log(const Moment& now) {
  bool any = false;
  log_.drain([&](const OomKill& kill) {
    any = true;
    for (auto& [id, followed] : containers_) {
      if (!is_group_of(kill.group, id)) continue;
      ++followed.lines;
      look(followed);
      return;
    }
    if (unfollowed_.size() == kMaxUnfollowed) unfollowed_.erase(unfollowed_.begin());
    unfollowed_.push_back({std::string(kill.group), kill.sequence, now.boot_ns});
  });
  return any;
}

bool OomWatch::on_beat(const Records& records, CountLedger& ledger, const Moment& now) {
  count_unfollowed(records, ledger, now);
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

void OomWatch::count_unfollowed(const Records& records, CountLedger& ledger, const Moment& now) {
  std::erase_if(unfollowed_, [&](const Line& line) {
    if (now.boot_ns - line.seen_ns < kSettledNs) return false;
    // While it runs, its counter tells.
    const auto at = std::ranges::find_if(records, [&](const auto& record) {
      return has_ended(record->facts.state) && is_group_of(line.group, record->facts.id);
    });
    if (at == records.end()) return now.boot_ns - line.seen_ns >= kForgottenNs;
    ledger.account((*at)->facts.identity, now)->see_kills(kLineBit | line.sequence, 1);
    return true;
  });
}

}  // namespace exporter
