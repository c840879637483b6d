// The rules of a sender, each as a fact; see the top of alerts/outbox.h.
#include "alerts/outbox.h"

#include <algorithm>

#include "alerts/outbox_rows.h"
#include "tests/alerts/support.h"
#include "tests/support/doctest.h"

namespace alerts {
namespace {

constexpr std::size_t kAll = 1000;

Alert alert(const std::string& slo = "website", std::int64_t starts_ms = 0) {
  Alert alert;
  alert.labels = {{"alertname", "SLOBurnPage"}, {"slo", slo}};
  alert.annotations = {{"summary", "It burns."}};
  alert.starts_at_ms = kStartUnixMs + starts_ms;
  return alert;
}

Alert resolved(std::int64_t at_ms, Alert alert = alerts::alert()) {
  alert.resolved_at_ms = kStartUnixMs + at_ms;
  return alert;
}

struct Scene {
  explicit Scene(std::size_t count = 1) : spec(members(count)) {}

  // One evaluation; what `member` is due is sent, and taken.
  std::vector<Message> exchange(std::int64_t ms, const std::vector<Alert>& alerts,
                                std::size_t member = 0) {
    outbox.update(alerts, moment(ms));
    const auto messages = outbox.due(url(member), moment(ms), kAll);
    outbox.taken(url(member), messages, moment(ms));
    return messages;
  }
  std::vector<Message> due(std::int64_t ms, std::size_t member = 0) const {
    return outbox.due(url(member), moment(ms), kAll);
  }
  std::string url(std::size_t member) const { return spec.alertmanagers[member].url; }

  AlertingSpec spec;
  Outbox outbox{spec};
};

constexpr std::int64_t kMinute = 60'000;

}  // namespace

TEST_CASE("a firing alert is sent at once and again when the last one is older than the delay") {
  Scene scene;
  CHECK(scene.exchange(0, {alert()}).size() == 1);
  CHECK(scene.exchange(kMinute, {alert()}).empty());
  CHECK(scene.exchange(kMinute + 1, {alert()}).size() == 1);
  CHECK(scene.exchange(2 * kMinute + 1, {alert()}).empty());
  CHECK(scene.exchange(2 * kMinute + 2, {alert()}).size() == 1);
}

TEST_CASE("a firing alert ends by itself four delays after it was sent, and keeps its start") {
  Scene scene;
  CHECK(scene.exchange(0, {alert()})[0].ends_at_ms == kStartUnixMs + 4 * kMinute);
  const Message again = scene.exchange(kMinute + 1, {alert()})[0];
  CHECK(again.ends_at_ms == kStartUnixMs + 5 * kMinute + 1);
  CHECK(again.alert.starts_at_ms == kStartUnixMs);
}

TEST_CASE("a resolved alert is sent at once, then each minute for a quarter of an hour") {
  Scene scene;
  scene.exchange(0, {alert()});
  scene.exchange(kMinute + 1, {alert()});
  constexpr std::int64_t kResolved = 90'000;
  int sent = 0;
  std::int64_t last_ms = 0;
  for (std::int64_t ms = kResolved; ms < kResolved + 30 * kMinute; ms += 1000) {
    const auto messages = scene.exchange(
        ms, ms == kResolved ? std::vector{resolved(kResolved)} : std::vector<Alert>{});
    for (const Message& message : messages) {
      CHECK(message.ends_at_ms == kStartUnixMs + kResolved);
      CHECK(message.alert.starts_at_ms == kStartUnixMs);
      ++sent;
      last_ms = ms;
    }
    if (ms == kResolved) CHECK(messages.size() == 1);
  }
  CHECK(sent == 15);
  CHECK(last_ms < kResolved + 15 * kMinute);
  CHECK(scene.outbox.rows() == 0);
}

TEST_CASE("a new alert with the same labels takes the place of a resolved one") {
  Scene scene;
  scene.exchange(0, {alert()});
  scene.exchange(2 * kMinute, {resolved(2 * kMinute)});
  const auto messages = scene.exchange(3 * kMinute, {alert("website", 3 * kMinute)});
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].alert.firing());
  CHECK(messages[0].alert.starts_at_ms == kStartUnixMs + 3 * kMinute);
  CHECK(scene.outbox.rows() == 1);
}

TEST_CASE("changed annotations go out with the next resend and not before") {
  Scene scene;
  scene.exchange(0, {alert()});
  Alert changed = alert();
  changed.annotations["summary"] = "It burns more.";
  CHECK(scene.exchange(1000, {changed}).empty());
  CHECK(scene.exchange(kMinute + 1, {changed})[0].alert.annotations == changed.annotations);
}

TEST_CASE("every member has its own acknowledgement") {
  Scene scene(2);
  scene.exchange(0, {alert()}, 0);
  CHECK(scene.due(1000, 0).empty());
  CHECK(scene.due(1000, 1).size() == 1);
  CHECK(scene.outbox.undelivered() == 1);
  scene.exchange(1000, {alert()}, 1);
  CHECK(scene.outbox.undelivered() == 0);
}

TEST_CASE("a member that is down gets the resolved alert when it is back, however late") {
  Scene scene(2);
  scene.exchange(0, {alert()}, 0);
  scene.exchange(0, {alert()}, 1);
  scene.exchange(kMinute + 1, {alert()}, 0);
  scene.outbox.failed(scene.url(1));
  scene.exchange(2 * kMinute, {resolved(2 * kMinute)}, 0);
  const std::int64_t late = 24 * 60 * kMinute;
  scene.outbox.update({}, moment(late));
  REQUIRE(scene.due(late, 1).size() == 1);
  CHECK_FALSE(scene.due(late, 1)[0].as_active);
  CHECK(scene.exchange(late, {}, 1)[0].ends_at_ms == kStartUnixMs + 2 * kMinute);
  scene.outbox.update({}, moment(late + 1));
  CHECK(scene.outbox.rows() == 0);
}

TEST_CASE("an alert that resolved before anybody took it is announced first, as over") {
  Scene scene;
  scene.outbox.update({alert()}, moment(0));
  scene.outbox.failed(scene.url(0));
  scene.outbox.update({resolved(5 * kMinute)}, moment(5 * kMinute));
  const std::int64_t back = 40 * kMinute;
  const Message first = scene.exchange(back, {})[0];
  CHECK(first.as_active);
  CHECK(first.ends_at_ms == kStartUnixMs + back + 4 * kMinute);
  CHECK(first.alert.annotations.at("delivery") ==
        "This is over: it lasted from 2025-11-25 19:46:26 UTC to 2025-11-25 19:51:26 UTC. It comes "
        "late because nobody could be told before.");
  CHECK(scene.exchange(back + kMinute, {}).empty());
  CHECK(scene.exchange(back + kMinute + 1, {})[0].as_active);
  const Message last = scene.exchange(back + kMinute + 2, {})[0];
  CHECK_FALSE(last.as_active);
  CHECK(last.ends_at_ms == kStartUnixMs + 5 * kMinute);
  CHECK_FALSE(last.alert.annotations.contains("delivery"));
}

TEST_CASE("an alert that lived too short to be seen is shown for a minute") {
  Scene scene;
  scene.exchange(0, {alert()});
  CHECK(scene.exchange(1000, {resolved(1000)}).empty());
  const auto again = scene.exchange(kMinute + 1, {});
  REQUIRE(again.size() == 1);
  CHECK(again[0].as_active);
  CHECK_FALSE(again[0].alert.annotations.contains("delivery"));
  CHECK_FALSE(scene.exchange(kMinute + 2, {})[0].as_active);
}

TEST_CASE("a failure between two answers breaks the announcement: the member may have forgotten") {
  Scene scene;
  scene.exchange(0, {alert()});
  scene.outbox.failed(scene.url(0));
  CHECK(scene.exchange(30'000, {alert()}).size() == 1);
  scene.outbox.update({resolved(80'000)}, moment(80'000));
  CHECK(scene.exchange(90'001, {})[0].as_active);
  CHECK_FALSE(scene.exchange(90'002, {})[0].as_active);
}

TEST_CASE("what the last member that knew it may have forgotten is announced again") {
  Scene scene(2);
  for (const std::size_t member : {0U, 1U}) {
    scene.exchange(0, {alert()}, member);
    scene.exchange(kMinute + 1, {alert()}, member);
  }
  scene.outbox.failed(scene.url(0));
  scene.outbox.update({resolved(2 * kMinute)}, moment(2 * kMinute));
  CHECK_FALSE(scene.due(2 * kMinute, 0)[0].as_active);
  scene.outbox.failed(scene.url(1));
  CHECK(scene.due(2 * kMinute, 0)[0].as_active);
}

TEST_CASE("what was told as resolved is never again sent as active") {
  Scene scene;
  scene.exchange(0, {alert()});
  scene.exchange(kMinute + 1, {alert()});
  scene.exchange(2 * kMinute, {resolved(2 * kMinute)});
  scene.outbox.failed(scene.url(0));
  CHECK(scene.due(3 * kMinute).empty());
  REQUIRE(scene.due(3 * kMinute + 1).size() == 1);
  CHECK_FALSE(scene.due(3 * kMinute + 1)[0].as_active);
}

TEST_CASE("an alert that is not wanted is repeated each delay, and given up once it is over") {
  Scene scene;
  scene.outbox.update({alert()}, moment(0));
  const Message message = scene.due(0)[0];
  scene.outbox.refused(scene.url(0), message, moment(0));
  CHECK(scene.due(kMinute).empty());
  CHECK(scene.due(kMinute + 1).size() == 1);
  scene.outbox.update({resolved(2 * kMinute)}, moment(2 * kMinute));
  scene.outbox.refused(scene.url(0), message, moment(2 * kMinute));
  scene.outbox.update({}, moment(20 * kMinute));
  CHECK(scene.outbox.rows() == 0);
}

TEST_CASE("an answer to an earlier alert with the same labels says nothing of the present one") {
  Scene scene;
  scene.outbox.update({alert()}, moment(0));
  const auto old = scene.due(0);
  scene.outbox.update({resolved(1000)}, moment(1000));
  scene.outbox.update({alert("website", 2000)}, moment(2000));
  scene.outbox.taken(scene.url(0), old, moment(3000));
  CHECK(scene.due(3000).size() == 1);
}

TEST_CASE("the wall clock set back neither stops resends nor makes an end before the start") {
  Scene scene;
  constexpr std::int64_t kHourBack = -60 * kMinute;
  scene.exchange(0, {alert()});
  scene.outbox.update({alert()}, moment(kMinute + 1, kHourBack));
  const auto messages = scene.outbox.due(scene.url(0), moment(kMinute + 1, kHourBack), kAll);
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].ends_at_ms > messages[0].alert.starts_at_ms);
}

TEST_CASE("those that a member never got go first, and no more than asked for") {
  Scene scene;
  std::vector<Alert> alerts;
  for (int i = 0; i < 100; ++i) alerts.push_back(alert("a" + std::to_string(i)));
  scene.exchange(0, alerts);
  alerts.push_back(alert("z"));
  scene.outbox.update(alerts, moment(kMinute + 1));
  const auto messages = scene.outbox.due(scene.url(0), moment(kMinute + 1), 64);
  CHECK(messages.size() == 64);
  CHECK(messages[0].alert.labels.at("slo") == "z");
}

TEST_CASE("after kill -9 active and resolved alerts go on where they were, member by member") {
  Scene before(2);
  const Alert old = alert("old");
  before.exchange(0, {alert(), old}, 0);
  before.exchange(kMinute + 1, {alert(), old}, 0);
  before.exchange(2 * kMinute, {resolved(2 * kMinute, old)}, 0);
  const auto documents = before.outbox.take_changes(moment(2 * kMinute));
  REQUIRE(documents.size() == 2);

  Scene after(2);
  CHECK(after.outbox.restore(documents, moment(2 * kMinute + 500)) == 0);
  REQUIRE(after.outbox.firing().size() == 1);
  CHECK(after.outbox.firing()[0].starts_at_ms == kStartUnixMs);
  CHECK(after.due(2 * kMinute + 1, 0).empty());
  CHECK(after.due(2 * kMinute + 2, 0).size() == 1);
  CHECK(after.due(3 * kMinute + 1, 0).size() == 2);
  CHECK(after.due(2 * kMinute + 1, 1).size() == 2);
  after.exchange(3 * kMinute, {}, 1);
  after.outbox.update({}, moment(17 * kMinute));
  CHECK(after.outbox.rows() == 1);
}

TEST_CASE("a member that was added gets everything, one that was removed is forgotten") {
  Scene before;
  before.exchange(0, {alert()});
  Scene after(2);
  after.spec.alertmanagers.erase(after.spec.alertmanagers.begin());
  after.outbox.restore(before.outbox.take_changes(moment(0)), moment(1000));
  CHECK(after.due(1000, 0).size() == 1);
}

TEST_CASE("rows that cannot be read are counted and removed from the store") {
  Scene scene;
  CHECK(scene.outbox.restore({{"outbox", "a", "rubbish"}, {"other", "b", "rubbish"}}, moment(0)) ==
        1);
  const auto changes = scene.outbox.take_changes(moment(0));
  REQUIRE(changes.size() == 1);
  CHECK(changes[0] == slo::Document{"outbox", "a", std::nullopt});
}

TEST_CASE("only what fired or resolved is news") {
  Scene scene;
  CHECK(scene.outbox.update({alert()}, moment(0)));
  CHECK_FALSE(scene.outbox.update({alert()}, moment(1000)));
  CHECK(scene.outbox.update({resolved(2000)}, moment(2000)));
  CHECK_FALSE(scene.outbox.update({}, moment(3000)));
}

TEST_CASE("an alert that is not on disk says so until it is") {
  Scene scene;
  scene.outbox.update({alert()}, moment(0));
  scene.outbox.take_changes(moment(0));
  scene.outbox.mark_unsaved();
  CHECK(scene.due(0)[0].alert.annotations.at("delivery") ==
        "It could not be saved to disk before it was sent.");
  scene.outbox.save_again();
  CHECK(scene.outbox.take_changes(moment(0)).size() == 1);
  scene.outbox.saved();
  CHECK_FALSE(scene.due(0)[0].alert.annotations.contains("delivery"));
}

TEST_CASE("the outbox is bounded: the oldest alert that is over makes room") {
  Scene scene;
  std::vector<Alert> alerts;
  for (std::size_t i = 0; i < Outbox::kMaxRows; ++i) alerts.push_back(alert(std::to_string(i)));
  scene.outbox.update(alerts, moment(0));
  for (Alert& one : alerts) one = resolved(1000, one);
  scene.outbox.update({alerts[7]}, moment(1000));
  scene.outbox.update(alerts, moment(2000));
  scene.outbox.take_changes(moment(20'000));
  scene.outbox.update({alert("new")}, moment(20'000));
  CHECK(scene.outbox.rows() == Outbox::kMaxRows);
  CHECK(scene.outbox.dropped() == 1);
  const auto changes = scene.outbox.take_changes(moment(20'000));
  CHECK(std::ranges::any_of(changes, [](const slo::Document& document) {
    return !document.value && document.key == identity(alert("7").labels);
  }));
}

TEST_CASE("a row survives being written and read, and a reboot between") {
  OutboxRow row;
  row.alert = resolved(1000);
  row.alert.generator_url = "http://host:9999/";
  row.resolved_ms = moment(1000).boot_ns / 1'000'000;
  row.announced = true;
  row.deliveries["http://am"] = {.taken_ms = row.resolved_ms - 500,
                                 .active_since_ms = row.resolved_ms - 900,
                                 .refused_ms = std::nullopt,
                                 .told_resolved = true};
  const std::string text = row_to_json(row, moment(2000));
  exporter::Moment rebooted = moment(10'000);
  rebooted.boot_ns = 3'000'000'000;
  const auto read = row_from_json(text, rebooted);
  REQUIRE(read);
  CHECK(read->alert == row.alert);
  CHECK(read->announced);
  CHECK(read->resolved_ms == 3000 - 9000);
  const Delivery& delivery = read->deliveries.at("http://am");
  CHECK(delivery.taken_ms == 3000 - 9500);
  CHECK(delivery.active_since_ms == 3000 - 9900);
  CHECK_FALSE(delivery.refused_ms);
  CHECK(delivery.told_resolved);
}

TEST_CASE("a time that lies ahead is read as now") {
  OutboxRow row;
  row.alert = alert();
  row.deliveries["http://am"].taken_ms = moment(0).boot_ns / 1'000'000;
  const auto read = row_from_json(row_to_json(row, moment(0)), moment(1000, -3'600'000));
  REQUIRE(read);
  CHECK(read->deliveries.at("http://am").taken_ms == moment(1000).boot_ns / 1'000'000);
}

TEST_CASE("a row with anything missing, wrong or too deep is refused") {
  OutboxRow row;
  row.alert = alert();
  row.deliveries["http://am"];
  const std::string good = row_to_json(row, moment(0));
  REQUIRE(row_from_json(good, moment(0)));
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return static_cast<bool>(row_from_json(text.replace(at, from.size(), to), moment(0)));
  };
  CHECK_FALSE(with("\"v\":1", "\"v\":2"));
  CHECK_FALSE(with("\"labels\":{", "\"labels\":{\"x\":1,"));
  CHECK_FALSE(with("\"announced\":false", "\"announced\":0"));
  CHECK_FALSE(with("\"startsAt\":1", "\"startsAt\":-1"));
  CHECK_FALSE(with("\"startsAt\":", "\"startsAt\":1e400,\"x\":"));
  CHECK_FALSE(with("\"toldResolved\":false", "\"toldResolved\":null"));
  CHECK_FALSE(with("\"taken\":null", "\"taken\":\"now\""));
  CHECK_FALSE(with("\"members\":{", "\"members\":{\"x\":[],"));
  for (const std::string_view text : {"", "null", "[]", "{}", "{\"v\":1}", "\xff"}) {
    CHECK_FALSE(row_from_json(text, moment(0)));
  }
  CHECK_FALSE(row_from_json(std::string(100'000, '['), moment(0)));
}

}  // namespace alerts
