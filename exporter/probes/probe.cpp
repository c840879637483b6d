#include "exporter/probes/probe.h"

#include <algorithm>
#include <charconv>

#include "exporter/core/text.h"

namespace exporter {

std::int64_t ProbeSpec::hold_ms() const {
  return std::max(2 * interval_ms, interval_ms + effective_timeout_ms());
}

Result<StatusRange> parse_status(std::string_view text) {
  if (text.size() == 3 && text[0] >= '1' && text[0] <= '5') {
    const int hundred = (text[0] - '0') * 100;
    if (text.substr(1) == "xx") return StatusRange{hundred, hundred + 99};
    int code = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
    if (error == std::errc() && end == text.data() + text.size()) return StatusRange{code, code};
  }
  return fail(ErrorKind::kInvalid,
              "'" + printable(text, 32) + "' is neither a status (204) nor a class (2xx)");
}

std::string_view kind_name(const ProbeTarget& target) {
  struct Name {
    std::string_view operator()(const HttpTarget&) const { return "http"; }
    std::string_view operator()(const StreamTarget&) const { return "tcp"; }
    std::string_view operator()(const IcmpTarget&) const { return "icmp"; }
    std::string_view operator()(const DnsTarget&) const { return "dns"; }
    std::string_view operator()(const ExecTarget&) const { return "exec"; }
    std::string_view operator()(const LocalTarget& local) const {
      switch (local.kind) {
        case LocalKind::kProcesses: return "process";
        case LocalKind::kUnit: return "systemd";
        case LocalKind::kContainer: return "container";
      }
      return "";
    }
  };
  return std::visit(Name{}, target);
}

std::string_view name(ProbeOutcome outcome) {
  switch (outcome) {
    case ProbeOutcome::kGood: return "good";
    case ProbeOutcome::kBad: return "bad";
    case ProbeOutcome::kUnknown: return "unknown";
  }
  return "";
}

std::string_view name(ProbePhase phase) {
  switch (phase) {
    case ProbePhase::kNone: return "";
    case ProbePhase::kResolve: return "resolve";
    case ProbePhase::kConnect: return "connect";
    case ProbePhase::kTls: return "tls";
    case ProbePhase::kHttp: return "http";
    case ProbePhase::kContent: return "content";
    case ProbePhase::kTimeout: return "timeout";
  }
  return "";
}

std::string_view name(UnknownCause cause) {
  switch (cause) {
    case UnknownCause::kNone: return "";
    case UnknownCause::kLate: return "late";
    case UnknownCause::kStalled: return "stalled";
    case UnknownCause::kNoRoute: return "no_route";
    case UnknownCause::kNoResolver: return "no_resolver";
    case UnknownCause::kNetwork: return "network";
    case UnknownCause::kLocal: return "local";
    case UnknownCause::kStopped: return "stopped";
  }
  return "";
}

std::int64_t late_limit_ns(std::int64_t interval_ms) {
  return std::max<std::int64_t>(interval_ms / 5, 50) * 1'000'000;
}

}  // namespace exporter
