// Ticks stand on a grid of whole seconds of CLOCK_MONOTONIC. Results wake the thread between them,
// but at most every kSpacingNs, so that thousands of probes cost some steps more and not thousands.
#include "slo/runner.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace slo {
namespace {

constexpr std::int64_t kTickNs = 1'000'000'000;
constexpr std::int64_t kLateNs = kTickNs / 10;
constexpr std::int64_t kSpacingNs = 100'000'000;
constexpr std::int64_t kYoungMs = kHourMs;

std::chrono::nanoseconds until(std::int64_t due_ns, std::int64_t now_ns) {
  return std::chrono::nanoseconds(std::max<std::int64_t>(0, due_ns - now_ns));
}

// A row begins or ends to fire, or how long it goes on firing is decided now: the down time that
// it sees begins or ends.
bool alerts_move(const Judgement& before, const Judgement& now) {
  if (before.alerts.size() != now.alerts.size()) return false;
  bool fires = false;
  for (std::size_t i = 0; i < now.alerts.size(); ++i) {
    if (before.alerts[i].reading.firing != now.alerts[i].reading.firing) return true;
    fires = fires || now.alerts[i].reading.firing;
  }
  return fires && before.state != now.state;
}

// Prometheus' rules see what the alerts here are made from as far as it is on disk. Both are to
// change within a scrape and an evaluation of each other.
bool alerts_move(const Snapshot& before, const Snapshot& now) {
  auto old = before.slos.begin();
  return std::ranges::any_of(now.slos, [&](const Judgement& slo) {
    while (old != before.slos.end() && old->id < slo.id) ++old;
    return old != before.slos.end() && old->id == slo.id && alerts_move(*old, slo);
  });
}

}  // namespace

Runner::Runner(const exporter::Clock& clock, Store& store, std::string boot_id, Facts history,
               std::int64_t heartbeat_ms)
    : clock_(clock),
      store_(store),
      heartbeat_ns_(heartbeat_ms * 1'000'000),
      boot_id_(std::move(boot_id)),
      history_(std::move(history)),
      saved_(store) {}

Runner::~Runner() {
  if (thread_.joinable()) stop(StopReason::kStop);
}

Engine& Runner::engine() {
  if (!engine_) engine_.emplace(boot_id_, clock_.now(), std::exchange(history_, {}));
  return *engine_;
}

std::vector<SloId> Runner::apply_now(const Specs& specs, const Since& running_since) {
  const exporter::Moment now = clock_.now();
  std::vector<SloId> ids;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const auto since_ns = i < running_since.size() ? running_since[i] : std::nullopt;
    std::optional<std::int64_t> since_ms;
    if (since_ns) since_ms = engine().timeline().at(*since_ns);
    ids.push_back(engine().add(specs[i], now, {}, nullptr, since_ms));
    // What was seen speaks as an attempt out of turn does, until the first one in its turn.
    if (since_ns) engine().on_sample(ids.back(), now.boot_ns, State::kUp, Cause::kNone, now, true);
  }
  for (const SloId id : judged_) {
    if (std::ranges::find(ids, id) == ids.end()) engine().remove(id);
  }
  judged_ = ids;
  beaten_ns_ = 0;  // the counters of new ones are to be on disk soon
  return ids;
}

std::vector<SloId> Runner::apply(const Specs& specs, const Since& running_since) {
  std::vector<SloId> ids;
  call([&](Engine&) { ids = apply_now(specs, running_since); });
  return ids;
}

void Runner::call(const std::function<void(Engine&)>& work) {
  const std::lock_guard one(one_call_at_a_time_);
  if (!thread_.joinable()) {
    work(engine());
    return;
  }
  std::unique_lock lock(lock_);
  wanted_ = &work;
  changed_.notify_all();
  changed_.wait(lock, [&] { return wanted_ == nullptr; });
}

void Runner::serve_call() {
  if (wanted_ == nullptr) return;
  (*wanted_)(engine());
  wanted_ = nullptr;
  changed_.notify_all();
}

void Runner::start() {
  engine().forget_history([this](const SloRow& row) {
    return std::ranges::any_of(sources_,
                               [&](const SliSource* source) { return source->claims(row); });
  });
  step(clock_.now());
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Runner::wake() {
  {
    const std::lock_guard lock(lock_);
    woken_ = true;
  }
  changed_.notify_all();
}

void Runner::run(const std::stop_token& stop) {
  std::int64_t due_ns = clock_.now().mono_ns + kTickNs;
  std::int64_t stepped_ns = 0;
  std::unique_lock lock(lock_);
  while (!stop.stop_requested()) {
    changed_.wait_for(lock, stop, until(due_ns, clock_.now().mono_ns),
                      [&] { return woken_ || wanted_ != nullptr; });
    if (woken_ && wanted_ == nullptr) {
      changed_.wait_for(lock, stop,
                        until(std::min(stepped_ns + kSpacingNs, due_ns), clock_.now().mono_ns),
                        [&] { return wanted_ != nullptr; });
    }
    if (stop.stop_requested()) break;
    woken_ = false;
    serve_call();
    lock.unlock();
    const exporter::Moment now = clock_.now();
    if (now.mono_ns >= due_ns) {
      ticks_.fetch_add(1, std::memory_order_relaxed);
      if (now.mono_ns - due_ns > kLateNs) late_ticks_.fetch_add(1, std::memory_order_relaxed);
      due_ns += (now.mono_ns - due_ns) / kTickNs * kTickNs + kTickNs;
    }
    step(now);
    stepped_ns = now.mono_ns;
    lock.lock();
  }
  serve_call();  // who waits is not left alone
}

// What happened since the last heartbeat is unknown after kill -9. Of an incident that somebody is
// looking at, not more than a second is to be lost.
bool Runner::is_heartbeat_due(const exporter::Moment& now, const Snapshot& judged) const {
  const std::int64_t passed_ns =
      now.boot_ns - beaten_ns_ + kLateNs;  // ticks come a little early, too
  if (passed_ns >= heartbeat_ns_ || beaten_ns_ == 0) return true;
  const Published last = published_.get();
  if (last && alerts_move(*last, judged)) return true;
  return passed_ns >= kTickNs && std::ranges::any_of(judged.slos, [](const Judgement& slo) {
           return slo.open_incident && slo.settled_ms - slo.open_incident->start_ms < kYoungMs;
         });
}

void Runner::step(const exporter::Moment& now) {
  for (SliSource* source : sources_) source->feed(engine(), now);
  engine().step(now);
  auto judged = std::make_shared<Snapshot>(engine().judge());
  std::optional<Ticket> heartbeat;
  const bool beats = is_heartbeat_due(now, *judged);
  if (beats) {
    engine().beat(now);
    beaten_ns_ = now.boot_ns;
    judged->heartbeat_ms = judged->now_ms;
  }
  if (Facts facts = engine().take_facts(); !facts.empty()) {
    const Ticket ticket = store_.write(std::move(facts), {});
    if (beats) heartbeat = ticket;
  }
  saved_.note(*judged, heartbeat);
  const Published snapshot = std::move(judged);
  published_.set(snapshot);
  for (const auto& listener : listeners_) listener(snapshot);
}

void Runner::stop(StopReason reason) {
  thread_.request_stop();
  thread_.join();
  const exporter::Moment now = clock_.now();
  for (SliSource* source : sources_) source->feed(engine(), now);
  engine().stop(now, reason);
  if (Facts facts = engine().take_facts(); !facts.empty()) store_.write(std::move(facts), {});
}

}  // namespace slo
