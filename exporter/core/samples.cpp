// Layout: all heads stand behind one another in one string, so rendering is "copy head, print
// number, newline" with sequential reads:
//
//   # HELP node_load1 ...\n# TYPE node_load1 gauge\nnode_load1 |
//   node_disk_reads_completed_total{device="sda"} |
//
// keys_ holds the raw texts a head was made from; comparing them is a few memcmp.
#include "exporter/core/samples.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <numeric>

#include "exporter/core/text.h"

namespace exporter {
namespace {

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::kCounter: return "counter";
    case MetricType::kGauge: return "gauge";
    case MetricType::kUntyped: return "untyped";
    case MetricType::kHistogram: return "histogram";
    case MetricType::kSummary: return "summary";
  }
  return "untyped";
}

void append_meta_lines(std::string& out, std::string_view name, const Family& family) {
  out += "# HELP ";
  out += name;
  out += ' ';
  append_help(out, family.help);
  out += "\n# TYPE ";
  out += name;
  out += ' ';
  out += type_name(family.type);
  out += '\n';
}

void append_length(std::string& out, std::size_t length) {
  const auto value = static_cast<std::uint32_t>(length);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

void SampleBlock::render_text(std::string& out) const {
  const std::size_t before = out.size();
  const std::size_t most = before + heads_.size() + entries_.size() * (kMaxNumberBytes + 1);
  out.resize_and_overwrite(most, [&](char* data, std::size_t) {
    char* to = data + before;
    const char* head = heads_.data();
    std::uint32_t head_start = 0;
    for (const Entry& entry : entries_) {
      const std::uint32_t length = entry.head_end - head_start;
      if (length == 0) continue;
      std::memcpy(to, head + head_start, length);
      to = write_number(to + length, entry.value);
      *to++ = '\n';
      head_start = entry.head_end;
    }
    return static_cast<std::size_t>(to - data);
  });
}

// Runs only when something new was rendered. A duplicate keeps its entry, so that the comparison
// of the next scrape still finds it, but loses its head.
void SampleBlock::drop_duplicates() {
  duplicates_ = 0;
  const auto head = [this](std::size_t i) {
    const std::uint32_t start = i == 0 ? 0 : entries_[i - 1].head_end;
    const std::string_view text(heads_.data() + start, entries_[i].head_end - start);
    return text.substr(text.rfind('\n') + 1);  // npos + 1 == 0: no meta lines
  };
  std::vector<std::uint32_t> order(entries_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, [&](auto a, auto b) { return head(a) < head(b); });
  std::vector<bool> drop(entries_.size(), false);
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (head(order[i]).empty() || head(order[i]) != head(order[i - 1])) continue;
    drop[order[i]] = true;
    ++duplicates_;
  }
  if (duplicates_ == 0) return;
  std::string kept;
  std::uint32_t start = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const std::uint32_t end = entries_[i].head_end;
    if (!drop[i]) kept.append(heads_, start, end - start);
    start = end;
    entries_[i].head_end = static_cast<std::uint32_t>(kept.size());
  }
  heads_ = std::move(kept);
}

bool SampleWriter::matches(const Family* family, std::span<const std::string_view> key) const {
  if (next_ >= block_.entries_.size()) return false;
  const SampleBlock::Entry& entry = block_.entries_[next_];
  if (entry.family != family) return false;
  const std::uint32_t start = next_ == 0 ? 0 : block_.entries_[next_ - 1].key_end;
  const char* at = block_.keys_.data() + start;
  const char* end = block_.keys_.data() + entry.key_end;
  for (const std::string_view part : key) {
    std::uint32_t length = 0;
    if (end - at < static_cast<std::ptrdiff_t>(sizeof length)) return false;
    std::memcpy(&length, at, sizeof length);
    at += sizeof length;
    if (length != part.size() || std::memcmp(at, part.data(), length) != 0) return false;
    at += length;
  }
  return at == end;
}

void SampleWriter::start_rendering() {
  rendering_ = true;
  block_.entries_.resize(next_);
  block_.heads_.resize(next_ == 0 ? 0 : block_.entries_[next_ - 1].head_end);
  block_.keys_.resize(next_ == 0 ? 0 : block_.entries_[next_ - 1].key_end);
}

void SampleWriter::push(const Family* family, std::span<const std::string_view> key, Number value) {
  for (const std::string_view part : key) {
    append_length(block_.keys_, part.size());
    block_.keys_ += part;
  }
  block_.entries_.push_back({static_cast<std::uint32_t>(block_.heads_.size()),
                             static_cast<std::uint32_t>(block_.keys_.size()), family, value});
  ++next_;
}

void SampleWriter::add_sample(std::string_view suffix, std::span<const std::string_view> labels,
                              Number value) {
  assert(family_ != nullptr);
  assert(labels.size() == family_->label_count() ||
         (!suffix.empty() && labels.size() < family_->label_count()));
  // The marker tells a family's first sample, which carries the meta lines, from the others.
  std::array<std::string_view, Family::kMaxLabels + 2> parts;
  parts[0] = first_of_family_ ? "#" : "";
  parts[1] = suffix;
  std::ranges::copy(labels, parts.begin() + 2);
  const std::span<const std::string_view> key(parts.data(), labels.size() + 2);
  if (!rendering_) {
    if (matches(family_, key)) {
      block_.entries_[next_++].value = value;
      first_of_family_ = false;
      return;
    }
    start_rendering();
  }
  std::string& heads = block_.heads_;
  if (first_of_family_) append_meta_lines(heads, family_->name, *family_);
  first_of_family_ = false;
  heads += family_->name;
  heads += suffix;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    heads += i == 0 ? '{' : ',';
    heads += family_->labels[i];
    heads += "=\"";
    append_label_value(heads, labels[i]);
    heads += '"';
  }
  heads += labels.empty() ? " " : "} ";
  push(family_, key, value);
}

void SampleWriter::named(const Family& family, std::initializer_list<std::string_view> middle,
                         Number value) {
  const std::span<const std::string_view> key(middle.begin(), middle.size());
  if (!rendering_) {
    if (matches(&family, key)) {
      block_.entries_[next_++].value = value;
      return;
    }
    start_rendering();
  }
  std::string name(family.name);
  for (const std::string_view part : middle) append_metric_name(name, part);
  name += family.name_end;
  append_meta_lines(block_.heads_, name, family);
  block_.heads_ += name;
  block_.heads_ += ' ';
  push(&family, key, value);
}

void SampleWriter::finish() {
  if (!rendering_) {
    if (next_ == block_.entries_.size()) return;
    start_rendering();
  }
  block_.drop_duplicates();
}

}  // namespace exporter
