#include "slo/saved_counters.h"

#include "tests/support/doctest.h"

namespace {

using slo::Snapshot;

// A disk that commits when it is told to.
class SlowStore final : public slo::Store {
 public:
  slo::Rows load() override { return {}; }
  slo::Ticket write(slo::Facts, std::vector<slo::Document>) override { return ++newest; }
  bool wait(slo::Ticket ticket, std::chrono::steady_clock::time_point) override {
    return ticket <= committed;
  }
  slo::StoreStatus status() const override { return {}; }
  exporter::Result<void> backup(const std::string&) override { return {}; }

  slo::Ticket newest = 0;
  slo::Ticket committed = 0;
};

struct Scene {
  SlowStore store;
  slo::SavedCounters saved{store};
  Snapshot newest;

  // The up time that is shown, now.
  std::int64_t shown_ms() {
    const auto counters = saved.shown();
    return (counters ? counters->slos : std::vector{newest.slos.front().counters})
        .front()
        .state_ms[0];
  }

  // The same, a second later, with a heartbeat or without.
  std::int64_t second(bool heartbeat) {
    const std::int64_t up_ms = newest.now_ms + 1'000;
    newest = Snapshot();
    newest.now_ms = up_ms;
    newest.slos.emplace_back().counters.state_ms[0] = up_ms;
    std::optional<slo::Ticket> ticket;
    if (heartbeat) ticket = store.write({}, {});
    saved.note(newest, ticket);
    return shown_ms();
  }
};

}  // namespace

TEST_CASE("counters are shown as of the newest heartbeat on disk, at first as of the start") {
  Scene scene;
  CHECK(scene.second(true) == 1'000);
  CHECK(scene.second(false) == 1'000);
  scene.store.committed = 1;
  CHECK(scene.second(false) == 1'000);
  CHECK(scene.second(true) == 1'000);
  CHECK(scene.second(false) == 1'000);
  scene.store.committed = 2;
  CHECK(scene.second(false) == 4'000);
}

TEST_CASE("what a commit saved is shown from its end on, not from the next judgement on") {
  Scene scene;
  scene.second(false);
  CHECK(scene.second(true) == 1'000);
  scene.store.committed = 1;
  CHECK(scene.shown_ms() == 2'000);
}

TEST_CASE("the newest of the heartbeats that wait for one commit is not forgotten") {
  Scene scene;
  scene.second(true);
  scene.second(true);
  scene.second(true);
  CHECK(scene.second(true) == 1'000);
  scene.store.committed = 1;
  CHECK(scene.shown_ms() == 1'000);
  scene.store.committed = 4;
  CHECK(scene.shown_ms() == 4'000);
}

TEST_CASE("a commit that takes long holds the counters up, one that takes too long does not") {
  Scene scene;
  for (int i = 0; i < 11; ++i) CHECK(scene.second(true) == 1'000);
  CHECK(scene.second(true) == 12'000);
  CHECK(scene.second(true) == 13'000);
  scene.store.committed = 1;  // older than what was shown, as is the next one
  CHECK(scene.shown_ms() == 13'000);
  CHECK(scene.second(false) == 14'000);
  scene.store.committed = scene.store.newest;
  CHECK(scene.shown_ms() == 14'000);
}

TEST_CASE("counters do not go back when the disk takes heartbeats again") {
  Scene scene;
  for (int i = 0; i < 21; ++i) scene.second(true);
  scene.store.committed = scene.store.newest;
  std::int64_t last_ms = scene.second(true);
  CHECK(last_ms == 22'000);
  CHECK(scene.second(false) == 22'000);
  for (int i = 0; i < 10; ++i) {
    scene.store.committed = scene.store.newest;
    const std::int64_t shown_ms = scene.second(i % 3 == 0);
    CHECK(shown_ms >= last_ms);
    last_ms = shown_ms;
  }
  CHECK(last_ms == 30'000);
}

TEST_CASE("a heartbeat that was given up is none") {
  Scene scene;
  scene.second(true);
  scene.store.committed = 1;
  CHECK(scene.second(false) == 1'000);
  Snapshot snapshot;
  snapshot.slos.emplace_back().counters.state_ms[0] = 9'000;
  scene.saved.note(snapshot, 0);
  CHECK(scene.shown_ms() == 1'000);
  scene.saved.note(snapshot, std::nullopt);
  CHECK(scene.shown_ms() == 1'000);
}
