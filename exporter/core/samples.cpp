// Layout: all heads stand behind one another in one string, so rendering is "copy head, print
// number, newline" with sequential reads:
//
//   # HELP node_load1 ...\n# TYPE node_load1 gauge\nnode_load1 |
//   node_disk_reads_completed_total{device="sda"} |
//
// Of samples with shared labels only what is their own stands there, and the text is put together
// when it is rendered: meta lines if first | name from the family | { | shared labels | own end:
//
//   # HELP container_cpu_usage_seconds_total …\n# TYPE … counter\n | ,cpu="total"} |
//
// keys_ holds what each head was made from: one byte that tells the kind of head, then the raw
// texts, each behind its length. Comparing them is most of what a steady scrape does here, so it
// takes few instructions.
#include "exporter/core/samples.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstring>
#include <numeric>
#include <utility>

#include "exporter/core/text.h"

namespace exporter {
namespace {

// Kinds of heads.
constexpr char kFirst = 'F';          // a family's first sample, with the meta lines: label values
constexpr char kNext = 'f';           // the others
constexpr char kFirstSuffixed = 'S';  // with an ending of the name: the ending, label values
constexpr char kNextSuffixed = 's';
constexpr char kFirstShared = 'L';  // of a thing, which the entry tells: own label values
constexpr char kNextShared = 'l';
constexpr char kFirstSharedSuffixed = 'T';  // the ending, the number of its labels, own values
constexpr char kNextSharedSuffixed = 't';
constexpr char kNamed = 'n';         // a family of its own: parts of the name
constexpr char kPrepared = 'p';      // the head itself
constexpr char kFirstOfNamed = 'G';  // of a family with labels: parts of the name, label values
constexpr char kNextOfNamed = 'g';

void append_part(std::string& keys, std::string_view part) {
  const auto length = static_cast<std::uint32_t>(part.size());
  keys.append(reinterpret_cast<const char*>(&length), sizeof length);
  keys += part;
}

template <class Word>
bool same_word(const char* a, const char* b) {
  Word x = 0;
  Word y = 0;
  std::memcpy(&x, a, sizeof x);
  std::memcpy(&y, b, sizeof y);
  return x == y;
}

// memcmp without a call for short texts, which most labels are: two words that may overlap.
inline bool same_bytes(const char* a, const char* b, std::size_t size) {
  if (size > 16) return std::memcmp(a, b, size) == 0;
  if (size >= 8) {
    return same_word<std::uint64_t>(a, b) && same_word<std::uint64_t>(a + size - 8, b + size - 8);
  }
  if (size >= 4) {
    return same_word<std::uint32_t>(a, b) && same_word<std::uint32_t>(a + size - 4, b + size - 4);
  }
  if (size == 0) return true;
  return a[0] == b[0] && a[size / 2] == b[size / 2] && a[size - 1] == b[size - 1];
}

// Steps over one part of a key if it is this one.
inline bool take_part(const char*& at, const char* end, std::string_view part) {
  std::uint32_t length = 0;
  if (static_cast<std::size_t>(end - at) < sizeof length + part.size()) return false;
  std::memcpy(&length, at, sizeof length);
  at += sizeof length;
  if (length != part.size() || !same_bytes(at, part.data(), part.size())) return false;
  at += length;
  return true;
}

}  // namespace

void SharedLabels::clear() {
  text_.clear();
  number_ = 0;
}

void SharedLabels::add(std::string_view name, std::string_view value) {
  if (!text_.empty()) text_ += ',';
  text_ += name;
  text_ += "=\"";
  append_label_value(text_, value);
  text_ += '"';
}

void SharedLabels::seal() {
  static std::atomic<std::uint64_t> last{0};
  number_ = ++last;
}

// True when the next entry is this very sample: then only its value is new.
[[gnu::always_inline]] inline bool SampleWriter::take_over(const Family* family, char kind,
                                                           Parts parts, Number value) {
  if (entry_ == entries_end_ || entry_->family != family) return false;
  const char* at = key_;
  const char* end = block_.keys_.data() + entry_->key_end;
  if (*at++ != kind) return false;
  for (const std::string_view part : parts) {
    if (!take_part(at, end, part)) return false;
  }
  if (at != end) return false;
  entry_->value = value;
  ++entry_;
  key_ = end;
  return true;
}

void SampleWriter::start_rendering() {
  if (rendering_) return;
  rendering_ = true;
  block_.truncate(static_cast<std::size_t>(entry_ - block_.entries_.data()),
                  static_cast<std::size_t>(key_ - block_.keys_.data()));
  entry_ = entries_end_ = nullptr;
}

void SampleWriter::push(const Family* family, char kind, Parts parts, Number value,
                        std::uint32_t shared) {
  block_.keys_ += kind;
  for (const std::string_view part : parts) append_part(block_.keys_, part);
  block_.entries_.push_back({static_cast<std::uint32_t>(block_.heads_.size()),
                             static_cast<std::uint32_t>(block_.keys_.size()), family, value,
                             shared});
}

// Own labels and what closes them.
void SampleWriter::append_labels(char separator, Parts labels) {
  std::string& heads = block_.heads_;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].empty() && family_->empty_labels == EmptyLabels::kLeftOut) continue;
    heads += std::exchange(separator, ',');
    heads += family_->labels[i];
    heads += "=\"";
    append_label_value(heads, labels[i]);
    heads += '"';
  }
  heads += separator == '{' ? " " : "} ";
}

void SampleWriter::render(char kind, std::string_view suffix, Parts labels) {
  assert(family_ != nullptr);
  assert(labels.size() == family_->label_count() ||
         (!suffix.empty() && labels.size() < family_->label_count()));
  start_rendering();
  std::string& heads = block_.heads_;
  std::string name(family_->name);
  for (std::size_t i = 0; i < middle_count_; ++i) append_metric_name(name, middle_[i]);
  if (middle_count_ > 0) name += family_->name_end;
  if (kind == kFirst || kind == kFirstSuffixed || kind == kFirstOfNamed) {
    append_meta_lines(heads, name, family_->help, family_->type);
  }
  heads += name;
  heads += suffix;
  append_labels('{', labels);
}

void SampleWriter::named_family(const Family& family,
                                std::initializer_list<std::string_view> middle) {
  assert(middle.size() > 0 && middle.size() <= kMaxMiddle);
  this->family(family);
  std::ranges::copy(middle, middle_.begin());
  middle_count_ = middle.size();
}

void SampleWriter::add_to_named(Number value, Parts labels) {
  std::array<std::string_view, kMaxMiddle + Family::kMaxLabels> parts;
  const auto end = std::ranges::copy(std::span(middle_).first(middle_count_), parts.begin()).out;
  const std::size_t count = middle_count_ + labels.size();
  std::ranges::copy(labels, end);
  const char kind = std::exchange(first_of_family_, false) ? kFirstOfNamed : kNextOfNamed;
  const Parts all = std::span(parts).first(count);
  if (take_over(family_, kind, all, value)) return;
  render(kind, {}, labels);
  push(family_, kind, all, value);
}

void SampleWriter::add_labels(Number value, Parts labels) {
  if (middle_count_ > 0) return add_to_named(value, labels);
  const char kind = std::exchange(first_of_family_, false) ? kFirst : kNext;
  if (take_over(family_, kind, labels, value)) return;
  render(kind, {}, labels);
  push(family_, kind, labels, value);
}

void SampleWriter::add_with_suffix(Number value, Parts suffix_and_labels) {
  const char kind = std::exchange(first_of_family_, false) ? kFirstSuffixed : kNextSuffixed;
  if (take_over(family_, kind, suffix_and_labels, value)) return;
  render(kind, suffix_and_labels[0], suffix_and_labels.subspan(1));
  push(family_, kind, suffix_and_labels, value);
}

void SampleWriter::add_shared(const SharedLabels& shared, Number value, Parts labels) {
  assert(shared.number() != 0 && !shared.text().empty());
  assert(family_ != nullptr && labels.size() == family_->label_count());
  const char kind = std::exchange(first_of_family_, false) ? kFirstShared : kNextShared;
  const bool same = entry_ != entries_end_ && entry_->shared != SampleBlock::kNotShared &&
                    block_.shared_[entry_->shared].number == shared.number();
  if (same && take_over(family_, kind, labels, value)) return;
  start_rendering();
  if (kind == kFirstShared) {
    append_meta_lines(block_.heads_, family_->name, family_->help, family_->type);
  }
  append_labels(',', labels);
  push(family_, kind, labels, value, block_.add_shared(shared));
}

// The ending is not the family's, so these heads stand as a whole.
void SampleWriter::add_suffixed_shared(const SharedLabels& shared, Number value, Parts parts) {
  assert(shared.number() != 0 && !shared.text().empty());
  const bool first = std::exchange(first_of_family_, false);
  const char kind = first ? kFirstSharedSuffixed : kNextSharedSuffixed;
  if (take_over(family_, kind, parts, value)) return;
  start_rendering();
  std::string& heads = block_.heads_;
  if (first) append_meta_lines(heads, family_->name, family_->help, family_->type);
  heads += family_->name;
  heads += parts[0];
  (heads += '{') += shared.text();
  append_labels(',', parts.subspan(2));
  push(family_, kind, parts, value);
}

void SampleWriter::named(const Family& family, std::initializer_list<std::string_view> middle,
                         Number value) {
  const Parts parts(middle.begin(), middle.size());
  if (take_over(&family, kNamed, parts, value)) return;
  start_rendering();
  std::string name(family.name);
  for (const std::string_view part : parts) append_metric_name(name, part);
  name += family.name_end;
  append_meta_lines(block_.heads_, name, family.help, family.type);
  block_.heads_ += name;
  block_.heads_ += ' ';
  push(&family, kNamed, parts, value);
}

void SampleWriter::prepared(std::string_view head, Number value) {
  const Parts parts(&head, 1);
  if (take_over(nullptr, kPrepared, parts, value)) return;
  start_rendering();
  block_.heads_ += head;
  push(nullptr, kPrepared, parts, value);
}

void SampleWriter::finish() {
  if (!rendering_ && entry_ == entries_end_) return;
  start_rendering();
  block_.settle();
}

}  // namespace exporter
