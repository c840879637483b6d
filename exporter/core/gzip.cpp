#include <isa-l.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <limits>

#include "exporter/core/gzip.h"

namespace exporter {
namespace {

constexpr std::uint32_t kLevel = 1;

// Room that the output grows by when there is less than a quarter of it left.
constexpr std::size_t kRoom = 64 * 1024;

}  // namespace

struct Gzip::Engine {
  isal_zstream stream;
  std::array<std::uint8_t, ISAL_DEF_LVL1_DEFAULT> level_memory;
};

Gzip::Gzip() : engine_(std::make_unique<Engine>()) {}

Gzip::~Gzip() = default;

void Gzip::compress(std::string_view text, std::string& out) {
  begin(out);
  add(text, true);
}

void Gzip::begin(std::string& out) {
  isal_zstream& stream = engine_->stream;
  isal_deflate_init(&stream);
  stream.level = kLevel;
  stream.level_buf = engine_->level_memory.data();
  stream.level_buf_size = static_cast<std::uint32_t>(engine_->level_memory.size());
  stream.gzip_flag = IGZIP_GZIP;
  stream.flush = NO_FLUSH;
  out_ = &out;
  size_ = 0;
}

void Gzip::add(std::string_view piece, bool is_last) {
  assert(piece.size() < std::numeric_limits<std::uint32_t>::max() / 2);
  isal_zstream& stream = engine_->stream;
  // isa-l reads only, although its field is not const.
  stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(piece.data()));
  stream.avail_in = static_cast<std::uint32_t>(piece.size());
  stream.end_of_stream = is_last ? 1 : 0;
  do {
    if (out_->size() < size_ + kRoom / 4) {
      // All the room that is there already, then more.
      const std::size_t wanted = std::max(out_->capacity(), size_ + kRoom);
      out_->resize_and_overwrite(wanted, [](char*, std::size_t all) { return all; });
    }
    stream.next_out = reinterpret_cast<std::uint8_t*>(out_->data()) + size_;
    stream.avail_out = static_cast<std::uint32_t>(out_->size() - size_);
    [[maybe_unused]] const int status = isal_deflate(&stream);
    assert(status == COMP_OK);
    size_ = stream.total_out;
  } while (stream.avail_out == 0 || (is_last && stream.internal_state.state != ZSTATE_END));
  if (is_last) out_->resize(size_);
}

std::string unpacked(std::string_view gzip) {
  constexpr std::size_t kPiece = 256 * 1024;
  const auto state = std::make_unique<inflate_state>();
  isal_inflate_init(state.get());
  state->crc_flag = ISAL_GZIP;
  state->next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(gzip.data()));
  state->avail_in = static_cast<std::uint32_t>(gzip.size());
  std::string text;
  while (state->block_state != ISAL_BLOCK_FINISH) {
    const std::size_t before = text.size();
    text.resize(before + kPiece);
    state->next_out = reinterpret_cast<std::uint8_t*>(text.data()) + before;
    state->avail_out = kPiece;
    if (isal_inflate(state.get()) != ISAL_DECOMP_OK) return {};
    text.resize(text.size() - state->avail_out);
    if (text.size() == before && state->avail_in == 0) return {};
  }
  return text;
}

}  // namespace exporter
