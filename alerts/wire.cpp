#include "alerts/wire.h"

#include <nlohmann/json.hpp>

#include "alerts/json_depth.h"
#include "alerts/words.h"
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
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string answer_reason(std::string_view body) {
  if (!is_too_deep(body)) {
    const json answer = json::parse(body, nullptr, false);
    if (answer.is_string()) return exporter::printable(answer.get_ref<const std::string&>());
    if (answer.is_object()) {
      const auto message = answer.find("message");
      if (message != answer.end() && message->is_string()) {
        return exporter::printable(message->get_ref<const std::string&>());
      }
    }
  }
  return exporter::printable(body);
}

}  // namespace alerts
