#include "exporter/probes/icmp_probe.h"

#include <cerrno>
#include <utility>

namespace exporter {

void IcmpProbe::begin(const Moment& now) { resolve(target_.host, 0, target_.reach, now); }

void IcmpProbe::resolved(const Moment& now) {
  const Address& to = addresses_.front();
  result_.remote_address = to.text();
  socket_.emplace(to, target_.payload_bytes);
  int error = socket_->error();
  if (error == EACCES || error == EPERM) {
    end(now, Failure{.phase = ProbePhase::kConnect,
                     .cause = UnknownCause::kLocal,
                     .reason = "no ICMP socket is allowed: set net.ipv4.ping_group_range, or give "
                               "CAP_NET_RAW"});
    return;
  }
  if (error == 0) error = socket_->send();
  const Moment then = tools_.clock.now();
  result_.durations.connect_ns = then.boot_ns - now.boot_ns;
  sent_ns_ = then.boot_ns;
  if (error == 0 && !tools_.reactor.watch(socket_->fd(), EPOLLIN, *this)) error = ENOMEM;
  if (error != 0) end(then, connect_failure(error, result_.remote_address));
}

void IcmpProbe::descriptor_ready(int, std::uint32_t, const Moment& now) {
  const EchoSocket::Heard heard = socket_->receive();
  if (heard == EchoSocket::Heard::kNothing) return;
  result_.durations.processing_ns = now.boot_ns - sent_ns_;
  if (heard == EchoSocket::Heard::kReply) {
    result_.hop_limit = socket_->hop_limit();
    end(now, std::nullopt);
  } else {
    end(now, connect_failure(socket_->error(), result_.remote_address));
  }
}

Failure IcmpProbe::at_deadline(const Moment& now) {
  result_.durations.processing_ns = now.boot_ns - sent_ns_;
  Failure failure{.phase = ProbePhase::kTimeout,
                  .reason = result_.remote_address + ": no echo " + within_timeout()};
  if (!some_route(addresses_)) failure.cause = UnknownCause::kNoRoute;
  return failure;
}

void IcmpProbe::release() {
  if (socket_ && socket_->fd() >= 0) tools_.reactor.forget(socket_->fd());
  socket_.reset();
}

}  // namespace exporter
