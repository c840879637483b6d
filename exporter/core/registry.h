// Runs the collectors, times and judges each, and makes the page. Scrapes are serial: scrape()
// takes the scrape lock. A failing collector never fails a scrape; what it wrote before it failed
// stays.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/clock.h"
#include "exporter/core/collector.h"
#include "exporter/core/process_metrics.h"
#include "exporter/core/publication.h"

namespace exporter {

// node_exporter's collectors are also reported under its names (node_scrape_collector_*).
enum class CollectorGroup : std::uint8_t { kNode, kOwn };

enum class CollectorState : std::uint8_t { kOk, kAbsent, kFailed, kStale };
std::string_view state_name(CollectorState state);

// What a page or a person wants to know of a collector after its last run.
struct CollectorStatus {
  std::string name;
  CollectorState state = CollectorState::kOk;
  bool has_run = false;
  std::int64_t duration_ns = 0;
  std::int64_t age_ns = 0;  // of that run, when status() was asked
  std::string error;        // empty when ok
};

// Which collectors a scrape asks for: one flag per collector, in the registry's order.
using Selection = std::vector<bool>;

class Registry {
 public:
  // own: a text of whole families that is appended to every page. clock must outlive the registry.
  using OwnText = std::shared_ptr<const Publication<std::string>>;
  explicit Registry(const Clock& clock, OwnText own = {});
  ~Registry();

  // Before the first scrape only.
  void add(std::unique_ptr<Collector> collector, CollectorGroup group);
  // Names that exist but are switched off, for a better answer to collect[]. Before the first
  // scrape only.
  void set_disabled(std::vector<std::string> names) { disabled_ = std::move(names); }
  // More of the daemon's own series, for every page: those that are made from what its parts keep.
  // Called under the scrape lock; must not block. Before the first scrape only.
  using WriteOwn = std::function<void(SampleWriter& out)>;
  void set_own(WriteOwn write) { write_own_ = std::move(write); }
  // Leaves process_* out. Before the first scrape only.
  void hide_process_metrics() { show_process_ = false; }

  // From collect[] and exclude[] of a request. kInvalid with words for the client when a name is
  // unknown or switched off, or both lists are given. Excluding unknown names is allowed.
  Result<Selection> select(const std::vector<std::string_view>& collect,
                           const std::vector<std::string_view>& exclude) const;
  Selection all() const { return Selection(slots_.size(), true); }

  // Collects and appends the page to out, without allocating in a steady state. Any thread.
  void scrape(const Selection& selection, std::string& out);
  // The same in pieces, so that a large page needs no room as a whole. A piece is valid during the
  // call, in which the scrape lock is held.
  using TakePiece = std::function<void(std::string_view piece, bool is_last)>;
  void scrape(const Selection& selection, const TakePiece& take);

  // Any thread; waits for a scrape that is under way.
  std::vector<CollectorStatus> status() const;

 private:
  struct Slot;

  using TakeBlock = std::function<void(const SampleBlock& block)>;
  void collect(const Selection& selection, const TakeBlock& take);
  // Returns when it ended, which is when the next one starts: the clock is read once for both.
  std::int64_t run(Slot& slot, const Scrape& scrape, std::int64_t start);
  void write_process(const Scrape& scrape);
  void write_own();
  void write_verdicts(const Selection& selection);
  void append_own_text(std::string& out) const;

  const Clock& clock_;
  const OwnText own_;
  std::vector<std::unique_ptr<Slot>> slots_;  // those that run last are the last
  std::vector<std::string> disabled_;
  bool show_process_ = true;
  WriteOwn write_own_;

  mutable std::mutex scrape_lock_;  // guards everything below and the slots' contents
  std::uint64_t scrape_id_ = 0;
  ReadBuffer buffer_;
  std::string piece_;
  ProcessMetrics process_;
  SampleBlock process_block_;
  SampleBlock verdict_block_;
  SampleBlock own_block_;
  std::vector<const SampleBlock*> others_;  // of all but the collectors that run last
};

}  // namespace exporter
