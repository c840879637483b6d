// As in blackbox_exporter, a failed attempt keeps its series: what it did not reach is 0 (no
// status, no version, no time in that phase). Alerts such as probe_http_status_code < 200 rely on
// it.
#include "exporter/probes/collector.h"

#include <array>
#include <string_view>
#include <utility>

namespace exporter {
namespace {

constexpr MetricType kGauge = MetricType::kGauge;
constexpr MetricType kCounter = MetricType::kCounter;

constexpr Family kSuccess{.name = "probe_success",
                          .help = "Whether the last attempt got the expected answer in time.",
                          .type = kGauge,
                          .labels = {"probe"}};
constexpr Family kDuration{.name = "probe_duration_seconds",
                           .help = "How long the last attempt took.",
                           .type = kGauge,
                           .labels = {"probe"}};
constexpr Family kLookup{.name = "probe_dns_lookup_time_seconds",
                         .help = "Time until the name of the target had addresses.",
                         .type = kGauge,
                         .labels = {"probe"}};
constexpr Family kIpProtocol{.name = "probe_ip_protocol",
                             .help = "IP version of the target's address: 4 or 6.",
                             .type = kGauge,
                             .labels = {"probe"}};
constexpr Family kStatus{.name = "probe_http_status_code",
                         .help = "Status of the answer, 0 without one.",
                         .type = kGauge,
                         .labels = {"probe"}};
constexpr Family kVersion{.name = "probe_http_version",
                          .help = "HTTP version of the answer, 0 without one.",
                          .type = kGauge,
                          .labels = {"probe"}};
constexpr Family kLength{.name = "probe_http_content_length",
                         .help = "Length of the body as announced, -1 when it was not.",
                         .type = kGauge,
                         .labels = {"probe"}};
constexpr Family kRedirects{.name = "probe_http_redirects",
                            .help = "Redirections that were followed.",
                            .type = kGauge,
                            .labels = {"probe"}};
constexpr Family kSsl{.name = "probe_http_ssl",
                      .help = "Whether the last connection of the attempt was encrypted.",
                      .type = kGauge,
                      .labels = {"probe"}};
constexpr Family kPhases{.name = "probe_http_duration_seconds",
                         .help = "How the time of the last attempt divides, over all redirections.",
                         .type = kGauge,
                         .labels = {"probe", "phase"}};
constexpr Family kCertificate{.name = "probe_ssl_earliest_cert_expiry",
                              .help = "When the first of the certificates sent expires, Unix time.",
                              .type = kGauge,
                              .labels = {"probe"}};
constexpr Family kChain{.name = "probe_ssl_last_chain_expiry_timestamp_seconds",
                        .help = "When the chain that was verified expires, Unix time.",
                        .type = kGauge,
                        .labels = {"probe"}};
constexpr Family kTls{.name = "probe_tls_version_info",
                      .help = "TLS version of the last attempt, always 1.",
                      .type = kGauge,
                      .labels = {"probe", "version"}};
constexpr Family kAttempts{.name = "probe_attempts_total",
                           .help = "Attempts that ended, by what they say about the target.",
                           .type = kCounter,
                           .labels = {"probe", "outcome"}};
constexpr Family kFailures{.name = "probe_failures_total",
                           .help = "Attempts with outcome bad, by where they failed.",
                           .type = kCounter,
                           .labels = {"probe", "phase"}};
constexpr Family kMissed{.name = "probe_missed_attempts_total",
                         .help = "Times an attempt was due and this daemon did not start one.",
                         .type = kCounter,
                         .labels = {"probe"}};

Number seconds(std::int64_t ns) { return Number::fixed(static_cast<std::uint64_t>(ns), 9); }

// One gauge for all probes that have a current result that says something.
class Writer {
 public:
  Writer(std::span<const ProbeStatus> probes, std::int64_t now_ns, SampleWriter& out)
      : probes_(probes), now_ns_(now_ns), out_(out) {}

  template <class Add>
  void each(const Family& family, Add&& add) {
    out_.family(family);
    for (const ProbeStatus& probe : probes_) {
      const ProbeResult* result = probe.current(now_ns_);
      if (result != nullptr && result->outcome != ProbeOutcome::kUnknown) add(probe.name, *result);
    }
  }

  template <class Value>
  void gauge(const Family& family, Value&& value) {
    each(family, [&](const std::string& name, const ProbeResult& result) {
      out_.add(value(result), name);
    });
  }

 private:
  std::span<const ProbeStatus> probes_;
  std::int64_t now_ns_;
  SampleWriter& out_;
};

void write_gauges(Writer& writer, SampleWriter& out) {
  using R = const ProbeResult&;
  writer.gauge(kSuccess, [](R r) { return Number(r.outcome == ProbeOutcome::kGood ? 1 : 0); });
  writer.gauge(kDuration, [](R r) { return seconds(r.done.boot_ns - r.sent.boot_ns); });
  writer.gauge(kLookup, [](R r) { return seconds(r.durations.resolve_ns); });
  writer.each(kIpProtocol, [&](const std::string& name, R r) {
    if (r.remote_address.empty()) return;
    out.add(r.remote_address.contains(':') ? 6 : 4, name);
  });
  writer.gauge(kStatus, [](R r) { return Number(r.http_status); });
  writer.gauge(kVersion, [](R r) {
    const auto tenths = static_cast<unsigned>(r.http_version_tenths);
    return tenths % 10 == 0 ? Number(tenths / 10) : Number::fixed(tenths, 1);
  });
  writer.gauge(kLength,
               [](R r) { return Number(r.content_length.value_or(r.http_status == 0 ? 0 : -1)); });
  writer.gauge(kRedirects, [](R r) { return Number(r.redirects); });
  writer.gauge(kSsl, [](R r) { return Number(r.tls ? 1 : 0); });
  writer.each(kPhases, [&](const std::string& name, R r) {
    const PhaseDurations& d = r.durations;
    out.add(seconds(d.resolve_ns), name, "resolve");
    out.add(seconds(d.connect_ns), name, "connect");
    out.add(seconds(d.tls_ns), name, "tls");
    out.add(seconds(d.processing_ns), name, "processing");
    out.add(seconds(d.transfer_ns), name, "transfer");
  });
  writer.each(kCertificate, [&](const std::string& name, R r) {
    if (r.certificate_expiry_unix) out.add(*r.certificate_expiry_unix, name);
  });
  writer.each(kChain, [&](const std::string& name, R r) {
    if (r.chain_expiry_unix) out.add(*r.chain_expiry_unix, name);
  });
  writer.each(kTls, [&](const std::string& name, R r) {
    if (!r.tls_version.empty()) out.add(1, name, r.tls_version);
  });
}

void write_counters(std::span<const ProbeStatus> probes, SampleWriter& out) {
  out.family(kAttempts);
  for (const ProbeStatus& probe : probes) {
    for (std::size_t i = 0; i < kProbeOutcomeCount; ++i) {
      out.add(probe.attempts[i], probe.name, exporter::name(static_cast<ProbeOutcome>(i)));
    }
  }
  out.family(kFailures);
  for (const ProbeStatus& probe : probes) {
    for (std::size_t i = 1; i < kProbePhaseCount; ++i) {
      out.add(probe.failures[i], probe.name, exporter::name(static_cast<ProbePhase>(i)));
    }
  }
  out.family(kMissed);
  for (const ProbeStatus& probe : probes) out.add(probe.missed, probe.name);
}

}  // namespace

Result<void> ProbeCollector::collect(const Scrape& scrape, SampleWriter& out) {
  board_.read([&](std::span<const ProbeStatus> probes) {
    Writer writer(probes, scrape.now.boot_ns, out);
    write_gauges(writer, out);
    write_counters(probes, out);
  });
  return {};
}

}  // namespace exporter
