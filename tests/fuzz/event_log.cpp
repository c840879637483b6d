// Rows of a log of events from any bytes, a zero byte between two of them: whatever is read back
// adds up, lies in order, and can be written and read again.
#include "slo/event_log.h"
#include "tests/fuzz/fuzz.h"

void fuzz_event_log(std::string_view input) {
  std::vector<slo::EventBlock> rows;
  std::int64_t begin_ms = 1'000;
  while (!input.empty()) {
    const std::string_view bytes = input.substr(0, input.find('\0'));
    input.remove_prefix(std::min(input.size(), bytes.size() + 1));
    rows.push_back({1, begin_ms, 0, 0, std::string(bytes)});
    begin_ms += 600'000;
  }
  constexpr std::int64_t kUntilMs = 1'000'000'000'000;
  slo::EventLog log;
  log.restore(rows, kUntilMs);
  slo::EventLog::Sums sums;
  slo::EventLog::Cursor cursor;
  std::int64_t end_ms = 0;
  for (const slo::EventLog::Piece& piece : log.pieces(0)) {
    FUZZ_CHECK(piece.begin_ms < piece.end_ms && piece.end_ms <= kUntilMs);
    FUZZ_CHECK(end_ms == 0 || piece.begin_ms == end_ms);
    FUZZ_CHECK(piece.count.good >= 0 && piece.count.bad >= 0);
    end_ms = piece.end_ms;
    FUZZ_CHECK(log.at(piece.begin_ms, cursor) == sums);
    if (piece.kind != slo::EventLog::Kind::kKnown) continue;
    sums.count.good += piece.count.good;
    sums.count.bad += piece.count.bad;
    sums.known_ms += piece.end_ms - piece.begin_ms;
  }
  FUZZ_CHECK(log.sums() == sums);
  const std::int64_t next_ms = std::max<std::int64_t>(end_ms, 1'000);
  FUZZ_CHECK(log.append({next_ms, next_ms + 15'000, {5, 1}}));
  FUZZ_CHECK(log.sums().count.bad == sums.count.bad + 1);
}
