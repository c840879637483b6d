#include "exporter/core/pages.h"

#include <prometheus/registry.h>

#include "tests/support/doctest.h"

namespace exporter {
namespace {

constexpr Family kTurns{"turns_total", "Turns.", MetricType::kCounter};

class Turning final : public Collector {
 public:
  std::string_view name() const override { return "turning"; }
  Result<void> collect(const Scrape&, SampleWriter& out) override {
    out.family(kTurns);
    out.add(++turns_);
    return {};
  }

 private:
  std::uint64_t turns_ = 0;
};

bool holds(const Pages::Text& page, std::string_view text) {
  return page->find(text) != std::string::npos;
}

TEST_CASE("each request is a collection of its own, in the format that was asked for") {
  const SystemClock clock;
  Registry registry(clock, std::make_shared<prometheus::Registry>());
  registry.add(std::make_unique<Turning>(), CollectorGroup::kOwn);
  Pages pages(registry);
  const auto text = pages.get(registry.all(), PageFormat::kText, false);
  const auto openmetrics = pages.get(registry.all(), PageFormat::kOpenMetrics, false);
  CHECK(holds(text, "# TYPE turns_total counter\nturns_total 1\n"));
  CHECK_FALSE(holds(text, "# EOF"));
  CHECK(holds(openmetrics, "# TYPE turns counter\nturns_total 2\n"));
  CHECK(openmetrics->ends_with("\n# EOF\n"));
  CHECK(pages.get(registry.all(), PageFormat::kText, true)->starts_with("\x1F\x8B"));
  CHECK(pages.get(registry.all(), PageFormat::kOpenMetrics, true)->starts_with("\x1F\x8B"));
  CHECK(holds(pages.get(registry.all(), PageFormat::kText, false), "turns_total 5\n"));
}

class SteppingClock final : public Clock {
 public:
  Moment now() const override { return {.boot_ns = at, .mono_ns = at, .real_ns = at}; }
  std::int64_t at = 1'000;
};

TEST_CASE("a collector's status tells how long ago it ran, once it has") {
  SteppingClock clock;
  Registry registry(clock, std::make_shared<prometheus::Registry>());
  registry.add(std::make_unique<Turning>(), CollectorGroup::kOwn);
  CHECK_FALSE(registry.status()[0].has_run);
  CHECK(registry.status()[0].age_ns == 0);
  std::string page;
  registry.scrape(registry.all(), page);
  clock.at += 250;
  CHECK(registry.status()[0].age_ns == 250);
}

}  // namespace
}  // namespace exporter
