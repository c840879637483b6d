// The slo thread: the only one that touches the engine. It wakes every second and when a probe has
// a result, feeds the engine from the sources, steps it, hands the facts to the store and publishes
// a snapshot. Nobody ever waits for it, but for apply() and stop().
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "exporter/core/clock.h"
#include "exporter/core/publication.h"
#include "slo/engine.h"
#include "slo/saved_counters.h"
#include "slo/source.h"
#include "slo/store.h"

namespace slo {

class Runner {
 public:
  using Specs = std::vector<std::shared_ptr<const SloSpec>>;
  using Published = std::shared_ptr<const Snapshot>;

  // history is what the store loaded; it ends and judging begins with the first call of apply(),
  // call() or start(). clock and store outlive this. heartbeat_ms: how often a
  // heartbeat goes to the store; while an incident is young it goes there with every tick, and at
  // once when an alert row changes, so that who is told of it finds its counters on /metrics.
  Runner(const exporter::Clock& clock, Store& store, std::string boot_id, Facts history,
         std::int64_t heartbeat_ms = 5'000);
  ~Runner();

  // Before start(). The source outlives this.
  void add_source(SliSource& source) { sources_.push_back(&source); }
  // Called on the slo thread after each publication; must return at once. Before start().
  void on_publish(std::function<void(const Published&)> listener) {
    listeners_.push_back(std::move(listener));
  }

  // Judges exactly these from now on; the ids come in the same order. Before start() on the
  // caller's thread, later on the slo thread while the caller waits. running_since: empty, or for
  // each since when (CLOCK_BOOTTIME, ns) it has been up without a break, as was just seen.
  using Since = std::vector<std::optional<std::int64_t>>;
  std::vector<SloId> apply(const Specs& specs, const Since& running_since = {});

  // Runs on the slo thread, or on the caller's while that does not run; the caller waits. Short
  // work only: everything is judged a little later for it. Any thread but the slo thread, and not
  // during stop().
  void call(const std::function<void(Engine&)>& work);

  void start();
  // Settles, writes the last heartbeat with this reason, ends the thread.
  void stop(StopReason reason);

  // A result waits in a source. Any thread, at once.
  void wake();

  // The newest snapshot; null before start(). Any thread.
  Published published() const { return published_.get(); }
  // The counters that may be shown to Prometheus; null: those of the newest snapshot. Any thread.
  std::shared_ptr<const Counters> saved_counters() { return saved_.shown(); }

  // Ticks, and those of them that came more than 10 % of a second late. Any thread.
  std::uint64_t ticks() const { return ticks_.load(std::memory_order_relaxed); }
  std::uint64_t late_ticks() const { return late_ticks_.load(std::memory_order_relaxed); }

 private:
  void run(const std::stop_token& stop);
  void step(const exporter::Moment& now);
  void serve_call();  // lock_ is held
  bool is_heartbeat_due(const exporter::Moment& now, const Snapshot& judged) const;
  std::vector<SloId> apply_now(const Specs& specs, const Since& running_since);

  const exporter::Clock& clock_;
  Store& store_;
  const std::int64_t heartbeat_ns_;
  std::vector<SliSource*> sources_;
  std::vector<std::function<void(const Published&)>> listeners_;
  exporter::Publication<Snapshot> published_;
  std::atomic<std::uint64_t> ticks_{0};
  std::atomic<std::uint64_t> late_ticks_{0};

  std::mutex lock_;
  std::condition_variable_any changed_;
  bool woken_ = false;                                    // under lock_
  const std::function<void(Engine&)>* wanted_ = nullptr;  // under lock_: a call() that waits
  std::mutex one_call_at_a_time_;

  // The slo thread's, or the owner's while it does not run.
  Engine& engine();
  std::string boot_id_;
  Facts history_;
  std::optional<Engine> engine_;
  std::vector<SloId> judged_;
  SavedCounters saved_;
  std::int64_t beaten_ns_ = 0;

  std::jthread thread_;
};

}  // namespace slo
