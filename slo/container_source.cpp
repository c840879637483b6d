// A view is taken in three steps: its containers are sorted to their objectives; each objective is
// told what happened since the last view, as samples in order of time; and the time after the view
// is announced as a probe under way, so that nothing is settled beyond what was seen:
//
//   view          v1                        v2
//   facts         running                   running, restarts +1, finished f, started s
//   samples       up(v1)  announced(v1)     up for v1, down(f), up(s), announced(v2)
//
// What a runtime records of a run that ended and began again between two views is exact. Where it
// leaves no record, the outage began when the container was last seen up.
#include "slo/container_source.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "exporter/core/clock.h"

namespace slo {
namespace {

using exporter::ContainerFacts;
using exporter::ContainerState;
using exporter::ContainerView;
using exporter::kNsPerMs;
using exporter::Moment;

constexpr std::string_view kCollection = "containers";
// Stored with each objective: another number is another meaning of up.
constexpr std::uint64_t kGeneration = 0x636f6e7461696e31;
constexpr std::int64_t kIntervalMs = exporter::kContainerBeatMs;
// A runtime writes down that a run ended only after it did. What a view shows as running is taken
// for up to so long before the view, so that the time the runtime gives still finds its place.
constexpr std::int64_t kRecordLagMs = 250;
// So long a whole view is waited for at the start: it may prove what was so before.
constexpr std::int64_t kPatienceMs = 30'000;

std::shared_ptr<const SloSpec> spec_of(const ObjectiveName& name) {
  auto spec = std::make_shared<SloSpec>();
  spec->service = name.service;
  spec->name = name.slo;
  spec->source = SourceKind::kContainer;
  spec->generation = kGeneration;
  spec->interval_ms = kIntervalMs;
  spec->alert_windows_shown = false;
  // The zero-configuration objectives ticket, they never page.
  std::erase_if(spec->alert_rows,
                [](const AlertRow& row) { return row.severity == Severity::kPage; });
  spec->alert_rows.shrink_to_fit();
  return spec;
}

std::string key_of(const SloSpec& spec) { return spec.service + '\n' + spec.name; }

std::int64_t boot_ms(const Moment& moment) { return moment.boot_ns / kNsPerMs; }
std::int64_t unix_ms(const Moment& moment) { return moment.real_ns / kNsPerMs; }

// A time of the runtime on CLOCK_BOOTTIME, as the view's own clocks stand to each other.
std::int64_t on_boot_clock(std::int64_t at_unix_ms, const ContainerView& view) {
  return boot_ms(view.as_of) - (unix_ms(view.as_of) - at_unix_ms);
}

bool is_another_run(const ContainerFacts& before, const ContainerFacts& after) {
  return before.id != after.id || after.restarts > before.restarts ||
         (before.started_unix_ms != 0 && after.started_unix_ms > before.started_unix_ms);
}

bool has_begun(const ContainerFacts& facts) {
  return facts.state == ContainerState::kRunning || facts.state == ContainerState::kRestarting ||
         facts.state == ContainerState::kPaused;
}

// Without a health check, to run is to be up.
bool proves_up(const ContainerFacts& facts) {
  return facts.state == ContainerState::kRunning &&
         facts.health <= exporter::ContainerHealth::kNone;
}

// Of several containers of one objective the highest speaks.
int rank(const Reading& reading) {
  if (reading.kind != Reading::Kind::kJudged) return reading.kind == Reading::Kind::kEnded ? 1 : 0;
  return reading.state == State::kUp ? 4 : reading.state == State::kUnknown ? 3 : 2;
}

// "1 1700000000000": has to run, gone since. False for anything else.
bool parse_document(std::string_view text, bool& has_to_run, std::int64_t& gone_unix_ms) {
  if (text.size() < 3 || (text[0] != '0' && text[0] != '1') || text[1] != ' ') return false;
  has_to_run = text[0] == '1';
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + 2, end, gone_unix_ms);
  return error == std::errc() && stopped == end && gone_unix_ms >= 0;
}

}  // namespace

ContainerSource::ContainerSource(View view, std::function<void()> wake, Store& store,
                                 const std::vector<Document>& documents)
    : view_(std::move(view)), wake_(std::move(wake)), store_(store) {
  for (const Document& document : documents) {
    if (document.collection != kCollection || !document.value) continue;
    const std::size_t line = document.key.find('\n');
    bool has_to_run = false;
    std::int64_t gone_unix_ms = 0;
    if (line == std::string::npos || objectives_.size() >= 2 * kMaxObjectives ||
        !parse_document(*document.value, has_to_run, gone_unix_ms)) {
      continue;
    }
    Objective& objective =
        objective_of_name({document.key.substr(0, line), document.key.substr(line + 1)});
    objective.has_to_run = has_to_run;
    objective.gone_unix_ms = gone_unix_ms;
    objective.kubernetes = objective.spec->service.find('/') != std::string::npos;
    objective.recorded = true;
  }
}

ContainerSource::Objective& ContainerSource::objective_of_name(const ObjectiveName& name) {
  const auto found = objectives_.find({name.service, name.slo});
  if (found != objectives_.end()) return found->second;
  auto spec = spec_of(name);
  Objective& added = objectives_[{spec->service, spec->name}];
  added.spec = std::move(spec);
  return added;
}

// Up while any of them is; ended when all of them are.
Reading ContainerSource::reading_of(const Objective& objective, Members members) const {
  const auto rule = objective.configured ? rules_.find(objective.spec.get()) : rules_.end();
  Reading best;
  for (const Member& member : members) {
    const Reading reading = rule == rules_.end()
                                ? read(*member.facts, objective.state)
                                : read(*member.facts, rule->second, objective.state);
    if (rank(reading) > rank(best)) best = reading;
  }
  return best;
}

bool ContainerSource::claims(const SloRow& row) const {
  if (is_configured(row)) return true;
  return row.generation == kGeneration && objectives_.contains({row.service, row.slo});
}

void ContainerSource::keep(Objective& objective) {
  if (objective.configured) return;
  objective.recorded = true;
  store_.write({},
               {{std::string(kCollection), key_of(*objective.spec),
                 (objective.has_to_run ? "1 " : "0 ") + std::to_string(objective.gone_unix_ms)}});
}

void ContainerSource::feed(Engine& engine, const Moment& now) {
  take_configuration(engine, now);
  const bool on = on_.load(std::memory_order_relaxed);
  if (!on) rest(engine);
  const auto view = view_();
  if (!view || view == seen_) return;
  seen_ = view;
  const std::vector<Member> all = collect(*view, on);
  without_room_ = 0;
  for (auto entry = objectives_.begin(); entry != objectives_.end();) {
    Objective& objective = entry->second;
    if (!on && !objective.configured) {
      ++entry;
      continue;
    }
    if (objective.judged && !engine.judges(objective.id)) {  // the configuration has that name now
      objective.judged = false;
      --judged_;
    }
    const Members members = std::ranges::equal_range(all, &objective, {}, &Member::objective);
    if (!members.empty()) {
      take(objective, members, *view, engine, now);
      objective.before = members.size() == 1 ? members.front().facts : nullptr;
    } else if (view->complete) {
      take_absent(objective, *view, engine, now);
      objective.before = nullptr;
    } else if (objective.configured && !objective.judged &&
               boot_ms(now) - objective.sampled_ms > kPatienceMs) {
      begin(objective, {}, *view, engine, now);  // it is shown, and unknown
    }
    const bool is_over =
        objective.gone_unix_ms != 0 && unix_ms(view->as_of) - objective.gone_unix_ms > kForgetMs;
    if (is_over) {
      if (objective.judged) --judged_;
      engine.forget(objective.spec->service, objective.spec->name, kGeneration);
      store_.write({}, {{std::string(kCollection), key_of(*objective.spec), std::nullopt}});
    }
    const bool is_nothing = !objective.recorded && view->complete;
    entry = is_over || is_nothing ? objectives_.erase(entry) : std::next(entry);
  }
  ignored_.store(without_room_, std::memory_order_relaxed);
}

// As if the daemon had stopped for them; the documents stay.
void ContainerSource::rest(Engine& engine) {
  for (auto& [name, objective] : objectives_) {
    if (objective.configured || !objective.judged) continue;
    if (engine.judges(objective.id)) engine.remove(objective.id);
    objective.judged = false;
    objective.before = nullptr;
    --judged_;
    seen_.reset();
  }
  ignored_.store(0, std::memory_order_relaxed);
}

// In the order of the objectives' addresses, so that those of one stand together.
std::vector<ContainerSource::Member> ContainerSource::collect(const ContainerView& view, bool on) {
  std::vector<Member> members;
  members.reserve(view.containers.size());
  std::vector<std::pair<const ContainerRule*, Objective*>> configured;
  for (auto& [name, objective] : objectives_) {
    if (objective.configured) {
      configured.emplace_back(&rules_.at(objective.spec.get()), &objective);
    }
  }
  for (const Facts& facts : view.containers) {
    for (const auto& [rule, objective] : configured) {
      if (matches(*rule, *facts)) members.push_back({objective, facts});
    }
    const auto name = on ? objective_of(facts->identity) : std::nullopt;
    if (!name) continue;
    Objective& objective = objective_of_name(*name);
    if (objective.configured) continue;  // the configuration has that name
    objective.kubernetes = !facts->identity.k8s_pod.empty();
    members.push_back({&objective, facts});
  }
  std::ranges::stable_sort(members, {}, &Member::objective);
  return members;
}

void ContainerSource::take(Objective& objective, Members members, const ContainerView& view,
                           Engine& engine, const Moment& now) {
  if (reading_of(objective, members).kind == Reading::Kind::kEnded) {
    end(objective, view, engine);
    return;
  }
  if (!objective.judged && !begin(objective, members, view, engine, now)) return;
  const bool needed =
      std::ranges::any_of(members, [](const Member& member) { return has_to_run(*member.facts); });
  if (!objective.configured &&
      (!objective.recorded || needed != objective.has_to_run || objective.gone_unix_ms != 0)) {
    objective.has_to_run = needed;
    objective.gone_unix_ms = 0;
    keep(objective);
  }
  const bool confirmed = confirm(objective, engine, now);
  tell_outage(objective, members, view, engine, now);
  const Reading reading = reading_of(objective, members);
  if (reading.kind == Reading::Kind::kJudged && (reading.state != objective.state || !confirmed)) {
    tell_state(objective, members, reading, view, engine, now);
  }
  announce(objective, view, engine, now);
}

void ContainerSource::tell_state(Objective& objective, Members members, const Reading& reading,
                                 const ContainerView& view, Engine& engine, const Moment& now) {
  const std::int64_t seen_ms = boot_ms(view.as_of);
  if (reading.state == objective.state) {
    sample(objective, seen_ms, objective.state, objective.cause, engine, now);
    return;
  }
  std::int64_t at_ms = seen_ms;
  Cause cause = reading.cause;
  if (members.size() == 1) {
    const ContainerFacts& facts = *members.front().facts;
    if (reading.state == State::kUp && proves_up(facts) && facts.started_unix_ms != 0) {
      at_ms = on_boot_clock(facts.started_unix_ms, view);
    } else if (cause == Cause::kExited && facts.finished_unix_ms != 0) {
      at_ms = on_boot_clock(facts.finished_unix_ms, view);
    }
    if (cause == Cause::kExited && objective.before &&
        facts.oom_kills > objective.before->oom_kills) {
      cause = Cause::kOomKilled;
    }
  }
  sample(objective, std::min(at_ms, seen_ms), reading.state, cause, engine, now);
  if (objective.sampled_ms < seen_ms) {
    sample(objective, seen_ms, reading.state, cause, engine, now);
  }
}

// Begun and over between two views, and so not in the states of either.
void ContainerSource::tell_outage(Objective& objective, Members members, const ContainerView& view,
                                  Engine& engine, const Moment& now) {
  if (objective.state != State::kUp || !objective.before || members.size() != 1) return;
  const ContainerFacts& before = *objective.before;
  const ContainerFacts& after = *members.front().facts;
  const bool oom = after.oom_kills > before.oom_kills;
  if (after.state != ContainerState::kRunning) return;
  if (is_another_run(before, after)) {
    const bool recorded = before.id == after.id && after.finished_unix_ms > 0 &&
                          after.finished_unix_ms <= after.started_unix_ms;
    const std::int64_t from_ms =
        recorded ? on_boot_clock(after.finished_unix_ms, view) : objective.seen_ms + 1;
    sample(objective, std::min(from_ms, boot_ms(view.as_of) - 1), State::kDown,
           oom ? Cause::kOomKilled : Cause::kExited, engine, now);
  } else if (oom) {
    // Something in it was killed and it ran on: an incident without a length.
    sample(objective, boot_ms(view.as_of) - 1, State::kDown, Cause::kOomKilled, engine, now);
  }
}

void ContainerSource::take_absent(Objective& objective, const ContainerView& view, Engine& engine,
                                  const Moment& now) {
  // A pod that is not here any more may run on another machine.
  if (!objective.has_to_run || objective.kubernetes) {
    end(objective, view, engine);
    return;
  }
  if (!objective.judged && !begin(objective, {}, view, engine, now)) return;
  if (objective.gone_unix_ms == 0 && !objective.configured) {
    objective.gone_unix_ms = unix_ms(view.as_of);
    keep(objective);
  }
  const bool confirmed = confirm(objective, engine, now);
  if (!confirmed || objective.state != State::kDown) {
    const Cause cause = objective.state == State::kDown ? objective.cause : Cause::kRemoved;
    sample(objective, boot_ms(view.as_of), State::kDown, cause, engine, now);
  }
  announce(objective, view, engine, now);
}

bool ContainerSource::begin(Objective& objective, Members members, const ContainerView& view,
                            Engine& engine, const Moment& now) {
  const SloSpec& spec = *objective.spec;
  if (!objective.recorded &&
      std::ranges::none_of(members, [](const Member& m) { return has_begun(*m.facts); })) {
    return false;  // it stopped before anybody looked
  }
  if (engine.judges(spec.service, spec.name)) return false;
  if (judged_ >= kMaxObjectives) {
    ++without_room_;
    return false;
  }
  std::optional<std::int64_t> running_since_ms;
  if (members.size() == 1) {
    const ContainerFacts& facts = *members.front().facts;
    if (proves_up(facts) && facts.started_unix_ms > 0) {
      running_since_ms = engine.timeline().labels().t_ms(facts.started_unix_ms);
    }
  }
  objective.id = engine.add(objective.spec, now, {}, nullptr, running_since_ms);
  objective.judged = true;
  objective.state = State::kUnknown;
  objective.cause = Cause::kStarting;
  objective.sampled_ms = boot_ms(view.as_of) - 1;
  objective.announced = false;
  ++judged_;
  return true;
}

void ContainerSource::end(Objective& objective, const ContainerView& view, Engine& engine) {
  if (objective.judged) {
    engine.remove(objective.id);
    objective.judged = false;
    --judged_;
  }
  if (!objective.recorded || objective.gone_unix_ms != 0) return;
  objective.gone_unix_ms = unix_ms(view.as_of);
  keep(objective);
}

// What was announced turned out as it had been. False when the engine had given it up.
bool ContainerSource::confirm(Objective& objective, Engine& engine, const Moment& now) {
  return !std::exchange(objective.announced, false) ||
         engine.on_sample(objective.id, objective.sampled_ms * kNsPerMs, objective.state,
                          objective.cause, now);
}

void ContainerSource::sample(Objective& objective, std::int64_t at_ms, State state, Cause cause,
                             Engine& engine, const Moment& now) {
  objective.sampled_ms = std::max(objective.sampled_ms + 1, at_ms);
  objective.state = state;
  objective.cause = cause;
  engine.on_sample(objective.id, objective.sampled_ms * kNsPerMs, state, cause, now);
}

void ContainerSource::announce(Objective& objective, const ContainerView& view, Engine& engine,
                               const Moment& now) {
  objective.seen_ms = boot_ms(view.as_of);
  const std::int64_t at_ms = std::max(objective.sampled_ms + 1, objective.seen_ms - kRecordLagMs);
  if (at_ms > boot_ms(now)) return;
  objective.sampled_ms = at_ms;
  objective.announced = true;
  engine.on_sent(objective.id, at_ms * kNsPerMs, now);
}

}  // namespace slo
