// What an objective costs in memory, counted where it is allocated: an executable of its own,
// because its operator new is a counting one.
#include "slo/container_source.h"
#include "slo/store_memory.h"
#include "tests/slo/sim.h"
#include "tests/support/allocations.h"
#include "tests/support/doctest.h"

using namespace slo;           // the subject of this file
using namespace slo::testing;  // the machine

TEST_CASE("an idle objective takes less than 2 kB") {
  Machine machine;
  machine.start();
  const std::int64_t before = test::live_bytes();
  constexpr int kCount = 200;
  for (int i = 0; i < kCount; ++i) {
    auto spec = host_spec();
    spec->service = "service-with-a-name-" + std::to_string(i);
    spec->name = "container-with-a-name-" + std::to_string(i);
    spec->alert_rows.erase(spec->alert_rows.begin(), spec->alert_rows.begin() + 2);
    machine.add(spec);
  }
  machine.engine().forget_history();
  machine.engine().take_facts();
  for (int i = 0; i < 100; ++i) {
    machine.pass(1000);
    machine.engine().step(machine.now());
  }
  const std::int64_t each = (test::live_bytes() - before) / kCount;
  MESSAGE("bytes an idle objective: ", each);
  CHECK(each <= 2048);
}

TEST_CASE("an idle container takes less than 2 kB, all that is kept for it together") {
  Machine machine;
  machine.start();
  MemoryStore store("what goes to disk is not counted", 0);
  auto view = std::make_shared<exporter::ContainerView>();
  ContainerSource source([&] { return view; }, [] {}, store, {});
  constexpr int kCount = 200;
  for (int i = 0; i < kCount; ++i) {
    auto facts = std::make_shared<exporter::ContainerFacts>();
    facts->identity.name = "container-with-a-name-" + std::to_string(i);
    view->containers.push_back(facts);
  }
  view->complete = true;
  const std::int64_t before = test::live_bytes();
  for (int i = 0; i < 100; ++i) {
    machine.pass(1000);
    view = std::make_shared<exporter::ContainerView>(*view);
    view->as_of = machine.now();
    source.feed(machine.engine(), machine.now());
    machine.engine().step(machine.now());
    machine.engine().take_facts();
  }
  CHECK(machine.engine().judge().slos.size() == kCount);
  const std::int64_t each = (test::live_bytes() - before) / kCount;
  MESSAGE("bytes an idle container: ", each);
  CHECK(each <= 2048);
}

TEST_CASE("a tick allocates nothing") {
  Machine machine;
  machine.start();
  const SloId id = machine.add(probe_spec());
  machine.probe_for(id, State::kUp, kMinuteMs);
  machine.engine().take_facts();
  const std::size_t before = test::allocations();
  for (int i = 0; i < 5; ++i) {
    machine.pass(1000);
    machine.engine().step(machine.now());
  }
  CHECK(test::allocations() == before);
}

TEST_CASE("a target that flaps for ever stays within the bounds of its lists") {
  Machine machine;
  machine.start();
  auto spec = probe_spec(1000, 500);
  spec->merge_gap_ms = 0;
  const SloId id = machine.add(spec);
  std::int64_t most = 0;
  const std::int64_t before = test::live_bytes();
  for (int i = 0; i < 200'000; ++i) {
    machine.engine().on_sample(id, machine.boot_ns(), i % 2 == 0 ? State::kDown : State::kUp,
                               Cause::kNone, machine.now());
    machine.pass(1000);
    machine.engine().step(machine.now());
    machine.engine().take_facts();
    most = std::max<std::int64_t>(most, test::live_bytes() - before);
  }
  MESSAGE("bytes at most: ", most);
  CHECK(most < 6'000'000);
  const Judgement j = machine.judge(id);
  CHECK(j.counters.incidents == 100'000);
  CHECK_FALSE(j.incidents.complete);
  CHECK(j.counters.state_ms[1] == 100'000'000);
  // What the log forgot is unknown, and shown as such.
  CHECK(j.window().totals.unknown_ms > 0);
  CHECK(j.window().totals.sum_ms() + j.window().before_ms == 30 * kDayMs);
}
