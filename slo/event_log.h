// How many good and bad events there were in any stretch of time: a gapless sequence of pieces,
// each known, with its counts, or not known, packed under cumulative heads. A window is the
// difference of two cumulative values. The events of a piece count at its begin, so that a window
// is exact to one piece: as they came within the last kFineMs, of kCoarseMs before that, where
// neighbours are laid together. Amounts need not be events: budgeting by the ratios of slices puts
// nanoseconds of good and bad time here.
//
// Memory and disk: about 3 bytes a piece and 100 a block of kBlockPieces; with slices of 15 s some
// 60 kB for the last three days and 1.3 kB a day before that. One thread.
//
// A packed piece: a number h, little end first, seven bits a byte, then its length in ms if h & 4,
// then, if it is known, its bad ones. h & 3 is the kind; the rest is, zigzag, by how much its total
// is above that of the known piece before. Lengths and totals start anew, at 0, in each block,
// whose first byte is its version: 1, or 2 when its pieces were laid together.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "slo/event_source.h"
#include "slo/facts.h"

namespace slo {

class EventLog {
 public:
  static constexpr std::int64_t kFineMs = 3 * kDayMs;
  static constexpr std::int64_t kCoarseMs = 5 * kMinuteMs;
  static constexpr std::int64_t kKeptMs = 400 * kDayMs;
  static constexpr std::size_t kBlockPieces = 128;
  static constexpr std::int64_t kMaxAmount = 1LL << 44;  // of one slice

  enum class Kind : std::uint8_t {
    kKnown = 0,
    kGap = 1,    // nobody looked
    kNever = 2,  // somebody did, and it is no measurement
  };
  struct Piece {
    std::int64_t begin_ms = 0;
    std::int64_t end_ms = 0;
    EventCount count;
    Kind kind = Kind::kKnown;
    bool operator==(const Piece&) const = default;
  };

  // Cumulative, of what is known.
  struct Sums {
    EventCount count;
    std::int64_t known_ms = 0;
    Sums operator-(const Sums& other) const {
      return {{count.good - other.count.good, count.bad - other.count.bad},
              known_ms - other.known_ms};
    }
    bool operator==(const Sums&) const = default;
  };

  // The piece behind the newest one; between them is a gap. False: it begins before the newest one
  // ends, or cannot be.
  bool append(const Piece& piece);

  // The newest piece ends at t_ms if it lasts longer, and never was if it does not begin before
  // that: how long a sample speaks is known when the next one is there.
  void cut(std::int64_t t_ms);

  // Up to t_ms: the pieces that begin before it.
  Sums at(std::int64_t t_ms) const;

  // The same for an edge that mostly moves forward. Starts anywhere.
  class Cursor {
    friend class EventLog;
    std::uint64_t version = ~std::uint64_t{0};
    std::size_t block = 0;
    std::size_t offset = 0;  // of the piece behind `piece`
    std::int64_t total = 0;
    Piece piece;  // begins before the edge
    Sums before;  // its begin
  };
  Sums at(std::int64_t t_ms, Cursor& cursor) const;

  bool empty() const { return blocks_.empty(); }
  std::int64_t begin_ms() const { return blocks_.front().begin_ms; }
  std::int64_t end_ms() const { return end_ms_; }
  // The begin of the newest piece, once there is one.
  std::int64_t newest_ms() const { return newest_.begin_ms; }
  const Sums& sums() const { return sums_; }
  // Changes when something before end_ms() did.
  std::uint64_t version() const { return version_; }
  std::vector<Piece> pieces(std::int64_t from_ms) const;  // those that end after it
  std::size_t bytes() const;                              // of memory

  // Rows of what changed since the last call, with the counters as they are now.
  void take_rows(SloId slo, const EventCount& counters, std::vector<EventBlock>& rows);
  // From an empty log: the rows of one objective, by time. Those that are damaged or overlap are
  // gaps, and so is what lies beyond until_ms.
  void restore(std::span<const EventBlock> rows, std::int64_t until_ms);

 private:
  struct Block {
    std::int64_t begin_ms = 0;
    Sums before;
    std::string bytes;
    std::uint32_t pieces = 0;
    bool changed = false;

    bool is_coarse() const;
  };
  class Reader;
  class Packer;

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  void change(std::size_t index) { changed_from_ = std::min(changed_from_, index); }
  void push(const Piece& piece);
  void pack(const Piece& piece);
  void note(const Piece& piece, std::size_t offset);
  std::size_t block_of(std::int64_t t_ms) const;
  std::vector<Piece> pieces_of(const Block& block) const;
  void repack(std::size_t index, const std::vector<Piece>& pieces);
  void forget(std::size_t index);
  void lay_together();

  std::vector<Block> blocks_;
  std::size_t coarse_ = 0;  // blocks at the front that were laid together
  std::int64_t end_ms_ = 0;
  Sums sums_;
  // Of the last block, to go on packing.
  std::int64_t last_length_ms_ = 0;
  std::int64_t last_total_ = 0;
  // The newest piece and what was so before it was packed. No piece before it changes any more.
  Piece newest_;
  std::size_t newest_offset_ = 0;  // in the last block; 0: it was cut away
  std::int64_t length_before_ms_ = 0;
  std::int64_t total_before_ = 0;
  std::uint64_t version_ = 0;
  std::size_t changed_from_ = kNone;   // no block before it changed since rows were taken
  std::vector<std::int64_t> removed_;  // begins of blocks whose rows are to go
};

}  // namespace slo
