// Any window of any objective, with time excluded after the fact and incidents marked as false,
// against counting cells of a millisecond.
#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "slo/engine.h"
#include "tests/slo/sim.h"
#include "tests/support/doctest.h"
#include "tests/support/scripts.h"

using namespace slo;           // the subject of this file
using namespace slo::testing;  // specs

namespace {

constexpr std::int64_t kBegin = 1'798'761'600'000;  // 2027-01-01T00:00:00Z
constexpr std::int64_t kLength = 1500;

class Case {
 public:
  explicit Case(std::uint64_t seed) : random_(seed) {
    fill_cells();
    spec_ = probe_spec(1, 1);
    spec_->objective = parse_objective("90").value();
    spec_->window_ms = 400;
    spec_->alert_rows = {};
    spec_->merge_gap_ms = 0;
    for (int i = pick(4); i > 0; --i) planned_.push_back({random_period(), pick(3) == 0});
    for (int i = pick(3); i > 0; --i) spec_->exclusions.push_back({random_period().period, "r"});
    auto remarks = std::make_shared<Remarks>();
    for (int i = pick(3); i > 0; --i) {
      remarks->exclusions[std::to_string(i)] = {random_period().period, "later"};
    }
    // Records of incidents are made under maintenance, which other tests recount; here without.
    if (planned_.empty()) make_incidents();
    for (const IncidentRecord& incident : incidents_) {
      if (pick(4) == 0) remarks->false_incidents[incident.id] = "the switch was moved";
    }
    after_ = spec_->exclusions.all();
    for (const auto& [id, excluded] : remarks->exclusions) after_.push_back(excluded);
    remarks_ = remarks;
  }

  void check() {
    Facts history;
    history.slos.push_back({1, spec_->service, spec_->name, spec_->generation, kBegin});
    history.boots.push_back({"boot", kBegin, 0});
    for (std::int64_t i = 0; i < kLength; ++i) {
      if (i == 0 || cells_[at(i)] != cells_[at(i - 1)]) {
        history.changes.push_back({1, kBegin + i, cells_[at(i)], Cause::kNone});
      }
    }
    history.incidents = incidents_;
    const std::int64_t end = kBegin + kLength;
    const exporter::Moment now{end * kMs, end * kMs, end * kMs};
    history.heartbeat.emplace();
    history.heartbeat->boot_id = "boot";
    history.heartbeat->t_ms = history.heartbeat->real_ms = history.heartbeat->boot_ms =
        history.heartbeat->mono_ms = end;
    SloCounters counters;
    counters.id = 1;
    counters.t_ms = counters.settled_ms = end;
    counters.incidents = static_cast<std::int64_t>(incidents_.size());
    history.heartbeat->counters.push_back(counters);
    Engine engine("boot", now, history);
    engine.set_remarks([this](SloId, const SloSpec&) { return remarks_; });
    std::vector<Exclusion> raw;
    for (const auto& [excluded, as_up] : planned_) {
      raw.push_back({excluded.period.begin_ms, excluded.period.end_ms, as_up});
    }
    engine.add(spec_, now, raw);
    for (int i = 0; i < 12; ++i) {
      const std::int64_t a = pick(kLength);
      const std::int64_t b = a + 1 + pick(kLength);
      compare(engine.report({Period{kBegin + a, kBegin + b}, 0, "x"}).at(0), a, b);
    }
    const std::int64_t w = 1 + pick(kLength);
    compare(engine.report({std::nullopt, w, "x"}).at(0), kLength - w, kLength);
    compare(engine.report({}).at(0), kLength - 400, kLength);
    const Judgement j = engine.judge().slos.at(0);
    const Report own = engine.report({}).at(0);
    CHECK(j.window().totals == own.window.totals);
    CHECK(j.raw.has_value() == own.raw.has_value());
    CHECK(j.verdict == own.verdict);
    CHECK(j.budget.consumed_seconds == own.budget.consumed_seconds);
    CHECK(j.incidents.closed == own.stats.closed);
  }

 private:
  struct Planned {
    ExcludedPeriod excluded;
    bool as_up;
  };

  int pick(std::int64_t below) {
    return static_cast<int>(random_() % static_cast<std::uint64_t>(below));
  }
  static std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

  struct RandomPeriod {
    Period period;
    std::string reason;
    operator ExcludedPeriod() const { return {period, reason}; }
  };
  RandomPeriod random_period() {
    const std::int64_t begin = kBegin + pick(kLength + 50) - 20;
    return {{begin, begin + 1 + pick(150)}, ""};
  }

  void fill_cells() {
    for (State state = State::kUp; cells_.size() < at(kLength);) {
      const int run = 1 + pick(pick(3) == 0 ? 200 : 20);
      for (int i = 0; i < run && cells_.size() < at(kLength); ++i) cells_.push_back(state);
      state = static_cast<State>(pick(3));
    }
  }

  void make_incidents() {
    std::int64_t good_ms = kBegin;
    for (std::int64_t i = 0; i < kLength; ++i) {
      const bool open = !incidents_.empty() && incidents_.back().open;
      if (cells_[at(i)] == State::kDown && !open) {
        IncidentRecord incident;
        incident.slo = 1;
        incident.id = static_cast<std::int64_t>(incidents_.size()) + 1;
        incident.start_ms = kBegin + i;
        incident.start_earliest_ms = good_ms;
        incident.detected_ms = kBegin + i + pick(5);
        incident.open = true;
        incidents_.push_back(incident);
      } else if (cells_[at(i)] == State::kUp) {
        good_ms = kBegin + i;
        if (open) {
          incidents_.back().open = false;
          incidents_.back().end_ms = incidents_.back().end_earliest_ms = kBegin + i;
        }
      }
    }
  }

  bool is_after(std::int64_t i) const {
    return std::ranges::any_of(after_, [&](const ExcludedPeriod& e) {
      return e.period.begin_ms <= kBegin + i && kBegin + i < e.period.end_ms;
    });
  }
  State seen(std::int64_t i, bool with_after) const {
    if (with_after && is_after(i)) return State::kExcluded;
    bool up = false;
    for (const auto& [excluded, as_up] : planned_) {
      const bool inside =
          excluded.period.begin_ms <= kBegin + i && kBegin + i < excluded.period.end_ms;
      if (inside && !as_up) return State::kExcluded;
      up = up || inside;
    }
    return up ? State::kUp : cells_[at(i)];
  }
  Totals count(std::int64_t a, std::int64_t b, bool with_after) const {
    std::int64_t ms[kStateCount] = {};
    for (std::int64_t i = std::max<std::int64_t>(0, a); i < std::min(b, kLength); ++i) {
      ++ms[static_cast<std::size_t>(seen(i, with_after))];
    }
    return {ms[0], ms[1], ms[2], ms[3]};
  }

  void compare(const Report& got, std::int64_t a, std::int64_t b) {
    const Totals want = count(a, b, true);
    const Totals raw = count(a, b, false);
    CHECK(got.window.totals == want);
    CHECK(got.window.window_ms == b - a);
    CHECK(got.window.before_ms == std::max<std::int64_t>(0, -a));
    CHECK(got.window.ahead_ms == std::max<std::int64_t>(0, b - kLength));
    CHECK(got.window.totals.sum_ms() + got.window.before_ms + got.window.ahead_ms == b - a);
    CHECK(got.raw.has_value() == (raw != want));
    const std::int64_t before = got.window.before_ms;
    const auto verdict = [&](const Totals& t) {
      if (10 * t.down_ms > b - a) return Verdict::kViolated;
      return 10 * (t.down_ms + t.unknown_ms + before) > b - a ? Verdict::kUndetermined
                                                              : Verdict::kMet;
    };
    CHECK(got.verdict == verdict(want));
    CHECK(got.on_track == (10 * (want.down_ms + want.unknown_ms) <= want.sum_ms()));
    CHECK(got.budget.remaining_seconds == doctest::Approx(static_cast<double>(b - a) / 1e4 -
                                                          static_cast<double>(want.down_ms) / 1e3));
    if (got.raw) {
      CHECK(got.raw->totals == raw);
      CHECK(got.raw->verdict == verdict(raw));
    }
    if (planned_.empty()) compare_incidents(got, a, std::min(b, kLength), want);
  }

  void compare_incidents(const Report& got, std::int64_t a, std::int64_t b, const Totals& window) {
    std::int64_t shown = 0;
    std::int64_t begun = 0;
    std::int64_t overlapping = 0;
    std::vector<std::int64_t> lengths;
    double delays = 0;
    for (const IncidentRecord& record : incidents_) {
      std::int64_t start = record.start_ms - kBegin;
      std::int64_t end = record.open ? kLength : record.end_ms - kBegin;
      if (start < b && (record.open || end > a)) ++shown;
      if (remarks_->false_incidents.contains(record.id)) continue;
      std::int64_t first = -1;
      std::int64_t last = -1;
      for (std::int64_t i = start; i < end; ++i) {
        if (seen(i, true) != State::kDown) continue;
        if (first < 0) first = i;
        last = i;
      }
      if (first < 0) continue;
      for (std::int64_t i = last + 1; !record.open && i < end; ++i) {
        if (seen(i, true) != State::kUnknown) end = i;
      }
      if (first >= b || (!record.open && end <= a)) continue;
      ++overlapping;
      if (first >= a) {
        ++begun;
        const std::int64_t earliest = first == start ? record.start_earliest_ms - kBegin : first;
        const std::int64_t detected = std::max(record.detected_ms - kBegin, first);
        delays += static_cast<double>(2 * detected - first - earliest) / 2e3;
      }
      if (!record.open && end <= b)
        lengths.push_back(end - first - count(first, end, true).excluded_ms);
    }
    CHECK(static_cast<std::int64_t>(got.incidents.size()) == shown);
    CHECK(got.stats.begun == begun);
    CHECK(got.stats.overlapping == overlapping);
    CHECK(got.stats.closed == static_cast<std::int64_t>(lengths.size()));
    const auto same = [](double number, double sum, std::size_t n) {
      return n == 0 ? std::isnan(number) : number == doctest::Approx(sum / static_cast<double>(n));
    };
    double sum = 0;
    for (const std::int64_t length : lengths) sum += static_cast<double>(length) / 1e3;
    CHECK(same(got.stats.mttr_seconds, sum, lengths.size()));
    CHECK(same(got.stats.mttd_seconds, delays, static_cast<std::size_t>(begun)));
    CHECK(same(got.stats.mttf_seconds, static_cast<double>(window.up_ms) / 1e3,
               static_cast<std::size_t>(begun)));
    CHECK(same(got.stats.mean_down_seconds, static_cast<double>(window.down_ms) / 1e3,
               static_cast<std::size_t>(overlapping)));
    std::ranges::sort(lengths);
    if (lengths.empty()) return;
    CHECK(got.stats.max_seconds == doctest::Approx(static_cast<double>(lengths.back()) / 1e3));
    const std::size_t n = lengths.size();
    CHECK(got.stats.median_seconds ==
          doctest::Approx(static_cast<double>(lengths[n / 2] + lengths[(n - 1) / 2]) / 2e3));
  }

  std::mt19937_64 random_;
  std::vector<State> cells_;
  std::vector<Planned> planned_;
  std::vector<ExcludedPeriod> after_;
  std::vector<IncidentRecord> incidents_;
  std::shared_ptr<SloSpec> spec_;
  std::shared_ptr<const Remarks> remarks_;
};

}  // namespace

TEST_CASE("any window with exclusions after the fact and false incidents, recounted") {
  for (const std::uint64_t seed : test::seeds(1, 400)) {
    CAPTURE(seed);
    Case(seed).check();
  }
}

TEST_CASE("remarks change gauges and the verdict at once, and no counter") {
  Machine machine;
  machine.start();
  const SloId id = machine.add(probe_spec());
  machine.probe_for(id, State::kUp, kHourMs);
  const std::int64_t down_ms = machine.t_ms();
  machine.probe_for(id, State::kDown, 10 * kMinuteMs);
  machine.probe_for(id, State::kUp, 10 * kMinuteMs);
  const Judgement before = machine.judge(id);
  REQUIRE(before.verdict == Verdict::kViolated);
  REQUIRE(before.incidents.closed == 1);
  auto remarks = std::make_shared<Remarks>();
  remarks->exclusions["1"] = {{down_ms - 1000, down_ms + 11 * kMinuteMs}, "provider"};
  machine.engine().set_remarks([&](SloId, const SloSpec&) { return remarks; });
  machine.step();
  const Judgement after = machine.judge(id);
  CHECK(after.window().totals.down_ms == 0);
  CHECK(after.verdict == Verdict::kUndetermined);
  CHECK(after.incidents.closed == 0);
  CHECK(std::isnan(after.incidents.mttr_seconds));
  REQUIRE(after.raw);
  CHECK(after.raw->verdict == Verdict::kViolated);
  CHECK(after.raw->totals.down_ms == before.window().totals.down_ms);
  CHECK(after.counters.state_ms == before.counters.state_ms);
  CHECK(after.recent().size() == 1);

  // The incident alone: it leaves the statistics, its time stays down.
  auto mark = std::make_shared<Remarks>();
  mark->false_incidents[1] = "a test";
  machine.engine().set_remarks([&](SloId, const SloSpec&) { return mark; });
  machine.step();
  const Judgement marked = machine.judge(id);
  CHECK(marked.verdict == Verdict::kViolated);
  CHECK(marked.incidents.closed == 0);
  CHECK(marked.recent().size() == 1);
  CHECK(marked.counters.incidents == 1);

  // Taken back, everything is as before.
  machine.engine().set_remarks(nullptr);
  machine.step();
  CHECK(machine.judge(id).incidents.closed == 1);
  CHECK(!machine.judge(id).raw);
}

TEST_CASE(
    "remarks are in force for an objective that comes later, as containers do after a start") {
  Machine machine;
  machine.start();
  const SloId id = machine.add(probe_spec());
  machine.probe_for(id, State::kUp, kHourMs);
  const std::int64_t down_ms = machine.t_ms();
  machine.probe_for(id, State::kDown, 10 * kMinuteMs);
  machine.stop(StopReason::kUpgrade);
  machine.start();
  auto remarks = std::make_shared<const Remarks>(
      Remarks{{{"1", {{down_ms - 1000, down_ms + 11 * kMinuteMs}, "provider"}}}, {}});
  machine.engine().set_remarks(
      [&](SloId, const SloSpec& spec) { return spec.name == "website" ? remarks : nullptr; });
  CHECK(machine.add(probe_spec()) == id);
  machine.step();
  CHECK(machine.judge(id).window().totals.down_ms == 0);
  REQUIRE(machine.judge(id).raw);
  CHECK(machine.judge(id).raw->totals.down_ms == 10 * kMinuteMs);
  // And for one that goes and comes back.
  machine.engine().remove(id);
  machine.step();
  CHECK(machine.add(probe_spec()) == id);
  machine.step();
  CHECK(machine.judge(id).window().totals.down_ms == 0);
}
