// Asks gateways for an echo and tells who answered. Probe thread only.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "exporter/probes/echo_socket.h"
#include "exporter/probes/reactor.h"
#include "exporter/probes/route.h"

namespace exporter {

class GatewayEcho final : public Reactor::Watcher {
 public:
  GatewayEcho(Reactor& reactor, std::function<void(const Gateway&)> answered)
      : reactor_(reactor), answered_(std::move(answered)) {}
  ~GatewayEcho();

  // A question before that is given up. False: no ICMP socket is allowed.
  bool ask(const Gateway& gateway);

  void ready(int fd, std::uint32_t events) override;

 private:
  struct Question {
    Gateway gateway;
    EchoSocket socket;
  };

  Reactor& reactor_;
  const std::function<void(const Gateway&)> answered_;
  std::vector<Question> questions_;  // one for each gateway
};

}  // namespace exporter
