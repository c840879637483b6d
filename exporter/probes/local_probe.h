// A probe of something on this machine: members of a process group, a systemd unit, a container.
// What could not be seen is unknown, never down. Probe thread only.
#pragma once

#include <memory>

#include "exporter/probes/local_worker.h"
#include "exporter/probes/prober.h"

namespace exporter {

class LocalProbe final : public Prober {
 public:
  LocalProbe(const ProbeSpec& spec, const LocalTarget& target, ProbeTools& tools)
      : Prober(spec, tools), target_(target) {}
  ~LocalProbe() override { LocalProbe::release(); }

 private:
  void begin(const Moment& now) override;
  void descriptor_ready(int fd, std::uint32_t events, const Moment& now) override;
  Failure at_deadline(const Moment& now) override;
  void release() override;
  Failure unseen(std::string reason) const;

  const LocalTarget& target_;
  std::shared_ptr<LocalLook> look_;  // the newest; of an attempt before while it has not come back
};

}  // namespace exporter
