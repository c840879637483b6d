// As in blackbox_exporter, a failed attempt keeps its series: what it did not reach is 0 (no
// status, no version, no time in that phase). Alerts such as probe_http_status_code < 200 rely on
// it.
#include "exporter/probes/collector.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace exporter {
namespace {

constexpr MetricType kGauge = MetricType::kGauge;
constexpr MetricType kCounter = MetricType::kCounter;

constexpr Family kSuccess{.name = "probe_success",
                          .help = "Whether the last attempt got the expected answer in time.",
                          .type = kGauge};
constexpr Family kDuration{
    .name = "probe_duration_seconds", .help = "How long the last attempt took.", .type = kGauge};
constexpr Family kLookup{.name = "probe_dns_lookup_time_seconds",
                         .help = "Time until the name of the target had addresses.",
                         .type = kGauge};
constexpr Family kIpProtocol{.name = "probe_ip_protocol",
                             .help = "IP version of the target's address: 4 or 6.",
                             .type = kGauge};
constexpr Family kStatus{.name = "probe_http_status_code",
                         .help = "Status of the answer, 0 without one.",
                         .type = kGauge};
constexpr Family kVersion{.name = "probe_http_version",
                          .help = "HTTP version of the answer, 0 without one.",
                          .type = kGauge};
constexpr Family kLength{.name = "probe_http_content_length",
                         .help = "Length of the body as announced, -1 when it was not.",
                         .type = kGauge};
constexpr Family kRedirects{
    .name = "probe_http_redirects", .help = "Redirections that were followed.", .type = kGauge};
constexpr Family kSsl{.name = "probe_http_ssl",
                      .help = "Whether the last connection of the attempt was encrypted.",
                      .type = kGauge};
constexpr Family kPhases{.name = "probe_http_duration_seconds",
                         .help = "How the time of the last attempt divides, over all redirections.",
                         .type = kGauge,
                         .labels = {"phase"}};
constexpr Family kCertificate{.name = "probe_ssl_earliest_cert_expiry",
                              .help = "When the first of the certificates sent expires, Unix time.",
                              .type = kGauge};
constexpr Family kChain{.name = "probe_ssl_last_chain_expiry_timestamp_seconds",
                        .help = "When the chain that was verified expires, Unix time.",
                        .type = kGauge};
constexpr Family kTls{.name = "probe_tls_version_info",
                      .help = "TLS version of the last attempt, always 1.",
                      .type = kGauge,
                      .labels = {"version"}};
constexpr Family kCipher{.name = "probe_tls_cipher_info",
                         .help = "Cipher of the last attempt's TLS, always 1.",
                         .type = kGauge,
                         .labels = {"cipher"}};
constexpr Family kFingerprint{.name = "probe_ssl_last_chain_info",
                              .help = "SHA-256 of the certificate the server showed, always 1.",
                              .type = kGauge,
                              .labels = {"fingerprint_sha256"}};
constexpr Family kUncompressed{.name = "probe_http_uncompressed_body_length",
                               .help = "Length of the body after decompression, as far as read.",
                               .type = kGauge};
constexpr Family kModified{.name = "probe_http_last_modified_timestamp_seconds",
                           .help = "When the answer says it was last changed, Unix time.",
                           .type = kGauge};
constexpr Family kPattern{.name = "probe_failed_due_to_regex",
                          .help = "Whether the last attempt failed by a pattern.",
                          .type = kGauge};
constexpr Family kReused{.name = "probe_http_connection_reused",
                         .help = "Whether the last exchange went over a kept connection.",
                         .type = kGauge};
constexpr Family kIcmp{.name = "probe_icmp_duration_seconds",
                       .help = "How the time of the last echo divides.",
                       .type = kGauge,
                       .labels = {"phase"}};
constexpr Family kHopLimit{.name = "probe_icmp_reply_hop_limit",
                           .help = "Hop limit, or TTL, that the echo reply had left.",
                           .type = kGauge};
constexpr Family kDns{.name = "probe_dns_duration_seconds",
                      .help = "How the time of the last question to the name server divides.",
                      .type = kGauge,
                      .labels = {"phase"}};
constexpr Family kAnswers{
    .name = "probe_dns_answer_rrs", .help = "Records in the answer section.", .type = kGauge};
constexpr Family kAuthorities{
    .name = "probe_dns_authority_rrs", .help = "Records in the authority section.", .type = kGauge};
constexpr Family kAdditionals{.name = "probe_dns_additional_rrs",
                              .help = "Records in the additional section.",
                              .type = kGauge};
constexpr Family kSerial{.name = "probe_dns_serial",
                         .help = "Serial number of the zone, where an SOA was answered.",
                         .type = kGauge};
constexpr Family kQuerySucceeded{.name = "probe_dns_query_succeeded",
                                 .help = "Whether the name server answered at all.",
                                 .type = kGauge};
constexpr Family kExitCode{.name = "probe_exec_exit_code",
                           .help = "Exit code of the program, absent when it had none.",
                           .type = kGauge};
constexpr Family kMembers{
    .name = "probe_process_members", .help = "Processes found in the group.", .type = kGauge};
constexpr Family kAttempts{.name = "probe_attempts_total",
                           .help = "Attempts that ended, by what they say about the target.",
                           .type = kCounter,
                           .labels = {"outcome"}};
constexpr Family kFailures{.name = "probe_failures_total",
                           .help = "Attempts with outcome bad, by where they failed.",
                           .type = kCounter,
                           .labels = {"phase"}};
constexpr Family kMissed{.name = "probe_missed_attempts_total",
                         .help = "Times an attempt was due and this daemon did not start one.",
                         .type = kCounter};

constexpr Family kLatency{.name = "probe_latency_seconds",
                          .help = "How long the attempts with the expected answer took.",
                          .type = MetricType::kHistogram,
                          .labels = {"le"}};
Number seconds(std::int64_t ns) { return Number::fixed(static_cast<std::uint64_t>(ns), 9); }

// One gauge for all probes that have a current result that says something.
class Writer {
 public:
  Writer(std::span<const ProbeStatus> probes, std::int64_t now_ns, SampleWriter& out)
      : probes_(probes), now_ns_(now_ns), out_(out) {}

  // Of one kind only; empty: of all.
  template <class Add>
  void each(const Family& family, std::string_view kind, Add&& add) {
    out_.family(family);
    for (const ProbeStatus& probe : probes_) {
      if (!kind.empty() && probe.kind != kind) continue;
      const ProbeResult* result = probe.current(now_ns_);
      if (result != nullptr && result->outcome != ProbeOutcome::kUnknown) {
        add(*probe.labels, *result);
      }
    }
  }

  template <class Value>
  void gauge(const Family& family, std::string_view kind, Value&& value) {
    each(family, kind, [&](const SharedLabels& labels, const ProbeResult& result) {
      out_.add_of(labels, value(result));
    });
  }

  // A gauge of what not every result has.
  template <class Value>
  void optional(const Family& family, std::string_view kind, Value&& value) {
    each(family, kind, [&](const SharedLabels& labels, const ProbeResult& result) {
      if (const auto known = value(result)) out_.add_of(labels, *known);
    });
  }

  // A gauge that is 1 with a text as label.
  void info(const Family& family, std::string ProbeResult::* text) {
    each(family, {}, [&](const SharedLabels& labels, const ProbeResult& result) {
      if (!(result.*text).empty()) out_.add_of(labels, 1, result.*text);
    });
  }

 private:
  std::span<const ProbeStatus> probes_;
  std::int64_t now_ns_;
  SampleWriter& out_;
};

using R = const ProbeResult&;

void write_common(Writer& writer, SampleWriter& out) {
  writer.gauge(kSuccess, {}, [](R r) { return Number(r.outcome == ProbeOutcome::kGood ? 1 : 0); });
  writer.gauge(kDuration, {}, [](R r) { return seconds(r.done.boot_ns - r.sent.boot_ns); });
  writer.gauge(kLookup, {}, [](R r) { return seconds(r.durations.resolve_ns); });
  writer.each(kIpProtocol, {}, [&](const SharedLabels& labels, R r) {
    if (r.remote_address.empty()) return;
    out.add_of(labels, r.remote_address.contains(':') ? 6 : 4);
  });
  writer.gauge(kPattern, {}, [](R r) { return Number(r.pattern_failed ? 1 : 0); });
  writer.optional(kCertificate, {}, [](R r) { return r.certificate_expiry_unix; });
  writer.optional(kChain, {}, [](R r) { return r.chain_expiry_unix; });
  writer.info(kTls, &ProbeResult::tls_version);
  writer.info(kCipher, &ProbeResult::tls_cipher);
  writer.info(kFingerprint, &ProbeResult::certificate_sha256);
}

void write_http(Writer& writer, SampleWriter& out) {
  constexpr std::string_view kHttp = "http";
  writer.gauge(kStatus, kHttp, [](R r) { return Number(r.http_status); });
  writer.gauge(kVersion, kHttp, [](R r) {
    const auto tenths = static_cast<unsigned>(r.http_version_tenths);
    return tenths % 10 == 0 ? Number(tenths / 10) : Number::fixed(tenths, 1);
  });
  writer.gauge(kLength, kHttp,
               [](R r) { return Number(r.content_length.value_or(r.http_status == 0 ? 0 : -1)); });
  writer.gauge(kUncompressed, kHttp, [](R r) { return Number(r.body_bytes); });
  writer.optional(kModified, kHttp, [](R r) { return r.last_modified_unix; });
  writer.gauge(kRedirects, kHttp, [](R r) { return Number(r.redirects); });
  writer.gauge(kReused, kHttp, [](R r) { return Number(r.reused ? 1 : 0); });
  writer.gauge(kSsl, kHttp, [](R r) { return Number(r.tls ? 1 : 0); });
  writer.each(kPhases, kHttp, [&](const SharedLabels& labels, R r) {
    const PhaseDurations& d = r.durations;
    out.add_of(labels, seconds(d.resolve_ns), "resolve");
    out.add_of(labels, seconds(d.connect_ns), "connect");
    out.add_of(labels, seconds(d.tls_ns), "tls");
    out.add_of(labels, seconds(d.processing_ns), "processing");
    out.add_of(labels, seconds(d.transfer_ns), "transfer");
  });
}

void write_other_kinds(Writer& writer, SampleWriter& out) {
  const auto phases = [&](const Family& family, std::string_view kind, std::string_view second,
                          std::string_view third) {
    writer.each(family, kind, [&, second, third](const SharedLabels& labels, R r) {
      out.add_of(labels, seconds(r.durations.resolve_ns), "resolve");
      out.add_of(labels, seconds(r.durations.connect_ns), second);
      out.add_of(labels, seconds(r.durations.processing_ns), third);
    });
  };
  phases(kIcmp, "icmp", "setup", "rtt");
  writer.each(kHopLimit, "icmp", [&](const SharedLabels& labels, R r) {
    if (r.hop_limit > 0) out.add_of(labels, r.hop_limit);
  });
  phases(kDns, "dns", "connect", "request");
  writer.gauge(kQuerySucceeded, "dns", [](R r) { return Number(r.dns ? 1 : 0); });
  const auto count = [&](const Family& family, int DnsCounts::* member) {
    writer.each(family, "dns", [&, member](const SharedLabels& labels, R r) {
      if (r.dns) out.add_of(labels, (*r.dns).*member);
    });
  };
  count(kAnswers, &DnsCounts::answers);
  count(kAuthorities, &DnsCounts::authorities);
  count(kAdditionals, &DnsCounts::additionals);
  writer.optional(kSerial, "dns",
                  [](R r) { return r.dns ? r.dns->serial : std::optional<std::uint32_t>(); });
  writer.optional(kExitCode, "exec", [](R r) { return r.local_count; });
  writer.optional(kMembers, "process", [](R r) { return r.local_count; });
}

void write_histogram(std::span<const ProbeStatus> probes, SampleWriter& out) {
  constexpr std::array<std::string_view, LatencyHistogram::kBoundsNs.size()> kBounds = {
      "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1",
      "0.25",  "0.5",    "1",     "2.5",  "5",     "10",   "30"};
  out.family(kLatency);
  for (const ProbeStatus& probe : probes) {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < kBounds.size(); ++i) {
      count += probe.latency.buckets[i];
      out.add_suffixed_of(*probe.labels, "_bucket", count, kBounds[i]);
    }
    count += probe.latency.buckets[kBounds.size()];
    out.add_suffixed_of(*probe.labels, "_bucket", count, "+Inf");
    out.add_suffixed_of(*probe.labels, "_sum", Number::fixed(probe.latency.sum_ns, 9));
    out.add_suffixed_of(*probe.labels, "_count", count);
  }
}

void write_counters(std::span<const ProbeStatus> probes, SampleWriter& out) {
  out.family(kAttempts);
  for (const ProbeStatus& probe : probes) {
    for (std::size_t i = 0; i < kProbeOutcomeCount; ++i) {
      out.add_of(*probe.labels, probe.attempts[i], exporter::name(static_cast<ProbeOutcome>(i)));
    }
  }
  out.family(kFailures);
  for (const ProbeStatus& probe : probes) {
    for (std::size_t i = 1; i < kProbePhaseCount; ++i) {
      out.add_of(*probe.labels, probe.failures[i], exporter::name(static_cast<ProbePhase>(i)));
    }
  }
  out.family(kMissed);
  for (const ProbeStatus& probe : probes) out.add_of(*probe.labels, probe.missed);
}

}  // namespace

bool is_probe_label(std::string_view name) {
  constexpr std::array<std::string_view, 7> kOwn = {
      "probe", "phase", "outcome", "version", "cipher", "fingerprint_sha256", "le"};
  return std::ranges::find(kOwn, name) != kOwn.end();
}

void write_probe_gauges(std::span<const ProbeStatus> probes, std::int64_t now_boot_ns,
                        SampleWriter& out) {
  Writer writer(probes, now_boot_ns, out);
  write_common(writer, out);
  write_http(writer, out);
  write_other_kinds(writer, out);
}

Result<void> ProbeCollector::collect(const Scrape& scrape, SampleWriter& out) {
  board_.copy_to(probes_);
  write_probe_gauges(probes_, scrape.now.boot_ns, out);
  write_counters(probes_, out);
  write_histogram(probes_, out);
  return {};
}

}  // namespace exporter
