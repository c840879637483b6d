// Samples that are gathered device by device, or on another thread, and written family by family
// later. Flat: a list that is cleared and filled again with the same allocates nothing, and a copy
// is a few memcpys. One thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exporter/core/samples.h"

namespace exporter {

class SampleList {
 public:
  void clear();
  bool empty() const { return samples_.empty(); }

  // As SampleWriter::add(), without the order: the samples of a family need not stand together.
  template <class... Labels>
  void add(const Family& family, Number value, const Labels&... labels) {
    const std::array<std::string_view, sizeof...(Labels)> values{std::string_view(labels)...};
    add_labels(family, value, values);
  }
  void add_labels(const Family& family, Number value, std::span<const std::string_view> labels);

  // To be called once when all is added; only then the list can be written or copied.
  void finish();

  // Families in the order in which they were first seen in the life of this list, the samples of
  // each in the order in which they were added.
  void write(SampleWriter& out) const;

  // Makes this list write what the other does; the other's order stays with the other.
  void copy_samples(const SampleList& other);

 private:
  struct Sample {
    const Family* family = nullptr;
    Number value;
    std::uint32_t rank = 0;
    std::uint32_t first_label = 0;  // in label_ends_
    std::uint32_t label_count = 0;
  };

  std::string_view label(std::uint32_t index) const;

  std::vector<Sample> samples_;
  std::string text_;  // of all labels, one behind the other
  std::vector<std::uint32_t> label_ends_;
  std::vector<std::uint32_t> order_;  // of writing
  std::unordered_map<const Family*, std::uint32_t> ranks_;
};

}  // namespace exporter
