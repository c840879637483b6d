#include "slo/sqlite_codec.h"

#include <random>

#include "tests/support/doctest.h"

namespace slo {
namespace {

using List = std::vector<std::int64_t>;

TEST_CASE("a list of integers is zigzag numbers of seven bits a byte") {
  CHECK(encode_list(List{}) == "");
  CHECK(encode_list(List{1, -1, 300}) == "\x02\x01\xd8\x04");
  CHECK(decode_list("\x02\x01\xd8\x04") == List{1, -1, 300});
  CHECK(decode_list("") == List{});
}

TEST_CASE("every list comes back") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2'000; ++round) {
    List list(random() % 20);
    for (auto& value : list) value = static_cast<std::int64_t>(random() >> random() % 64);
    CHECK(decode_list(encode_list(list)) == list);
  }
  const List extremes = {INT64_MAX, INT64_MIN, 0};
  CHECK(decode_list(encode_list(extremes)) == extremes);
}

TEST_CASE("bytes that end within a number or overflow it are no list") {
  const auto refused = [](std::string_view bytes) { CHECK_FALSE(decode_list(bytes).has_value()); };
  refused("\x80");
  refused("\x02\xff");
  refused("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
  refused("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

std::int64_t sum_of(std::initializer_list<std::int64_t> values) {
  RowSum sum;
  for (const auto value : values) sum.add(value);
  return sum.value();
}

TEST_CASE("a row's checksum notices every flipped bit, a missing column and a swapped one") {
  const std::int64_t whole = sum_of({3, 1'700'000'000'000, 1, 23});
  for (int bit = 0; bit < 64; ++bit) {
    CHECK(sum_of({3, 1'700'000'000'000 ^ static_cast<std::int64_t>(1ULL << bit), 1, 23}) != whole);
  }
  CHECK(sum_of({3, 1'700'000'000'000, 1}) != whole);
  CHECK(sum_of({3, 1'700'000'000'000, 23, 1}) != whole);
  CHECK(sum_of({0, 0, 0}) != 0);

  const auto of_text = [](std::string_view first, std::string_view second) {
    RowSum sum;
    sum.add(first);
    sum.add(second);
    return sum.value();
  };
  CHECK(of_text("ab", "c") != of_text("a", "bc"));
  CHECK(of_text("shop", "") != of_text("shop", std::string_view("\0", 1)));
}

TEST_CASE("the checksum stays what it is, because files hold it") {
  RowSum sum;
  sum.add(1);
  sum.add("front page");
  CHECK(sum.value() == 2'420'949'747);
}

}  // namespace
}  // namespace slo
