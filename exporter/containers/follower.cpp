#include "exporter/containers/follower.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>

#include "exporter/containers/cgroup_layout.h"
#include "exporter/core/log.h"
#include "exporter/core/scan.h"
#include "exporter/core/text.h"

namespace exporter {
namespace {

// Runtimes write their files several times in a row.
constexpr int kSettleMs = 10;

// Of containers that users start without being root.
std::vector<StoragePlaces> rootless_places(const Roots& roots) {
  std::vector<StoragePlaces> places;
  for (const std::string& user : list_directory(roots.in_rootfs("/home"))) {
    const std::string graph = roots.in_rootfs("/home/" + user + "/.local/share/containers/storage");
    if (list_directory(graph).empty()) continue;
    places.push_back({.graph = graph, .run = graph, .exits = {}, .procfs = roots.procfs});
  }
  for (const std::string& user : list_directory(roots.in_rootfs("/run/user"))) {
    const std::string run = roots.in_rootfs("/run/user/" + user);
    if (list_directory(run + "/containers").empty()) continue;
    places.push_back({.graph = run + "/containers",
                      .run = run + "/containers",
                      .exits = {run + "/libpod/tmp/exits"},
                      .procfs = roots.procfs});
  }
  return places;
}

// Where systemd and LXC put their groups.
std::string named_hierarchy(const Roots& roots) {
  const auto layout = find_cgroups(roots.sysfs);
  if (!layout) return {};
  for (const Controller controller : {Controller::kMemory, Controller::kUnified}) {
    const int index = layout->index(controller);
    if (index >= 0) return layout->hierarchies[static_cast<std::size_t>(index)].path;
  }
  return layout->hierarchies.front().path;
}

std::string boot_id(const Roots& roots) {
  const auto text = read_file(roots.procfs + "/sys/kernel/random/boot_id", 64);
  return text ? std::string(trimmed(*text)) : std::string();
}

// Which of two containers of one identity speaks for it.
bool is_better(const RuntimeRecord& a, const RuntimeRecord& b) {
  const auto lives = [](const RuntimeRecord& record) {
    return record.facts.state == ContainerState::kRunning ||
           record.facts.state == ContainerState::kPaused;
  };
  if (lives(a) != lives(b)) return lives(a);
  return a.facts.started_unix_ms > b.facts.started_unix_ms;
}

}  // namespace

std::vector<std::shared_ptr<const ContainerFacts>> facts_of(
    const Roster& roster, const CountLedger& ledger,
    const std::function<std::string(const std::string& id)>& group_of) {
  std::map<std::string, const RuntimeRecord*> best;
  for (const auto& record : roster.records) {
    const RuntimeRecord*& known = best[record->facts.identity.key()];
    if (known == nullptr || is_better(*record, *known)) known = record.get();
  }
  std::vector<std::shared_ptr<const ContainerFacts>> facts;
  facts.reserve(best.size());
  for (const auto& [key, record] : best) {
    auto one = std::make_shared<ContainerFacts>(record->facts);
    one->oom_kills = ledger.kills(key);
    if (one->group.empty()) one->group = group_of(one->id);
    facts.push_back(std::move(one));
  }
  return facts;
}

ContainerFollower::ContainerFollower(FollowerOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      oom_watch_(watch_, options_.roots, options_.kernel_log),
      ledger_(boot_id(options_.roots)) {
  const Roots& roots = options_.roots;
  if (options_.docker_socket.empty()) {
    for (std::string& root : find_docker_roots(roots, options_.docker_root)) {
      sources_.push_back(make_docker_source(watch_, std::move(root)));
    }
  } else {
    sources_.push_back(
        make_docker_api_source(roots.in_rootfs(options_.docker_socket), [this] { wake(); }));
  }
  // Who asks Docker because its files are not for them may not read those of others either.
  const auto is_looked_at = [this](const std::string& place) {
    return options_.docker_socket.empty() || ::geteuid() == 0 || ::access(place.c_str(), R_OK) == 0;
  };
  for (const char* state : {"/run/containerd", "/run/k3s/containerd"}) {
    const std::string tasks = roots.in_rootfs(state) + "/io.containerd.runtime.v2.task";
    if (is_looked_at(tasks)) sources_.push_back(make_bundle_source(watch_, tasks));
  }
  std::vector<StoragePlaces> places{
      {.graph = roots.in_rootfs("/var/lib/containers/storage"),
       .run = roots.in_rootfs("/run/containers/storage"),
       .exits = {roots.in_rootfs("/run/libpod/exits"), roots.in_rootfs("/run/crio/exits")},
       .procfs = roots.procfs}};
  std::ranges::move(rootless_places(roots), std::back_inserter(places));
  for (StoragePlaces& place : places) {
    if (!is_looked_at(place.graph)) continue;
    sources_.push_back(make_storage_source(watch_, std::move(place)));
  }
  if (const std::string hierarchy = named_hierarchy(roots); !hierarchy.empty()) {
    sources_.push_back(make_machine_source(watch_, hierarchy));
  }
  roster_.set(std::make_shared<const Roster>());
  view_.set(std::make_shared<const ContainerView>());
  look(true);
  publish();
}

ContainerFollower::~ContainerFollower() { stop(); }

void ContainerFollower::start() {
  started_ = true;
  tell({}, *view_.get());
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void ContainerFollower::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  wake();
  thread_.join();
}

void ContainerFollower::wake() {
  const std::uint64_t one = 1;
  // A full counter wakes as well.
  if (::write(wake_.get(), &one, sizeof one) < 0) return;
}

void ContainerFollower::run(const std::stop_token& stop) {
  std::int64_t next_beat_ns = 0;
  while (!stop.stop_requested()) {
    const std::int64_t now_ns = clock_.now().boot_ns;
    if (now_ns >= next_beat_ns) {
      next_beat_ns = now_ns + kContainerBeatMs * 1'000'000;
      look(false);
      oom_watch_.on_beat(roster_.get()->records, ledger_, clock_.now());
      ledger_.tidy(clock_.now());
      publish();
      const ContainerView& view = *view_.get();
      for (ContainerSink* sink : sinks_) {
        if (view.complete) sink->on_beat(view.as_of);
      }
    }
    const auto wait_ms = static_cast<int>((next_beat_ns - now_ns) / 1'000'000 + 1);
    std::array<pollfd, 3> wanted{pollfd{watch_.descriptor(), POLLIN, 0},
                                 pollfd{wake_.get(), POLLIN, 0},
                                 pollfd{oom_watch_.log_descriptor(), POLLIN, 0}};
    const int ready = ::poll(wanted.data(), wanted.size(), wait_ms);
    if (ready <= 0) continue;
    // Most of what the kernel logs is about something else.
    const bool killed = wanted[2].revents != 0 && oom_watch_.on_log(clock_.now());
    if (ready == 1 && wanted[2].revents != 0 && !killed) continue;
    pollfd only_wake{wake_.get(), POLLIN, 0};
    if ((wanted[1].revents & POLLIN) == 0) ::poll(&only_wake, 1, kSettleMs);
    std::uint64_t count = 0;
    if (::read(wake_.get(), &count, sizeof count) < 0) count = 0;
    bool lost = false;
    watch_.drain([&](int watch, std::string_view name) {
      if (watch == FileWatch::kNone) {
        lost = true;
        return;
      }
      if (oom_watch_.on_event(watch)) return;
      for (const auto& source : sources_) source->on_event(watch, name);
    });
    if (lost) look(true);
    publish();
  }
}

void ContainerFollower::look(bool all) {
  for (const auto& source : sources_) source->scan(all);
}

bool ContainerFollower::complete() {
  std::string problem;
  for (const auto& source : sources_) {
    if (problem.empty()) problem = source->problem();
  }
  if (started_ && problem != problem_) {
    problem_ = problem;
    if (problem.empty()) {
      log(LogLevel::kInfo, "the files of container runtimes can be read again");
    } else {
      log(LogLevel::kWarn, "names of containers are incomplete", {{"error", problem}});
    }
  }
  return problem.empty();
}

void ContainerFollower::publish() {
  const Moment now = clock_.now();
  std::vector<RuntimeRecord> records;
  for (const auto& source : sources_) source->append_to(records);
  // Of one that two places tell of, the first place tells more.
  std::ranges::stable_sort(
      records, {}, [](const auto& record) -> const std::string& { return record.facts.id; });
  const auto doubles = std::ranges::unique(
      records, {}, [](const auto& record) -> const std::string& { return record.facts.id; });
  records.erase(doubles.begin(), doubles.end());

  const auto before = roster_.get();
  const bool same = before->version != 0 &&
                    std::ranges::equal(records, before->records,
                                       [](const auto& a, const auto& b) { return a == *b; });
  if (!same) {
    auto roster = std::make_shared<Roster>();
    roster->version = before->version + 1;
    for (RuntimeRecord& record : records) {
      roster->records.push_back(std::make_shared<const RuntimeRecord>(std::move(record)));
    }
    oom_watch_.follow(roster->records, ledger_, now);
    count_restarts(roster->records, now);
    roster_.set(std::move(roster));
  }
  auto view = std::make_shared<ContainerView>();
  view->as_of = now;
  view->complete = complete();
  const auto last = view_.get();
  const bool no_kills = std::ranges::all_of(last->containers, [&](const auto& facts) {
    return facts->oom_kills == ledger_.kills(facts->identity.key());
  });
  const bool no_news = same && no_kills;
  view->version = last->version + (no_news ? 0 : 1);
  view->containers =
      no_news ? last->containers : facts_of(*roster_.get(), ledger_, [this](const std::string& id) {
        return oom_watch_.group_of(id);
      });
  view_.set(view);
  if (started_) tell(*last, *view);
  if (!keep_) return;
  if (auto changes = ledger_.take_changes(now); !changes.empty()) keep_(std::move(changes));
}

void ContainerFollower::count_restarts(
    const std::vector<std::shared_ptr<const RuntimeRecord>>& records, const Moment& now) {
  std::vector<std::shared_ptr<CountAccount>> counted;
  for (const auto& record : records) {
    const ContainerFacts& facts = record->facts;
    counted.push_back(ledger_.account(facts.identity, now));
    counted.back()->see_restarts(facts.id, facts.restarts);
  }
  counted_ = std::move(counted);
}

void ContainerFollower::keep_counts(const std::vector<std::string>& kept, Keep keep) {
  const Moment now = clock_.now();
  for (const std::string& text : kept) {
    if (ledger_.restore(text, now)) continue;
    log(LogLevel::kWarn, "a kept count of containers cannot be read", {{"text", printable(text)}});
  }
  keep_ = std::move(keep);
  publish();
}

// Both are ordered by key.
void ContainerFollower::tell(const ContainerView& before, const ContainerView& after) {
  auto old = before.containers.begin();
  const auto removed_until = [&](const std::string* key) {
    for (; old != before.containers.end() && (key == nullptr || (*old)->identity.key() < *key);
         ++old) {
      for (ContainerSink* sink : sinks_) sink->on_removed((*old)->identity, after.as_of);
    }
  };
  for (const auto& facts : after.containers) {
    const std::string key = facts->identity.key();
    removed_until(&key);
    const bool known = old != before.containers.end() && (*old)->identity.key() == key;
    const bool changed = !known || **old != *facts;
    if (known) ++old;
    if (!changed) continue;
    for (ContainerSink* sink : sinks_) sink->on_facts(*facts, after.as_of);
  }
  removed_until(nullptr);
}

}  // namespace exporter
