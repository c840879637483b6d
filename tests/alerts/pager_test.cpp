#include "alerts/pager.h"

#include "tests/alerts/support.h"
#include "tests/support/doctest.h"

namespace alerts {
namespace {

struct Scene {
  explicit Scene(std::size_t count = 1) : spec(members(count)) { restart(); }

  // As after kill -9: only what is in the store is left. An answer gets there in the turn after it.
  void restart() {
    if (pager) pager->turn(moment(clock.ms));
    pager.emplace(spec, store.load().documents, store, notifier, clock);
  }

  void turn(std::int64_t ms) {
    clock.ms = ms;
    pager->turn(moment(ms));
    pager->settle(notifier.wait({}), moment(ms));
  }
  void turn(std::int64_t ms, std::vector<slo::Judgement> judgements) {
    pager->publish(published(std::move(judgements)));
    turn(ms);
  }
  const MemberStatus& member(std::size_t index) {
    status = pager->status();
    return status->members[index];
  }

  AlertingSpec spec;
  ManualClock clock;
  FakeStore store;
  RecordingNotifier notifier;
  std::optional<Pager> pager;
  std::shared_ptr<const PagerStatus> status;
};

}  // namespace

TEST_CASE("a page goes to every member in the turn that sees it, and is in the store before") {
  Scene scene(2);
  scene.turn(0, {burning(0)});
  CHECK(scene.store.documents.size() == 1);
  REQUIRE(scene.notifier.requests.size() == 2);
  CHECK(scene.notifier.requests[0].messages[0].alert.labels.at("alertname") == "SLOBurnPage");
  CHECK(scene.member(0).sent == 1);
  CHECK(scene.member(1).sent == 1);
  CHECK(scene.member(0).last_success_ms == kStartUnixMs);
  CHECK(scene.status->firing.size() == 1);
  CHECK(scene.status->undelivered == 0);
  CHECK(scene.status->durable);
}

TEST_CASE("without a judgement nothing is said, without members nothing breaks") {
  Scene scene;
  scene.turn(0);
  CHECK(scene.notifier.requests.empty());
  Scene alone(0);
  alone.turn(0, {burning(0)});
  CHECK(alone.pager->status()->firing.size() == 1);
}

TEST_CASE("a page that is not on disk within two seconds goes out and says so, until it is") {
  Scene scene;
  scene.store.durable = false;
  scene.turn(0, {burning(0)});
  CHECK(scene.store.longest_wait > std::chrono::milliseconds(1500));
  CHECK(scene.store.longest_wait <= std::chrono::milliseconds(2000));
  CHECK(scene.notifier.requests[0].messages[0].alert.annotations.contains("delivery"));
  CHECK_FALSE(scene.pager->status()->durable);
  scene.store.durable = true;
  scene.turn(61'000);
  REQUIRE(scene.notifier.requests.size() == 2);
  CHECK_FALSE(scene.notifier.requests[1].messages[0].alert.annotations.contains("delivery"));
  CHECK(scene.pager->status()->durable);
}

TEST_CASE("a write that the store gave up is made again") {
  Scene scene;
  scene.store.gives_up = true;
  scene.turn(0, {burning(0)});
  CHECK_FALSE(scene.pager->status()->durable);
  scene.store.documents.clear();
  scene.store.gives_up = false;
  scene.turn(1000);
  CHECK(scene.store.documents.size() == 1);
  scene.turn(2000);
  CHECK(scene.pager->status()->durable);
}

TEST_CASE("a member that hangs delays no other") {
  Scene scene(2);
  scene.notifier.hanging[0] = true;
  for (std::int64_t ms = 0; ms <= 200'000; ms += 1000) scene.turn(ms, {burning(0)});
  int to_hanging = 0;
  int to_other = 0;
  for (const auto& request : scene.notifier.requests) {
    (request.member == 0 ? to_hanging : to_other) += 1;
  }
  CHECK(to_hanging == 1);
  CHECK(to_other == 4);
}

TEST_CASE("a member that fails is tried again soon, ever slower down to each 5 s") {
  Scene scene;
  scene.notifier.replies[0] = Reply::kFailed;
  std::vector<std::int64_t> tries;
  for (std::int64_t ms = 0; ms <= 30'000; ms += 1000) {
    const std::size_t before = scene.notifier.requests.size();
    scene.turn(ms, {burning(0)});
    if (scene.notifier.requests.size() > before) tries.push_back(ms / 1000);
  }
  CHECK(tries == std::vector<std::int64_t>{0, 1, 3, 7, 12, 17, 22, 27});
  CHECK(scene.member(0).failing);
  CHECK(scene.member(0).failures == tries.size());
  CHECK(scene.member(0).last_error == "as the test wants it");
  CHECK(scene.status->undelivered == 1);
  scene.notifier.replies.clear();
  scene.turn(32'000);
  CHECK_FALSE(scene.member(0).failing);
  CHECK(scene.status->undelivered == 0);
}

TEST_CASE("batches hold 64 alerts, and a refused one is searched one by one") {
  Scene scene;
  std::vector<slo::Judgement> many;
  for (int i = 0; i < 70; ++i) many.push_back(burning(0, quiet("s" + std::to_string(i))));
  scene.turn(0, many);
  scene.turn(1000, many);
  scene.turn(2000, many);
  REQUIRE(scene.notifier.requests.size() == 2);
  CHECK(scene.notifier.requests[0].messages.size() == 64);
  CHECK(scene.notifier.requests[1].messages.size() == 6);

  scene.notifier.requests.clear();
  scene.notifier.replies[0] = Reply::kRefused;
  scene.turn(100'000, many);
  scene.notifier.replies.clear();
  for (int second = 101; second < 200; ++second) scene.turn(second * 1000, many);
  CHECK(scene.notifier.requests[0].messages.size() == 64);
  CHECK(scene.notifier.requests[1].messages.size() == 1);
  CHECK(scene.member(0).sent >= 140);
}

TEST_CASE("one alert that is not wanted holds up no other") {
  Scene scene;
  scene.notifier.replies[0] = Reply::kRefused;
  scene.turn(0, {burning(0, quiet("a"))});
  scene.notifier.replies.clear();
  scene.turn(1000, {burning(0, quiet("a")), burning(0, quiet("b"))});
  REQUIRE(scene.notifier.requests.size() == 2);
  REQUIRE(scene.notifier.requests[1].messages.size() == 1);
  CHECK(scene.notifier.requests[1].messages[0].alert.labels.at("service") == "b");
}

TEST_CASE("kill -9 loses no alert: the same start, no doubled send, the end still told") {
  Scene scene;
  scene.turn(0, {burning(0)});
  scene.turn(61'000, {burning(0)});
  scene.notifier.requests.clear();
  scene.restart();
  CHECK(scene.pager->status()->firing.size() == 1);
  scene.turn(62'000, {stale(quiet())});
  CHECK(scene.notifier.requests.empty());
  scene.turn(122'000);
  REQUIRE(scene.notifier.requests.size() == 1);
  CHECK(scene.notifier.requests[0].messages[0].alert.starts_at_ms == kStartUnixMs);
  scene.restart();
  scene.turn(130'000, {quiet()});
  scene.turn(220'000, {quiet()});
  REQUIRE(scene.notifier.requests.size() == 2);
  CHECK_FALSE(scene.notifier.requests[1].messages[0].as_active);
  CHECK(scene.notifier.requests[1].messages[0].ends_at_ms == kStartUnixMs + 220'000);
  scene.restart();
  scene.turn(281'000, {quiet()});
  CHECK(scene.notifier.requests.size() == 3);
  scene.restart();
  scene.turn(220'000 + 900'000, {quiet()});
  CHECK(scene.store.documents.empty());
}

TEST_CASE("what fires is sent on before the first judgement after a restart") {
  Scene scene;
  scene.turn(0, {burning(0)});
  scene.restart();
  scene.turn(61'000);
  CHECK(scene.notifier.requests.size() == 2);
}

TEST_CASE("a new configuration tells those who are new, and nobody twice") {
  Scene scene(1);
  scene.turn(0, {burning(0)});
  REQUIRE(scene.notifier.requests.size() == 1);
  AlertingSpec spec = members(2);
  spec.webhooks.emplace_back().url = "http://hook/";
  scene.pager->apply(spec);
  scene.turn(1000);
  REQUIRE(scene.notifier.requests.size() == 3);
  CHECK(scene.notifier.requests[1].member == 1);
  CHECK(scene.notifier.requests[2].member == 2);
  CHECK(scene.member(0).sent == 1);
  CHECK(scene.status->undelivered == 0);

  spec.alertmanagers.erase(spec.alertmanagers.begin());
  scene.pager->apply(spec);
  scene.turn(2000);
  CHECK(scene.notifier.requests.size() == 3);
  CHECK(scene.member(0).name == "http://am-1:9093");
  CHECK(scene.member(0).sent == 1);
  CHECK(scene.status->members.size() == 2);
}

TEST_CASE("a page that is on its way to somebody who hangs is not lost by a new configuration") {
  Scene scene(1);
  scene.notifier.hanging[0] = true;
  scene.turn(0, {burning(0)});
  AlertingSpec spec = members(1);
  spec.alertmanagers[0].bearer_token_file = "/another";
  scene.pager->apply(spec);
  scene.notifier.hanging.clear();
  scene.turn(1000);
  CHECK(scene.member(0).sent == 1);
  CHECK(scene.status->undelivered == 0);
}

TEST_CASE("other external labels end the old alert and start another, told to all") {
  Scene scene(1);
  scene.turn(0, {burning(0)});
  AlertingSpec spec = members(1);
  spec.external_labels = {{"site", "b"}};
  scene.pager->apply(spec);
  scene.turn(1000);
  REQUIRE(scene.notifier.requests.size() == 2);
  CHECK(scene.notifier.requests[1].messages.at(0).alert.labels.at("site") == "b");
  CHECK(scene.pager->status()->firing.size() == 1);
  // The old one is announced once more and then over: it may not be passed over in silence.
  for (std::int64_t ms = 60'000; ms < 240'000; ms += 1000) scene.turn(ms);
  const Message& last = scene.notifier.requests.back().messages.at(0);
  CHECK(scene.store.documents.size() == 2);
  CHECK(scene.pager->status()->undelivered == 0);
  CHECK(last.alert.labels.at("alertname") == "SLOBurnPage");
}

TEST_CASE("a pager at rest is woken by a cause for an alert and nothing else, and rests again") {
  Scene scene;
  scene.spec.alertmanagers.clear();
  scene.restart();
  const auto wakes = [&](slo::Judgement judgement) {
    const int before = scene.notifier.wakes;
    scene.pager->publish(published({std::move(judgement)}));
    return scene.notifier.wakes > before;
  };
  scene.turn(0);
  CHECK(wakes(quiet()));  // before it has seen a judgement it does not rest
  scene.turn(0);
  CHECK(scene.pager->rests());
  CHECK_FALSE(wakes(quiet()));
  CHECK_FALSE(wakes(stale(quiet())));

  CHECK(wakes(down(1000)));  // pending
  CHECK(wakes(quiet()));     // nobody has looked yet
  scene.turn(1000, {down(1000)});
  CHECK_FALSE(scene.pager->rests());
  CHECK(wakes(quiet()));
  scene.turn(2000, {quiet()});
  CHECK(scene.pager->rests());

  CHECK(wakes(burning(0)));
  scene.turn(3000);
  CHECK(scene.pager->status()->firing.size() == 1);
  std::int64_t ms = 4000;
  while (!scene.pager->rests() && ms < 3'600'000) scene.turn(ms += 1000, {quiet()});
  CHECK(scene.pager->status()->firing.empty());
  CHECK_FALSE(wakes(quiet()));

  scene.pager->page_test();
  scene.turn(ms += 1000, {quiet()});
  CHECK_FALSE(scene.pager->rests());
}

TEST_CASE("a pager at rest gives its signs of life in time") {
  Scene scene;
  scene.spec.watchdog = true;
  scene.restart();
  std::vector<std::int64_t> signs;
  for (std::int64_t ms = 0; ms <= 200'000; ms += 1000) {
    scene.clock.ms = ms;
    const int wakes = scene.notifier.wakes;
    scene.pager->publish(published({quiet()}));
    if (scene.notifier.wakes == wakes) continue;
    const std::size_t before = scene.notifier.requests.size();
    scene.turn(ms);
    if (scene.notifier.requests.size() > before) signs.push_back(ms / 1000);
    scene.turn(ms);  // the answer was a call, too
    CHECK(scene.pager->rests());
  }
  CHECK(signs == std::vector<std::int64_t>{0, 60, 120, 180});
}

TEST_CASE("what is not on disk yet, or on its way, leaves no rest") {
  Scene scene;
  scene.notifier.hanging[0] = true;
  scene.turn(0, {burning(0)});
  scene.turn(600'000, {quiet()});
  scene.turn(1'200'000, {quiet()});
  CHECK_FALSE(scene.pager->rests());
}

}  // namespace alerts
