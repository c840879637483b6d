// fournines test-page: one marked alert to everybody who is configured, over the same code and with
// the same credentials as real ones, and what became of it:
//
//   http://am-1:9093: taken, goes to pager
//   webhook https://hooks.example.com: taken
//   http://am-2:9093: Couldn't connect to server
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "alerts/receivers.h"
#include "alerts/sender.h"
#include "alerts/words.h"
#include "app/commands.h"
#include "app/config.h"
#include "exporter/core/clock.h"

namespace app {
namespace {

using alerts::Outcome;
using alerts::Receiver;
using alerts::ReceiverKind;
using alerts::Reply;

constexpr std::chrono::seconds kWait{1};

alerts::Message test_message(const alerts::AlertingSpec& alerting, std::int64_t unix_ms) {
  constexpr std::int64_t kLastsMs = 5 * 60'000;
  alerts::Message message;
  alerts::Labels labels = alerting.external_labels;
  labels["alertname"] = "FourninesTestPage";
  labels["severity"] = "critical";
  labels["origin"] = "daemon";
  labels["test"] = "true";
  message.alert.labels = alerts::clean_labels(labels);
  message.alert.annotations = {
      {"summary", "This is a test: nothing is wrong."},
      {"description", "Somebody ran fournines test-page at " + alerts::utc_words(unix_ms) +
                          " to see whether pages arrive. It ends by itself."}};
  message.alert.starts_at_ms = unix_ms;
  message.ends_at_ms = unix_ms + kLastsMs;
  return message;
}

// The outcome of the one request that is on its way.
Outcome outcome_of(alerts::HttpNotifier& notifier) {
  for (;;) {
    auto outcomes = notifier.wait(kWait);
    if (!outcomes.empty()) return std::move(outcomes.front());
  }
}

std::string where_it_goes(alerts::HttpNotifier& notifier, std::size_t number,
                          const alerts::Labels& labels) {
  if (!notifier.ask(number)) return "";
  const Outcome outcome = outcome_of(notifier);
  if (outcome.reply != Reply::kTaken) return ", cannot be asked where it goes: " + outcome.reason;
  for (const alerts::AlertState& state : outcome.states) {
    if (state.labels != labels) continue;
    std::string text = ", goes to";
    for (const std::string& name : state.receivers) text += " " + name;
    if (state.silenced) text += ", but is silenced";
    if (state.inhibited) text += ", but is inhibited";
    return text;
  }
  return ", but is not there";
}

}  // namespace

int test_page(const Options& options) {
  ConfigErrors errors;
  const auto config = load_config_file(options.config_file, errors);
  for (const std::string& line : errors.lines()) std::fprintf(stderr, "%s\n", line.c_str());
  if (!config) return kExitUsage;
  const std::vector<Receiver> receivers = alerts::receivers_of(config->alerting);
  if (receivers.empty()) {
    return complain(kExitUsage, "nobody is configured to be told: 'alerting' is empty");
  }
  const exporter::SystemClock clock;
  const alerts::Message message = test_message(config->alerting, clock.now().real_ns / 1'000'000);
  alerts::HttpNotifier notifier(config->alerting);
  bool all = true;
  for (std::size_t i = 0; i < receivers.size(); ++i) {
    const bool heartbeat = receivers[i].kind == ReceiverKind::kHeartbeat;
    notifier.send(
        i, heartbeat ? std::vector<alerts::Message>{} : std::vector<alerts::Message>{message});
    const Outcome outcome = outcome_of(notifier);
    const bool taken = outcome.reply == Reply::kTaken;
    all = all && taken;
    std::string text = taken ? "taken" : outcome.reason;
    if (taken && receivers[i].kind == ReceiverKind::kAlertmanager) {
      text += where_it_goes(notifier, i, message.alert.labels);
    }
    std::printf("%s: %s\n", receivers[i].name.c_str(), text.c_str());
  }
  return all ? kExitYes : kExitNo;
}

}  // namespace app
