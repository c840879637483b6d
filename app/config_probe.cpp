#include "app/config_probe.h"

#include <algorithm>
#include <utility>

#include "app/config_probe_kinds.h"

namespace app {
namespace {

constexpr int kMaxRun = 1000;

int read_run(YamlMap& map, std::string_view key) {
  const auto value = map.take(key);
  return value ? static_cast<int>(value->whole_number(1, kMaxRun).value_or(1)) : 1;
}

// The same statuses written in another way are no other idea of what is good.
std::vector<exporter::StatusRange> joined(std::vector<exporter::StatusRange> ranges) {
  std::ranges::sort(ranges, {}, &exporter::StatusRange::first);
  std::vector<exporter::StatusRange> out;
  for (const exporter::StatusRange& range : ranges) {
    if (!out.empty() && range.first <= out.back().last + 1) {
      out.back().last = std::max(out.back().last, range.last);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

// Lines of what decides about good and bad; secrets and ways (proxy, addresses) are not part of it.
struct Meaning {
  std::string text;

  void line(std::string_view key, std::string_view value) {
    text.append(key).append(" ").append(value).append("\n");
  }
  void line_if(std::string_view key, std::string_view value) {
    if (!value.empty()) line(key, value);
  }

  void operator()(const exporter::HttpTarget& http) {
    text = "http " + http.url + "\n" + http.method + "\n";
    for (const std::string& header : http.headers) text += header + "\n";
    for (const exporter::StatusRange& range : joined(http.expected_status)) {
      text += std::to_string(range.first) + "-" + std::to_string(range.last) + "\n";
    }
    line("contains", http.body_contains);
    line("certificate", std::to_string(http.certificate_days));
    text += http.follow_redirects ? "follow\n" : "stay\n";
    // Keys that came later count only where they are used: histories from before go on.
    line_if("body", http.body);
    line_if("matches", http.body_matches);
    line_if("lacks", http.body_lacks);
    for (const exporter::JsonCheck& check : http.body_json) line(check.pointer, check.equals);
    line_if("unix", http.unix_socket);
    if (!http.verify) text += "unverified\n";
    if (http.keepalive != exporter::Keepalive::kFresh) {
      text += http.keepalive == exporter::Keepalive::kKept ? "kept\n" : "both\n";
    }
  }
  void operator()(const exporter::StreamTarget& stream) {
    line("stream", stream.unix_socket.empty() ? stream.host : stream.unix_socket);
    line("port", std::to_string(stream.port));
    line_if("tls", stream.tls ? "yes" : "");
    line_if("server", stream.server_name);
    line_if("unverified", stream.verify ? "" : "yes");
    line("certificate", std::to_string(stream.certificate_days));
    for (const exporter::DialogueStep& step : stream.dialogue) {
      line("expect", step.expect);
      line("send", step.send);
      line_if("starttls", step.starttls ? "yes" : "");
    }
  }
  void operator()(const exporter::IcmpTarget& icmp) {
    line("icmp", icmp.host);
    line("bytes", std::to_string(icmp.payload_bytes));
  }
  void operator()(const exporter::DnsTarget& dns) {
    line("dns", dns.host + ":" + std::to_string(dns.port));
    line("query", dns.name + " " + std::to_string(dns.type));
    for (const int rcode : dns.rcodes) line("rcode", std::to_string(rcode));
    line_if("tcp", dns.tcp ? "yes" : "");
    line_if("iterative", dns.recursion ? "" : "yes");
    line_if("one", dns.answers_match);
    line_if("all", dns.all_answers_match);
  }
  void operator()(const exporter::ExecTarget& exec) {
    for (const std::string& word : exec.command) line("exec", word);
    for (const int code : exec.exit_codes) line("code", std::to_string(code));
  }
  void operator()(const exporter::LocalTarget& local) {
    line(exporter::kind_name(local), local.name);
    line("at_least", std::to_string(local.at_least));
  }
};

}  // namespace

void read_probe_timing(YamlMap& map, ProbeTiming& timing) {
  if (const auto interval = map.take("interval")) {
    if (const auto ms = interval->duration_ms()) timing.interval_ms = *ms;
  }
  if (const auto timeout = map.take("timeout")) {
    if (const auto ms = timeout->duration_ms(); ms) timing.timeout_ms = ms;
  }
  if (const auto confirm = map.take("confirm")) {
    if (const auto ms = confirm->duration_ms(true)) timing.confirm_ms = *ms;
  }
}

bool finish_probe(exporter::ProbeSpec& probe, const ProbeTiming& timing, const YamlValue& value) {
  probe.interval_ms = timing.interval_ms;
  probe.timeout_ms = timing.timeout_ms.value_or(0);
  probe.confirm_ms = timing.confirm_ms;
  const auto problems = exporter::check_spec(probe);
  const auto keys = value.entries();
  for (const exporter::Error& problem : problems) {
    // "timeout: what is wrong": told at that key where the file has it.
    const std::size_t colon = problem.message.find(": ");
    const auto key = std::ranges::find(keys, problem.message.substr(0, colon),
                                       &std::pair<std::string, YamlValue>::first);
    if (colon != std::string::npos && key != keys.end()) {
      key->second.error(problem.message.substr(colon + 2));
    } else {
      value.error(problem.message);
    }
  }
  return problems.empty();
}

std::optional<exporter::ProbeSpec> read_probe_source(const YamlValue& value,
                                                     const ProbeTiming& defaults,
                                                     slo::SloSpec& spec) {
  exporter::ProbeSpec probe;
  ProbeTiming timing = defaults;
  std::optional<exporter::ProbeTarget> target;
  const std::size_t errors_before = value.error_count();
  if (value.is_text()) {
    target = read_probe_url(value);
  } else {
    YamlMap map(value);
    read_probe_timing(map, timing);
    target = read_probe_kind(map);
    spec.failures = read_run(map, "failures");
    spec.successes = read_run(map, "successes");
    map.finish();
  }
  probe.interval_ms = timing.interval_ms;
  probe.timeout_ms = timing.timeout_ms.value_or(0);
  spec.interval_ms = probe.interval_ms;
  spec.timeout_ms = probe.effective_timeout_ms();
  if (!target || value.error_count() != errors_before) return std::nullopt;
  probe.target = std::move(*target);
  probe.name = "probe";  // the caller's to give; check_spec wants one
  if (!finish_probe(probe, timing, value)) return std::nullopt;
  return probe;
}

std::string probe_meaning(const exporter::ProbeSpec& probe) {
  Meaning meaning;
  std::visit(meaning, probe.target);
  return meaning.text;
}

}  // namespace app
