// /proc/sys/kernel/random/boot_id: "2f9c5ab1-…", made anew at each boot (random(4)).
// systemd creates /run/systemd/shutdown/ and starts shutdown.target when the machine goes down;
// /run/nologin is written by it and by sysvinit's shutdown before services are stopped.
#include "slo/host_source.h"

#include <unistd.h>

#include "exporter/core/kernel_file.h"
#include "exporter/core/text.h"

namespace slo {

HostSource::HostSource(const std::string& procfs) {
  const auto text = exporter::read_file(procfs + "/sys/kernel/random/boot_id", 4096);
  if (text && !exporter::trimmed(*text).empty()) {
    boot_id_ = exporter::printable(exporter::trimmed(*text), 64);
  } else {
    boot_id_ = "process-" + std::to_string(::getpid());
  }
}

StopReason HostSource::stop_reason() const {
  for (const char* sign : {"/run/systemd/shutdown/scheduled", "/run/nologin"}) {
    if (::access(sign, F_OK) == 0) return StopReason::kShutdown;
  }
  return StopReason::kStop;
}

}  // namespace slo
