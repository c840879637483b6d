// Dependencies against an oracle that combines, millisecond by millisecond, what two objectives
// without a dependency say.
#include <random>
#include <vector>

#include "tests/slo/sim.h"
#include "tests/support/doctest.h"
#include "tests/support/scripts.h"

using namespace slo;           // the subject of this file
using namespace slo::testing;  // the machine

namespace {

std::shared_ptr<SloSpec> named(const char* name, std::int64_t interval_ms) {
  auto spec = probe_spec(interval_ms, interval_ms / 2);
  spec->name = name;
  spec->merge_gap_ms = 0;
  spec->min_failures = 0;
  return spec;
}

// The state and the cause of each millisecond since `begin`, from the changes that were stored.
struct Cell {
  State state = State::kUnknown;
  Cause cause = Cause::kNone;
};
std::vector<Cell> cells_of(const FactKeeper& kept, SloId id, std::int64_t begin, std::int64_t end) {
  std::vector<Cell> cells(static_cast<std::size_t>(end - begin));
  Cell now;
  std::size_t at = 0;
  for (const StateChange& change : kept.load().changes) {
    if (change.slo != id || change.t_ms >= end) continue;
    while (at < static_cast<std::size_t>(change.t_ms - begin)) cells[at++] = now;
    now = {change.state, change.cause};
  }
  while (at < cells.size()) cells[at++] = now;
  return cells;
}

}  // namespace

TEST_CASE("unknown and not down while a dependency is down, recounted") {
  for (const std::uint64_t seed : test::seeds(1, 150)) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const auto pick = [&](std::int64_t below) {
      return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(below));
    };
    Machine machine;
    machine.start();
    const auto target = named("target", 20 + pick(40));
    const auto uplink = named("uplink", 20 + pick(40));
    auto dependent = std::make_shared<SloSpec>(*target);
    dependent->name = "dependent";
    dependent->dependencies = {{"shop", "uplink"}};
    // In the order of ids the dependent one comes before what it depends on.
    const SloId judged = machine.add(dependent);
    const SloId plain = machine.add(target);
    const SloId other = machine.add(uplink);
    const std::int64_t begin = machine.t_ms();

    struct Flight {
      std::int64_t due_ms;
      std::int64_t sent_ns;
      State state;
      bool is_uplink;
    };
    struct Sent {
      std::int64_t t_ms;
      State state;
    };
    std::vector<Flight> flights;
    std::vector<Sent> sent;  // of the target, with their results
    std::int64_t next_target = 0;
    std::int64_t next_uplink = pick(30);
    State mood[2] = {State::kUp, State::kUp};
    for (std::int64_t t = 0; t < 4000; ++t) {
      for (std::size_t i = 0; i < flights.size();) {
        if (flights[i].due_ms > t) {
          ++i;
          continue;
        }
        const Flight flight = flights[i];
        flights.erase(flights.begin() + static_cast<std::ptrdiff_t>(i));
        for (const SloId id : {judged, plain, other}) {
          if ((id == other) != flight.is_uplink) continue;
          machine.engine().on_sample(id, flight.sent_ns, flight.state, Cause::kTimeout,
                                     machine.now());
        }
      }
      for (const bool is_uplink : {false, true}) {
        std::int64_t& next = is_uplink ? next_uplink : next_target;
        if (t < next) continue;
        const SloSpec& spec = is_uplink ? *uplink : *target;
        next = t + spec.interval_ms + (pick(8) == 0 ? pick(200) : 0);
        if (pick(5) == 0) mood[is_uplink ? 1 : 0] = static_cast<State>(pick(3));
        const State state = mood[is_uplink ? 1 : 0];
        for (const SloId id : {judged, plain, other}) {
          if ((id == other) != is_uplink) continue;
          machine.engine().on_sent(id, machine.boot_ns(), machine.now());
        }
        flights.push_back({t + 1 + pick(spec.timeout_ms), machine.boot_ns(), state, is_uplink});
        if (!is_uplink) sent.push_back({begin + t, state});
      }
      if (pick(7) == 0) machine.step();
      machine.pass(1);
    }
    machine.idle(3000);
    // What never had a result is no sample: the one before it goes on speaking.
    for (const Flight& flight : flights) {
      if (!flight.is_uplink) sent.pop_back();
    }

    const Judgement j = machine.judge(judged);
    const std::int64_t end = j.settled_ms;
    REQUIRE(end > begin + 3900);
    const auto alone = cells_of(machine.kept(), plain, begin, end);
    const auto up = cells_of(machine.kept(), other, begin, end);
    const auto got = cells_of(machine.kept(), judged, begin, end);
    // A failure seen while the uplink was down says nothing until the next sample.
    bool proves = true;
    std::size_t next_sent = 0;
    std::int64_t mismatches = 0;
    for (std::size_t i = 0; i < alone.size(); ++i) {
      const std::int64_t t = begin + static_cast<std::int64_t>(i);
      while (next_sent < sent.size() && sent[next_sent].t_ms <= t) {
        proves = !(sent[next_sent].state == State::kDown && up[i].state == State::kDown);
        ++next_sent;
      }
      Cell want = alone[i];
      if (want.state == State::kDown && (up[i].state == State::kDown || !proves)) {
        want = {State::kUnknown, Cause::kDependency};
      }
      if (got[i].state != want.state ||
          (want.state == State::kUnknown && got[i].cause != want.cause)) {
        ++mismatches;
      }
    }
    CHECK(mismatches == 0);
    CHECK(j.window().totals.sum_ms() == end - begin);
  }
}

TEST_CASE("chains of dependencies, and one that leaves the configuration") {
  Machine machine;
  machine.start();
  auto a = named("a", 1000);
  auto b = named("b", 1000);
  auto c = named("c", 1000);
  a->dependencies = {{"shop", "b"}};
  b->dependencies = {{"shop", "c"}};
  const SloId ia = machine.add(a);
  const SloId ib = machine.add(b);
  const SloId ic = machine.add(c);
  for (int i = 0; i < 10; ++i) {
    for (const SloId id : {ic, ib, ia}) machine.probe(id, State::kDown, 1);
    machine.idle(1000);
  }
  CHECK(machine.judge(ic).state == State::kDown);
  CHECK(machine.judge(ib).cause == Cause::kDependency);
  CHECK(machine.judge(ia).state == State::kDown);  // b is not down, it is unknown
  machine.engine().remove(ic);
  for (int i = 0; i < 10; ++i) {
    for (const SloId id : {ib, ia}) machine.probe(id, State::kDown, 1);
    machine.idle(1000);
  }
  CHECK(machine.judge(ib).state == State::kDown);
  CHECK(machine.judge(ia).cause == Cause::kDependency);
}
