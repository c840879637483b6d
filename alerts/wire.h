// Alertmanager's API v2 as text: the body of POST /api/v2/alerts and what is worth saying of an
// answer. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "alerts/notifier.h"
#include "exporter/core/error.h"

namespace alerts {

//   [{"labels":{"alertname":"SLOBurnPage",...},"annotations":{...},
//     "startsAt":"2026-11-25T19:46:26.123Z","endsAt":"2026-11-25T19:50:26.123Z",
//     "generatorURL":"http://host:9999/?service=shop&slo=website"}]
// Always UTF-8: bytes that are not become U+FFFD. Never compressed, Alertmanager refuses that.
std::string alerts_body(const std::vector<Message>& messages);

// The same for a webhook, in the form in which Alertmanager notifies one (version 4 of its webhook
// data), so that what understands Alertmanager understands us:
//   {"version":"4","status":"firing","receiver":"fournines","alerts":[{"status":"firing",...}],...}
std::string webhook_body(const std::vector<Message>& messages);

// GET /api/v2/alerts: what became of our alerts. kParse for anything else.
//   [{"labels":{...},"receivers":[{"name":"pager"}],
//     "status":{"state":"suppressed","silencedBy":["id"],"inhibitedBy":[]}, ...}]
exporter::Result<std::vector<AlertState>> alert_states(std::string_view body);

// The reason in an answer that is not 2xx, printable and at most 256 bytes. Alertmanager sends
//   {"code":601,"message":"..."}   or   "start time must be before end time"
// and others send anything: whatever is not one of these two is shown as it is.
std::string answer_reason(std::string_view body);

}  // namespace alerts
