// Everybody who is told, as one numbered list: Alertmanagers, then webhooks, then the heartbeat.
// The numbers are the members of Notifier. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "alerts/spec.h"

namespace alerts {

enum class ReceiverKind : std::uint8_t {
  kAlertmanager,  // every alert, again and again while it fires
  kWebhook,       // every alert once when it fires and once when it is over
  kHeartbeat,     // no alert: a GET that says that all is well here
};

struct Receiver {
  ReceiverKind kind = ReceiverKind::kAlertmanager;
  EndpointSpec endpoint;
  // For logs, pages and labels; each its own. The URL of an Alertmanager; of others without path
  // and query, where secrets may stand.
  std::string name;
};

std::vector<Receiver> receivers_of(const AlertingSpec& spec);

}  // namespace alerts
