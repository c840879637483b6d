// Several addresses are tried one after the other; each has an equal share of the time that is
// left, so that a dead one does not use up the deadline of all.
#include "exporter/probes/stream_probe.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "exporter/core/clock.h"
#include "exporter/probes/http_verdict.h"

namespace exporter {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;

}  // namespace

StreamProbe::StreamProbe(const ProbeSpec& spec, const StreamTarget& target, ProbeTools& tools)
    : Prober(spec, tools), target_(target), dialogue_(target.dialogue) {}

StreamProbe::~StreamProbe() { StreamProbe::release(); }

void StreamProbe::release() {
  tls_.reset();
  if (!socket_) return;
  tools_.reactor.forget(socket_.get());
  socket_.reset();
}

std::string StreamProbe::where() const {
  if (!target_.unix_socket.empty()) return target_.unix_socket;
  return address_ < addresses_.size() ? addresses_[address_].text() : target_.host;
}

void StreamProbe::begin(const Moment& now) {
  dialogue_.reset();
  received_bytes_ = 0;
  stage_ = Stage::kConnecting;
  address_ = 0;
  if (target_.unix_socket.empty()) {
    resolve(target_.host, target_.port, target_.reach, now);
    return;
  }
  phase_start_ns_ = now.boot_ns;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  target_.unix_socket.copy(address.sun_path, sizeof address.sun_path - 1);
  socket_.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_ ||
      connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    connect_failed(errno, now);
  } else {
    connected(now);
  }
}

void StreamProbe::resolved(const Moment& now) {
  phase_start_ns_ = now.boot_ns;
  connect_next(now);
}

void StreamProbe::connect_next(const Moment& now) {
  const Address& address = addresses_[address_];
  const auto left = static_cast<std::int64_t>(addresses_.size() - address_);
  wake_ns_ = left == 1 ? INT64_MAX : now.boot_ns + (deadline_ns() - now.boot_ns) / left;
  socket_.reset(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // errno is the socket's where there is none, else the connection's.
  if (socket_ && connect(socket_.get(), address.data(), address.size()) == 0) {
    connected(now);
  } else if (socket_ && errno == EINPROGRESS) {
    want(EPOLLOUT, now);
  } else {
    connect_failed(errno, now);
  }
}

void StreamProbe::wake_came(const Moment& now) {
  if (stage_ == Stage::kConnecting) connect_failed(ETIMEDOUT, now);
}

void StreamProbe::connect_failed(int number, const Moment& now) {
  const std::string place = where();
  release();
  if (address_ + 1 < addresses_.size()) {
    ++address_;
    connect_next(now);
    return;
  }
  result_.remote_address = target_.unix_socket.empty() ? place : "";
  close_phase(now);
  end(now, connect_failure(number, place));
}

void StreamProbe::close_phase(const Moment& now) {
  PhaseDurations& durations = result_.durations;
  std::int64_t& duration = stage_ == Stage::kConnecting  ? durations.connect_ns
                           : stage_ == Stage::kHandshake ? durations.tls_ns
                                                         : durations.processing_ns;
  duration += now.boot_ns - std::exchange(phase_start_ns_, now.boot_ns);
}

void StreamProbe::connected(const Moment& now) {
  wake_ns_ = INT64_MAX;
  if (target_.unix_socket.empty()) result_.remote_address = where();
  close_phase(now);
  stage_ = Stage::kTalking;
  if (target_.tls) {
    begin_tls(now);
  } else {
    talk(now);
  }
}

void StreamProbe::begin_tls(const Moment& now) {
  close_phase(now);
  stage_ = Stage::kHandshake;
  const auto context = tools_.tls.get(target_.ca_file);
  if (!context) {
    end(now, Failure{.phase = ProbePhase::kTls,
                     .cause = UnknownCause::kLocal,
                     .reason = context.error().message});
    return;
  }
  const std::string& name = target_.server_name.empty() ? target_.host : target_.server_name;
  tls_.emplace(*context, socket_.get(), name, target_.verify);
  if (!tls_->usable()) {
    end(now, Failure{.cause = UnknownCause::kLocal, .reason = "out of memory"});
    return;
  }
  shake_hands(now);
}

// True when TLS did what it was to do; else it waits for the socket, or the attempt has failed in
// this phase.
bool StreamProbe::moved(TlsClient::State state, ProbePhase phase, const Moment& now) {
  switch (state) {
    case TlsClient::State::kWantRead: want(EPOLLIN, now); return false;
    case TlsClient::State::kWantWrite: want(EPOLLOUT, now); return false;
    case TlsClient::State::kFailed: fail_at(phase, tls_->error(), now); return false;
    case TlsClient::State::kDone: break;
  }
  return true;
}

// The same for what send() and recv() return, with what to wait for.
bool StreamProbe::moved(ssize_t count, std::uint32_t events, const Moment& now) {
  if (count >= 0) return true;
  if (errno == EAGAIN) {
    want(events, now);
  } else {
    fail_at(ProbePhase::kContent, std::generic_category().message(errno), now);
  }
  return false;
}

void StreamProbe::shake_hands(const Moment& now) {
  if (!moved(tls_->shake_hands(), ProbePhase::kTls, now)) return;
  const TlsFacts facts = tls_->facts();
  result_.tls = true;
  result_.tls_version = facts.version;
  result_.tls_cipher = facts.cipher;
  result_.certificate_expiry_unix = facts.sent_expiry_unix;
  result_.chain_expiry_unix = facts.trusted_expiry_unix;
  result_.certificate_sha256 = facts.sha256;
  const Moment then = tools_.clock.now();
  close_phase(then);
  stage_ = Stage::kTalking;
  if (dialogue_.want() == Dialogue::Want::kStartTls && !dialogue_.tls_started()) {
    fail_at(ProbePhase::kTls, "data in clear came after the line that began TLS", then);
    return;
  }
  const auto expiry = target_.verify ? result_.chain_expiry_unix : result_.certificate_expiry_unix;
  if (auto failure =
          judge_certificate(target_.certificate_days, expiry, then.real_ns / kNsPerSecond)) {
    end(then, std::move(failure));
    return;
  }
  talk(then);
}

void StreamProbe::talk(const Moment& now) {
  while (running()) {
    switch (dialogue_.want()) {
      case Dialogue::Want::kNothing: done(now); return;
      case Dialogue::Want::kStartTls: begin_tls(now); return;
      case Dialogue::Want::kSend:
        if (!send_some(now)) return;
        break;
      case Dialogue::Want::kReceive:
        if (!receive_some(now)) return;
        break;
    }
  }
}

// True when there may be more to do at once.
bool StreamProbe::send_some(const Moment& now) {
  const std::string_view data = dialogue_.to_send();
  std::size_t bytes = 0;
  if (tls_) {
    if (!moved(tls_->write(data, bytes), ProbePhase::kContent, now)) return false;
  } else {
    const ssize_t sent = send(socket_.get(), data.data(), data.size(), MSG_NOSIGNAL);
    if (!moved(sent, EPOLLOUT, now)) return false;
    bytes = static_cast<std::size_t>(sent);
  }
  dialogue_.sent(bytes);
  return true;
}

bool StreamProbe::receive_some(const Moment& now) {
  std::array<char, kReadBytes> buffer;
  std::size_t bytes = 0;
  if (tls_) {
    if (!moved(tls_->read(buffer.data(), buffer.size(), bytes), ProbePhase::kContent, now))
      return false;
  } else {
    const ssize_t got = recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (!moved(got, EPOLLIN, now)) return false;
    bytes = static_cast<std::size_t>(got);
  }
  if (bytes == 0) {
    fail_at(ProbePhase::kContent, "the peer ended while " + dialogue_.waits_for(), now);
    return false;
  }
  received_bytes_ += bytes;
  if (!dialogue_.received({buffer.data(), bytes}) || received_bytes_ > kMaxProbedBytes) {
    fail_at(ProbePhase::kContent, "too much came while " + dialogue_.waits_for(), now);
    return false;
  }
  return true;
}

void StreamProbe::done(const Moment& now) {
  close_phase(now);
  end(now, std::nullopt);
}

void StreamProbe::fail_at(ProbePhase phase, const std::string& what, const Moment& now) {
  close_phase(now);
  end(now, Failure{.phase = phase, .reason = where() + ": " + what});
}

void StreamProbe::want(std::uint32_t events, const Moment& now) {
  if (tools_.reactor.watch(socket_.get(), events, *this)) return;
  end(now, Failure{.cause = UnknownCause::kLocal, .reason = "epoll refused the socket"});
}

void StreamProbe::descriptor_ready(int, std::uint32_t, const Moment& now) {
  if (stage_ == Stage::kHandshake) {
    shake_hands(now);
  } else if (stage_ == Stage::kTalking) {
    talk(now);
  } else {
    int number = 0;
    socklen_t size = sizeof number;
    getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &number, &size);
    if (number == 0) {
      connected(now);
    } else {
      connect_failed(number, now);
    }
  }
}

Failure StreamProbe::at_deadline(const Moment& now) {
  std::string what = "connecting";
  if (stage_ == Stage::kHandshake) what = "in the TLS handshake";
  if (stage_ == Stage::kTalking) what = dialogue_.waits_for();
  close_phase(now);
  Failure failure{
      .phase = ProbePhase::kTimeout,
      .reason = where() + ": nothing more came " + within_timeout() + ", while " + what};
  if (stage_ == Stage::kConnecting && !addresses_.empty() && !some_route(addresses_)) {
    failure.cause = UnknownCause::kNoRoute;
  }
  return failure;
}

}  // namespace exporter
