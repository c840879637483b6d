// What a Prometheus-compatible source keeps, as a source of good and bad time. A thread of its own
// asks by range query for everything from where the judge was told last to now: one slice in the
// usual case, all that was missed after a gap of the daemon or of the source. The slo thread takes
// over what came out. What cannot be asked is unknown and is asked again.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "app/prometheus_question.h"
#include "exporter/core/clock.h"
#include "slo/event_source.h"
#include "slo/source.h"

namespace app {

struct SourceStatus {
  std::string name;
  bool is_asked = false;  // some objective needs it
  bool is_up = true;      // as of the last request
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  double filled_seconds = 0;  // told so late that it had been unknown meanwhile
};

class PrometheusSource final : public slo::SliSource {
 public:
  // A slice is asked for when it has been over for this long: the samples at its end are there.
  static constexpr std::int64_t kSettleMs = 1'000;
  // Evaluations in one request; the rest is asked for in the next.
  static constexpr std::int64_t kMaxPoints = 500;

  // wake is called on this source's thread when something was learned. clock outlives this.
  PrometheusSource(SourceSpec spec, const exporter::Clock& clock, std::function<void()> wake);
  ~PrometheusSource() override;

  const SourceSpec& spec() const { return spec_; }

  // Judges exactly these from now on, each for its objectives; one that is as before goes on. Any
  // thread.
  struct Judged {
    std::vector<slo::SloId> ids;
    slo::RecordSpec spec;
    std::string meaning;  // the same text, the same spec
  };
  void set(std::vector<Judged> judged);

  void start();
  void stop();  // idempotent

  void feed(slo::Engine& engine, const exporter::Moment& now) override;

  // Why an objective has nothing to be judged by, by the id of the first; only those that have. Any
  // thread.
  std::map<slo::SloId, std::string> problems() const;
  SourceStatus status() const;

 private:
  struct Entry {
    std::vector<slo::SloId> ids;
    std::string meaning;
    slo::RecordSpec spec;
    std::optional<std::int64_t> from_ms;  // Unix time, on the grid; none before the first feed()
    std::optional<slo::EventQueries> histogram;  // how its histogram is asked, once that is known
    slo::WholeEvents whole;
    std::int64_t not_before_ns = 0;  // after a failure
    std::string problem;
  };
  struct Learned {
    std::vector<slo::SloId> ids;
    std::vector<slo::ToldSlice> slices;
    // Of an objective that is judged by events, as many; none of a slice that is not known.
    std::vector<std::optional<slo::EventCount>> counts;
    slo::Cause blind = slo::Cause::kNone;  // or: it could not be asked
  };

  void run(const std::stop_token& stop);
  void greet(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  Entry* due(const exporter::Moment& now);
  void ask(std::unique_lock<std::mutex>& lock, Entry& entry, const std::stop_token& stop);
  void take(Entry& entry, SourceAnswer answer, const slo::Period& asked, std::int64_t now_ms);
  void give_up(Entry& entry, const exporter::Error& error);
  void mark_late(std::vector<slo::ToldSlice>& slices, std::int64_t now_ms);

  const SourceSpec spec_;
  const exporter::Clock& clock_;
  const std::function<void()> wake_;
  PrometheusClient client_;  // the thread's
  mutable std::mutex lock_;
  std::condition_variable_any changed_;
  std::vector<Entry> entries_;    // under lock_, like the next
  std::uint64_t generation_ = 0;  // of entries_
  std::vector<Learned> learned_;
  SourceStatus status_;
  bool is_greeted_ = false;
  std::jthread thread_;
};

}  // namespace app
