#include "slo/timeline.h"

#include <vector>

#include "exporter/core/clock.h"
#include "tests/support/doctest.h"

using exporter::Moment;
using namespace slo;  // the subject of this file

namespace {

using exporter::kNsPerMs;

Moment at(std::int64_t boot_ms, std::int64_t real_ms, std::int64_t mono_ms = -1) {
  return {boot_ms * kNsPerMs, (mono_ms < 0 ? boot_ms : mono_ms) * kNsPerMs, real_ms * kNsPerMs};
}

}  // namespace

TEST_CASE("T starts as UTC and runs with the boot clock") {
  Timeline timeline("a", at(5000, 1'700'000'000'000));
  CHECK(timeline.now_ms() == 1'700'000'000'000);
  const Tick tick = timeline.advance(at(6000, 1'700'000'001'000));
  CHECK(tick.t_ms == 1'700'000'001'000);
  CHECK(tick.elapsed_ms == 1000);
  CHECK(tick.suspended_ms == 0);
  CHECK(tick.step_ms == 0);
  CHECK_FALSE(tick.relabelled);
  CHECK(timeline.at(5500 * kNsPerMs) == 1'700'000'000'500);
  CHECK(timeline.labels().utc_ms(1'700'000'000'500) == 1'700'000'000'500);
}

TEST_CASE("a step of the wall clock moves labels of this boot, not T") {
  for (const std::int64_t step : {3'600'000, -3'600'000, 1000, -1000}) {
    Timeline timeline("a", at(0, 1'000'000'000));
    const Tick tick = timeline.advance(at(1000, 1'000'001'000 + step));
    CHECK(tick.elapsed_ms == 1000);
    CHECK(tick.step_ms == step);
    CHECK(tick.relabelled);
    CHECK(timeline.now_ms() == 1'000'001'000);
    CHECK(timeline.labels().utc_ms(1'000'000'500) == 1'000'000'500 + step);
    CHECK(timeline.labels().t_ms(1'000'000'500 + step) == 1'000'000'500);
    CHECK(timeline.advance(at(2000, 1'000'002'000 + step)).step_ms == 0);
  }
}

TEST_CASE("what NTP may slew is no step, but labels follow when it adds up") {
  Timeline timeline("a", at(0, 1'000'000));
  CHECK(timeline.advance(at(1000, 1'001'500)).step_ms == 0);
  CHECK(timeline.advance(at(1000, 1'001'500)).elapsed_ms == 0);
  const Tick slewed = timeline.advance(at(2000, 1'002'900));
  CHECK(slewed.step_ms == 0);
  CHECK(slewed.relabelled);
  CHECK(timeline.labels().utc_ms(1'002'000) == 1'002'900);
  // 0.05 % of a day is 43.2 s.
  CHECK(timeline.advance(at(2000 + 86'400'000, 1'002'900 + 86'400'000 + 43'000)).step_ms == 0);
}

TEST_CASE("a step that takes back what was slewed is a step all the same") {
  Timeline timeline("a", at(0, 1'000'000));
  CHECK_FALSE(timeline.advance(at(1000, 1'000'600)).relabelled);
  const Tick tick = timeline.advance(at(2000, 1'002'200));
  CHECK(tick.step_ms == 600);
  CHECK(tick.relabelled);
  CHECK(timeline.labels().utc_ms(1'002'000) == 1'002'200);
}

TEST_CASE("suspended time is where the boot clock runs and the monotonic one does not") {
  Timeline timeline("a", at(10'000, 1'000'000, 10'000));
  const Tick tick = timeline.advance(at(611'000, 1'601'000, 11'000));
  CHECK(tick.elapsed_ms == 601'000);
  CHECK(tick.suspended_ms == 600'000);
  CHECK(tick.step_ms == 0);
}

TEST_CASE("a moment from before the last one changes nothing") {
  Timeline timeline("a", at(10'000, 1'000'000));
  timeline.advance(at(12'000, 1'002'000));
  const Tick tick = timeline.advance(at(11'000, 1'001'000));
  CHECK(tick.t_ms == 1'002'000);
  CHECK(tick.elapsed_ms == 0);
  CHECK(timeline.advance(at(13'000, 1'003'000)).elapsed_ms == 1000);
}

TEST_CASE("within a boot T goes on by the boot clock, whatever the wall clock did meanwhile") {
  Timeline first("a", at(10'000, 1'000'000));
  first.advance(at(20'000, 1'010'000));
  Timeline second("a", at(50'000, 999'000), first.heartbeat(), {first.boot()});
  CHECK(second.same_boot());
  const Tick gap = second.advance(at(50'000, 999'000));
  CHECK(gap.elapsed_ms == 30'000);
  CHECK(gap.step_ms == 999'000 - 1'040'000);
  CHECK(second.now_ms() == 1'040'000);
  CHECK(second.labels().utc_ms(1'040'000) == 999'000);
}

TEST_CASE("from boot to boot T goes on by the wall clock") {
  Timeline first("a", at(10'000, 1'000'000));
  first.advance(at(20'000, 1'010'000));
  Timeline second("b", at(30'000, 1'100'000), first.heartbeat(), {first.boot()});
  CHECK_FALSE(second.same_boot());
  CHECK(second.now_ms() == 1'100'000);
  CHECK(second.boot_start_ms() == 1'070'000);
  CHECK(second.advance(at(31'000, 1'101'000)).elapsed_ms == 1000);
  CHECK(second.boot().boot_id == "b");
  CHECK(second.boot().t_start_ms == 1'070'000);
}

TEST_CASE("T never goes back, even when the wall clock of the new boot is behind") {
  Timeline first("a", at(10'000, 1'000'000));
  first.advance(at(20'000, 1'010'000));
  Timeline second("b", at(30'000, 500), first.heartbeat(), {first.boot()});
  CHECK(second.now_ms() == 1'010'000);
  CHECK(second.boot_start_ms() == 1'010'000);
  CHECK(second.labels().utc_ms(1'010'000) == 500);
  // Facts newer than the heartbeat push T further.
  Timeline third("b", at(30'000, 500), first.heartbeat(), {first.boot()}, 1'013'000);
  CHECK(third.now_ms() == 1'013'000);
}

TEST_CASE("a boot clock behind that of the same boot falls back to the wall clock") {
  Timeline first("a", at(864'000'000, 1'000'000));
  Timeline second("a", at(30'000, 1'060'000), first.heartbeat(), {first.boot()});
  CHECK(second.same_boot());
  CHECK(second.now_ms() == 1'060'000);
  CHECK(second.advance(at(31'000, 1'061'000)).elapsed_ms == 1000);
}

TEST_CASE("a start without a heartbeat is not before the newest fact") {
  CHECK(Timeline("a", at(0, 1000), 5000).now_ms() == 5000);
  CHECK(Timeline("a", at(0, 9000), 5000).now_ms() == 9000);
}

TEST_CASE("labels of several boots lead there and back") {
  const Labels labels({{"a", 1000, 0}, {"b", 5000, 100}, {"c", 9000, -50}});
  CHECK(labels.utc_ms(0) == 0);
  CHECK(labels.utc_ms(4999) == 4999);
  CHECK(labels.utc_ms(5000) == 5100);
  CHECK(labels.utc_ms(9000) == 8950);
  CHECK(labels.t_ms(4000) == 4000);
  CHECK(labels.t_ms(5050) == 5000);  // no boot has this label: the next begins
  CHECK(labels.t_ms(6000) == 5900);
  CHECK(labels.t_ms(9000) == 9050);
  CHECK(labels.t_ms(20) == 20);
  CHECK(Labels().utc_ms(7) == 7);
  CHECK(Labels().t_ms(7) == 7);
}
