#include "app/config_probe.h"

#include <algorithm>

#include "exporter/probes/url.h"

namespace app {
namespace {

constexpr int kMaxRun = 1000;

// Paths of a key below a probe's value, with or without the mapping.
void read_url(const YamlValue& value, exporter::HttpTarget& http) {
  const auto text = value.text();
  if (!text) return;
  const auto url = exporter::check_url(*text, http.allow_metadata);
  if (!url) {
    value.error(url.error().message);
    return;
  }
  http.url = url->text;
}

void read_statuses(const YamlValue& value, exporter::HttpTarget& http) {
  std::vector<YamlValue> items;
  if (value.is_text()) {
    items.push_back(value);
  } else if (auto list = value.list()) {
    items = std::move(*list);
  }
  std::vector<exporter::StatusRange> ranges;
  for (const YamlValue& item : items) {
    const auto text = item.text();
    if (!text) continue;
    if (const auto range = exporter::parse_status(*text)) {
      ranges.push_back(*range);
    } else {
      item.error(range.error().message);
    }
  }
  // An error above is enough: without a good one the default stands in.
  if (!ranges.empty() || items.empty()) http.expected_status = std::move(ranges);
}

void read_expectations(const YamlValue& value, exporter::HttpTarget& http) {
  YamlMap map(value);
  if (const auto status = map.take("status")) read_statuses(*status, http);
  if (const auto text = map.take("body_contains")) http.body_contains = text->text().value_or("");
  if (const auto days = map.take("certificate_days")) {
    http.certificate_days = static_cast<int>(days->whole_number(0, 3650).value_or(0));
  }
  map.finish();
}

void read_http(YamlMap& map, exporter::HttpTarget& http) {
  if (const auto method = map.take("method")) {
    const auto text = method->text();
    if (text && *text == "HEAD") {
      http.method = exporter::HttpMethod::kHead;
    } else if (text && *text != "GET") {
      method->error("must be GET or HEAD");
    }
  }
  if (const auto headers = map.take("headers")) {
    if (const auto given = headers->text_map()) {
      for (const auto& [name, text] : *given) http.headers.push_back(name + ": " + text);
    }
  }
  if (const auto follow = map.take("follow_redirects")) {
    http.follow_redirects = follow->boolean().value_or(false);
  }
  if (const auto file = map.take("ca_file")) http.ca_file = file->text().value_or("");
  if (const auto expect = map.take("expect")) read_expectations(*expect, http);
}

int read_run(YamlMap& map, std::string_view key) {
  const auto value = map.take(key);
  return value ? static_cast<int>(value->whole_number(1, kMaxRun).value_or(1)) : 1;
}

}  // namespace

void read_probe_timing(YamlMap& map, ProbeTiming& timing) {
  if (const auto interval = map.take("interval")) {
    if (const auto ms = interval->duration_ms()) timing.interval_ms = *ms;
  }
  if (const auto timeout = map.take("timeout")) {
    if (const auto ms = timeout->duration_ms(); ms) timing.timeout_ms = ms;
  }
}

std::optional<exporter::ProbeSpec> read_probe_source(const YamlValue& value,
                                                     const ProbeTiming& defaults,
                                                     slo::SloSpec& spec) {
  exporter::ProbeSpec probe;
  ProbeTiming timing = defaults;
  if (value.is_text()) {
    read_url(value, probe.http);
  } else {
    YamlMap map(value);
    if (const auto allow = map.take("allow_metadata")) {
      probe.http.allow_metadata = allow->boolean().value_or(false);
    }
    if (const auto url = map.require("http")) read_url(*url, probe.http);
    read_probe_timing(map, timing);
    read_http(map, probe.http);
    spec.failures = read_run(map, "failures");
    spec.successes = read_run(map, "successes");
    map.finish();
  }
  probe.interval_ms = timing.interval_ms;
  probe.timeout_ms = timing.timeout_ms.value_or(0);
  spec.interval_ms = probe.interval_ms;
  spec.timeout_ms = probe.effective_timeout_ms();
  if (probe.http.url.empty()) return std::nullopt;
  probe.name = "probe";  // the caller's to give; check_spec wants one
  const auto problems = exporter::check_spec(probe);
  for (const exporter::Error& problem : problems) value.error(problem.message);
  if (!problems.empty()) return std::nullopt;
  return probe;
}

std::string probe_meaning(const exporter::ProbeSpec& probe) {
  const exporter::HttpTarget& http = probe.http;
  std::string meaning = "http " + http.url + "\n";
  meaning += http.method == exporter::HttpMethod::kHead ? "HEAD\n" : "GET\n";
  for (const std::string& header : http.headers) meaning += header + "\n";
  for (const exporter::StatusRange& range : http.expected_status) {
    meaning += std::to_string(range.first) + "-" + std::to_string(range.last) + "\n";
  }
  meaning += "contains " + http.body_contains + "\n";
  meaning += "certificate " + std::to_string(http.certificate_days) + "\n";
  meaning += http.follow_redirects ? "follow\n" : "stay\n";
  return meaning;
}

}  // namespace app
