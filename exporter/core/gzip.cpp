#include <isa-l.h>

#include <array>
#include <cassert>
#include <cstdint>
#include <limits>

#include "exporter/core/gzip.h"

namespace exporter {
namespace {

constexpr std::uint32_t kLevel = 1;

// What incompressible text may grow to: isa-l then writes stored blocks of 65,535 bytes with 5
// bytes before each, between the 10 bytes of gzip's head and the 8 of its tail. Some room more than
// that costs nothing.
std::size_t bound_of(std::size_t size) { return size + (size / 65535 + 2) * 5 + 64; }

}  // namespace

struct Gzip::Engine {
  isal_zstream stream;
  std::array<std::uint8_t, ISAL_DEF_LVL1_DEFAULT> level_memory;
};

Gzip::Gzip() : engine_(std::make_unique<Engine>()) {}

Gzip::~Gzip() = default;

void Gzip::compress(std::string_view text, std::string& out) {
  assert(text.size() < std::numeric_limits<std::uint32_t>::max() / 2);
  isal_zstream& stream = engine_->stream;
  out.resize_and_overwrite(bound_of(text.size()), [&](char* data, std::size_t size) {
    isal_deflate_stateless_init(&stream);
    stream.level = kLevel;
    stream.level_buf = engine_->level_memory.data();
    stream.level_buf_size = static_cast<std::uint32_t>(engine_->level_memory.size());
    stream.gzip_flag = IGZIP_GZIP;
    stream.end_of_stream = 1;
    stream.flush = NO_FLUSH;
    // isa-l reads only, although its field is not const.
    stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<std::uint32_t>(text.size());
    stream.next_out = reinterpret_cast<std::uint8_t*>(data);
    stream.avail_out = static_cast<std::uint32_t>(size);
    [[maybe_unused]] const int status = isal_deflate_stateless(&stream);
    assert(status == COMP_OK);
    return stream.total_out;
  });
}

}  // namespace exporter
