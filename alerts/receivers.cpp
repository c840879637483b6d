#include "alerts/receivers.h"

#include <algorithm>

namespace alerts {
namespace {

// https://hooks.example.com of https://hooks.example.com/services/T0/secret
std::string origin_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  return scheme == std::string::npos ? "" : url.substr(0, url.find('/', scheme + 3));
}

}  // namespace

std::vector<Receiver> receivers_of(const AlertingSpec& spec) {
  std::vector<Receiver> receivers;
  const auto add = [&](ReceiverKind kind, const EndpointSpec& endpoint, const std::string& name) {
    std::string unique = name;
    const auto taken = [&](const Receiver& other) { return other.name == unique; };
    for (int number = 2; std::ranges::any_of(receivers, taken); ++number) {
      unique = name + " " + std::to_string(number);
    }
    receivers.push_back({kind, endpoint, unique});
  };
  for (const EndpointSpec& endpoint : spec.alertmanagers) {
    add(ReceiverKind::kAlertmanager, endpoint, endpoint.url);
  }
  for (const EndpointSpec& endpoint : spec.webhooks) {
    add(ReceiverKind::kWebhook, endpoint, "webhook " + origin_of(endpoint.url));
  }
  if (!spec.heartbeat_url.empty()) {
    EndpointSpec endpoint;
    endpoint.url = spec.heartbeat_url;
    add(ReceiverKind::kHeartbeat, endpoint, "heartbeat " + origin_of(spec.heartbeat_url));
  }
  return receivers;
}

}  // namespace alerts
