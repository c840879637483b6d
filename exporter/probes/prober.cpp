#include "exporter/probes/prober.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "exporter/core/clock.h"
#include "exporter/core/text.h"
#include "exporter/probes/dns_probe.h"
#include "exporter/probes/exec_probe.h"
#include "exporter/probes/http_probe.h"
#include "exporter/probes/icmp_probe.h"
#include "exporter/probes/local_probe.h"
#include "exporter/probes/stream_probe.h"

namespace exporter {
namespace {

constexpr std::size_t kMaxReasonBytes = 200;

bool is_local_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
         error == EAGAIN;
}

}  // namespace

bool some_route(const std::vector<Address>& addresses) {
  return std::ranges::any_of(addresses, [](const Address& a) { return a.has_route(); });
}

bool all_routes(const std::vector<Address>& addresses) {
  return std::ranges::all_of(addresses, [](const Address& a) { return a.has_route(); });
}

void Prober::start(const Moment& now) {
  result_ = {};
  result_.sent = now;
  deadline_ns_ = now.boot_ns + spec_.effective_timeout_ms() * kNsPerMs;
  addresses_.clear();
  wake_ns_ = INT64_MAX;
  stage_ = Stage::kRunning;
  begin(now);
}

void Prober::resolve(const std::string& host, std::uint16_t port, const Reach& reach,
                     const Moment& now) {
  stage_ = Stage::kResolving;
  addresses_.clear();
  host_ = host;
  allow_metadata_ = reach.allow_metadata;
  lookup_start_ns_ = now.boot_ns;
  lookup_ =
      std::make_unique<NameLookup>(NameLookup::Question{.host = host,
                                                        .port = port,
                                                        .ip_version = reach.ip_version,
                                                        .budget_ns = deadline_ns_ - now.boot_ns,
                                                        .name_servers = tools_.name_servers},
                                   now, tools_.reactor, *this);
  look(now);
}

void Prober::look(const Moment& now) {
  const LookupState state = lookup_->step(now);
  if (state == LookupState::kRunning) return;
  result_.durations.resolve_ns +=
      lookup_->was_asked() ? tools_.clock.now().boot_ns - lookup_start_ns_ : 0;
  if (state != LookupState::kFound) {
    Failure failure{.phase = ProbePhase::kResolve, .reason = lookup_->reason()};
    if (state == LookupState::kNoResolver) failure.cause = UnknownCause::kNoResolver;
    if (state == LookupState::kLocal) failure.cause = UnknownCause::kLocal;
    end(now, failure);
    return;
  }
  addresses_ = lookup_->addresses();
  lookup_.reset();
  if (!allow_metadata_) {
    std::erase_if(addresses_, [](const Address& address) { return address.is_metadata(); });
  }
  if (addresses_.empty()) {
    end(now, Failure{.phase = ProbePhase::kResolve,
                     .reason = host_ + " is a cloud metadata address, which is not allowed"});
    return;
  }
  stage_ = Stage::kRunning;
  resolved(now);
}

void Prober::step(const Moment& now) {
  if (stage_ == Stage::kResolving) {
    look(now);
  } else if (stage_ == Stage::kRunning) {
    wake_came(now);
  }
}

void Prober::ready(int fd, std::uint32_t events) {
  tools_.touched.push_back(slot);
  const Moment now = tools_.clock.now();
  if (stage_ == Stage::kResolving) {
    lookup_->ready(fd, events);
    look(now);
  } else if (stage_ == Stage::kRunning) {
    descriptor_ready(fd, events, now);
  }
}

std::int64_t Prober::wake_ns() const {
  if (stage_ == Stage::kResolving) return lookup_->wake_ns(tools_.clock.now());
  return stage_ == Stage::kRunning ? wake_ns_ : INT64_MAX;
}

void Prober::expire(const Moment& now) {
  if (stage_ == Stage::kResolving) {
    result_.durations.resolve_ns += now.boot_ns - lookup_start_ns_;
    Failure failure{.phase = ProbePhase::kTimeout,
                    .reason = host_ + ": no address " + within_timeout()};
    if (lookup_->give_up() == LookupState::kNoResolver) failure.cause = UnknownCause::kNoResolver;
    end(now, failure);
  } else if (stage_ == Stage::kRunning) {
    Failure failure = at_deadline(now);
    if (failure.phase == ProbePhase::kTimeout) failure.silent = true;
    end(now, std::move(failure));
  }
}

void Prober::cancel(const Moment& now) {
  if (!running()) return;
  end(now,
      Failure{.phase = ProbePhase::kNone, .cause = UnknownCause::kStopped, .reason = "stopped"});
}

void Prober::end(const Moment& now, std::optional<Failure> failure) {
  lookup_.reset();
  stage_ = Stage::kEnded;
  release();
  result_.done = now;
  result_.outcome = ProbeOutcome::kGood;
  if (result_.remote_address.empty() && !addresses_.empty()) {
    result_.remote_address = addresses_.front().text();
  }
  if (!failure) return;
  result_.phase = failure->phase;
  result_.cause = failure->cause;
  result_.silent = failure->silent;
  result_.pattern_failed = failure->pattern_failed;
  result_.outcome =
      failure->cause == UnknownCause::kNone ? ProbeOutcome::kBad : ProbeOutcome::kUnknown;
  result_.reason = printable(failure->reason, kMaxReasonBytes);
}

std::string Prober::within_timeout() const {
  return "within " + std::to_string(spec_.effective_timeout_ms()) + " ms";
}

Failure Prober::connect_failure(int number, const std::string& where) const {
  Failure failure{.phase = ProbePhase::kConnect,
                  .reason = where + ": " + std::generic_category().message(number)};
  failure.silent = number == EHOSTUNREACH || number == ENETUNREACH || number == ETIMEDOUT ||
                   number == EHOSTDOWN || number == ENETDOWN;
  if (is_local_shortage(number) || (number == EADDRNOTAVAIL && all_routes(addresses_))) {
    failure.cause = UnknownCause::kLocal;
  } else if (!addresses_.empty() && !some_route(addresses_)) {
    failure.cause = UnknownCause::kNoRoute;
    failure.reason = "no route to " + where;
  }
  return failure;
}

std::optional<ProbeResult> Prober::take_result() {
  if (stage_ != Stage::kEnded) return std::nullopt;
  stage_ = Stage::kIdle;
  return std::move(result_);
}

std::unique_ptr<Prober> make_prober(const ProbeSpec& spec, ProbeTools& tools) {
  struct Make {
    const ProbeSpec& spec;
    ProbeTools& tools;
    std::unique_ptr<Prober> operator()(const HttpTarget& target) const {
      return std::make_unique<HttpProbe>(spec, target, tools);
    }
    std::unique_ptr<Prober> operator()(const StreamTarget& target) const {
      return std::make_unique<StreamProbe>(spec, target, tools);
    }
    std::unique_ptr<Prober> operator()(const IcmpTarget& target) const {
      return std::make_unique<IcmpProbe>(spec, target, tools);
    }
    std::unique_ptr<Prober> operator()(const DnsTarget& target) const {
      return std::make_unique<DnsProbe>(spec, target, tools);
    }
    std::unique_ptr<Prober> operator()(const ExecTarget& target) const {
      return std::make_unique<ExecProbe>(spec, target, tools);
    }
    std::unique_ptr<Prober> operator()(const LocalTarget& target) const {
      return std::make_unique<LocalProbe>(spec, target, tools);
    }
  };
  return std::visit(Make{spec, tools}, spec.target);
}

}  // namespace exporter
