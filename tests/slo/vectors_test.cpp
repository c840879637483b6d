// The worked cases V1 to V8 of uptime and incidents: window [0 s, 1000 s), everything not listed
// is up. Each runs twice: as a log of changes through the pure functions, and as one sample a
// second through a whole tracker, incidents found as they happen.
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "slo/budget.h"
#include "slo/incident_stats.h"
#include "slo/incidents.h"
#include "slo/tracker.h"
#include "tests/support/doctest.h"

using namespace slo;  // the subject of this file

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
const Objective kFourNines{999'900'000};
constexpr std::int64_t kSince = -400;  // seconds

struct Span {
  int from;  // seconds
  int to;
  bool contains(std::int64_t second) const { return from <= second && second < to; }
};

struct Incident {
  int start;
  int end;  // -1: open
  int down;
  int unknown;
};

struct Vector {
  std::vector<Span> down = {};
  std::vector<Span> unknown = {};
  std::vector<Span> excluded = {};
  bool counts_as_up = false;
  int merge_gap = 0;

  State at(std::int64_t second) const {
    for (const Span& span : unknown) {
      if (span.contains(second)) return State::kUnknown;
    }
    for (const Span& span : down) {
      if (span.contains(second)) return State::kDown;
    }
    return State::kUp;
  }
  std::vector<Exclusion> exclusions() const {
    std::vector<Exclusion> out;
    for (const Span& span : excluded) {
      out.push_back({span.from * kSecondMs, span.to * kSecondMs, counts_as_up});
    }
    return out;
  }
};

struct Want {
  std::vector<int> seconds;    // U, D, X, E
  std::vector<double> ratios;  // known, low, high, coverage
  std::vector<Incident> incidents;
  double mttr, mttf, mtbf, mean_down;
  Verdict verdict;
};

struct Got {
  Totals totals;
  Uptime uptime;
  std::vector<IncidentRecord> incidents;
  IncidentStats stats;
  Verdict verdict = Verdict::kUndetermined;
};

void check_number(double got, double want) {
  if (std::isnan(want)) {
    CHECK(std::isnan(got));
  } else {
    CHECK(std::abs(got - want) < 0.000005);
  }
}

void check(const Got& got, const Want& want) {
  CHECK(got.totals == Totals{want.seconds[0] * kSecondMs, want.seconds[1] * kSecondMs,
                             want.seconds[2] * kSecondMs, want.seconds[3] * kSecondMs});
  check_number(got.uptime.known, want.ratios[0]);
  check_number(got.uptime.low, want.ratios[1]);
  check_number(got.uptime.high, want.ratios[2]);
  check_number(got.uptime.coverage, want.ratios[3]);
  REQUIRE(got.incidents.size() == want.incidents.size());
  for (std::size_t i = 0; i < want.incidents.size(); ++i) {
    const IncidentRecord& record = got.incidents[i];
    CHECK(record.start_ms == want.incidents[i].start * kSecondMs);
    CHECK(record.open == (want.incidents[i].end < 0));
    if (!record.open) CHECK(record.end_ms == want.incidents[i].end * kSecondMs);
    CHECK(record.down_ms == want.incidents[i].down * kSecondMs);
    CHECK(record.unknown_ms == want.incidents[i].unknown * kSecondMs);
  }
  check_number(got.stats.mttr_seconds, want.mttr);
  check_number(got.stats.mttf_seconds, want.mttf);
  check_number(got.stats.mtbf_seconds, want.mtbf);
  check_number(got.stats.mean_down_seconds, want.mean_down);
  CHECK(got.verdict == want.verdict);
}

Got from_log(const Vector& vector) {
  StateLog log;
  for (std::int64_t second = kSince; second < 1000; ++second) {
    log.append(second * kSecondMs, vector.at(second), Cause::kNone);
  }
  Overlay overlay;
  overlay.set(vector.exclusions());
  Got got;
  got.totals = overlay.at(log, 1'000'000) - overlay.at(log, 0);
  got.uptime = uptime(got.totals);
  got.incidents = derive_incidents(log, overlay, vector.merge_gap * kSecondMs, 1'000'000);
  got.stats = incident_stats(got.incidents, 0, 1'000'000, got.totals);
  got.verdict = verdict(kFourNines, 1'000'000, got.totals.down_ms, got.totals.unknown_ms);
  return got;
}

Got from_samples(const Vector& vector) {
  auto spec = std::make_shared<SloSpec>();
  spec->objective = kFourNines;
  spec->window_ms = 1'000'000;
  spec->interval_ms = kSecondMs;
  spec->timeout_ms = kSecondMs;
  spec->merge_gap_ms = vector.merge_gap * kSecondMs;
  Facts facts;
  SloTracker tracker(1, spec, kSince * kSecondMs, facts);
  tracker.set_exclusions(vector.exclusions());
  for (std::int64_t second = kSince; second < 1000; ++second) {
    tracker.on_sent(second * kSecondMs);
    REQUIRE(tracker.on_sample({second * kSecondMs, vector.at(second), Cause::kNone}));
    tracker.step(second * kSecondMs, facts);
  }
  tracker.step(1'000'000, facts);
  const Judgement judgement = tracker.judge();
  Got got;
  got.totals = judgement.window().totals;
  got.uptime = judgement.window().uptime;
  if (judgement.recent_incidents) {
    got.incidents.assign(judgement.recent_incidents->rbegin(), judgement.recent_incidents->rend());
  }
  if (judgement.open_incident) got.incidents.back() = *judgement.open_incident;
  got.stats = judgement.incidents;
  got.verdict = judgement.verdict;
  return got;
}

void both(const Vector& vector, const Want& want) {
  SUBCASE("as a log") { check(from_log(vector), want); }
  SUBCASE("as samples") { check(from_samples(vector), want); }
}

}  // namespace

TEST_CASE("V1: two outages") {
  both({.down = {{100, 130}, {500, 560}}}, {{910, 90, 0, 0},
                                            {.91, .91, .91, 1},
                                            {{100, 130, 30, 0}, {500, 560, 60, 0}},
                                            45,
                                            455,
                                            500,
                                            45,
                                            Verdict::kViolated});
}

TEST_CASE("V2: an open outage counts as down, not in MTTR") {
  both({.down = {{950, 2000}}}, {{950, 50, 0, 0},
                                 {.95, .95, .95, 1},
                                 {{950, -1, 50, 0}},
                                 kNan,
                                 950,
                                 kNan,
                                 50,
                                 Verdict::kViolated});
}

TEST_CASE("V3: an outage from before the window has its full duration in MTTR") {
  both({.down = {{-300, 200}}}, {{800, 200, 0, 0},
                                 {.8, .8, .8, 1},
                                 {{-300, 200, 500, 0}},
                                 500,
                                 kNan,
                                 kNan,
                                 200,
                                 Verdict::kViolated});
}

TEST_CASE("V4: the monitor's own gap is unknown, no incident, and leaves the verdict open") {
  both({.unknown = {{400, 600}}},
       {{800, 0, 200, 0}, {1, .8, 1, .8}, {}, kNan, kNan, kNan, kNan, Verdict::kUndetermined});
}

TEST_CASE("V5: an outage that begins in maintenance begins at its end") {
  both({.down = {{150, 250}}, .excluded = {{100, 200}}}, {{850, 50, 0, 100},
                                                          {.94444, .94444, .94444, 1},
                                                          {{200, 250, 50, 0}},
                                                          50,
                                                          850,
                                                          900,
                                                          50,
                                                          Verdict::kViolated});
}

TEST_CASE("V5: maintenance may count as up") {
  both({.down = {{150, 250}}, .excluded = {{100, 200}}, .counts_as_up = true},
       {{950, 50, 0, 0},
        {.95, .95, .95, 1},
        {{200, 250, 50, 0}},
        50,
        950,
        1000,
        50,
        Verdict::kViolated});
}

TEST_CASE("V6: without a merge gap a flap is two incidents") {
  both({.down = {{100, 110}, {115, 130}}}, {{975, 25, 0, 0},
                                            {.975, .975, .975, 1},
                                            {{100, 110, 10, 0}, {115, 130, 15, 0}},
                                            12.5,
                                            487.5,
                                            500,
                                            12.5,
                                            Verdict::kViolated});
}

TEST_CASE("V6: with a merge gap it is one, its up time counted in neither down nor MTTR") {
  both({.down = {{100, 110}, {115, 130}}, .merge_gap = 10}, {{975, 25, 0, 0},
                                                             {.975, .975, .975, 1},
                                                             {{100, 130, 25, 0}},
                                                             30,
                                                             975,
                                                             1005,
                                                             25,
                                                             Verdict::kViolated});
}

TEST_CASE("V7: unknown time keeps an incident open") {
  both({.down = {{100, 200}, {300, 350}}, .unknown = {{200, 300}}}, {{750, 150, 100, 0},
                                                                     {.83333, .75, .85, .9},
                                                                     {{100, 350, 150, 100}},
                                                                     250,
                                                                     750,
                                                                     1000,
                                                                     150,
                                                                     Verdict::kViolated});
}

TEST_CASE("V8: nothing known is neither 0 nor 100 %") {
  both({.unknown = {{-1000, 1000}}},
       {{0, 0, 1000, 0}, {kNan, 0, 1, 0}, {}, kNan, kNan, kNan, kNan, Verdict::kUndetermined});
}
