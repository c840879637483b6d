// A probe of a stream: it connects by TCP or to a unix socket, shakes hands where TLS is asked for,
// holds the dialogue, and is good when all of that worked. Probe thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "exporter/core/kernel_file.h"
#include "exporter/probes/dialogue.h"
#include "exporter/probes/prober.h"
#include "exporter/probes/tls_client.h"

namespace exporter {

class StreamProbe final : public Prober {
 public:
  StreamProbe(const ProbeSpec& spec, const StreamTarget& target, ProbeTools& tools);
  ~StreamProbe() override;

 private:
  enum class Stage : std::uint8_t { kConnecting, kHandshake, kTalking };

  void begin(const Moment& now) override;
  void resolved(const Moment& now) override;
  void descriptor_ready(int fd, std::uint32_t events, const Moment& now) override;
  void wake_came(const Moment& now) override;
  Failure at_deadline(const Moment& now) override;
  void release() override;

  void connect_next(const Moment& now);
  void connect_failed(int number, const Moment& now);
  void connected(const Moment& now);
  void begin_tls(const Moment& now);
  void shake_hands(const Moment& now);
  void talk(const Moment& now);
  bool moved(TlsClient::State state, ProbePhase phase, const Moment& now);
  bool moved(ssize_t count, std::uint32_t events, const Moment& now);
  bool send_some(const Moment& now);
  bool receive_some(const Moment& now);
  void done(const Moment& now);
  void want(std::uint32_t events, const Moment& now);
  void fail_at(ProbePhase phase, const std::string& what, const Moment& now);
  void close_phase(const Moment& now);
  std::string where() const;

  const StreamTarget& target_;
  Dialogue dialogue_;

  // Of the attempt.
  Stage stage_ = Stage::kConnecting;
  std::size_t address_ = 0;  // of addresses_, the one that is tried
  std::int64_t phase_start_ns_ = 0;
  FileDescriptor socket_;
  std::optional<TlsClient> tls_;
  std::size_t received_bytes_ = 0;
};

}  // namespace exporter
