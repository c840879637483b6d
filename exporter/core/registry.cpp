#include "exporter/core/registry.h"

#include <algorithm>
#include <array>
#include <exception>

#include "exporter/core/log.h"
#include "exporter/core/text.h"

namespace exporter {
namespace {

constexpr Family kDuration{"node_scrape_collector_duration_seconds",
                           "Time the collector took in this scrape.",
                           MetricType::kGauge,
                           {"collector"}};
constexpr Family kSuccess{"node_scrape_collector_success",
                          "1 when the collector gave data in this scrape, 0 when it failed or this "
                          "machine has nothing for it.",
                          MetricType::kGauge,
                          {"collector"}};
constexpr Family kState{
    "fournines_collector_state",
    "1 for the state the collector is in: ok, absent (this machine does not have "
    "it), failed, stale (older data than this scrape).",
    MetricType::kGauge,
    {"collector", "state"}};

constexpr std::array kStates{CollectorState::kOk, CollectorState::kAbsent, CollectorState::kFailed,
                             CollectorState::kStale};

// Large enough that compressing it in pieces costs no more than at once.
constexpr std::size_t kPieceBytes = 128 * 1024;

bool contains(const auto& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

std::string_view state_name(CollectorState state) {
  switch (state) {
    case CollectorState::kOk: return "ok";
    case CollectorState::kAbsent: return "absent";
    case CollectorState::kFailed: return "failed";
    case CollectorState::kStale: return "stale";
  }
  return "failed";
}

struct Registry::Slot {
  std::unique_ptr<Collector> collector;
  CollectorGroup group;
  SampleBlock block;
  CollectorStatus status;
  std::int64_t started_mono_ns = 0;  // the last run
};

Registry::Registry(const Clock& clock, OwnText own)
    : clock_(clock), own_(std::move(own)), others_{&process_block_} {}

Registry::~Registry() = default;

void Registry::add(std::unique_ptr<Collector> collector, CollectorGroup group) {
  auto slot = std::make_unique<Slot>();
  slot->status.name = collector->name();
  slot->collector = std::move(collector);
  slot->group = group;
  if (slot->collector->runs_last()) {
    slots_.push_back(std::move(slot));
    return;
  }
  others_.push_back(&slot->block);
  const auto last = std::ranges::find_if(slots_, [](auto& s) { return s->collector->runs_last(); });
  slots_.insert(last, std::move(slot));
}

Result<Selection> Registry::select(const std::vector<std::string_view>& collect,
                                   const std::vector<std::string_view>& exclude) const {
  if (!collect.empty() && !exclude.empty()) {
    return fail(ErrorKind::kInvalid, "collect[] and exclude[] cannot be used together");
  }
  for (const std::string_view name : collect) {
    if (std::ranges::any_of(slots_, [&](auto& slot) { return slot->status.name == name; }))
      continue;
    const char* reason =
        contains(disabled_, name) ? "collector is switched off: " : "no such collector: ";
    return fail(ErrorKind::kInvalid, reason + printable(name, 64));
  }
  Selection selection = all();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const std::string& name = slots_[i]->status.name;
    if (!collect.empty()) selection[i] = contains(collect, name);
    if (!exclude.empty()) selection[i] = !contains(exclude, name);
  }
  return selection;
}

std::int64_t Registry::run(Slot& slot, const Scrape& scrape, std::int64_t start) {
  SampleWriter writer(slot.block);
  Result<void> result;
  try {
    result = slot.collector->collect(scrape, writer);
  } catch (const std::exception& error) {
    result = fail(ErrorKind::kIo, std::string("unexpected: ") + error.what());
  }
  writer.finish();
  const std::int64_t end = clock_.now().mono_ns;
  slot.status.duration_ns = end - start;
  slot.started_mono_ns = start;

  CollectorState state = slot.collector->stale() ? CollectorState::kStale : CollectorState::kOk;
  if (!result) {
    const bool absent = result.error().kind == ErrorKind::kNotFound;
    state = absent ? CollectorState::kAbsent : CollectorState::kFailed;
  }
  if (state != slot.status.state || !slot.status.has_run) {
    if (!result) {
      log(state == CollectorState::kFailed ? LogLevel::kError : LogLevel::kDebug,
          "collector has no data",
          {{"collector", slot.status.name},
           {"state", state_name(state)},
           {"error", result.error().message}});
    } else if (slot.status.has_run) {
      log(LogLevel::kInfo, "collector changed state",
          {{"collector", slot.status.name}, {"state", state_name(state)}});
    }
  }
  slot.status.state = state;
  slot.status.has_run = true;
  if (result) {
    slot.status.error.clear();
  } else if (slot.status.error != result.error().message) {
    slot.status.error = printable(result.error().message);
  }
  return end;
}

void Registry::write_verdicts(const Selection& selection) {
  SampleWriter writer(verdict_block_);
  const auto for_each = [&](bool only_node, auto write) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (!selection[i] || (only_node && slots_[i]->group != CollectorGroup::kNode)) continue;
      write(slots_[i]->status);
    }
  };
  writer.family(kDuration);
  for_each(true, [&](const CollectorStatus& status) {
    writer.add(Number::fixed(static_cast<std::uint64_t>(status.duration_ns), 9), status.name);
  });
  writer.family(kSuccess);
  for_each(true, [&](const CollectorStatus& status) {
    const bool gave = status.state == CollectorState::kOk || status.state == CollectorState::kStale;
    writer.add(gave ? 1 : 0, status.name);
  });
  writer.family(kState);
  for_each(false, [&](const CollectorStatus& status) {
    for (const CollectorState state : kStates) {
      writer.add(state == status.state ? 1 : 0, status.name, state_name(state));
    }
  });
  writer.finish();
}

void Registry::write_process(const Scrape& scrape) {
  SampleWriter writer(process_block_);
  process_.write(scrape, writer);
  writer.finish();
}

void Registry::write_own() {
  SampleWriter writer(own_block_);
  if (write_own_) write_own_(writer);
  writer.finish();
}

void Registry::append_own_text(std::string& out) const {
  if (!own_) return;
  if (const auto text = own_->get()) out += *text;
}

// Under the scrape lock. Each block is taken when it is complete.
void Registry::collect(const Selection& selection, const TakeBlock& take) {
  const Scrape scrape{++scrape_id_, clock_.now(), buffer_, others_};
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (selection[i]) slots_[i]->collector->prepare(scrape);
  }
  if (show_process_) write_process(scrape);
  std::int64_t now = clock_.now().mono_ns;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!selection[i]) continue;
    now = run(*slots_[i], scrape, now);
    take(slots_[i]->block);
  }
  write_verdicts(selection);
  take(verdict_block_);
  take(process_block_);
  write_own();
  take(own_block_);
}

void Registry::scrape(const Selection& selection, std::string& out) {
  const std::lock_guard lock(scrape_lock_);
  collect(selection, [&out](const SampleBlock& block) { block.render_text(out); });
  append_own_text(out);
}

void Registry::scrape(const Selection& selection, const TakePiece& take) {
  const std::lock_guard lock(scrape_lock_);
  const auto give = [&](bool is_last) {
    take(piece_, is_last);
    piece_.clear();
  };
  collect(selection, [&](const SampleBlock& block) {
    for (std::size_t next = 0; next < block.size();) {
      next = block.render_text(piece_, next, kPieceBytes);
      if (piece_.size() > kPieceBytes / 2) give(false);
    }
  });
  append_own_text(piece_);
  give(true);
}

std::vector<CollectorStatus> Registry::status() const {
  const std::lock_guard lock(scrape_lock_);
  std::vector<CollectorStatus> all;
  const std::int64_t now = clock_.now().mono_ns;
  for (const auto& slot : slots_) {
    all.push_back(slot->status);
    if (slot->status.has_run) all.back().age_ns = now - slot->started_mono_ns;
  }
  return all;
}

}  // namespace exporter
