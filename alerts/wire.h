// Alertmanager's API v2 as text: the body of POST /api/v2/alerts and what is worth saying of an
// answer. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "alerts/notifier.h"

namespace alerts {

//   [{"labels":{"alertname":"SLOBurnPage",...},"annotations":{...},
//     "startsAt":"2026-11-25T19:46:26.123Z","endsAt":"2026-11-25T19:50:26.123Z",
//     "generatorURL":"http://host:9999/?service=shop&slo=website"}]
// Always UTF-8: bytes that are not become U+FFFD. Never compressed, Alertmanager refuses that.
std::string alerts_body(const std::vector<Message>& messages);

// The reason in an answer that is not 2xx, printable and at most 256 bytes. Alertmanager sends
//   {"code":601,"message":"..."}   or   "start time must be before end time"
// and others send anything: whatever is not one of these two is shown as it is.
std::string answer_reason(std::string_view body);

}  // namespace alerts
