#include "exporter/core/pages.h"

#include <semaphore>
#include <thread>

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

class SteadyClock final : public Clock {
 public:
  Moment now() const override { return {}; }
};

bool holds(const Pages::Text& page, std::string_view text) {
  return page->find(text) != std::string::npos;
}

TEST_CASE("each request is a collection of its own, in the format that was asked for") {
  const SystemClock clock;
  Registry registry(clock);
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

TEST_CASE("a page ends with the text that is published when it is made") {
  const SystemClock clock;
  const auto own = std::make_shared<Publication<std::string>>();
  Registry registry(clock, own);
  Pages pages(registry);
  CHECK_FALSE(holds(pages.get(registry.all(), PageFormat::kText, false), "own"));
  own->set(std::make_shared<std::string>("own 1\n"));
  CHECK(pages.get(registry.all(), PageFormat::kText, false)->ends_with("\nown 1\n"));
  own->set(std::make_shared<std::string>("own 2\n"));
  CHECK(pages.get(registry.all(), PageFormat::kText, false)->ends_with("\nown 2\n"));
  CHECK(unpacked(*pages.get(registry.all(), PageFormat::kText, true)).ends_with("\nown 2\n"));
}

// Stays in its collection until it is let go.
class Waiting final : public Collector {
 public:
  std::string_view name() const override { return "waiting"; }
  Result<void> collect(const Scrape&, SampleWriter& out) override {
    collecting.release();
    go_on.acquire();
    out.family(kTurns);
    out.add(++turns_);
    return {};
  }
  std::binary_semaphore collecting{0};
  std::binary_semaphore go_on{0};

 private:
  std::uint64_t turns_ = 0;
};

TEST_CASE("requests that meet get the same collection, whatever form the first asked for") {
  const SystemClock clock;
  Registry registry(clock);
  auto collector = std::make_unique<Waiting>();
  Waiting& waiting = *collector;
  registry.add(std::move(collector), CollectorGroup::kOwn);
  Pages pages(registry);
  for (const bool first_packed : {true, false}) {
    Pages::Text packed;
    Pages::Text plain;
    Pages::Text openmetrics;
    const auto get = [&](Pages::Text& to, PageFormat format, bool gzip) {
      return std::jthread([&, format, gzip] { to = pages.get(registry.all(), format, gzip); });
    };
    {
      std::jthread first = first_packed ? get(packed, PageFormat::kText, true)
                                        : get(plain, PageFormat::kText, false);
      waiting.collecting.acquire();
      std::jthread second = first_packed ? get(plain, PageFormat::kText, false)
                                         : get(packed, PageFormat::kText, true);
      std::jthread third = get(openmetrics, PageFormat::kOpenMetrics, false);
      while (pages.waiting() < 2) std::this_thread::yield();
      waiting.go_on.release();
    }
    CHECK(unpacked(*packed) == *plain);
    CHECK(holds(openmetrics, first_packed ? "turns_total 1\n" : "turns_total 2\n"));
    CHECK(holds(plain, first_packed ? "turns_total 1\n" : "turns_total 2\n"));
  }
}

class Many final : public Collector {
 public:
  std::string_view name() const override { return "many"; }
  Result<void> collect(const Scrape&, SampleWriter& out) override {
    static constexpr Family kMany{"many", "Many.", MetricType::kGauge, {"n"}};
    out.family(kMany);
    for (int i = 0; i < 20'000; ++i) out.add(i, std::to_string(i));
    return {};
  }
};

TEST_CASE("a large page is the same in pieces") {
  const SteadyClock clock;
  Registry registry(clock);
  registry.hide_process_metrics();
  registry.add(std::make_unique<Many>(), CollectorGroup::kOwn);
  std::string whole;
  registry.scrape(registry.all(), whole);
  std::string joined;
  std::size_t pieces = 0;
  bool ended = false;
  registry.scrape(registry.all(), [&](std::string_view piece, bool is_last) {
    CHECK_FALSE(ended);
    ended = is_last;
    joined += piece;
    ++pieces;
  });
  CHECK(ended);
  CHECK(joined == whole);
  CHECK(pieces > 2);
}

class SteppingClock final : public Clock {
 public:
  Moment now() const override { return {.boot_ns = at, .mono_ns = at, .real_ns = at}; }
  std::int64_t at = 1'000;
};

TEST_CASE("a collector's status tells how long ago it ran, once it has") {
  SteppingClock clock;
  Registry registry(clock);
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
