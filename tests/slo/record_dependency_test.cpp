// Objectives that a source tells and that depend on a probe of this daemon: slice by slice, a
// failure while the probe's target was down is unknown, whenever the slice is told. And what
// incidents say about who told them.
#include <random>
#include <vector>

#include "tests/slo/sim.h"
#include "tests/support/doctest.h"
#include "tests/support/scripts.h"

using namespace slo;           // the subject of this file
using namespace slo::testing;  // the machine

namespace {

constexpr std::int64_t kSlice = 10'000;
constexpr std::int64_t kBegin = 1'000'000;
constexpr std::int64_t kSlices = 200;

std::shared_ptr<SloSpec> shop_spec() {
  auto spec = record_spec(kSlice);
  spec->name = "shop";
  return spec;
}

// A probe and what a source says, on one machine; told_from(): slices that are due.
class Scene {
 public:
  Scene(std::uint64_t seed, BudgetingMethod method) : random_(seed), machine_(kBegin) {
    uplink_ = probe_spec(5000, 4000);
    uplink_->name = "uplink";
    shop_ = shop_spec();
    shop_->budgeting = method;
    shop_->dependencies = {{"shop", "uplink"}};
    State state = State::kUp;
    for (std::int64_t i = 0; i < kSlices; ++i) {
      if (pick(6) == 0) state = static_cast<State>(pick(3));
      const std::int64_t bad = state == State::kDown ? 9 : pick(4) == 0 ? 1 : 0;
      slices_.push_back({state, {8 - std::min<std::int64_t>(8, bad), bad}});
    }
    machine_.start();
    add();
  }

  void run() {
    State mood = State::kUp;
    while (told() < kSlices) {
      if (pick(8) == 0) mood = static_cast<State>(pick(2));
      machine_.probe(uplink_id_, mood, 20 + pick(3000));
      machine_.idle(1000 * (1 + pick(4)));
      if (pick(60) == 0) restart();
      if (pick(3) != 0) tell();
    }
    machine_.probe_for(uplink_id_, State::kUp, 20'000);
  }

  std::int64_t pick(std::int64_t below) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
  }

  // What the slices come to when each is seen together with what the probe found.
  struct Sums {
    Totals totals;
    EventCount events;
    std::int64_t excused = 0;
  };
  Sums recount() {
    Sums sums;
    for (std::int64_t i = 0; i < kSlices; ++i) {
      Slice slice = slices_[static_cast<std::size_t>(i)];
      const Period period{kBegin + i * kSlice, kBegin + (i + 1) * kSlice};
      const bool counted = shop_->budgeting == BudgetingMethod::kOccurrences;
      const bool has_failure = counted ? slice.state != State::kUnknown && slice.count.bad > 0
                                       : slice.state == State::kDown;
      if (has_failure && of(uplink_id_, period).down_ms > 0) {
        if (!counted || slice.state == State::kDown) slice.state = State::kUnknown;
        slice.count = {};
        ++sums.excused;
      }
      if (slice.state == State::kUp) sums.totals.up_ms += kSlice;
      if (slice.state == State::kDown) sums.totals.down_ms += kSlice;
      if (slice.state == State::kUnknown) sums.totals.unknown_ms += kSlice;
      if (!counted || slices_[static_cast<std::size_t>(i)].state == State::kUnknown) continue;
      sums.events.good += slice.count.good;
      sums.events.bad += slice.count.bad;
    }
    return sums;
  }

  Report of_shop() { return report(shop_id_, {kBegin, kBegin + kSlices * kSlice}); }
  SloCounters counters() { return machine_.judge(shop_id_).counters; }

 private:
  struct Slice {
    State state;
    EventCount count;
  };

  void add() {
    uplink_id_ = machine_.add(uplink_);
    shop_id_ = machine_.add(shop_);
    machine_.save();
  }
  std::int64_t told() { return (*machine_.engine().told_utc_ms(shop_id_) - kBegin) / kSlice; }

  void tell() {
    while (told() < kSlices && kBegin + (told() + 1) * kSlice <= machine_.t_ms()) {
      const std::int64_t begin_ms = kBegin + told() * kSlice;
      const Slice& slice = slices_[static_cast<std::size_t>(told())];
      std::optional<EventCount> count;
      if (shop_->budgeting != BudgetingMethod::kTime && slice.state != State::kUnknown) {
        count = slice.count;
      }
      REQUIRE(machine_.engine().tell(shop_id_, {begin_ms, begin_ms + kSlice}, slice.state,
                                     Cause::kNone, machine_.now(), count));
    }
    machine_.step();
  }

  void restart() {
    machine_.beat();
    if (pick(2) == 0) {
      machine_.stop(StopReason::kStop);
    } else {
      machine_.kill();
    }
    machine_.pass(1000 * pick(100));
    machine_.start();
    add();
    machine_.step();
  }

  Report report(SloId id, const Period& period) {
    for (Report& one : machine_.engine().report({period, 0, "all"})) {
      if (one.id == id) return std::move(one);
    }
    return {};
  }
  Totals of(SloId id, const Period& period) { return report(id, period).window.totals; }

  std::mt19937_64 random_;
  Machine machine_;
  std::shared_ptr<SloSpec> uplink_;
  std::shared_ptr<SloSpec> shop_;
  std::vector<Slice> slices_;
  SloId uplink_id_ = 0;
  SloId shop_id_ = 0;
};

}  // namespace

TEST_CASE("what a source tells is unknown, not down, while a dependency is down, recounted") {
  std::int64_t excused = 0;
  std::int64_t scripts = 0;
  for (const auto method : {BudgetingMethod::kTime, BudgetingMethod::kOccurrences}) {
    for (const std::uint64_t seed : test::seeds(1, 40)) {
      CAPTURE(seed);
      Scene scene(seed, method);
      scene.run();
      const Scene::Sums want = scene.recount();
      const Report got = scene.of_shop();
      CHECK(got.window.totals == want.totals);
      CHECK(scene.counters().state_ms[1] >= want.totals.down_ms);
      if (method == BudgetingMethod::kOccurrences) CHECK(got.window.events->count == want.events);
      excused += want.excused;
      ++scripts;
    }
  }
  CHECK(excused > 13 * scripts);
}

TEST_CASE("an incident has the cause of its first bad sample, also after a restart") {
  Machine machine(kBegin);
  machine.start();
  auto spec = shop_spec();
  const SloId id = machine.add(spec);
  machine.idle(10 * kSlice);
  const auto tell = [&](std::int64_t slice, State state, Cause cause) {
    const std::int64_t begin_ms = kBegin + slice * kSlice;
    REQUIRE(machine.engine().tell(id, {begin_ms, begin_ms + kSlice}, state, cause, machine.now()));
    machine.step();
  };
  tell(0, State::kUp, Cause::kNone);
  tell(1, State::kDown, Cause::kBackfilled);
  tell(2, State::kUp, Cause::kBackfilled);
  tell(3, State::kDown, Cause::kResponse);
  const auto causes = [&] {
    std::vector<Cause> all;
    for (const IncidentRecord& incident : machine.judge(id).recent()) all.push_back(incident.cause);
    return all;
  };
  CHECK(causes() == std::vector<Cause>{Cause::kResponse, Cause::kBackfilled});
  machine.beat();
  machine.kill();
  machine.start();
  REQUIRE(machine.add(spec) == id);
  machine.step();
  CHECK(causes() == std::vector<Cause>{Cause::kResponse, Cause::kBackfilled});
}
