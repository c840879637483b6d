// A probe that asks a host for an echo. Probe thread only.
#pragma once

#include <optional>

#include "exporter/probes/echo_socket.h"
#include "exporter/probes/prober.h"

namespace exporter {

class IcmpProbe final : public Prober {
 public:
  IcmpProbe(const ProbeSpec& spec, const IcmpTarget& target, ProbeTools& tools)
      : Prober(spec, tools), target_(target) {}
  ~IcmpProbe() override { IcmpProbe::release(); }

 private:
  void begin(const Moment& now) override;
  void resolved(const Moment& now) override;
  void descriptor_ready(int fd, std::uint32_t events, const Moment& now) override;
  Failure at_deadline(const Moment& now) override;
  void release() override;

  const IcmpTarget& target_;
  std::optional<EchoSocket> socket_;
  std::int64_t sent_ns_ = 0;
};

}  // namespace exporter
