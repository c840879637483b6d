// Where an objective stands is known by the engine alone (told_utc_ms), so that a restart, a step
// of the wall clock or an answer that got lost need no special case: feed() writes it into the
// entries, and the thread asks from there.
#include "app/prometheus_source.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "exporter/core/log.h"

namespace app {
namespace {

using exporter::Moment;
using slo::Period;
using slo::RecordSpec;
using slo::SloId;

// The wall clock may be set while it waits.
constexpr std::int64_t kLongestSleepMs = 5'000;
constexpr std::int64_t kRetryNs = 5'000'000'000;
constexpr std::int64_t kPauseNs = 100'000'000;  // between the parts of a long gap

std::int64_t utc_ms(const Moment& now) { return now.real_ns / 1'000'000; }

std::int64_t on_grid(std::int64_t utc_ms, std::int64_t slice_ms) {
  return (utc_ms + slice_ms / 2) / slice_ms * slice_ms;
}

}  // namespace

PrometheusSource::PrometheusSource(SourceSpec spec, const exporter::Clock& clock,
                                   std::function<void()> wake)
    : spec_(std::move(spec)), clock_(clock), wake_(std::move(wake)), client_(spec_) {
  status_.name = spec_.name;
}

PrometheusSource::~PrometheusSource() { stop(); }

void PrometheusSource::set(std::vector<Judged> judged) {
  {
    const std::lock_guard guard(lock_);
    std::vector<Entry> entries;
    for (Judged& one : judged) {
      const auto before = std::ranges::find_if(entries_, [&](const Entry& entry) {
        return entry.ids == one.ids && entry.meaning == one.meaning;
      });
      if (before != entries_.end()) {
        entries.push_back(std::move(*before));
        before->ids.clear();
        continue;
      }
      Entry& entry = entries.emplace_back();
      entry.ids = std::move(one.ids);
      entry.meaning = std::move(one.meaning);
      entry.spec = std::move(one.spec);
    }
    entries_ = std::move(entries);
    ++generation_;
    status_.is_asked = !entries_.empty();
  }
  changed_.notify_all();
}

void PrometheusSource::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void PrometheusSource::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

// The one that waits for longest; those that have failed wait a little.
PrometheusSource::Entry* PrometheusSource::due(const Moment& now) {
  Entry* found = nullptr;
  for (Entry& entry : entries_) {
    if (!entry.from_ms || entry.not_before_ns > now.boot_ns) continue;
    if (*entry.from_ms + entry.spec.slice_ms + kSettleMs > utc_ms(now)) continue;
    if (found == nullptr || *entry.from_ms < *found->from_ms) found = &entry;
  }
  return found;
}

void PrometheusSource::run(const std::stop_token& stop) {
  std::unique_lock lock(lock_);
  while (!stop.stop_requested()) {
    if (!is_greeted_ && !entries_.empty()) {
      greet(lock, stop);
      continue;
    }
    const Moment now = clock_.now();
    if (Entry* entry = due(now)) {
      ask(lock, *entry, stop);
      continue;
    }
    std::int64_t sleep_ms = entries_.empty() ? slo::kHourMs : kLongestSleepMs;
    for (const Entry& entry : entries_) {
      if (!entry.from_ms) continue;
      const std::int64_t over_ms = *entry.from_ms + entry.spec.slice_ms + kSettleMs - utc_ms(now);
      const std::int64_t pause_ms = (entry.not_before_ns - now.boot_ns) / 1'000'000;
      sleep_ms = std::min(sleep_ms, std::max({over_ms, pause_ms, std::int64_t{0}}) + 1);
    }
    // feed() and set() wake it.
    changed_.wait_for(lock, stop, std::chrono::milliseconds(sleep_ms),
                      [this, seen = generation_] { return generation_ != seen; });
  }
}

// Whether it is there at all is told at once and not only when the first slice is over.
void PrometheusSource::greet(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
  is_greeted_ = true;
  ++status_.requests;
  lock.unlock();
  const auto answer = client_.instant("count(" + spec_.alive + ")", utc_ms(clock_.now()), stop);
  lock.lock();
  if (stop.stop_requested()) return;
  status_.is_up = answer.has_value() || answer.error().kind != exporter::ErrorKind::kUnavailable;
  if (!answer) {
    ++status_.failures;
    exporter::log(exporter::LogLevel::kWarn, "a source cannot be asked",
                  {{"error", answer.error().message}});
  } else if (answer->empty()) {
    exporter::log(exporter::LogLevel::kWarn, "a source takes no samples of what 'alive' selects",
                  {{"source", spec_.name}, {"alive", spec_.alive}});
  }
}

void PrometheusSource::ask(std::unique_lock<std::mutex>& lock, Entry& entry,
                           const std::stop_token& stop) {
  const std::int64_t now_ms = utc_ms(clock_.now());
  const RecordSpec spec = entry.spec;
  const std::vector<SloId> ids = entry.ids;
  const std::int64_t begin_ms = *entry.from_ms;
  const std::int64_t over = (now_ms - kSettleMs - begin_ms) / spec.slice_ms;
  const std::int64_t most =
      std::max<std::int64_t>(1, kMaxPoints / (spec.slice_ms / spec.interval_ms));
  const Period asked{begin_ms, begin_ms + std::min(over, most) * spec.slice_ms};
  const std::string meaning = entry.meaning;
  ++status_.requests;
  auto histogram = entry.histogram;
  lock.unlock();
  auto answer = ask_source(client_, spec_, spec, std::move(histogram), asked, stop);
  lock.lock();
  if (stop.stop_requested()) return;
  status_.is_up = answer.has_value() || answer.error().kind != exporter::ErrorKind::kUnavailable;
  if (!answer) ++status_.failures;
  // Objectives may have come and gone meanwhile: entry may be no more.
  const auto found = std::ranges::find_if(
      entries_, [&](const Entry& one) { return one.ids == ids && one.meaning == meaning; });
  if (found == entries_.end()) return;
  if (answer) {
    take(*found, std::move(*answer), asked, now_ms);
  } else if (status_.is_up) {
    give_up(*found, answer.error());
  } else {
    for (Entry& one : entries_) give_up(one, answer.error());
  }
  lock.unlock();
  wake_();
  lock.lock();
}

void PrometheusSource::take(Entry& entry, SourceAnswer answer, const Period& asked,
                            std::int64_t now_ms) {
  if (entry.spec.counted) {
    // What its events make of a slice the judge says; here only whether anything is known.
    for (std::size_t i = 0; i < answer.counted.size(); ++i) {
      const bool is_known = answer.counted[i].is_known;
      answer.slices[i].state = is_known ? slo::State::kUp : slo::State::kUnknown;
      answer.slices[i].cause = is_known ? slo::Cause::kNone : slo::Cause::kNoData;
    }
  }
  mark_late(answer.slices, now_ms);
  const auto has_no_data = [](const auto& slice) { return slice.cause == slo::Cause::kNoData; };
  entry.problem.clear();
  if (std::ranges::all_of(answer.slices, has_no_data)) {
    entry.problem = "source " + spec_.name + " has no values of the query";
    entry.histogram.reset();
  } else {
    entry.histogram = std::move(answer.histogram);
  }
  entry.from_ms = asked.end_ms;
  entry.not_before_ns = clock_.now().boot_ns + kPauseNs;
  Learned& learned = learned_.emplace_back();
  learned.ids = entry.ids;
  learned.slices = std::move(answer.slices);
  if (!entry.spec.counted) return;
  for (const slo::CountedSlice& slice : answer.counted) {
    auto& count = learned.counts.emplace_back();
    if (slice.is_known) count = entry.whole.take(slice.good, slice.bad);
  }
}

void PrometheusSource::give_up(Entry& entry, const exporter::Error& error) {
  if (entry.problem != error.message) {
    exporter::log(exporter::LogLevel::kWarn, "an objective cannot be judged",
                  {{"error", error.message}});
  }
  entry.problem = error.message;
  entry.not_before_ns = clock_.now().boot_ns + kRetryNs;
  const bool is_refused = error.kind != exporter::ErrorKind::kUnavailable;
  learned_.push_back({entry.ids, {}, {}, is_refused ? slo::Cause::kNoData : slo::Cause::kSource});
}

// What is told later than a slice and a half after its end was unknown meanwhile.
void PrometheusSource::mark_late(std::vector<slo::ToldSlice>& slices, std::int64_t now_ms) {
  double filled_seconds = 0;
  for (slo::ToldSlice& slice : slices) {
    const std::int64_t late_ms = now_ms - slice.period.end_ms;
    if (slice.state == slo::State::kUnknown) continue;
    if (late_ms <= slice.period.length_ms() + kSettleMs + spec_.timeout_ms) continue;
    slice.cause = slo::Cause::kBackfilled;
    filled_seconds += static_cast<double>(slice.period.length_ms()) / 1000;
  }
  status_.filled_seconds += filled_seconds;
  if (filled_seconds == 0) return;
  exporter::log(exporter::LogLevel::kInfo, "a gap was filled from what the source kept",
                {{"source", spec_.name}, {"seconds", static_cast<std::int64_t>(filled_seconds)}});
}

void PrometheusSource::feed(slo::Engine& engine, const Moment& now) {
  const std::lock_guard guard(lock_);
  for (const Learned& learned : learned_) {
    for (const SloId id : learned.ids) {
      if (learned.blind != slo::Cause::kNone) engine.cannot_ask(id, learned.blind);
      for (std::size_t i = 0; i < learned.slices.size(); ++i) {
        const slo::ToldSlice& slice = learned.slices[i];
        const auto count = i < learned.counts.size() ? learned.counts[i] : std::nullopt;
        engine.tell(id, slice.period, slice.state, slice.cause, now, count);
      }
    }
  }
  learned_.clear();
  bool is_new = false;
  for (Entry& entry : entries_) {
    std::optional<std::int64_t> told_ms;
    for (const SloId id : entry.ids) {
      const auto one_ms = engine.told_utc_ms(id);
      if (one_ms && (!told_ms || *one_ms < *told_ms)) told_ms = one_ms;
    }
    is_new = is_new || entry.from_ms.has_value() != told_ms.has_value();
    entry.from_ms.reset();
    if (told_ms) entry.from_ms = on_grid(*told_ms, entry.spec.slice_ms);
  }
  if (!is_new) return;
  ++generation_;
  changed_.notify_all();
}

std::map<SloId, std::string> PrometheusSource::problems() const {
  const std::lock_guard guard(lock_);
  std::map<SloId, std::string> problems;
  for (const Entry& entry : entries_) {
    if (!entry.problem.empty()) problems[entry.ids.front()] = entry.problem;
  }
  return problems;
}

SourceStatus PrometheusSource::status() const {
  const std::lock_guard guard(lock_);
  return status_;
}

}  // namespace app
