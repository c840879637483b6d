// The daemon's own series as a source: a thread of its own takes the metrics page when an objective
// is due, and judges its slices; the slo thread takes over what came out.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "exporter/core/clock.h"
#include "slo/series_rule.h"
#include "slo/source.h"

namespace slo {

class SeriesSource final : public SliSource {
 public:
  // page appends the metrics page, on this source's thread; wake is called there when something was
  // judged. clock outlives this.
  SeriesSource(const exporter::Clock& clock, std::function<void(std::string&)> page,
               std::function<void()> wake);
  ~SeriesSource() override { stop(); }

  // Judges exactly these from now on, each for its objectives; one whose spec is as before goes on.
  // Any thread.
  struct Judged {
    std::vector<SloId> ids;
    SeriesSpec spec;
    std::string meaning;  // the same text, the same spec
  };
  void set(std::vector<Judged> judged);

  void start();
  void stop();  // idempotent

  void feed(Engine& engine, const exporter::Moment& now) override;

  // Why an objective has nothing to be judged by, by the id of the first; only those that have. Any
  // thread.
  std::map<SloId, std::string> problems() const;

 private:
  struct Entry {
    std::vector<SloId> ids;
    std::string meaning;
    SeriesRule rule;
    std::int64_t due_ns = 0;
  };
  struct Told {
    SloId id = 0;
    SliceEvent event;
  };

  void run(const std::stop_token& stop);
  void evaluate(const exporter::Moment& now);

  const exporter::Clock& clock_;
  const std::function<void(std::string&)> page_;
  const std::function<void()> wake_;
  mutable std::mutex lock_;
  std::condition_variable_any changed_;
  std::vector<Entry> entries_;  // under lock_
  std::vector<Told> told_;      // under lock_
  bool is_changed_ = false;     // under lock_
  std::string text_;            // the thread's
  std::vector<Told> taken_;     // the slo thread's
  std::jthread thread_;
};

}  // namespace slo
