// Who is told beside Alertmanagers, and what comes back from those: webhooks, the heartbeat, the
// watchdog, silences.
#include "alerts/receivers.h"

#include <nlohmann/json.hpp>

#include "alerts/pager.h"
#include "alerts/wire.h"
#include "tests/alerts/support.h"
#include "tests/support/doctest.h"

namespace alerts {
namespace {

using nlohmann::json;

constexpr std::int64_t kMinute = 60'000;

struct Scene {
  explicit Scene(AlertingSpec wanted) : spec(std::move(wanted)) { restart(); }

  void restart() { pager.emplace(spec, store.load().documents, store, notifier, clock); }

  void turn(std::int64_t ms, std::vector<slo::Judgement> judgements) {
    clock.ms = ms;
    pager->publish(published(std::move(judgements)));
    quiet_turn(ms);
  }
  void quiet_turn(std::int64_t ms) {
    clock.ms = ms;
    pager->turn(moment(ms));
    pager->settle(notifier.wait({}), moment(ms));
  }
  // What member was sent: "SLOBurnPage firing", in order.
  std::vector<std::string> told(std::size_t member) const {
    std::vector<std::string> said;
    for (const auto& request : notifier.requests) {
      if (request.member != member) continue;
      for (const Message& message : request.messages) {
        said.push_back(message.alert.labels.at("alertname") +
                       (message.as_active ? " firing" : " resolved"));
      }
      if (request.messages.empty()) said.emplace_back("beat");
    }
    return said;
  }

  AlertingSpec spec;
  ManualClock clock;
  FakeStore store;
  RecordingNotifier notifier;
  std::optional<Pager> pager;
};

AlertingSpec with_webhook(std::size_t alertmanagers) {
  AlertingSpec spec = members(alertmanagers);
  spec.webhooks.emplace_back().url = "https://hooks.example.com/services/secret";
  return spec;
}

using Said = std::vector<std::string>;

TEST_CASE("receivers have names without what may be secret, each its own") {
  AlertingSpec spec = with_webhook(1);
  spec.webhooks.emplace_back().url = "https://hooks.example.com/services/other";
  spec.heartbeat_url = "https://beats.example.com/uuid?x=y";
  const auto receivers = receivers_of(spec);
  REQUIRE(receivers.size() == 4);
  CHECK(receivers[0].name == "http://am-0:9093");
  CHECK(receivers[1].name == "webhook https://hooks.example.com");
  CHECK(receivers[2].name == "webhook https://hooks.example.com 2");
  CHECK(receivers[3].name == "heartbeat https://beats.example.com");
  CHECK(receivers[3].endpoint.url == "https://beats.example.com/uuid?x=y");
}

TEST_CASE("a webhook hears once that it fires and once that it is over") {
  Scene scene(with_webhook(1));
  for (std::int64_t minute = 0; minute < 10; ++minute) {
    scene.turn(minute * kMinute + minute, {burning(0)});
  }
  CHECK(scene.told(0).size() == 10);
  CHECK(scene.told(1) == Said{"SLOBurnPage firing"});
  for (std::int64_t minute = 10; minute < 40; ++minute) {
    scene.turn(minute * kMinute + minute, {quiet()});
  }
  CHECK(scene.told(1) == Said{"SLOBurnPage firing", "SLOBurnPage resolved"});
  CHECK(scene.pager->status()->undelivered == 0);
}

TEST_CASE("a webhook that does not answer hears both afterwards, also over kill -9") {
  Scene scene(with_webhook(0));
  scene.notifier.replies[0] = Reply::kFailed;
  scene.turn(0, {burning(0)});
  scene.turn(2'000, {quiet()});
  scene.turn(200'000, {quiet()});
  scene.turn(400'000, {quiet()});
  scene.restart();
  CHECK(scene.pager->status()->undelivered == 1);
  scene.notifier.requests.clear();
  scene.notifier.replies.clear();
  for (std::int64_t second = 0; second < 10; ++second) {
    scene.turn(20 * kMinute + second * 1'000, {quiet()});
  }
  CHECK(scene.told(0) == Said{"SLOBurnPage firing", "SLOBurnPage resolved"});
  CHECK(scene.notifier.requests[0]
            .messages[0]
            .alert.annotations.at("delivery")
            .starts_with("This is over: it lasted from "));
}

TEST_CASE("a webhook that was told is not told again after kill -9, nor when it failed since") {
  Scene scene(with_webhook(0));
  scene.turn(0, {burning(0)});
  scene.turn(1'000, {burning(0)});
  scene.restart();
  scene.turn(2'000, {burning(0)});
  scene.turn(3'000, {burning(0), burning(0, quiet("other"))});
  CHECK(scene.told(0) == Said{"SLOBurnPage firing", "SLOBurnPage firing"});
}

TEST_CASE("the heartbeat goes out while the judge judges, and stops when it hangs") {
  AlertingSpec spec;
  spec.heartbeat_url = "https://beats.example.com/uuid";
  Scene scene(spec);
  scene.quiet_turn(0);
  CHECK(scene.told(0).empty());
  for (std::int64_t second = 1; second <= 121; ++second) scene.turn(second * 1'000, {quiet()});
  CHECK(scene.told(0) == Said{"beat", "beat", "beat"});
  for (std::int64_t second = 122; second <= 600; ++second) scene.quiet_turn(second * 1'000);
  CHECK(scene.told(0).size() == 3);
}

TEST_CASE("the watchdog always fires, with one start, at Alertmanagers only") {
  AlertingSpec spec = with_webhook(1);
  spec.watchdog = true;
  spec.external_labels = {{"instance", "web-1"}};
  Scene scene(spec);
  for (std::int64_t minute = 0; minute < 5; ++minute) scene.turn(minute * kMinute, {quiet()});
  CHECK(scene.told(0) == Said(5, "Watchdog firing"));
  CHECK(scene.told(1).empty());
  const Message& first = scene.notifier.requests.front().messages[0];
  const Message& last = scene.notifier.requests.back().messages[0];
  CHECK(first.alert.labels == Labels{{"alertname", "Watchdog"},
                                     {"instance", "web-1"},
                                     {"origin", "daemon"},
                                     {"severity", "none"}});
  CHECK(first.alert.starts_at_ms == last.alert.starts_at_ms);
  CHECK(last.ends_at_ms == kStartUnixMs + 8 * kMinute);
  CHECK(scene.pager->status()->firing.empty());
  CHECK(scene.store.documents.empty());
}

TEST_CASE("being silenced is an acknowledgement, counted once and over restarts") {
  Scene scene(members(1));
  scene.turn(0, {burning(0)});
  const Labels labels = scene.notifier.requests[0].messages[0].alert.labels;
  scene.notifier.states = std::vector<AlertState>{{labels, false, true, {}}};
  scene.turn(16'000, {burning(0)});
  CHECK(scene.pager->status()->attention.inhibited == 1);
  CHECK(scene.pager->status()->attention.acknowledged == 0);
  scene.notifier.states = std::vector<AlertState>{{labels, true, false, {}}};
  scene.turn(40'000, {burning(0)});
  scene.turn(70'000, {burning(0)});
  scene.turn(90'000, {burning(0)});
  const auto attention = scene.pager->status()->attention;
  CHECK(attention.silenced == 1);
  CHECK(attention.inhibited == 0);
  CHECK(attention.acknowledged == 1);
  CHECK(attention.acknowledge_ms_sum == 40'000);
  scene.restart();
  scene.turn(120'000, {burning(0)});
  scene.turn(150'000, {burning(0)});
  CHECK(scene.pager->status()->attention.silenced == 1);
  CHECK(scene.pager->status()->attention.acknowledged == 0);
}

TEST_CASE("nobody is asked about alerts while none fires") {
  Scene scene(members(1));
  scene.notifier.states.emplace();
  scene.turn(0, {quiet()});
  scene.clock.ms = 20'000;
  scene.pager->turn(moment(20'000));
  CHECK(scene.notifier.asked.empty());
}

TEST_CASE("what a webhook gets is what Alertmanager's webhooks get") {
  Message firing;
  firing.alert.labels = {{"alertname", "A"}, {"team", "web"}};
  firing.alert.annotations = {{"summary", "s"}};
  firing.alert.starts_at_ms = kStartUnixMs;
  Message over = firing;
  over.alert.labels["team"] = "db";
  over.as_active = false;
  over.ends_at_ms = kStartUnixMs + 1'000;
  const json body = json::parse(webhook_body({firing, over}));
  CHECK(body["version"] == "4");
  CHECK(body["status"] == "firing");
  CHECK(body["commonLabels"] == json({{"alertname", "A"}}));
  CHECK(body["commonAnnotations"] == json({{"summary", "s"}}));
  CHECK(body["alerts"][0]["status"] == "firing");
  CHECK(body["alerts"][0]["endsAt"] == "0001-01-01T00:00:00Z");
  CHECK(body["alerts"][1]["status"] == "resolved");
  CHECK(body["alerts"][1]["endsAt"] == "2025-11-25T19:46:27.123Z");
  CHECK(json::parse(webhook_body({over}))["status"] == "resolved");
}

TEST_CASE("Alertmanager's list of alerts is read, anything else is refused") {
  const auto states =
      alert_states(R"([{"labels":{"a":"b","n":1},"receivers":[{"name":"pager"},7],"status":)"
                   R"({"state":"suppressed","silencedBy":["id"],"inhibitedBy":[]}},)"
                   R"({"labels":{},"status":{"inhibitedBy":["x"]}}])");
  REQUIRE(states.has_value());
  REQUIRE(states->size() == 2);
  CHECK((*states)[0].labels == Labels{{"a", "b"}});
  CHECK((*states)[0].receivers == std::vector<std::string>{"pager"});
  CHECK((*states)[0].silenced);
  CHECK(!(*states)[0].inhibited);
  CHECK((*states)[1].inhibited);
  CHECK(alert_states("[]")->empty());
  for (const char* bad :
       {"", "{}", "[1]", "[{}]", R"([{"labels":{}}])", R"([{"labels":1,"status":{}}])", "<html>"}) {
    CHECK(!alert_states(bad).has_value());
  }
}

}  // namespace
}  // namespace alerts
