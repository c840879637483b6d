// A probe that runs a program of the user's and looks at its exit code; the first line that the
// program prints tells why. No shell. The program has a process group of its own, which is killed
// whole at the deadline. Probe thread only.
//
// Starting it waits until the kernel has read the program's first page: one that lies on a mount
// that does not answer holds up all probes.
#pragma once

#include <string>

#include "exporter/core/kernel_file.h"
#include "exporter/probes/prober.h"

namespace exporter {

class ExecProbe final : public Prober {
 public:
  ExecProbe(const ProbeSpec& spec, const ExecTarget& target, ProbeTools& tools)
      : Prober(spec, tools), target_(target) {}
  ~ExecProbe() override { ExecProbe::release(); }

 private:
  void begin(const Moment& now) override;
  void descriptor_ready(int fd, std::uint32_t events, const Moment& now) override;
  Failure at_deadline(const Moment& now) override;
  void release() override;

  int spawn();
  void read_output();
  void ended(const Moment& now);
  std::string with_output(const std::string& text) const;

  const ExecTarget& target_;
  int pid_ = 0;  // 0: none, or reaped
  FileDescriptor process_;
  FileDescriptor output_;
  std::string printed_;
};

}  // namespace exporter
