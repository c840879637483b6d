// A probe of a name server: one question of its own over UDP, or TCP when asked to or when the
// answer did not fit, and whether the answer is the expected one. Probe thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "exporter/core/kernel_file.h"
#include "exporter/probes/dns_message.h"
#include "exporter/probes/prober.h"

namespace re2 {
class RE2;
}

namespace exporter {

class DnsProbe final : public Prober {
 public:
  DnsProbe(const ProbeSpec& spec, const DnsTarget& target, ProbeTools& tools);
  ~DnsProbe() override;

 private:
  void begin(const Moment& now) override;
  void resolved(const Moment& now) override;
  void descriptor_ready(int fd, std::uint32_t events, const Moment& now) override;
  void wake_came(const Moment& now) override;
  Failure at_deadline(const Moment& now) override;
  void release() override;

  void ask(bool tcp, const Moment& now);
  void send_question(const Moment& now);
  void take_message(std::string_view message, const Moment& now);
  void judge(const DnsAnswer& answer, const Moment& now);
  void lost(int number, const Moment& now);

  const DnsTarget& target_;
  std::unique_ptr<re2::RE2> one_;
  std::unique_ptr<re2::RE2> all_;

  // Of the attempt.
  bool tcp_ = false;
  bool connecting_ = false;
  std::int64_t phase_start_ns_ = 0;
  std::int64_t again_after_ns_ = 0;  // a datagram may get lost
  std::string question_;
  std::size_t sent_ = 0;  // over TCP, with the length before it
  std::string received_;  // likewise
  FileDescriptor socket_;
};

}  // namespace exporter
