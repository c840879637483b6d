// A row of the alert outbox as the store gives it back, perhaps damaged: refused, or one that says
// the same after being written and read again.
#include "alerts/outbox_rows.h"
#include "tests/fuzz/fuzz.h"

void fuzz_outbox_row(std::string_view input) {
  const exporter::Moment now{.boot_ns = 5'000'000'000'000,
                             .mono_ns = 5'000'000'000'000,
                             .real_ns = 1'764'099'986'123'000'000};
  const auto row = alerts::row_from_json(input, now);
  if (!row) {
    FUZZ_CHECK(!row.error().message.empty());
    return;
  }
  const std::string written = alerts::row_to_json(*row, now);
  const auto again = alerts::row_from_json(written, now);
  FUZZ_CHECK(again.has_value());
  FUZZ_CHECK(again->alert == row->alert);
  FUZZ_CHECK(alerts::row_to_json(*again, now) == written);
}
