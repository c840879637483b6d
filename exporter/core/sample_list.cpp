#include "exporter/core/sample_list.h"

#include <algorithm>
#include <numeric>

namespace exporter {

void SampleList::clear() {
  samples_.clear();
  text_.clear();
  label_ends_.clear();
  order_.clear();
}

void SampleList::add_labels(const Family& family, Number value,
                            std::span<const std::string_view> labels) {
  const auto next_rank = static_cast<std::uint32_t>(ranks_.size());
  auto rank = ranks_.find(&family);
  if (rank == ranks_.end()) rank = ranks_.emplace(&family, next_rank).first;
  samples_.push_back({&family, value, rank->second, static_cast<std::uint32_t>(label_ends_.size()),
                      static_cast<std::uint32_t>(labels.size())});
  for (const std::string_view label : labels) {
    text_ += label;
    label_ends_.push_back(static_cast<std::uint32_t>(text_.size()));
  }
}

void SampleList::finish() {
  order_.resize(samples_.size());
  std::iota(order_.begin(), order_.end(), 0U);
  std::ranges::sort(order_, [this](std::uint32_t a, std::uint32_t b) {
    return samples_[a].rank != samples_[b].rank ? samples_[a].rank < samples_[b].rank : a < b;
  });
}

std::string_view SampleList::label(std::uint32_t index) const {
  const std::uint32_t start = index == 0 ? 0 : label_ends_[index - 1];
  return std::string_view(text_).substr(start, label_ends_[index] - start);
}

void SampleList::write(SampleWriter& out) const {
  std::array<std::string_view, Family::kMaxLabels> labels;
  const Family* family = nullptr;
  for (const std::uint32_t index : order_) {
    const Sample& sample = samples_[index];
    if (sample.family != family) out.family(*sample.family);
    family = sample.family;
    for (std::uint32_t i = 0; i < sample.label_count; ++i) {
      labels[i] = label(sample.first_label + i);
    }
    out.add_labels(sample.value, std::span(labels.data(), sample.label_count));
  }
}

void SampleList::copy_samples(const SampleList& other) {
  samples_ = other.samples_;
  text_ = other.text_;
  label_ends_ = other.label_ends_;
  order_ = other.order_;
}

}  // namespace exporter
