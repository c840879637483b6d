#include "alerts/wire.h"

#include <nlohmann/json.hpp>

#include "alerts/words.h"
#include "exporter/core/json_text.h"
#include "exporter/core/text.h"

namespace alerts {

using nlohmann::json;

std::string alerts_body(const std::vector<Message>& messages) {
  json body = json::array();
  for (const Message& message : messages) {
    const Alert& alert = message.alert;
    json item = {{"labels", alert.labels},
                 {"annotations", alert.annotations},
                 {"startsAt", rfc3339(alert.starts_at_ms)},
                 {"endsAt", rfc3339(message.ends_at_ms)}};
    // An empty one would be no URI and have the whole array refused.
    if (!alert.generator_url.empty()) item["generatorURL"] = alert.generator_url;
    body.push_back(std::move(item));
  }
  return exporter::json_text(body);
}

std::string webhook_body(const std::vector<Message>& messages) {
  constexpr char kNoTime[] = "0001-01-01T00:00:00Z";
  json alerts = json::array();
  bool firing = false;
  Labels common_labels;
  Annotations common_annotations;
  const auto keep_common = [](auto& common, const auto& other, bool first) {
    if (first) common = other;
    std::erase_if(common, [&](const auto& entry) {
      const auto it = other.find(entry.first);
      return it == other.end() || it->second != entry.second;
    });
  };
  for (const Message& message : messages) {
    const Alert& alert = message.alert;
    keep_common(common_labels, alert.labels, alerts.empty());
    keep_common(common_annotations, alert.annotations, alerts.empty());
    firing = firing || message.as_active;
    alerts.push_back({{"status", message.as_active ? "firing" : "resolved"},
                      {"labels", alert.labels},
                      {"annotations", alert.annotations},
                      {"startsAt", rfc3339(alert.starts_at_ms)},
                      {"endsAt", message.as_active ? kNoTime : rfc3339(message.ends_at_ms)},
                      {"generatorURL", alert.generator_url},
                      {"fingerprint", ""}});
  }
  const json body = {{"version", "4"},
                     {"groupKey", "fournines"},
                     {"truncatedAlerts", 0},
                     {"status", firing ? "firing" : "resolved"},
                     {"receiver", "fournines"},
                     {"groupLabels", json::object()},
                     {"commonLabels", common_labels},
                     {"commonAnnotations", common_annotations},
                     {"externalURL", ""},
                     {"alerts", alerts}};
  return exporter::json_text(body);
}

exporter::Result<std::vector<AlertState>> alert_states(std::string_view body) {
  const auto refuse = [] {
    return exporter::fail(exporter::ErrorKind::kParse, "not a list of alerts");
  };
  const json answer = exporter::parse_json(body);
  if (!answer.is_array()) return refuse();
  const auto list_of = [](const json& object, const char* key) {
    const auto it = object.find(key);
    return it != object.end() && it->is_array() ? *it : json::array();
  };
  std::vector<AlertState> states;
  for (const json& item : answer) {
    if (!item.is_object()) return refuse();
    const auto labels = item.find("labels");
    const auto status = item.find("status");
    if (labels == item.end() || !labels->is_object()) return refuse();
    if (status == item.end() || !status->is_object()) return refuse();
    AlertState& state = states.emplace_back();
    for (const auto& [name, value] : labels->items()) {
      if (value.is_string()) state.labels.emplace(name, value.get<std::string>());
    }
    state.silenced = !list_of(*status, "silencedBy").empty();
    state.inhibited = !list_of(*status, "inhibitedBy").empty();
    for (const json& receiver : list_of(item, "receivers")) {
      const auto name = receiver.is_object() ? receiver.find("name") : receiver.end();
      if (receiver.is_object() && name != receiver.end() && name->is_string()) {
        state.receivers.push_back(name->get<std::string>());
      }
    }
  }
  return states;
}

std::string answer_reason(std::string_view body) {
  const json answer = exporter::parse_json(body);
  if (answer.is_string()) return exporter::printable(answer.get_ref<const std::string&>());
  if (answer.is_object()) {
    const auto message = answer.find("message");
    if (message != answer.end() && message->is_string()) {
      return exporter::printable(message->get_ref<const std::string&>());
    }
  }
  return exporter::printable(body);
}

}  // namespace alerts
