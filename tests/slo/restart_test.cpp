#include "slo/restart.h"

#include "tests/support/doctest.h"

using namespace slo;  // the subject of this file

namespace {

constexpr State kUp = State::kUp;
constexpr State kDown = State::kDown;
constexpr State kUnknown = State::kUnknown;

Restart restart(bool same_boot, bool clean, StopReason reason = StopReason::kNone) {
  return {true, same_boot, clean, reason, 100'000, 60'000, 0, {}};
}

std::vector<GapPart> host(const Restart& r, State suspended = kUnknown) {
  return classify_gap(r, SourceKind::kHost, suspended, true, 10'000, kUp);
}

std::vector<GapPart> probe(const Restart& r, State last = kUp) {
  return classify_gap(r, SourceKind::kProbe, kUnknown, true, 10'000, last);
}

using Parts = std::vector<GapPart>;

}  // namespace

TEST_CASE("a host was up through a gap of the monitor within one boot") {
  CHECK(host(restart(true, true, StopReason::kUpgrade)) == Parts{{10'000, kUp, Cause::kNone}});
  CHECK(host(restart(true, false)) == Parts{{10'000, kUp, Cause::kNone}});
}

TEST_CASE("the part of the gap in which the host slept is what the configuration says") {
  Restart slept = restart(true, false);
  slept.suspended_ms = 7000;
  CHECK(host(slept) == Parts{{10'000, kUnknown, Cause::kSuspended}, {17'000, kUp, Cause::kNone}});
  CHECK(host(slept, kDown) ==
        Parts{{10'000, kDown, Cause::kSuspended}, {17'000, kUp, Cause::kNone}});
  slept.suspended_ms = 1'000'000;
  CHECK(host(slept)[1].from_ms == 100'000);
}

TEST_CASE("a host was down over a reboot, from the stop or the last heartbeat to the boot") {
  CHECK(host(restart(false, true, StopReason::kShutdown)) ==
        Parts{{10'000, kDown, Cause::kReboot}, {60'000, kUp, Cause::kNone}});
  CHECK(host(restart(false, false)) ==
        Parts{{10'000, kDown, Cause::kPowerLoss}, {60'000, kUp, Cause::kNone}});
}

TEST_CASE("a stop that was no shutdown leaves open when the host went down") {
  for (const StopReason reason : {StopReason::kStop, StopReason::kUpgrade}) {
    CHECK(host(restart(false, true, reason)) ==
          Parts{{10'000, kUnknown, Cause::kReboot}, {60'000, kUp, Cause::kNone}});
  }
}

TEST_CASE("nobody probed in a gap") {
  CHECK(probe(restart(true, true, StopReason::kStop)) ==
        Parts{{10'000, kUnknown, Cause::kMonitorStopped}});
  CHECK(probe(restart(true, false)) == Parts{{10'000, kUnknown, Cause::kMonitorCrashed}});
  CHECK(probe(restart(false, true, StopReason::kShutdown)) ==
        Parts{{10'000, kUnknown, Cause::kReboot}});
  CHECK(probe(restart(false, false)) == Parts{{10'000, kUnknown, Cause::kPowerLoss}});
}

TEST_CASE("what was up and ran on through a gap was up in it") {
  Restart r = restart(true, false);
  r.running_since_ms = 10'000;
  const Parts unknown{{10'000, kUnknown, Cause::kMonitorCrashed}};
  CHECK(probe(r) == Parts{{10'000, kUp, Cause::kNone}});
  CHECK(probe(r, kDown) == unknown);
  CHECK(probe(r, kUnknown) == unknown);
  r.suspended_ms = 1;  // it slept as well
  CHECK(probe(r) == unknown);
  r.suspended_ms = 0;
  r.running_since_ms = 10'001;
  CHECK(probe(r) == unknown);
  r = restart(false, false);
  r.running_since_ms = 5'000;
  CHECK(probe(r) == Parts{{10'000, kUnknown, Cause::kPowerLoss}});
}

TEST_CASE("a boot that seems to lie before the heartbeat or after now is moved to it") {
  Restart early = restart(false, false);
  early.boot_start_ms = 5000;
  CHECK(host(early)[1].from_ms == 10'000);
  early.boot_start_ms = 200'000;
  CHECK(host(early)[1].from_ms == 100'000);
}

TEST_CASE("an objective that was not configured is unknown, whatever it measures") {
  const Restart r = restart(true, true, StopReason::kStop);
  CHECK(classify_gap(r, SourceKind::kProbe, kUnknown, false, 10'000, kUp) ==
        Parts{{10'000, kUnknown, Cause::kNotConfigured}});
  CHECK(classify_gap(r, SourceKind::kHost, kUnknown, false, 10'000, kUp) ==
        Parts{{10'000, kUnknown, Cause::kNotConfigured}, {100'000, kUp, Cause::kNone}});
}

TEST_CASE("a history without a heartbeat says nothing about the gap") {
  Restart none;
  none.now_ms = 100'000;
  CHECK(host(none) ==
        Parts{{10'000, kUnknown, Cause::kMonitorCrashed}, {100'000, kUp, Cause::kNone}});
  CHECK(probe(none) == Parts{{10'000, kUnknown, Cause::kMonitorCrashed}});
}
