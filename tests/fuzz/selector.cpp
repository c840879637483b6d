// A selector on the first line, a metrics page on the others.
#include "slo/series_rule.h"

#include <algorithm>
#include "tests/fuzz/fuzz.h"

void fuzz_selector(std::string_view input) {
  const std::size_t line = std::min(input.find('\n'), input.size());
  const std::string_view page = input.substr(std::min(line + 1, input.size()));
  auto selector = slo::Selector::parse(input.substr(0, line));
  if (!selector) return;
  selector->each(page, [&](std::string_view labels, double) {
    FUZZ_CHECK(labels.empty() || page.find(labels) != std::string_view::npos);
  });
  slo::SeriesSpec spec;
  spec.kind = slo::SeriesSpec::Kind::kEvents;
  spec.part = *selector;
  spec.total = std::move(*selector);
  slo::SeriesRule rule(spec);
  for (std::int64_t i = 1; i < 8; ++i) {
    for (const slo::SliceEvent& event : rule.evaluate(i * 60'000'000'000, page)) {
      // The same counters again and again: nothing happened, so nothing is known.
      FUZZ_CHECK(!event.state || *event.state == slo::State::kUnknown);
    }
  }
}
