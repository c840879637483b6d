#include "exporter/probes/collector.h"

#include <string>
#include <string_view>

#include "exporter/core/scan.h"
#include "tests/exporter/probes/probe_run.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::string page_of(const ProbeBoard& board, std::int64_t now_ns) {
  ProbeCollector collector(board);
  SampleBlock block;
  SampleWriter writer(block);
  ReadBuffer buffer;
  const Scrape scrape{1, {.boot_ns = now_ns}, buffer};
  CHECK(collector.collect(scrape, writer));
  writer.finish();
  std::string page;
  block.render_text(page);
  return page;
}

ProbeResult good_result() {
  ProbeResult result;
  result.probe_id = 1;
  result.sent.boot_ns = 100 * kSecond;
  result.done.boot_ns = 100 * kSecond + 32'000'000;
  result.outcome = ProbeOutcome::kGood;
  result.durations = {1'000'000, 2'000'000, 3'000'000, 25'000'000, 1'000'000};
  result.remote_address = "2001:db8::1";
  result.http_status = 200;
  result.http_version_tenths = 20;
  result.redirects = 1;
  result.tls = true;
  result.tls_version = "TLS 1.3";
  result.content_length = 612;
  result.certificate_expiry_unix = 1'800'000'000;
  result.chain_expiry_unix = 1'790'000'000;
  return result;
}

ProbeBoard& with_probe(ProbeBoard& board) {
  const std::vector<ProbeSpec> specs = {probe_of(1, "https://example.com/", 5000)};
  board.set_probes(specs);
  return board;
}

TEST_CASE("before the first result there are zeroed counters and nothing else") {
  ProbeBoard board;
  const std::string page = page_of(with_probe(board), 0);
  CHECK(page.contains("probe_attempts_total{probe=\"probe-1\",outcome=\"good\"} 0\n"));
  CHECK(page.contains("probe_attempts_total{probe=\"probe-1\",outcome=\"bad\"} 0\n"));
  CHECK(page.contains("probe_attempts_total{probe=\"probe-1\",outcome=\"unknown\"} 0\n"));
  for (const char* phase : {"resolve", "connect", "tls", "http", "content", "timeout"}) {
    CHECK(page.contains("probe_failures_total{probe=\"probe-1\",phase=\"" + std::string(phase) +
                        "\"} 0\n"));
  }
  CHECK(page.contains("probe_missed_attempts_total{probe=\"probe-1\"} 0\n"));
  CHECK_FALSE(page.contains("probe_success"));
}

TEST_CASE("a good result fills every series under blackbox_exporter's names") {
  ProbeBoard board;
  with_probe(board).record(0, good_result());
  const std::string page = page_of(board, 101 * kSecond);
  for (const char* line :
       {"probe_success{probe=\"probe-1\"} 1\n", "probe_duration_seconds{probe=\"probe-1\"} 0.032",
        "probe_dns_lookup_time_seconds{probe=\"probe-1\"} 0.001",
        "probe_ip_protocol{probe=\"probe-1\"} 6\n",
        "probe_http_status_code{probe=\"probe-1\"} 200\n",
        "probe_http_version{probe=\"probe-1\"} 2\n",
        "probe_http_content_length{probe=\"probe-1\"} 612\n",
        "probe_http_redirects{probe=\"probe-1\"} 1\n", "probe_http_ssl{probe=\"probe-1\"} 1\n",
        "probe_http_duration_seconds{probe=\"probe-1\",phase=\"processing\"} 0.025",
        "probe_ssl_earliest_cert_expiry{probe=\"probe-1\"} 1800000000\n",
        "probe_ssl_last_chain_expiry_timestamp_seconds{probe=\"probe-1\"} 1790000000\n",
        "probe_tls_version_info{probe=\"probe-1\",version=\"TLS 1.3\"} 1\n",
        "probe_attempts_total{probe=\"probe-1\",outcome=\"good\"} 1\n",
        "# TYPE probe_attempts_total counter\n", "# TYPE probe_success gauge\n"}) {
    CAPTURE(std::string(line));
    CHECK(page.contains(line));
  }
}

TEST_CASE("labels of a file of targets stand on every series, behind its name") {
  ProbeBoard board;
  std::vector<ProbeSpec> specs = {probe_of(1, "https://example.com/", 5000)};
  specs[0].labels = {{"env", "prod"}, {"team", "we\"b"}};
  board.set_probes(specs);
  board.record(0, good_result());
  const std::string page = page_of(board, 101 * kSecond);
  std::string_view rest = page;
  std::string_view line;
  int samples = 0;
  while (next_line(rest, line)) {
    if (line.starts_with('#')) continue;
    ++samples;
    CAPTURE(std::string(line));
    CHECK(line.contains("{probe=\"probe-1\",env=\"prod\",team=\"we\\\"b\""));
    // ,phase="connect"} 1: labels of its own are those that a file may not give.
    std::string_view own = line.substr(line.find("b\"") + 2);
    for (; own.starts_with(','); own = own.substr(own.find('"', own.find("=\"") + 2) + 1)) {
      CHECK(is_probe_label(own.substr(1, own.find('=') - 1)));
    }
    CHECK(own.starts_with("} "));
  }
  CHECK(samples > 40);
  CHECK(
      page.contains("probe_latency_seconds_bucket{probe=\"probe-1\",env=\"prod\",team=\"we\\\"b\","
                    "le=\"0.05\"} 1\n"));
}

TEST_CASE("a bad result without an answer keeps its series at 0 and counts its phase") {
  ProbeBoard board;
  ProbeResult result;
  result.sent.boot_ns = 100 * kSecond;
  result.done.boot_ns = 101 * kSecond;
  result.outcome = ProbeOutcome::kBad;
  result.phase = ProbePhase::kConnect;
  result.remote_address = "192.0.2.1";
  with_probe(board).record(0, result);
  const std::string page = page_of(board, 101 * kSecond);
  CHECK(page.contains("probe_success{probe=\"probe-1\"} 0\n"));
  CHECK(page.contains("probe_ip_protocol{probe=\"probe-1\"} 4\n"));
  CHECK(page.contains("probe_http_status_code{probe=\"probe-1\"} 0\n"));
  CHECK(page.contains("probe_http_version{probe=\"probe-1\"} 0\n"));
  CHECK(page.contains("probe_http_content_length{probe=\"probe-1\"} 0\n"));
  CHECK(page.contains("probe_failures_total{probe=\"probe-1\",phase=\"connect\"} 1\n"));
  CHECK_FALSE(page.contains("probe_ssl_earliest_cert_expiry"));
  CHECK_FALSE(page.contains("probe_tls_version_info"));
}

TEST_CASE("an unknown result is neither success nor failure") {
  ProbeBoard board;
  ProbeResult result = good_result();
  result.outcome = ProbeOutcome::kUnknown;
  result.phase = ProbePhase::kTimeout;
  result.cause = UnknownCause::kStalled;
  with_probe(board).record(0, result);
  const std::string page = page_of(board, 101 * kSecond);
  CHECK_FALSE(page.contains("probe_success"));
  CHECK_FALSE(page.contains("probe_http_status_code"));
  CHECK(page.contains("probe_attempts_total{probe=\"probe-1\",outcome=\"unknown\"} 1\n"));
  CHECK(page.contains("probe_failures_total{probe=\"probe-1\",phase=\"timeout\"} 0\n"));
}

TEST_CASE("a result that is too old says nothing about now") {
  ProbeBoard board;
  with_probe(board).record(0, good_result());
  CHECK(page_of(board, 110 * kSecond).contains("probe_success"));
  CHECK_FALSE(page_of(board, 110 * kSecond + 1).contains("probe_success"));
}

TEST_CASE("HTTP/1.1 and a body of unknown length are written as blackbox_exporter does") {
  ProbeBoard board;
  ProbeResult result = good_result();
  result.http_version_tenths = 11;
  result.content_length.reset();
  with_probe(board).record(0, result);
  const std::string page = page_of(board, 101 * kSecond);
  CHECK(page.contains("probe_http_version{probe=\"probe-1\"} 1.1\n"));
  CHECK(page.contains("probe_http_content_length{probe=\"probe-1\"} -1\n"));
}

TEST_CASE("counters go on under the same name, a result only under the same id too") {
  ProbeBoard board;
  with_probe(board).record(0, good_result());
  std::vector<ProbeSpec> specs = {probe_of(9, "http://other/"),
                                  probe_of(1, "https://example.com/")};
  board.set_probes(specs);
  CHECK(page_of(board, 101 * kSecond).contains("probe_success{probe=\"probe-1\"} 1\n"));
  specs[1].id = 2;
  board.set_probes(specs);
  const std::string page = page_of(board, 101 * kSecond);
  CHECK_FALSE(page.contains("probe_success"));
  CHECK(page.contains("probe_attempts_total{probe=\"probe-1\",outcome=\"good\"} 1\n"));
  CHECK(page.contains("probe_attempts_total{probe=\"probe-9\",outcome=\"good\"} 0\n"));
}

}  // namespace
}  // namespace exporter
