#include "slo/incidents.h"

#include <cmath>

#include "slo/incident_stats.h"
#include "tests/support/doctest.h"

using namespace slo;  // the subject of this file

namespace {

constexpr State kGood = State::kUp;
constexpr State kBad = State::kDown;
constexpr State kBlind = State::kUnknown;

IncidentRecord closed(std::int64_t id, std::int64_t start_ms, std::int64_t end_ms) {
  IncidentRecord incident;
  incident.id = id;
  incident.start_ms = start_ms;
  incident.start_earliest_ms = start_ms - 1000;
  incident.detected_ms = start_ms + 500;
  incident.end_ms = end_ms;
  return incident;
}

}  // namespace

TEST_CASE("k failures in a row declare an incident that starts at the first of them") {
  Incidents incidents(9, {3, 1, 0});
  CHECK(incidents.observe(1000, kGood, 1000) == nullptr);
  CHECK(incidents.observe(2000, kBad, 2100) == nullptr);
  CHECK(incidents.observe(3000, kGood, 3100) == nullptr);
  CHECK(incidents.observe(4000, kBad, 4100) == nullptr);
  CHECK(incidents.observe(5000, kBlind, 5100) == nullptr);  // neither counts nor resets
  CHECK(incidents.observe(6000, kBad, 6100) == nullptr);
  const IncidentRecord* declared = incidents.observe(7000, kBad, 7100);
  REQUIRE(declared != nullptr);
  CHECK(declared->slo == 9);
  CHECK(declared->id == 1);
  CHECK(declared->start_ms == 4000);
  CHECK(declared->start_earliest_ms == 3000);
  CHECK(declared->detected_ms == 7100);
  CHECK(declared->open);
}

TEST_CASE("successes in a row end an incident at the first of them") {
  Incidents incidents(1, {1, 2, 0});
  incidents.observe(1000, kBad, 1000);
  CHECK(incidents.observe(2000, kGood, 2000) == nullptr);
  CHECK(incidents.observe(3000, kBad, 3000) == nullptr);
  CHECK(incidents.observe(4000, kGood, 4000) == nullptr);
  const IncidentRecord* ended = incidents.observe(5000, kGood, 5000);
  REQUIRE(ended != nullptr);
  CHECK_FALSE(ended->open);
  CHECK(ended->end_ms == 4000);
  CHECK(ended->end_earliest_ms == 3000);
}

TEST_CASE("an incident without a good sample before it starts at its first bad one") {
  Incidents incidents(1, {1, 1, 0});
  const IncidentRecord* declared = incidents.observe(5000, kBad, 5000);
  REQUIRE(declared != nullptr);
  CHECK(declared->start_earliest_ms == 5000);
}

TEST_CASE("a failure within the merge gap opens the same incident again") {
  Incidents incidents(1, {1, 1, 10'000});
  incidents.observe(0, kBad, 0);
  incidents.observe(5000, kGood, 5000);
  CHECK(incidents.may_reopen(15'000));
  CHECK_FALSE(incidents.may_reopen(15'001));
  const IncidentRecord* reopened = incidents.observe(15'000, kBad, 15'000);
  REQUIRE(reopened != nullptr);
  CHECK(reopened->id == 1);
  CHECK(reopened->open);
  incidents.observe(20'000, kGood, 20'000);
  const IncidentRecord* next = incidents.observe(30'001, kBad, 30'001);
  REQUIRE(next != nullptr);
  CHECK(next->id == 2);
}

TEST_CASE("a run of failures that began within the merge gap belongs to the incident before") {
  Incidents incidents(1, {3, 1, 10'000});
  for (const int t : {0, 1000, 2000}) incidents.observe(t, kBad, t);
  incidents.observe(5000, kGood, 5000);
  incidents.observe(14'000, kBad, 14'000);
  CHECK(incidents.may_reopen(19'000));  // the run of 14000 is not over
  incidents.observe(19'000, kBad, 19'000);
  const IncidentRecord* reopened = incidents.observe(24'000, kBad, 24'000);
  REQUIRE(reopened != nullptr);
  CHECK(reopened->id == 1);
}

TEST_CASE("excluded time neither starts nor lengthens an incident") {
  SUBCASE("good again in excluded time: it ended when that began") {
    Incidents incidents(1, {1, 1, 0});
    incidents.observe(1000, kBad, 1000);
    incidents.exclude(2000);
    const IncidentRecord* ended = incidents.observe(9000, kGood, 9000);
    REQUIRE(ended != nullptr);
    CHECK(ended->end_ms == 2000);
    CHECK(ended->end_earliest_ms == 1000);
  }
  SUBCASE("still bad afterwards: one incident, its length without the excluded time") {
    StateLog log;
    log.append(0, kGood, Cause::kNone);
    log.append(1000, kBad, Cause::kNone);
    log.append(10'000, kGood, Cause::kNone);
    Overlay overlay;
    overlay.set({{2000, 9000, false}});
    const auto incidents = derive_incidents(log, overlay, 0, 20'000);
    REQUIRE(incidents.size() == 1);
    CHECK(incidents[0].start_ms == 1000);
    CHECK(incidents[0].end_ms == 10'000);
    CHECK(incidents[0].excluded_ms == 7000);
    CHECK(incidents[0].duration_ms() == 2000);
    CHECK(incidents[0].down_ms == 2000);
  }
  SUBCASE("a run that was not yet an incident starts anew afterwards") {
    Incidents incidents(1, {2, 1, 0});
    incidents.observe(1000, kBad, 1000);
    incidents.exclude(2000);
    CHECK(incidents.observe(9000, kBad, 9000) == nullptr);
    const IncidentRecord* declared = incidents.observe(10'000, kBad, 10'000);
    REQUIRE(declared != nullptr);
    CHECK(declared->start_ms == 9000);
  }
}

TEST_CASE("the list of incidents is bounded, ids go on") {
  Incidents incidents(1, {1, 1, 0}, 8);
  for (std::int64_t i = 0; i < 100; ++i) {
    incidents.observe(i * 2000, kBad, i * 2000);
    incidents.observe(i * 2000 + 1000, kGood, i * 2000 + 1000);
  }
  CHECK(incidents.records().size() <= 8);
  CHECK(incidents.records().back().id == 100);
  CHECK(incidents.next_id() == 101);
  CHECK(incidents.forgotten_ms() == incidents.records().front().start_ms - 1000);
}

TEST_CASE("a torn history keeps at most the last incident open") {
  std::vector<IncidentRecord> records = {closed(1, 1000, 0), closed(2, 9000, 0)};
  records[0].open = true;
  records[1].open = true;
  Incidents incidents(1, {1, 1, 0});
  incidents.restore(records, {}, 3);
  CHECK_FALSE(incidents.records()[0].open);
  CHECK(incidents.records()[0].end_ms == 8000);
  REQUIRE(incidents.open() != nullptr);
  CHECK(incidents.open()->id == 2);
}

TEST_CASE("statistics take an incident into the window in which it ended") {
  const std::vector<IncidentRecord> incidents = {closed(1, 1000, 2000), closed(2, 4000, 10'000),
                                                 closed(3, 12'000, 20'000)};
  const Totals window = {5000, 5000, 0, 0};
  // (2000, 10000]: the first ended at its edge, before; the second exactly at its end, within.
  const IncidentStats stats = incident_stats(incidents, 2000, 10'000, window);
  CHECK(stats.closed == 1);
  CHECK(stats.begun == 1);
  CHECK(stats.overlapping == 1);
  CHECK(stats.mttr_seconds == 6);
  CHECK(stats.mttd_seconds == 1);  // 500 ms after the start, whose middle lies 500 ms before
  CHECK(stats.mttf_seconds == 5);
  CHECK(stats.mtbf_seconds == 11);
  CHECK(stats.mean_down_seconds == 5);
}

TEST_CASE("median and maximum stand beside the mean") {
  const std::vector<IncidentRecord> incidents = {closed(1, 1000, 2000), closed(2, 3000, 13'000),
                                                 closed(3, 20'000, 22'000),
                                                 closed(4, 30'000, 33'000)};
  const IncidentStats stats = incident_stats(incidents, 0, 100'000, {});
  CHECK(stats.closed == 4);
  CHECK(stats.mttr_seconds == 4);
  CHECK(stats.median_seconds == 2.5);
  CHECK(stats.max_seconds == 10);
  CHECK(stats.mttf_median_seconds == 7);  // from end to start: 1, 7 and 8
  CHECK(stats.mttf_max_seconds == 8);
  CHECK(stats.mtbf_median_seconds == 10);  // from start to start: 2, 17 and 10
  CHECK(stats.mtbf_max_seconds == 17);
}

TEST_CASE("without incidents everything about them is undefined") {
  const IncidentStats stats = incident_stats({}, 0, 1000, {1000, 0, 0, 0});
  for (const double number : {stats.mttr_seconds, stats.median_seconds, stats.max_seconds,
                              stats.mttf_seconds, stats.mttf_median_seconds, stats.mttf_max_seconds,
                              stats.mtbf_seconds, stats.mttd_seconds, stats.mean_down_seconds}) {
    CHECK(std::isnan(number));
  }
}
