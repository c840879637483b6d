// A page, or what looks like one, as OpenMetrics, and any Accept header: the page ends with its end
// mark, and no line gets lost but HELP lines that no TYPE line follows.
#include "exporter/core/openmetrics.h"

#include <algorithm>
#include <string>

#include "tests/fuzz/fuzz.h"

void fuzz_openmetrics(std::string_view input) {
  (void)exporter::wants_openmetrics(input);
  std::string page;
  exporter::append_openmetrics(page, input);
  FUZZ_CHECK(page.ends_with("# EOF\n"));
  const auto lines = std::ranges::count(page, '\n');
  FUZZ_CHECK(lines >= 1 && lines <= std::ranges::count(input, '\n') + 2);
}
