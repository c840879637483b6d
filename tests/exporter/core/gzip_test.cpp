#include "exporter/core/gzip.h"

#include <libdeflate.h>

#include <memory>
#include <random>
#include <string>

#include "tests/support/doctest.h"

namespace exporter {
namespace {

// Another library than the one that compressed takes it apart.
std::string gunzip(const std::string& packed, std::size_t expected_size) {
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> opener(
      libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  std::string text(expected_size + 1, '\0');
  std::size_t size = 0;
  REQUIRE(libdeflate_gzip_decompress(opener.get(), packed.data(), packed.size(), text.data(),
                                     text.size(), &size) == LIBDEFLATE_SUCCESS);
  text.resize(size);
  return text;
}

std::string metrics_page(std::size_t lines) {
  std::string page;
  for (std::size_t line = 0; line < lines; ++line) {
    page += "node_cpu_seconds_total{cpu=\"" + std::to_string(line) + "\",mode=\"idle\"} " +
            std::to_string(line * 977) + "\n";
  }
  return page;
}

}  // namespace

TEST_CASE("a compressed text comes back as it was, whatever its size") {
  Gzip gzip;
  std::string packed;
  for (const std::size_t lines : {0U, 1U, 10U, 1000U, 20000U, 3U}) {
    const std::string page = metrics_page(lines);
    gzip.compress(page, packed);
    CHECK(gunzip(packed, page.size()) == page);
  }
}

TEST_CASE("pieces give what the whole gives, and it can be unpacked again") {
  Gzip gzip;
  std::string packed;
  const std::string page = metrics_page(20000);
  for (const std::size_t piece : {7'777UL, 131'072UL, 1UL << 30}) {
    gzip.begin(packed);
    for (std::size_t at = 0; at < page.size(); at += piece) {
      gzip.add(std::string_view(page).substr(at, piece), at + piece >= page.size());
    }
    CHECK(gunzip(packed, page.size()) == page);
    CHECK(unpacked(packed) == page);
  }
  gzip.begin(packed);
  gzip.add(page, false);
  gzip.add("", true);
  CHECK(gunzip(packed, page.size()) == page);
  gzip.begin(packed);
  gzip.add("", true);
  CHECK(gunzip(packed, 0).empty());
  CHECK(unpacked(packed).empty());
}

TEST_CASE("what is no gzip, or only a part of it, is unpacked to nothing") {
  Gzip gzip;
  std::string packed;
  gzip.compress(metrics_page(2000), packed);
  CHECK(unpacked("").empty());
  CHECK(unpacked("no gzip").empty());
  CHECK(unpacked(packed.substr(0, packed.size() / 2)).empty());
  packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] + 1);
  CHECK(unpacked(packed).empty());
}

TEST_CASE("a metrics page shrinks to less than a third") {
  Gzip gzip;
  std::string packed;
  const std::string page = metrics_page(5000);
  gzip.compress(page, packed);
  CHECK(packed.size() * 3 < page.size());
}

TEST_CASE("what cannot be compressed grows by a few bytes only, and comes back too") {
  std::mt19937 random(7);
  Gzip gzip;
  std::string packed;
  for (const std::size_t size : {1UL, 100UL, 65535UL, 65536UL, 1'000'003UL}) {
    std::string noise(size, '\0');
    for (char& byte : noise) byte = static_cast<char>(random());
    gzip.compress(noise, packed);
    CHECK(packed.size() < size + size / 1000 + 64);
    CHECK((gunzip(packed, size) == noise));
  }
}

}  // namespace exporter
