// A slice of 15 s with 1,200 good events and 1 bad one, behind one with 1,190 good ones, is 3
// bytes: b0 01 01: h = 22 << 3 (the total grew by 11), 1 bad.
#include "slo/event_log.h"

#include <algorithm>
#include <utility>

namespace slo {
namespace {

constexpr char kAsTheyCame = 1;
constexpr char kLaidTogether = 2;
constexpr std::uint64_t kHasLength = 4;

// Slices that were laid together are at most 300: none is shorter than a second.
constexpr std::int64_t kMaxTogether = EventLog::kMaxAmount << 9;

bool is_possible(const EventLog::Piece& piece, std::int64_t most) {
  const auto in_bounds = [&](std::int64_t amount) { return amount >= 0 && amount <= most; };
  return piece.begin_ms < piece.end_ms && in_bounds(piece.count.good) && in_bounds(piece.count.bad);
}

std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

std::int64_t unzigzag(std::uint64_t bits) {
  return static_cast<std::int64_t>(bits >> 1) ^ -static_cast<std::int64_t>(bits & 1);
}

void put_number(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<char>(number | 0x80));
  out.push_back(static_cast<char>(number));
}

EventLog::Sums sums_of(const EventLog::Piece& piece) {
  return {piece.count, piece.end_ms - piece.begin_ms};
}

// Of pieces in order, neighbours of one kind as long as they are short together.
std::vector<EventLog::Piece> together(const std::vector<EventLog::Piece>& pieces) {
  std::vector<EventLog::Piece> out;
  for (const EventLog::Piece& piece : pieces) {
    const bool fits = !out.empty() && out.back().kind == piece.kind &&
                      (piece.kind != EventLog::Kind::kKnown ||
                       piece.end_ms - out.back().begin_ms <= EventLog::kCoarseMs);
    if (!fits) {
      out.push_back(piece);
      continue;
    }
    out.back().end_ms = piece.end_ms;
    out.back().count.good += piece.count.good;
    out.back().count.bad += piece.count.bad;
  }
  return out;
}

}  // namespace

// Reads the pieces of a block one after the other.
class EventLog::Reader {
 public:
  Reader(std::string_view bytes, std::int64_t begin_ms) : bytes_(bytes), t_ms_(begin_ms) {}
  Reader(std::string_view bytes, std::size_t offset, std::int64_t total, const Piece& last)
      : bytes_(bytes),
        offset_(offset),
        t_ms_(last.end_ms),
        length_ms_(last.end_ms - last.begin_ms),
        total_(total) {}

  // False at the end, and where the bytes make no sense.
  bool next(Piece& piece) {
    if (offset_ >= bytes_.size()) return false;
    std::uint64_t head = 0;
    std::uint64_t number = 0;
    if (!get(head) || (head & 3) > 2) return fail();
    if ((head & kHasLength) != 0) {
      if (!get(number) || number > static_cast<std::uint64_t>(kMaxTogether)) return fail();
      length_ms_ = static_cast<std::int64_t>(number);
    }
    piece.kind = static_cast<Kind>(head & 3);
    piece.begin_ms = t_ms_;
    piece.end_ms = t_ms_ += length_ms_;
    piece.count = {};
    if (piece.kind == Kind::kKnown) {
      if (!get(number) || number > static_cast<std::uint64_t>(kMaxTogether)) return fail();
      total_ += unzigzag(head >> 3);
      piece.count.bad = static_cast<std::int64_t>(number);
      piece.count.good = total_ - piece.count.bad;
    }
    return is_possible(piece, kMaxTogether) || fail();
  }

  bool failed() const { return failed_; }
  std::size_t offset() const { return offset_; }
  std::int64_t total() const { return total_; }
  std::int64_t length_ms() const { return length_ms_; }

 private:
  bool fail() {
    failed_ = true;
    offset_ = bytes_.size();
    return false;
  }

  bool get(std::uint64_t& number) {
    number = 0;
    for (int shift = 0; offset_ < bytes_.size() && shift <= 63; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(bytes_[offset_++]);
      number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  std::string_view bytes_;
  std::size_t offset_ = 1;
  std::int64_t t_ms_;
  std::int64_t length_ms_ = 0;
  std::int64_t total_ = 0;
  bool failed_ = false;
};

// Writes them.
class EventLog::Packer {
 public:
  Packer(std::string& bytes, std::int64_t& length_ms, std::int64_t& total)
      : bytes_(bytes), length_ms_(length_ms), total_(total) {}

  void put(const Piece& piece) {
    std::uint64_t head = static_cast<std::uint64_t>(piece.kind);
    const bool known = piece.kind == Kind::kKnown;
    if (known) head |= zigzag(piece.count.total() - total_) << 3;
    const std::int64_t length_ms = piece.end_ms - piece.begin_ms;
    if (length_ms != length_ms_) head |= kHasLength;
    put_number(bytes_, head);
    if (length_ms != length_ms_) put_number(bytes_, static_cast<std::uint64_t>(length_ms));
    length_ms_ = length_ms;
    if (!known) return;
    put_number(bytes_, static_cast<std::uint64_t>(piece.count.bad));
    total_ = piece.count.total();
  }

 private:
  std::string& bytes_;
  std::int64_t& length_ms_;
  std::int64_t& total_;
};

bool EventLog::Block::is_coarse() const { return bytes.front() == kLaidTogether; }

bool EventLog::append(const Piece& piece) {
  if (!is_possible(piece, kMaxAmount)) return false;
  if (!empty() && piece.begin_ms < end_ms_) return false;
  if (!empty() && piece.begin_ms > end_ms_) push({end_ms_, piece.begin_ms, {}, Kind::kGap});
  push(piece);
  lay_together();
  return true;
}

void EventLog::push(const Piece& piece) {
  if (blocks_.empty() || blocks_.back().pieces >= kBlockPieces || blocks_.back().is_coarse()) {
    if (!blocks_.empty()) blocks_.back().bytes.shrink_to_fit();
    blocks_.push_back({piece.begin_ms, sums_, std::string(1, kAsTheyCame), 0, false});
    last_length_ms_ = 0;
    last_total_ = 0;
  }
  blocks_.back().changed = true;
  change(blocks_.size() - 1);
  pack(piece);
}

// Into the last block.
void EventLog::pack(const Piece& piece) {
  note(piece, blocks_.back().bytes.size());
  Packer(blocks_.back().bytes, last_length_ms_, last_total_).put(piece);
}

// The newest piece stands, or is to stand, in the last block there.
void EventLog::note(const Piece& piece, std::size_t offset) {
  newest_ = piece;
  newest_offset_ = offset;
  length_before_ms_ = last_length_ms_;
  total_before_ = last_total_;
  ++blocks_.back().pieces;
  end_ms_ = piece.end_ms;
  if (piece.kind != Kind::kKnown) return;
  sums_.count.good += piece.count.good;
  sums_.count.bad += piece.count.bad;
  sums_.known_ms += piece.end_ms - piece.begin_ms;
}

void EventLog::cut(std::int64_t t_ms) {
  if (t_ms >= end_ms_ || newest_offset_ == 0) return;
  Piece piece = newest_;
  Block& block = blocks_.back();
  block.bytes.resize(newest_offset_);
  --block.pieces;
  block.changed = true;
  change(blocks_.size() - 1);
  last_length_ms_ = length_before_ms_;
  last_total_ = total_before_;
  end_ms_ = piece.begin_ms;
  if (piece.kind == Kind::kKnown) sums_ = sums_ - sums_of(piece);
  if (piece.begin_ms < t_ms) {
    piece.end_ms = t_ms;
    pack(piece);
    return;
  }
  newest_offset_ = 0;
  if (block.pieces == 0) forget(blocks_.size() - 1);
}

// The last block that begins before t_ms, or the first.
std::size_t EventLog::block_of(std::int64_t t_ms) const {
  const auto after = std::ranges::lower_bound(blocks_, t_ms, {}, &Block::begin_ms);
  return after == blocks_.begin() ? 0 : static_cast<std::size_t>(after - blocks_.begin()) - 1;
}

std::vector<EventLog::Piece> EventLog::pieces_of(const Block& block) const {
  std::vector<Piece> pieces;
  Reader reader(block.bytes, block.begin_ms);
  for (Piece piece; reader.next(piece);) pieces.push_back(piece);
  return pieces;
}

// The block and, where they are too many, one behind it hold these pieces from now on, which have
// the same sums.
void EventLog::repack(std::size_t index, const std::vector<Piece>& pieces) {
  change(index);
  Sums sums = blocks_[index].before;
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (i % kBlockPieces == 0) {
      blocks.push_back({pieces[i].begin_ms, sums, std::string(1, kLaidTogether), 0, true});
      last_length_ms_ = 0;
      last_total_ = 0;
    }
    Packer(blocks.back().bytes, last_length_ms_, last_total_).put(pieces[i]);
    ++blocks.back().pieces;
    if (pieces[i].kind != Kind::kKnown) continue;
    sums.count.good += pieces[i].count.good;
    sums.count.bad += pieces[i].count.bad;
    sums.known_ms += pieces[i].end_ms - pieces[i].begin_ms;
  }
  for (Block& block : blocks) block.bytes.shrink_to_fit();
  if (index < coarse_) coarse_ += blocks.size() - 1;
  const auto at = blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(index));
  blocks_.insert(at, std::make_move_iterator(blocks.begin()),
                 std::make_move_iterator(blocks.end()));
  if (index + blocks.size() == blocks_.size()) return;
  // What was packed last is not the newest piece.
  Reader reader(blocks_.back().bytes, blocks_.back().begin_ms);
  for (Piece piece; reader.next(piece);) continue;
  last_length_ms_ = reader.length_ms();
  last_total_ = reader.total();
}

void EventLog::forget(std::size_t index) {
  change(index);
  removed_.push_back(blocks_[index].begin_ms);
  blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(index));
}

// The oldest block that is old enough goes into the one before it, or becomes one of its own.
void EventLog::lay_together() {
  if (coarse_ + 1 >= blocks_.size() || blocks_[coarse_ + 1].begin_ms > end_ms_ - kFineMs) return;
  if (blocks_.size() > 1 && blocks_[1].begin_ms < end_ms_ - kKeptMs) {
    forget(0);
    coarse_ -= coarse_ > 0 ? 1 : 0;
    ++version_;
    return;
  }
  ++version_;
  std::vector<Piece> pieces = pieces_of(blocks_[coarse_]);
  if (coarse_ == 0 || blocks_[coarse_ - 1].pieces >= kBlockPieces) {
    repack(coarse_, together(pieces));
    ++coarse_;
    return;
  }
  std::vector<Piece> all = pieces_of(blocks_[coarse_ - 1]);
  all.insert(all.end(), pieces.begin(), pieces.end());
  forget(coarse_);
  repack(coarse_ - 1, together(all));
}

EventLog::Sums EventLog::at(std::int64_t t_ms) const {
  Cursor cursor;
  return at(t_ms, cursor);
}

EventLog::Sums EventLog::at(std::int64_t t_ms, Cursor& cursor) const {
  if (empty()) return {};
  if (t_ms >= end_ms_) return sums_;
  if (t_ms <= begin_ms()) return blocks_.front().before;
  // No cursor ever stands in the newest piece, which may still be cut.
  if (newest_offset_ != 0 && t_ms > newest_.begin_ms) {
    Sums sums = sums_;
    if (newest_.kind == Kind::kKnown) sums.known_ms -= end_ms_ - t_ms;
    return sums;
  }
  const auto begin_block = [&](std::size_t index) {
    const Block& block = blocks_[index];
    cursor.version = version_;
    cursor.block = index;
    cursor.before = block.before;
    Reader reader(block.bytes, block.begin_ms);
    reader.next(cursor.piece);
    cursor.offset = reader.offset();
    cursor.total = reader.total();
  };
  const bool goes_on =
      cursor.version == version_ && cursor.block < blocks_.size() && cursor.piece.begin_ms < t_ms;
  if (!goes_on ||
      (cursor.block + 1 < blocks_.size() && blocks_[cursor.block + 1].begin_ms < t_ms)) {
    begin_block(block_of(t_ms));
  }
  Reader reader(blocks_[cursor.block].bytes, cursor.offset, cursor.total, cursor.piece);
  while (cursor.piece.end_ms < t_ms) {
    Piece next;
    if (!reader.next(next)) break;
    if (cursor.piece.kind == Kind::kKnown) {
      cursor.before.count.good += cursor.piece.count.good;
      cursor.before.count.bad += cursor.piece.count.bad;
      cursor.before.known_ms += cursor.piece.end_ms - cursor.piece.begin_ms;
    }
    cursor.piece = next;
    cursor.offset = reader.offset();
    cursor.total = reader.total();
  }
  Sums sums = cursor.before;
  if (cursor.piece.kind != Kind::kKnown) return sums;
  sums.count.good += cursor.piece.count.good;
  sums.count.bad += cursor.piece.count.bad;
  sums.known_ms += std::min(t_ms, cursor.piece.end_ms) - cursor.piece.begin_ms;
  return sums;
}

std::vector<EventLog::Piece> EventLog::pieces(std::int64_t from_ms) const {
  std::vector<Piece> pieces;
  for (std::size_t i = empty() ? 0 : block_of(from_ms); i < blocks_.size(); ++i) {
    for (const Piece& piece : pieces_of(blocks_[i])) {
      if (piece.end_ms > from_ms) pieces.push_back(piece);
    }
  }
  return pieces;
}

std::size_t EventLog::bytes() const {
  std::size_t bytes = sizeof *this + blocks_.capacity() * sizeof(Block);
  for (const Block& block : blocks_) bytes += block.bytes.capacity() + 1;
  return bytes;
}

void EventLog::take_rows(SloId slo, const EventCount& counters, std::vector<EventBlock>& rows) {
  const std::size_t from = std::exchange(changed_from_, kNone);
  if (from == kNone) return;
  for (const std::int64_t begin_ms : std::exchange(removed_, {})) {
    rows.push_back({slo, begin_ms, counters.good, counters.bad, std::nullopt});
  }
  for (std::size_t i = from; i < blocks_.size(); ++i) {
    Block& block = blocks_[i];
    if (!std::exchange(block.changed, false)) continue;
    rows.push_back({slo, block.begin_ms, counters.good, counters.bad, block.bytes});
  }
}

void EventLog::restore(std::span<const EventBlock> rows, std::int64_t until_ms) {
  for (const EventBlock& row : rows) {
    if (!row.bytes || row.bytes->empty() || (!empty() && row.begin_ms < end_ms_)) continue;
    const bool coarse = row.bytes->front() == kLaidTogether;
    if (!coarse && row.bytes->front() != kAsTheyCame) continue;
    std::size_t pieces = 0;
    Piece piece;
    Reader check(*row.bytes, row.begin_ms);
    while (check.next(piece) && piece.begin_ms < until_ms) ++pieces;
    if (check.failed() || pieces == 0 || pieces > 2 * kBlockPieces) continue;
    if (!empty() && row.begin_ms > end_ms_) {
      push({end_ms_, row.begin_ms, {}, Kind::kGap});
      blocks_.back().changed = false;
    }
    if (coarse && coarse_ == blocks_.size()) ++coarse_;
    blocks_.push_back({row.begin_ms, sums_, *row.bytes, 0, false});
    last_length_ms_ = 0;
    last_total_ = 0;
    // Packed as it is, but for what lies beyond until_ms.
    std::size_t end = 1;
    for (Reader reader(*row.bytes, row.begin_ms); reader.next(piece) && piece.end_ms <= until_ms;) {
      note(piece, std::exchange(end, reader.offset()));
      last_length_ms_ = reader.length_ms();
      last_total_ = reader.total();
    }
    blocks_.back().bytes.resize(end);
    if (blocks_.back().pieces < pieces) pack({piece.begin_ms, until_ms, piece.count, piece.kind});
  }
  changed_from_ = kNone;
  ++version_;
}

}  // namespace slo
