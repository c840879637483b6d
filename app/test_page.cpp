// fournines test-page: one marked alert to everybody who is configured, and what became of it. The
// daemon sends it, where one runs and takes orders: by its own evaluator's way to disk, outbox and
// senders. Else it is sent from here, over the same code and with the same credentials:
//
//   http://am-1:9093: taken, goes to pager
//   webhook https://hooks.example.com: taken
//   http://am-2:9093: Couldn't connect to server
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "alerts/receivers.h"
#include "alerts/sender.h"
#include "alerts/words.h"
#include "app/client.h"
#include "app/commands.h"
#include "app/config.h"
#include "exporter/core/clock.h"
#include "exporter/core/json_text.h"
#include "exporter/core/text.h"

namespace app {
namespace {

using alerts::Outcome;
using alerts::Receiver;
using alerts::ReceiverKind;
using alerts::Reply;

using Json = nlohmann::json;

constexpr std::chrono::seconds kWait{1};
constexpr std::chrono::seconds kPatience{15};  // the pager's longest request is ten
constexpr std::chrono::milliseconds kPause{200};
constexpr double kForever = std::numeric_limits<double>::infinity();

alerts::Message test_message(const alerts::AlertingSpec& alerting, std::int64_t unix_ms) {
  constexpr std::int64_t kLastsMs = 5 * 60'000;
  alerts::Message message;
  message.alert = alerts::test_alert(alerting, unix_ms);
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

std::string fate(const Json& member) {
  const auto flag = [&](const char* key) { return member.value(key, false); };
  if (!flag("taken")) {
    const std::string reason = member.value("reason", "");
    return reason.empty() ? "no answer yet" : reason;
  }
  std::string text = "taken";
  if (!flag("alertmanager")) return text;
  if (!member.contains("receivers")) return text + ", but is not there";
  text += ", goes to";
  for (const Json& name : member.at("receivers")) text += " " + name.get<std::string>();
  if (flag("silenced")) text += ", but is silenced";
  if (flag("inhibited")) text += ", but is inhibited";
  return text;
}

bool is_settled(const Json& member) {
  return member.value("taken", false) &&
         (!member.value("alertmanager", false) || member.contains("receivers"));
}

// What the daemon says of the newest test page that began no earlier than then; null: nothing yet.
Json told(const std::string& url, double since) {
  const auto text = ask(url);
  Json json = text ? exporter::parse_json(*text) : Json();
  const bool whole = json.is_object() && json.contains("members") &&
                     json.at("members").is_array() && json.value("starts", 0.0) >= since;
  return whole ? json : Json();
}

// Nothing when there is no daemon that takes orders.
std::optional<int> by_the_daemon(const Options& options) {
  const std::string url = server_url(options) + "/api/v1/test-page";
  const std::string before_text = ask(url).value_or("{}");
  const Json before = exporter::parse_json(before_text);
  const double last = before.is_object() ? before.value("starts", 0.0) : 0.0;
  const std::string nothing = "{}";
  const auto ordered = request(url, &nothing);
  if (!ordered || ordered->status != 200) {
    std::fprintf(stderr, "%s: sent from here, past the daemon's own way\n",
                 ordered ? "the daemon takes no orders (--web.enable-admin-api)"
                         : exporter::printable(ordered.error().message, 512).c_str());
    return std::nullopt;
  }
  Json page;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  do {
    std::this_thread::sleep_for(kPause);
    page = told(url, std::nextafter(last, kForever));
  } while (std::chrono::steady_clock::now() < deadline &&
           (page.is_null() || !std::ranges::all_of(page.at("members"), is_settled)));
  if (page.is_null()) return complain(kExitUnreachable, url + ": no test page was sent");
  bool all = true;
  for (const Json& member : page.at("members")) {
    all = all && member.value("taken", false);
    std::printf("%s: %s\n", exporter::printable(member.value("name", ""), 512).c_str(),
                exporter::printable(fate(member), 512).c_str());
  }
  std::fprintf(stderr, "sent by the daemon at %s, %s\n", server_url(options).c_str(),
               page.value("durable", false) ? "from its history on disk" : "without its disk");
  return all ? kExitYes : kExitNo;
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
  if (const auto code = by_the_daemon(options)) return *code;
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
