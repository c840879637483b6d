#include "exporter/probes/local_probe.h"

#include <sys/eventfd.h>

#include <utility>

namespace exporter {

Failure LocalProbe::unseen(std::string reason) const {
  return Failure{
      .phase = ProbePhase::kContent, .cause = UnknownCause::kLocal, .reason = std::move(reason)};
}

void LocalProbe::begin(const Moment& now) {
  if (look_ != nullptr && !look_->ended.load(std::memory_order_acquire)) {
    end(now, unseen(target_.name + ": the look before has not come back"));
    return;
  }
  look_ = std::make_shared<LocalLook>();
  look_->target = target_;
  look_->done.reset(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!look_->done || !tools_.reactor.watch(look_->done.get(), EPOLLIN, *this) ||
      !tools_.local.start(look_)) {
    look_->ended = true;
    end(now, unseen(target_.name + ": nothing here can look at it"));
  }
}

void LocalProbe::descriptor_ready(int, std::uint32_t, const Moment& now) {
  if (!look_->ended.load(std::memory_order_acquire)) return;
  result_.durations.processing_ns = now.boot_ns - result_.sent.boot_ns;
  const Result<LocalState>& found = look_->found;
  if (!found) {
    end(now, unseen(found.error().message));
    return;
  }
  result_.local_count = found->count;
  if (found->good) {
    end(now, std::nullopt);
  } else {
    end(now, Failure{.phase = ProbePhase::kContent, .reason = found->reason});
  }
}

Failure LocalProbe::at_deadline(const Moment& now) {
  result_.durations.processing_ns = now.boot_ns - result_.sent.boot_ns;
  return unseen(target_.name + ": could not be looked at " + within_timeout());
}

void LocalProbe::release() {
  if (look_ != nullptr) tools_.reactor.forget(look_->done.get());
}

}  // namespace exporter
