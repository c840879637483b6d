// The host as a source: which boot this is, and why the daemon is being stopped. Its objective
// needs no samples: the engine's own steps say that the kernel runs, and the boot identity says at
// the next start whether it ran on (slo/restart.h).
#pragma once

#include <string>

#include "slo/source.h"

namespace slo {

class HostSource final : public SliSource {
 public:
  // procfs: the root below which sys/kernel/random/boot_id lies.
  explicit HostSource(const std::string& procfs);

  void feed(Engine&, const exporter::Moment&) override {}

  // Of this boot. btime moves when the clock is set, this does not. Without the file (a fixture
  // tree) the process itself counts as a boot: every restart is then a new one.
  const std::string& boot_id() const { return boot_id_; }

  // Why a stop was asked for: shutdown when systemd says that the machine is stopping, else stop.
  StopReason stop_reason() const;

 private:
  std::string boot_id_;
};

}  // namespace slo
