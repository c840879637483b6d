// Alertmanagers are killed and stopped half of the time, the daemon is killed in between, and still
// somebody is told of the beginning and the end of every incident. Time is simulated.
#include <random>
#include <set>

#include "alerts/pager.h"
#include "tests/alerts/support.h"
#include "tests/support/doctest.h"
#include "tests/support/scripts.h"

namespace alerts {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;

// As much of Alertmanager as matters here: alerts in memory, lost at a restart; a group of its own
// for each alert; the notification log on disk. Says nothing within group_wait.
struct ModelAlertmanager {
  static constexpr std::int64_t kGroupWaitMs = 10 * kSecond;

  struct Held {
    Alert alert;
    std::int64_t ends_at_ms = 0;
    std::int64_t flush_at_ms = 0;
  };

  void take(const Message& message, std::int64_t now_ms) {
    const std::string key = identity(message.alert.labels);
    const auto it = held.find(key);
    if (it == held.end()) {
      held[key] = {message.alert, message.ends_at_ms, now_ms + kGroupWaitMs};
    } else {
      it->second.alert = message.alert;
      it->second.ends_at_ms = message.ends_at_ms;
    }
  }
  void advance(std::int64_t now_ms) {
    for (auto& [key, alert] : held) {
      if (now_ms < alert.flush_at_ms) continue;
      const std::string incident = alert.alert.labels.at("slo");
      if (alert.ends_at_ms > kStartUnixMs + now_ms) {
        if (log.insert(key).second) told_firing.insert(incident);
      } else if (log.erase(key) > 0) {
        told_resolved.insert(incident);
      }
    }
    std::erase_if(held, [&](const auto& entry) {
      return entry.second.ends_at_ms <= kStartUnixMs + now_ms && now_ms >= entry.second.flush_at_ms;
    });
  }
  // Killed, it loses what it said as well; stopped, it does not.
  void end(bool killed) {
    up = false;
    held.clear();
    if (killed) log.clear();
  }
  void start() { up = true; }

  bool up = true;
  std::map<std::string, Held> held;
  std::set<std::string> log;  // of what is notified as firing
  std::set<std::string> told_firing;
  std::set<std::string> told_resolved;
};

class Network final : public Notifier {
 public:
  Network(std::vector<ModelAlertmanager>& alertmanagers, const ManualClock& clock)
      : alertmanagers_(alertmanagers), clock_(clock) {}

  void set(const AlertingSpec&) override {}
  void send(std::size_t member, const std::vector<Message>& messages) override {
    if (alertmanagers_[member].up) {
      for (const Message& message : messages) alertmanagers_[member].take(message, clock_.ms);
    }
    outcomes_.push_back({.member = member,
                         .reply = alertmanagers_[member].up ? Reply::kTaken : Reply::kFailed,
                         .reason = "",
                         .states = {}});
  }
  bool ask(std::size_t) override { return false; }
  std::vector<Outcome> wait(std::chrono::milliseconds) override {
    return std::exchange(outcomes_, {});
  }
  void wake() override {}

 private:
  std::vector<ModelAlertmanager>& alertmanagers_;
  const ManualClock& clock_;
  std::vector<Outcome> outcomes_;
};

struct Incident {
  std::int64_t from_ms;
  std::int64_t to_ms;
};

void run(std::uint32_t seed, std::size_t members_count) {
  std::mt19937 random(seed);
  const auto between = [&](std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
  };
  constexpr std::int64_t kEnd = 60 * kMinute;
  std::vector<Incident> incidents;
  for (int i = 0; i < test::length(100); ++i) {
    const std::int64_t from = between(0, kEnd);
    incidents.push_back({from, from + between(kSecond, 15 * kMinute)});
  }

  const AlertingSpec spec = members(members_count);
  ManualClock clock;
  FakeStore store;
  std::vector<ModelAlertmanager> alertmanagers(members_count);
  std::optional<Network> network;
  std::optional<Pager> pager;
  const auto restart = [&] {
    network.emplace(alertmanagers, clock);
    pager.emplace(spec, store.load().documents, store, *network, clock);
  };
  restart();
  std::vector<slo::Judgement> judgements;
  for (std::size_t i = 0; i < incidents.size(); ++i) {
    judgements.push_back(quiet("shop", std::to_string(i)));
  }
  for (; clock.ms < kEnd + 45 * kMinute; clock.ms += kSecond) {
    for (ModelAlertmanager& alertmanager : alertmanagers) {
      if (clock.ms >= kEnd) {
        alertmanager.up = true;
      } else if (between(0, 239) == 0) {
        alertmanager.up ? alertmanager.end(between(0, 1) == 0) : alertmanager.start();
      }
    }
    bool restarted = clock.ms == 0;
    if (clock.ms < kEnd && between(0, 179) == 0) {
      restart();
      restarted = true;
    }
    bool changed = restarted;
    for (std::size_t i = 0; i < incidents.size(); ++i) {
      bool& firing = judgements[i].alerts[0].reading.firing;
      const bool burns = clock.ms >= incidents[i].from_ms && clock.ms < incidents[i].to_ms;
      changed = changed || firing != burns;
      firing = burns;
    }
    if (changed) pager->publish(published(judgements));
    pager->turn(moment(clock.ms));
    pager->settle(network->wait({}), moment(clock.ms));
    for (ModelAlertmanager& alertmanager : alertmanagers) {
      if (alertmanager.up) alertmanager.advance(clock.ms);
    }
  }
  std::set<std::string> firing;
  std::set<std::string> resolved;
  for (const ModelAlertmanager& alertmanager : alertmanagers) {
    firing.insert(alertmanager.told_firing.begin(), alertmanager.told_firing.end());
    resolved.insert(alertmanager.told_resolved.begin(), alertmanager.told_resolved.end());
  }
  CHECK(firing.size() == incidents.size());
  CHECK(resolved.size() == incidents.size());
  CHECK(pager->status()->undelivered == 0);
  CHECK(store.documents.empty());
}

}  // namespace

TEST_CASE("of a hundred incidents a lone, ailing Alertmanager tells the beginning and the end") {
  for (const std::uint32_t seed : {1U, 2U}) {
    CAPTURE(seed);
    run(seed, 1);
  }
}

TEST_CASE("and so do three of them together") { run(4, 3); }

}  // namespace alerts
