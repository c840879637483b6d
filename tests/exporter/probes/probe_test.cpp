#include "exporter/probes/probe.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "exporter/probes/address.h"
#include "exporter/probes/schedule.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

ProbeSpec good_spec() {
  ProbeSpec spec;
  spec.name = "web";
  spec.http().url = "https://example.com/";
  return spec;
}

std::string errors_of(const ProbeSpec& spec) {
  std::string all;
  for (const Error& error : check_spec(spec)) all += error.message + "\n";
  return all;
}

TEST_CASE("the timeout is four fifths of the interval unless given") {
  ProbeSpec spec = good_spec();
  CHECK(spec.effective_timeout_ms() == 4000);
  spec.interval_ms = 25;
  CHECK(spec.effective_timeout_ms() == 20);
  spec.timeout_ms = 10;
  CHECK(spec.effective_timeout_ms() == 10);
}

TEST_CASE("a result speaks for two intervals, or interval and timeout if that is longer") {
  ProbeSpec spec = good_spec();
  CHECK(spec.hold_ms() == 10'000);
  CHECK(errors_of(spec).empty());
}

TEST_CASE("every wrong key of a probe is named") {
  ProbeSpec spec = good_spec();
  spec.name = "";
  spec.interval_ms = 24;
  spec.http().url = "gopher://example.com/";
  spec.http().headers = {"no colon"};
  spec.http().expected_status = {{200, 700}};
  spec.http().method = "HEAD";
  spec.http().body_contains = "ok";
  spec.http().certificate_days = -1;
  const std::string errors = errors_of(spec);
  for (const char* key : {"name: ", "interval: 24ms", "http: gopher://", "headers: 'no colon'",
                          "expect.status: 200 to 700", "expect.body_contains: an answer to HEAD",
                          "expect.certificate_days: -1"}) {
    CAPTURE(std::string(key));
    CHECK(errors.contains(key));
  }
}

TEST_CASE("an attempt ends before the next is due, or within a second") {
  ProbeSpec spec = good_spec();
  spec.timeout_ms = 5000;
  CHECK(errors_of(spec).starts_with("timeout: 5000ms is not shorter than the interval of 5000ms"));
  spec.timeout_ms = 4999;
  CHECK(errors_of(spec).empty());
  spec.timeout_ms = -1;
  CHECK(errors_of(spec) == "timeout: -1ms is negative\n");
  spec.interval_ms = 50;
  spec.timeout_ms = 1000;
  CHECK(errors_of(spec).starts_with("timeout: 1000ms is not shorter than the interval of 50ms"));
  spec.timeout_ms = 999;
  CHECK(errors_of(spec).empty());
}

TEST_CASE("a header cannot smuggle in another, and its value is not shown") {
  ProbeSpec spec = good_spec();
  const auto accepted = [&](std::string header) {
    spec.http().headers = {std::move(header)};
    return errors_of(spec).empty();
  };
  CHECK(accepted("Accept: text/html"));
  CHECK(accepted("Host: other.example"));
  CHECK_FALSE(accepted("Accept: a\r\nX: y"));
  CHECK_FALSE(accepted("Accept"));
  CHECK_FALSE(accepted(": value"));
  CHECK_FALSE(accepted("Two words: value"));
  CHECK_FALSE(accepted("Empty: "));
  spec.http().headers = {"Authorization: Bearer s3cret\n"};
  CHECK_FALSE(errors_of(spec).contains("s3cret"));
}

TEST_CASE("certificate days without a certificate are a mistake") {
  ProbeSpec spec = good_spec();
  spec.http().certificate_days = 7;
  CHECK(errors_of(spec).empty());
  spec.http().url = "http://example.com/";
  CHECK(errors_of(spec) == "expect.certificate_days: http:// has no certificate\n");
}

TEST_CASE("a status is a number or a class") {
  CHECK(parse_status("2xx") == StatusRange{200, 299});
  CHECK(parse_status("404") == StatusRange{404, 404});
  for (const char* text : {"", "2x", "20x", "600", "0xx", "2xxx", "-20", "2 0"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(parse_status(text));
  }
}

TEST_CASE("lateness is allowed up to a fifth of the interval, at least 50 ms") {
  CHECK(late_limit_ns(5000) == 1'000'000'000);
  CHECK(late_limit_ns(25) == 50'000'000);
}

TEST_CASE("a schedule never drifts, whatever the delays") {
  Schedule schedule(1000, 100, 0);
  CHECK(schedule.due_ns() == 1000);
  const auto late = [&](std::int64_t now) { return schedule.take(now).late_ns; };
  CHECK(late(1000) == 0);
  CHECK(late(1163) == 63);
  CHECK(schedule.due_ns() == 1200);
  CHECK(late(1299) == 99);
  CHECK(schedule.due_ns() == 1300);
}

TEST_CASE("times that passed without an attempt are counted as missed") {
  Schedule schedule(0, 100, 0);
  const Schedule::Slot slot = schedule.take(450);
  CHECK(slot.late_ns == 450);
  CHECK(slot.missed == 4);
  CHECK(schedule.due_ns() == 500);
  CHECK(schedule.take(500).missed == 0);
}

TEST_CASE("first times are spread: no gap is larger than twice the even share") {
  constexpr std::int64_t kInterval = 1'000'000;
  for (const std::size_t count : {2U, 3U, 10U, 100U, 1000U}) {
    std::vector<std::int64_t> first;
    for (std::size_t i = 0; i < count; ++i) {
      first.push_back(Schedule(0, kInterval, i).due_ns());
      CHECK(first.back() < kInterval);
    }
    std::ranges::sort(first);
    std::int64_t largest = first.front() + kInterval - first.back();
    for (std::size_t i = 1; i < count; ++i) largest = std::max(largest, first[i] - first[i - 1]);
    CHECK(largest <= 2 * kInterval / static_cast<std::int64_t>(count));
  }
}

TEST_CASE("addresses are read, written and told apart") {
  const auto address = [](const char* text) { return Address::from_text(text, 80).value(); };
  CHECK(address("192.0.2.1").text() == "192.0.2.1");
  CHECK(address("2001:DB8:0::1").text() == "2001:db8::1");
  CHECK(address("2001:db8::1").is_v6());
  CHECK_FALSE(Address::from_text("example.com", 80));
  CHECK_FALSE(Address::from_text("192.0.2.256", 80));
  CHECK(address("127.1.2.3").is_loopback());
  CHECK(address("::1").is_loopback());
  CHECK(address("::ffff:127.0.0.1").is_loopback());
  CHECK_FALSE(address("192.0.2.1").is_loopback());
  CHECK(address("169.254.1.1").is_metadata());
  CHECK_FALSE(address("169.253.1.1").is_metadata());
}

}  // namespace
}  // namespace exporter
