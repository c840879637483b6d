#include "slo/sqlite_codec.h"

#include <cstring>

namespace slo {

std::string encode_list(std::span<const std::int64_t> values) {
  std::string out;
  for (const std::int64_t value : values) {
    auto bits = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
    for (; bits >= 0x80; bits >>= 7) {
      out.push_back(static_cast<char>(bits | 0x80));
    }
    out.push_back(static_cast<char>(bits));
  }
  return out;
}

std::optional<std::vector<std::int64_t>> decode_list(std::string_view bytes) {
  std::vector<std::int64_t> values;
  std::uint64_t bits = 0;
  int shift = 0;
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (shift > 63 || (shift == 63 && byte > 1)) {
      return std::nullopt;
    }
    bits |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    shift += 7;
    if (byte < 0x80) {
      values.push_back(static_cast<std::int64_t>(bits >> 1) ^ -static_cast<std::int64_t>(bits & 1));
      bits = 0;
      shift = 0;
    }
  }
  if (shift != 0) {
    return std::nullopt;
  }
  return values;
}

// Multiplying by an odd number and folding the upper half down are both reversible, so that two
// states that differ once differ ever after.
void RowSum::add(std::int64_t value) {
  state_ = (state_ ^ static_cast<std::uint64_t>(value)) * 0x9E3779B97F4A7C15U;
  state_ ^= state_ >> 32;
}

void RowSum::add(std::string_view bytes) {
  add(static_cast<std::int64_t>(bytes.size()));
  while (!bytes.empty()) {
    std::int64_t word = 0;
    const std::size_t length = std::min(bytes.size(), sizeof word);
    std::memcpy(&word, bytes.data(), length);
    add(word);
    bytes.remove_prefix(length);
  }
}

void put_column(Statement& statement, int index, RowSum& sum, const std::string& text) {
  statement.bind(index, text);
  sum.add(text);
}

void put_column(Statement& statement, int index, RowSum& sum, std::span<const std::int64_t> list) {
  const std::string bytes = encode_list(list);
  statement.bind_blob(index, bytes);
  sum.add(bytes);
}

void put_column(Statement& statement, int index, RowSum& sum,
                const std::optional<std::string>& bytes) {
  const std::string_view value = bytes ? std::string_view(*bytes) : std::string_view();
  statement.bind_blob(index, value);
  sum.add(value);
}

bool get_column(const Statement& statement, int index, RowSum& sum, std::string& text) {
  text = statement.text(index);
  sum.add(text);
  return true;
}

bool get_column(const Statement& statement, int index, RowSum& sum,
                std::vector<std::int64_t>& list) {
  const std::string_view bytes = statement.blob(index);
  sum.add(bytes);
  auto values = decode_list(bytes);
  if (!values) {
    return false;
  }
  list = std::move(*values);
  return true;
}

bool get_column(const Statement& statement, int index, RowSum& sum,
                std::optional<std::string>& bytes) {
  bytes = statement.blob(index);
  sum.add(*bytes);
  return true;
}

}  // namespace slo
