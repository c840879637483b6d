// Objectives that come and go while the judge runs, as containers do.
#include "tests/slo/sim.h"
#include "tests/support/doctest.h"

using namespace slo;           // the subject of this file
using namespace slo::testing;  // the machine

namespace {

std::shared_ptr<SloSpec> container_spec() {
  auto spec = probe_spec();
  spec->name = "container-web";
  spec->source = SourceKind::kContainer;
  spec->generation = 7;
  spec->merge_gap_ms = 0;
  return spec;
}

// One outage of five seconds between two good minutes.
SloId judge_an_outage(Machine& machine, const std::shared_ptr<SloSpec>& spec) {
  const SloId id = machine.add(spec);
  machine.probe_for(id, State::kUp, kMinuteMs);
  machine.probe_for(id, State::kDown, 5'000);
  machine.probe_for(id, State::kUp, kMinuteMs);
  return id;
}

}  // namespace

TEST_CASE("samples of a container are time, not events") {
  Machine machine;
  machine.start();
  const SloId id = judge_an_outage(machine, container_spec());
  const Judgement judged = machine.judge(id);
  CHECK(judged.counters.state_ms[1] == 5'000);
  CHECK(judged.counters.incidents == 1);
  CHECK(judged.counters.events_good == 0);
  CHECK(judged.counters.events_bad == 0);
}

TEST_CASE("an objective that went and comes back goes on, and the time between is unknown") {
  Machine machine;
  machine.start();
  const SloId id = judge_an_outage(machine, container_spec());
  machine.engine().remove(id);
  CHECK_FALSE(machine.engine().judges("shop", "container-web"));
  CHECK(machine.engine().judge().slos.empty());
  machine.idle(30'000);

  CHECK(machine.add(container_spec()) == id);
  machine.probe_for(id, State::kUp, kMinuteMs);
  const Judgement judged = machine.judge(id);
  CHECK(judged.counters.incidents == 1);
  CHECK(judged.counters.state_ms[1] == 5'000);
  CHECK(judged.counters.state_ms[2] == 30'000);
  CHECK(judged.settled_ms - judged.since_ms == machine.t_ms() - judged.since_ms);
}

TEST_CASE("a forgotten objective begins anew, also after a restart") {
  Machine machine;
  machine.start();
  const SloId first = judge_an_outage(machine, container_spec());
  machine.engine().forget("shop", "container-web", 7);
  const SloId second = judge_an_outage(machine, container_spec());
  CHECK(second != first);
  CHECK(machine.judge(second).counters.incidents == 1);
  machine.beat();
  machine.kill();

  machine.start();
  CHECK(machine.add(container_spec()) == second);
}

TEST_CASE("history is kept for those that may come later, and claimed once") {
  Machine machine;
  machine.start();
  const SloId web = judge_an_outage(machine, container_spec());
  const SloId other = judge_an_outage(machine, probe_spec());
  machine.stop(StopReason::kUpgrade);
  machine.pass(10'000);

  machine.start();
  machine.engine().forget_history([](const SloRow& row) { return row.generation == 7; });
  machine.idle(20'000);
  CHECK(machine.add(container_spec()) == web);
  CHECK(machine.judge(web).counters.incidents == 1);
  CHECK(machine.add(probe_spec()) != other);
}

TEST_CASE("what ran since before the monitor stopped, and was up then, was up in the gap") {
  const auto unknown_ms = [](const auto& spec, State last, std::int64_t started_before_ms) {
    Machine machine;
    machine.start();
    const SloId id = machine.add(spec);
    machine.probe_for(id, State::kUp, kMinuteMs);
    machine.probe_for(id, last, kMinuteMs);
    const std::int64_t stopped_ms = machine.t_ms();
    machine.stop(StopReason::kUpgrade);
    machine.pass(10'000);
    machine.start();
    machine.engine().add(spec, machine.now(), {}, nullptr, stopped_ms - started_before_ms);
    return machine.judge(id).counters.state_ms[2];
  };
  for (const auto& spec : {container_spec(), probe_spec()}) {
    CHECK(unknown_ms(spec, State::kUp, 30'000) == 0);
    CHECK(unknown_ms(spec, State::kUp, -1) == 10'000);
    CHECK(unknown_ms(spec, State::kDown, 30'000) == 10'000);
  }
}

TEST_CASE("more objectives than are remembered: the one gone longest begins anew") {
  Machine machine;
  machine.start();
  const auto spec_of = [](std::size_t number) {
    auto spec = container_spec();
    spec->name += std::to_string(number);
    return spec;
  };
  std::vector<SloId> ids;
  for (std::size_t i = 0; i <= Engine::kMaxRemoved; ++i) {
    ids.push_back(machine.add(spec_of(i)));
    machine.engine().remove(ids.back());
    machine.pass(1);
  }
  CHECK(machine.add(spec_of(1)) == ids[1]);
  CHECK(machine.add(spec_of(0)) != ids[0]);
}
