#include "slo/sqlite_log_check.h"

#include <algorithm>
#include <cstdint>

// The format (https://www.sqlite.org/fileformat2.html, "The Write-Ahead Log"), 32-bit big-endian:
//   header, 32 bytes: magic 377f0682 or -83, version 3007000, page size, checkpoint number, salt-1,
//                     salt-2, checksum-1, checksum-2 of the first 24 bytes
//   frame, 24 bytes and a page: page number, size of the database for a commit or 0, salt-1,
//   salt-2,
//                     checksum-1, checksum-2 of the frame's first 8 bytes and its page, going on
//                     from the frame before
// The magic's last bit tells the byte order in which the checksum reads its words.
namespace slo {
namespace {

constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kFrameHeaderBytes = 24;
constexpr std::uint32_t kMagic = 0x377f0682;
constexpr std::uint32_t kVersion = 3007000;

std::uint32_t word_at(std::string_view bytes, std::size_t at, bool big_endian = true) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i]));
  };
  return big_endian ? byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3)
                    : byte(3) << 24 | byte(2) << 16 | byte(1) << 8 | byte(0);
}

struct Checksum {
  bool big_endian = false;
  std::uint32_t first = 0;
  std::uint32_t second = 0;

  void add(std::string_view bytes) {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      first += word_at(bytes, at, big_endian) + second;
      second += word_at(bytes, at + 4, big_endian) + first;
    }
  }
  bool stands_at(std::string_view bytes, std::size_t at) const {
    return word_at(bytes, at) == first && word_at(bytes, at + 4) == second;
  }
};

}  // namespace

bool log_is_whole(std::string_view log) {
  // A file that grew before a crash but was never synced may read as zeros: no commit was in it.
  if (log.size() < kHeaderBytes ||
      std::ranges::all_of(log.substr(0, kHeaderBytes), [](char c) { return c == 0; })) {
    return true;
  }
  const std::uint32_t page_bytes = word_at(log, 8);
  Checksum sum{.big_endian = (word_at(log, 0) & 1) != 0};
  sum.add(log.substr(0, 24));
  if ((word_at(log, 0) & ~1U) != kMagic || word_at(log, 4) != kVersion || page_bytes < 512 ||
      page_bytes > 65536 || !sum.stands_at(log, 24)) {
    return false;
  }
  const std::string_view salts = log.substr(16, 8);
  const std::size_t frame_bytes = kFrameHeaderBytes + page_bytes;
  bool sound = true;
  bool committed_since = false;
  for (std::size_t at = kHeaderBytes; at + frame_bytes <= log.size(); at += frame_bytes) {
    const std::string_view frame = log.substr(at, frame_bytes);
    const bool current = frame.substr(8, 8) == salts;
    if (sound) {
      sum.add(frame.substr(0, 8));
      sum.add(frame.substr(kFrameHeaderBytes));
      sound = current && sum.stands_at(frame, 16);
    } else if (current && committed_since) {
      return false;
    }
    if (!sound && current && word_at(frame, 4) != 0) {
      committed_since = true;
    }
  }
  return true;
}

}  // namespace slo
