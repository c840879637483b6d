// The tables of the SRE Workbook's chapter 5 and what follows from them, reproduced by the
// functions.
#include "slo/windows.h"

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/doctest.h"

using namespace slo;  // the subject of this file

namespace {

Objective objective(const char* percent) { return parse_objective(percent).value(); }

std::vector<AlertRow> rows_with(std::vector<const char*> percents) {
  std::vector<AlertRow> rows = default_alert_rows(30 * kDayMs);
  rows.resize(percents.size());
  for (std::size_t i = 0; i < percents.size(); ++i) {
    rows[i].budget_ppm = parse_decimal(percents[i], 4).value();
  }
  return rows;
}

void check_thresholds(const std::vector<AlertRow>& rows, int days, std::vector<double> want) {
  REQUIRE(rows.size() == want.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(std::abs(burn_threshold(rows[i], days * kDayMs) - want[i]) < 0.00005);
  }
}

// Seconds in text such as "1d12h31m27s" or "0.086s", and the worth of its last digit.
void parse_table_entry(std::string_view text, double& seconds, double& resolution) {
  seconds = 0;
  while (!text.empty()) {
    std::size_t digits = 0;
    const double value = std::stod(std::string(text), &digits);
    const std::string_view number = text.substr(0, digits);
    const char unit = text[digits];
    const double scale = unit == 'd' ? 86400 : unit == 'h' ? 3600 : unit == 'm' ? 60 : 1;
    const auto point = number.find('.');
    const auto decimals = point == std::string_view::npos ? 0 : number.size() - point - 1;
    seconds += value * scale;
    resolution = scale * std::pow(10, -static_cast<double>(decimals));
    text.remove_prefix(digits + 1);
  }
}

}  // namespace

TEST_CASE("the 30 d rows are those of the SRE Workbook") {
  const auto rows = default_alert_rows(30 * kDayMs);
  REQUIRE(rows.size() == 4);
  const auto f = [&](std::size_t i, std::string_view long_label, std::string_view short_label,
                     double threshold, double exhausts_hours, Severity severity) {
    CHECK(duration_label(rows[i].long_ms) == long_label);
    CHECK(duration_label(rows[i].short_ms) == short_label);
    CHECK(rows[i].short_ms * 12 == rows[i].long_ms);
    CHECK(burn_threshold(rows[i], 30 * kDayMs) == threshold);
    CHECK(seconds_to_exhaust(rows[i]) == exhausts_hours * 3600);
    CHECK(rows[i].severity == severity);
  };
  f(0, "1h", "5m", 14.4, 50, Severity::kPage);
  f(1, "6h", "30m", 6, 120, Severity::kPage);
  f(2, "1d", "2h", 3, 240, Severity::kTicket);
  f(3, "3d", "6h", 1, 720, Severity::kTicket);
}

TEST_CASE("thresholds scale with the window") {
  const auto google = default_alert_rows(30 * kDayMs);
  check_thresholds(google, 30, {14.4, 6, 3, 1});
  check_thresholds(google, 28, {13.44, 5.6, 2.8, 0.9333});
  check_thresholds(google, 7, {3.36, 1.4, 0.7, 0.2333});
  check_thresholds(google, 90, {43.2, 18, 9, 3});
  check_thresholds(rows_with({"8", "12.5", "20", "42"}), 7, {13.44, 3.5, 1.4, 0.98});
  check_thresholds(rows_with({"10", "20", "40"}), 7, {16.8, 5.6, 2.8});
  check_thresholds(rows_with({"1", "3", "5"}), 90, {21.6, 10.8, 4.5});
  check_thresholds(rows_with({"1", "3", "5", "5"}), 90, {21.6, 10.8, 4.5, 1.5});
}

TEST_CASE("custom rows keep their thresholds") {
  const auto f = [](std::int64_t long_ms, std::int64_t short_ms, std::int64_t ppm, double want) {
    CHECK(burn_threshold({long_ms, short_ms, ppm, Severity::kPage}, 30 * kDayMs) ==
          doctest::Approx(want).epsilon(1e-12));
  };
  f(30 * kMinuteMs, 2 * kMinuteMs, 10'000, 14.4);
  f(3 * kHourMs, 15 * kMinuteMs, 20'000, 4.8);
  f(12 * kHourMs, kHourMs, 50'000, 3);
  f(36 * kHourMs, 3 * kHourMs, 50'000, 1);
}

TEST_CASE("each window has its default rows") {
  check_thresholds(default_alert_rows(28 * kDayMs), 28, {13.44, 5.6, 2.8, 0.9333});
  check_thresholds(default_alert_rows(7 * kDayMs), 7, {16.8, 5.6, 2.8});
  check_thresholds(default_alert_rows(90 * kDayMs), 90, {21.6, 10.8, 4.5, 1.5});
  check_thresholds(default_alert_rows(14 * kDayMs), 14, {33.6, 11.2, 5.6});
}

TEST_CASE("rows of a window below 7 d shrink with it and keep their thresholds") {
  for (const std::int64_t window_ms : {kDayMs, 2 * kDayMs, 5 * kDayMs + 7 * kHourMs}) {
    const auto rows = default_alert_rows(window_ms);
    REQUIRE(rows.size() == 3);
    const double want[] = {16.8, 5.6, 2.8};
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(rows[i].long_ms < window_ms);
      CHECK(rows[i].short_ms >= kSecondMs);
      CHECK(burn_threshold(rows[i], window_ms) == doctest::Approx(want[i]).epsilon(0.002));
    }
  }
}

TEST_CASE("Pyrra's windows scale to whole minutes") {
  const auto f = [](int days, const char* at_28d, const char* want) {
    const std::int64_t base_ms = parse_duration(at_28d).value();
    const std::int64_t scaled_ms = pyrra_window_ms(base_ms, days * kDayMs);
    CHECK(scaled_ms == (std::string_view(want) == "0" ? 0 : parse_duration(want).value()));
  };
  f(28, "1h", "1h");
  f(30, "1h", "1h4m");
  f(30, "5m", "5m");
  f(30, "6h", "6h26m");
  f(30, "30m", "32m");
  f(30, "1d", "1d1h43m");
  f(30, "2h", "2h9m");
  f(30, "4d", "4d6h51m");
  f(7, "1h", "15m");
  f(7, "5m", "1m");
  f(7, "30m", "8m");
  f(7, "4d", "1d");
  f(90, "1h", "3h13m");
  f(90, "5m", "16m");
  f(90, "6h", "19h17m");
  f(90, "1d", "3d5h9m");
  f(90, "4d", "12d20h34m");
  f(1, "5m", "0");
}

TEST_CASE("a total outage is seen after f b long") {
  const AlertRow quick = default_alert_rows(30 * kDayMs)[0];
  const auto f = [&](const char* percent, double want) {
    CHECK(seconds_to_detect(quick, objective(percent), 30 * kDayMs, 1) ==
          doctest::Approx(want).epsilon(1e-12));
  };
  f("99.9", 51.84);
  f("99.99", 5.184);
  f("99.999", 0.5184);
  // Ten per cent of errors take ten times as long.
  CHECK(seconds_to_detect(quick, objective("99.99"), 30 * kDayMs, 0.1) ==
        doctest::Approx(51.84).epsilon(1e-12));
}

TEST_CASE("a row above the ceiling of 1/b can never fire") {
  const AlertRow quick = default_alert_rows(30 * kDayMs)[0];
  CHECK(can_never_fire(quick, objective("93.05"), 30 * kDayMs));
  CHECK_FALSE(can_never_fire(quick, objective("93.06"), 30 * kDayMs));
  CHECK_FALSE(can_never_fire(quick, objective("99.99"), 30 * kDayMs));
  // Exactly at the ceiling: b = 1/14.4 is 6.9444444 %; f >= 1/b at 93.0555555, not at ...556.
  CHECK(can_never_fire(quick, objective("93.0555555"), 30 * kDayMs));
  CHECK_FALSE(can_never_fire(quick, objective("93.0555556"), 30 * kDayMs));
}

TEST_CASE("the probe trap: how many failed probes fire a row, and what one costs") {
  const auto f = [](const char* percent, std::int64_t interval_s, std::vector<std::int64_t> want,
                    double in_budget, double cost_percent) {
    const auto rows = default_alert_rows(30 * kDayMs);
    const Objective goal = objective(percent);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      CHECK(failures_to_fire(rows[i], goal, 30 * kDayMs, interval_s * kSecondMs) == want[i]);
    }
    CHECK(std::abs(failures_in_budget(goal, 30 * kDayMs, interval_s * kSecondMs) - in_budget) <
          0.051);
    const double cost = 100 * cost_of_one_failure(goal, 30 * kDayMs, interval_s * kSecondMs);
    CHECK(cost == doctest::Approx(cost_percent).epsilon(0.02));
  };
  f("99.9", 15, {4, 9, 18, 18}, 172.8, 0.58);
  f("99.9", 60, {1, 3, 5, 5}, 43.2, 2.3);
  f("99.95", 15, {2, 5, 9, 9}, 86.4, 1.2);
  f("99.99", 1, {6, 13, 26, 26}, 259.2, 0.39);
  f("99.99", 5, {2, 3, 6, 6}, 51.8, 1.9);
  f("99.99", 10, {1, 2, 3, 3}, 25.9, 3.9);
  f("99.99", 15, {1, 1, 2, 2}, 17.3, 5.8);
  f("99.99", 60, {1, 1, 1, 1}, 4.3, 23);
  f("99.999", 1, {1, 2, 3, 3}, 25.9, 3.9);
}

TEST_CASE("one failed probe stays below page quick up to 5.184 s at 99.99 %") {
  const AlertRow quick = default_alert_rows(30 * kDayMs)[0];
  CHECK(failures_to_fire(quick, objective("99.99"), 30 * kDayMs, 5184) == 2);
  CHECK(failures_to_fire(quick, objective("99.99"), 30 * kDayMs, 5185) == 1);
}

TEST_CASE("downtime per objective and window") {
  const std::int64_t windows_ms[] = {kDayMs,
                                     7 * kDayMs,
                                     28 * kDayMs,
                                     30 * kDayMs,
                                     30 * kDayMs + 37'746'000,
                                     31 * kDayMs,
                                     90 * kDayMs,
                                     365 * kDayMs,
                                     365 * kDayMs + 20'952'000};
  const auto f = [&](const char* percent, std::vector<const char*> want) {
    REQUIRE(want.size() == std::size(windows_ms));
    for (std::size_t i = 0; i < want.size(); ++i) {
      double seconds = 0;
      double resolution = 0;
      parse_table_entry(want[i], seconds, resolution);
      const double ours = budget_seconds(objective(percent), windows_ms[i]);
      INFO(percent, " ", want[i], " ", ours);
      CHECK(std::abs(ours - seconds) <= resolution / 2 * 1.000001);
    }
  };
  f("90",
    {"2h24m", "16h48m", "2d19h12m", "3d", "3d1h2m55s", "3d2h24m", "9d", "36d12h", "36d12h34m55s"});
  f("95", {"1h12m", "8h24m", "1d9h36m", "1d12h", "1d12h31m27s", "1d13h12m", "4d12h", "18d6h",
           "18d6h17m28s"});
  f("99", {"14m24s", "1h40m48s", "6h43m12s", "7h12m", "7h18m17.5s", "7h26m24s", "21h36m",
           "3d15h36m", "3d15h39m30s"});
  f("99.5", {"7m12s", "50m24s", "3h21m36s", "3h36m", "3h39m8.7s", "3h43m12s", "10h48m", "1d19h48m",
             "1d19h49m45s"});
  f("99.9", {"1m26.4s", "10m4.8s", "40m19.2s", "43m12s", "43m49.7s", "44m38.4s", "2h9m36s",
             "8h45m36s", "8h45m57s"});
  f("99.95", {"43.2s", "5m2.4s", "20m9.6s", "21m36s", "21m54.9s", "22m19.2s", "1h4m48s", "4h22m48s",
              "4h22m58s"});
  f("99.99", {"8.64s", "1m0.48s", "4m1.92s", "4m19.2s", "4m22.97s", "4m27.84s", "12m57.6s",
              "52m33.6s", "52m35.7s"});
  f("99.995", {"4.32s", "30.24s", "2m0.96s", "2m9.6s", "2m11.5s", "2m13.9s", "6m28.8s", "26m16.8s",
               "26m17.8s"});
  f("99.999",
    {"0.864s", "6.048s", "24.19s", "25.92s", "26.30s", "26.78s", "1m17.8s", "5m15.4s", "5m15.6s"});
  f("99.9999",
    {"0.086s", "0.605s", "2.419s", "2.592s", "2.630s", "2.678s", "7.776s", "31.54s", "31.56s"});
}

TEST_CASE("durations are read and named") {
  const auto f = [](const char* text, std::int64_t want_ms) {
    CHECK(parse_duration(text) == want_ms);
  };
  f("30d", 30 * kDayMs);
  f("4w", 28 * kDayMs);
  f("1h30m", 90 * kMinuteMs);
  f("500ms", 500);
  f("1y2w3d4h5m6s7ms", (365 + 14 + 3) * kDayMs + 4 * kHourMs + 5 * kMinuteMs + 6007);
  for (const char* wrong : {"", "d", "30", "30 d", "-5m", "1m1h", "5x", "0s", "11y", "1.5h",
                            "99999999999999999999d", "4000d", "1m2m"}) {
    const auto duration = parse_duration(wrong);
    CHECK_FALSE(duration);
  }
  CHECK(duration_label(30 * kDayMs) == "30d");
  CHECK(duration_label(64 * kMinuteMs) == "64m");
  CHECK(duration_label(1500) == "1500ms");
  CHECK(duration_label(2 * kHourMs) == "2h");
}
