#include "exporter/probes/reactor.h"

#include <chrono>

#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("a wake() after a wait() ends the next one, whatever is dispatched between them") {
  constexpr std::chrono::seconds kLong{60};
  Reactor reactor;
  REQUIRE(reactor.usable());
  reactor.wake();
  reactor.wait(std::chrono::nanoseconds(kLong).count());
  reactor.wake();
  reactor.dispatch();
  const auto before = std::chrono::steady_clock::now();
  reactor.wait(std::chrono::nanoseconds(kLong).count());
  CHECK(std::chrono::steady_clock::now() - before < kLong);
}

}  // namespace
}  // namespace exporter
