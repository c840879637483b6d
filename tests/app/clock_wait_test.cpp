#include "app/clock_wait.h"

#include "tests/support/doctest.h"

namespace app {
namespace {

exporter::Moment booted_for(std::int64_t seconds) {
  return {seconds * 1'000'000'000, seconds * 1'000'000'000, 0};
}

}  // namespace

TEST_CASE("judging waits for the clock until it is synchronised or the boot is old") {
  bool is_synchronised = false;
  const ClockWait wait(600'000, [&] { return is_synchronised; });
  CHECK(wait.ask(booted_for(5)) == ClockWait::Answer::kWait);
  CHECK(wait.ask(booted_for(599)) == ClockWait::Answer::kWait);
  CHECK(wait.ask(booted_for(600)) == ClockWait::Answer::kGivenUp);
  is_synchronised = true;
  CHECK(wait.ask(booted_for(5)) == ClockWait::Answer::kSynchronised);
  CHECK(wait.ask(booted_for(900)) == ClockWait::Answer::kSynchronised);
}

TEST_CASE("a longest wait of 0 is none") {
  const ClockWait wait(0, [] { return false; });
  CHECK(wait.ask(booted_for(1)) == ClockWait::Answer::kGivenUp);
}

}  // namespace app
