#include "slo/event_log.h"

#include <algorithm>
#include <random>

#include "tests/support/doctest.h"
#include "tests/support/scripts.h"

using namespace slo;  // the subject of this file

namespace {

using Piece = EventLog::Piece;
using Kind = EventLog::Kind;
using Sums = EventLog::Sums;

Sums counted(const std::vector<Piece>& pieces, std::int64_t t_ms) {
  Sums sums;
  for (const Piece& piece : pieces) {
    if (piece.kind != Kind::kKnown || piece.begin_ms >= t_ms) continue;
    sums.count.good += piece.count.good;
    sums.count.bad += piece.count.bad;
    sums.known_ms += std::min(t_ms, piece.end_ms) - piece.begin_ms;
  }
  return sums;
}

// Slices of 15 s, a thousand events each, some of them bad.
EventLog days_of(int days, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  EventLog log;
  for (std::int64_t t_ms = 0; t_ms < days * kDayMs; t_ms += 15'000) {
    const auto total = static_cast<std::int64_t>(1000 + random() % 400);
    const auto bad = static_cast<std::int64_t>(random() % 50 == 0 ? random() % 20 : 0);
    log.append({t_ms, t_ms + 15'000, {total - bad, bad}, Kind::kKnown});
  }
  return log;
}

std::vector<EventBlock> rows_of(EventLog& log) {
  std::vector<EventBlock> rows;
  log.take_rows(7, {1, 2}, rows);
  return rows;
}

}  // namespace

TEST_CASE("any two instants of a log of events, recounted from its pieces") {
  for (const std::uint64_t seed : test::seeds(1, 300)) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const auto pick = [&](std::int64_t below) {
      return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(below));
    };
    EventLog log;
    std::vector<Piece> pieces;
    std::int64_t t_ms = pick(1'000'000'000'000);
    const std::int64_t begin_ms = t_ms;
    EventLog::Cursor cursor;
    std::int64_t edge_ms = t_ms;
    for (int i = 0; i < 600; ++i) {
      if (pick(20) == 0) t_ms += 1 + pick(100'000);  // a gap
      const std::int64_t length_ms = pick(4) == 0 ? 1 + pick(60'000) : 15'000;
      const std::int64_t most = std::int64_t{1} << pick(44);
      Piece piece{t_ms, t_ms + length_ms, {pick(most), pick(most)}, Kind::kKnown};
      if (pick(30) == 0) piece = {t_ms, t_ms + length_ms, {}, Kind::kNever};
      REQUIRE(log.append(piece));
      CHECK_FALSE(log.append(piece));  // it ends where the next one may begin
      pieces.push_back(piece);
      t_ms += length_ms;
      edge_ms += pick(2) * pick(40'000);
      REQUIRE(log.at(edge_ms, cursor) == counted(pieces, edge_ms));
      if (pick(10) != 0) continue;
      // The newest one turns out to be shorter, or never to have been.
      const std::int64_t cut_ms = piece.begin_ms + pick(length_ms + 2);
      log.cut(cut_ms);
      if (cut_ms > piece.begin_ms) {
        pieces.back().end_ms = std::min(cut_ms, piece.end_ms);
      } else {
        pieces.pop_back();
      }
      t_ms = pieces.empty() ? t_ms : std::min(t_ms, std::max(cut_ms, pieces.back().end_ms));
      edge_ms = std::min(edge_ms, t_ms);
    }
    for (int i = 0; i < 50; ++i) {
      const std::int64_t at_ms = begin_ms - 10 + pick(t_ms - begin_ms + 20);
      REQUIRE(log.at(at_ms) == counted(pieces, at_ms));
    }
    CHECK(log.sums() == counted(pieces, t_ms));
    EventLog again;
    again.restore(rows_of(log), t_ms);
    CHECK(again.pieces(begin_ms) == log.pieces(begin_ms));
    CHECK(again.sums() == log.sums());
    // It goes on where it was.
    for (EventLog* one : {&log, &again}) REQUIRE(one->append({t_ms, t_ms + 7, {5, 6}}));
    CHECK(again.pieces(begin_ms) == log.pieces(begin_ms));
    // What lies in the future of this start did not happen.
    EventLog early;
    const std::int64_t until_ms = begin_ms + pick(t_ms - begin_ms);
    early.restore(rows_of(again), until_ms);
    CHECK((early.empty() || early.end_ms() <= until_ms));
  }
}

TEST_CASE("damaged rows are gaps, and nothing else changes") {
  EventLog log = days_of(1, 3);
  std::vector<EventBlock> rows = rows_of(log);
  REQUIRE(rows.size() > 10);
  const std::vector<Piece> whole = log.pieces(0);
  rows[3].bytes->resize(rows[3].bytes->size() - 1);
  rows[5].bytes->front() = 9;
  rows.erase(rows.begin() + 7);
  EventLog again;
  again.restore(rows, kDayMs);
  std::int64_t gaps_ms = 0;
  for (const Piece& piece : again.pieces(0)) {
    if (piece.kind == Kind::kGap) gaps_ms += piece.end_ms - piece.begin_ms;
    if (piece.kind == Kind::kGap) continue;
    CHECK(std::ranges::find(whole, piece) != whole.end());
  }
  CHECK(gaps_ms == 3 * 15'000 * static_cast<std::int64_t>(EventLog::kBlockPieces));
  CHECK(again.end_ms() == kDayMs);
}

TEST_CASE("90 days of slices of 15 s are small, and old ones are exact to five minutes") {
  EventLog log = days_of(90, 5);
  MESSAGE("bytes of memory: ", log.bytes());
  CHECK(log.bytes() < 400'000);
  EventLog again;
  const std::vector<EventBlock> first = rows_of(log);
  std::size_t disk = 0;
  for (const EventBlock& row : first) disk += row.bytes ? row.bytes->size() + 40 : 0;
  MESSAGE("bytes of rows: ", disk);
  CHECK(disk < 4'000'000);
  again.restore(first, 90 * kDayMs);
  CHECK(again.sums() == log.sums());
  for (const Piece& piece : log.pieces(0)) {
    const bool old = piece.end_ms < 87 * kDayMs - kHourMs;
    REQUIRE(piece.end_ms - piece.begin_ms <= (old ? EventLog::kCoarseMs : 15'000 * 20));
  }
}
