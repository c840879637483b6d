// How values of a row become columns, and the checksum that every row carries: SQLite notices
// damage to its structure, not a flipped bit in a value. Pure functions, any thread.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "slo/sqlite_database.h"

namespace slo {

// A list of integers as one blob: zigzag, then seven bits a byte, least significant first, the
// eighth set on all but the last byte of a number. {1, -1, 300} is 02 01 d8 04.
std::string encode_list(std::span<const std::int64_t> values);
// Nothing when the bytes end within a number or a number has more than 64 bits.
std::optional<std::vector<std::int64_t>> decode_list(std::string_view bytes);

// 32 bits over all columns of a row in order. Stored, so never changed.
class RowSum {
 public:
  void add(std::int64_t value);
  void add(std::string_view bytes);
  std::int64_t value() const { return static_cast<std::int64_t>(state_ >> 32); }

 private:
  std::uint64_t state_ = 0x243F6A8885A308D3U;  // not 0: a row of zeros must not sum to 0
};

template <class T>
concept IntegerColumn = std::integral<T> || std::is_enum_v<T>;

template <IntegerColumn T>
void put_column(Statement& statement, int index, RowSum& sum, const T& value) {
  const auto number = static_cast<std::int64_t>(value);
  statement.bind(index, number);
  sum.add(number);
}
void put_column(Statement& statement, int index, RowSum& sum, const std::string& text);
void put_column(Statement& statement, int index, RowSum& sum, std::span<const std::int64_t> list);
void put_column(Statement& statement, int index, RowSum& sum,
                const std::optional<std::string>& bytes);

// False when the column cannot hold such a value.
template <IntegerColumn T>
bool get_column(const Statement& statement, int index, RowSum& sum, T& value) {
  const std::int64_t number = statement.integer(index);
  sum.add(number);
  value = static_cast<T>(number);
  return statement.is_integer(index) && static_cast<std::int64_t>(value) == number;
}
bool get_column(const Statement& statement, int index, RowSum& sum, std::string& text);
bool get_column(const Statement& statement, int index, RowSum& sum,
                std::vector<std::int64_t>& list);
bool get_column(const Statement& statement, int index, RowSum& sum,
                std::optional<std::string>& bytes);
template <std::size_t N>
bool get_column(const Statement& statement, int index, RowSum& sum,
                std::array<std::int64_t, N>& list) {
  std::vector<std::int64_t> values;
  if (!get_column(statement, index, sum, values) || values.size() != N) {
    return false;
  }
  std::ranges::copy(values, list.begin());
  return true;
}

// Binds the fields and, behind them, their checksum.
template <class... Fields>
void put_row(Statement& statement, const std::tuple<Fields...>& fields) {
  RowSum sum;
  int index = 0;
  std::apply([&](const auto&... field) { (put_column(statement, index++, sum, field), ...); },
             fields);
  statement.bind(index, sum.value());
}

// False when a column has an impossible value or the checksum is another.
template <class... Fields>
bool get_row(const Statement& statement, const std::tuple<Fields...>& fields) {
  RowSum sum;
  int index = 0;
  const bool possible = std::apply(
      [&](auto&... field) { return (get_column(statement, index++, sum, field) && ...); }, fields);
  return possible && statement.is_integer(index) && statement.integer(index) == sum.value();
}

}  // namespace slo
