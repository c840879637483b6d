// Samples, flat. A collector writes its samples in order, every scrape anew, as if nothing were
// kept:
//
//   out.family(kLoad1);            out.add(0.25);
//   out.family(kDiskReads);        out.add(reads, "sda");
//
// Behind that, a SampleBlock keeps the text in front of each value ("head": HELP and TYPE lines of
// a family's first sample, name, labels) from the scrape before. The writer compares each call with
// what stands at the same place: equal means only the number is stored, different means everything
// from there on is rendered again. So a steady scrape renders no label and allocates nothing, and a
// new disk costs one re-rendering. A block is written by one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exporter/core/number.h"

namespace exporter {

enum class MetricType : std::uint8_t { kCounter, kGauge, kUntyped, kHistogram, kSummary };

// An empty label value equals no label (Prometheus' data model). Families whose labels differ from
// device to device leave it out.
enum class EmptyLabels : std::uint8_t { kKept, kLeftOut };

// One metric family; a constant with static storage. `labels` are the label names, in the order in
// which add() takes the values. A family of which only the start and the end of the name are fixed
// (node_memory_*_bytes) gives `name` and `name_end`, and is written with named() or, if it has
// labels, begun with named_family().
struct Family {
  static constexpr std::size_t kMaxLabels = 20;

  std::string_view name;
  std::string_view help;
  MetricType type = MetricType::kGauge;
  std::array<std::string_view, kMaxLabels> labels{};
  std::string_view name_end{};
  EmptyLabels empty_labels = EmptyLabels::kKept;

  constexpr std::size_t label_count() const {
    std::size_t count = 0;
    while (count < kMaxLabels && !labels[count].empty()) ++count;
    return count;
  }
};

// Labels that all samples of one thing (a container, a probe) begin with, at least one. Rendered
// once when they are set; after that a sample of it costs the comparison of one number, however
// many labels there are.
class SharedLabels {
 public:
  // Replaces all labels by none; then add() each, then seal(). Only a sealed set may be written.
  void clear();
  // name is a valid label name, and stands once.
  void add(std::string_view name, std::string_view value);
  // Gives the text a number that no other text of this process has.
  void seal();

  std::string_view text() const { return text_; }
  std::uint64_t number() const { return number_; }

 private:
  std::string text_;  // id="/",name="web"
  std::uint64_t number_ = 0;
};

// What one collector gave, ready to be rendered.
class SampleBlock {
 public:
  std::size_t size() const { return entries_.size(); }

  // Appends the block as text format 0.0.4. Allocates only when out has to grow.
  void render_text(std::string& out) const { render_text(out, 0, most_bytes_); }
  // The same in pieces: from sample `from` on as many as fit into `room` bytes, at least one.
  // Returns the sample to go on with, size() at the end.
  std::size_t render_text(std::string& out, std::size_t from, std::size_t room) const;

  // Samples that stood twice under the same name and labels and are rendered once.
  std::size_t duplicates() const { return duplicates_; }

  // Changes whenever the block gets other samples than in the scrape before.
  std::uint64_t version() const { return version_; }

  // Adds the names of all families of the block.
  void add_family_names(std::set<std::string, std::less<>>& names) const;

 private:
  friend class SampleWriter;

  struct Entry {
    std::uint32_t head_end = 0;  // heads_ from the end of the entry before to here
    std::uint32_t key_end = 0;   // keys_ likewise
    const Family* family = nullptr;
    [[no_unique_address]] Number value;
    std::uint32_t shared = kNotShared;  // its labels in shared_
  };
  static constexpr std::uint32_t kNotShared = 0xFFFF'FFFF;
  // Labels that several samples share stand here once; a head then lacks them and its name.
  struct Shared {
    std::uint64_t number = 0;
    std::uint32_t text_end = 0;  // shared_texts_ from the end of the one before to here
  };

  void truncate(std::size_t entries, std::size_t keys);
  void settle();
  void drop_duplicates();
  void drop_unused_shared();
  std::string_view head(std::size_t entry) const;
  std::string_view shared_text(std::uint32_t shared) const;
  std::uint32_t add_shared(const SharedLabels& labels);

  std::string heads_;
  std::string keys_;  // what the heads were rendered from, see samples.cpp
  std::vector<Entry> entries_;
  std::string shared_texts_;
  std::vector<Shared> shared_;
  std::unordered_map<std::uint64_t, std::uint32_t> shared_places_;  // by number
  std::size_t most_bytes_ = 0;                                      // that the text can have
  std::size_t duplicates_ = 0;
  std::uint64_t version_ = 0;
};

// Appends the HELP and TYPE lines of a family.
void append_meta_lines(std::string& out, std::string_view name, std::string_view help,
                       MetricType type);

class SampleWriter {
 public:
  // Starts writing the block from its beginning. The block must outlive the writer.
  explicit SampleWriter(SampleBlock& block)
      : block_(block),
        entry_(block.entries_.data()),
        entries_end_(entry_ + block.entries_.size()),
        key_(block.keys_.data()) {}
  SampleWriter(const SampleWriter&) = delete;
  SampleWriter& operator=(const SampleWriter&) = delete;

  // Starts a family, which must have static storage. Without samples it leaves no trace. All
  // samples of a family stand together: starting the same family twice in one block is a
  // programming error.
  void family(const Family& family) {
    family_ = &family;
    middle_count_ = 0;
    first_of_family_ = true;
  }

  // Likewise a family called family.name + middle + family.name_end; bytes that a metric name
  // cannot have become '_'. `middle` is viewed until the next family begins. Samples follow with
  // add() or add_labels(). Two families of one block must not get the same name.
  void named_family(const Family& family, std::initializer_list<std::string_view> middle);

  // One sample; label values in the order of Family::labels, as many as there are label names.
  template <class... Labels>
  void add(Number value, const Labels&... labels) {
    const std::array<std::string_view, sizeof...(Labels)> values{std::string_view(labels)...};
    add_labels(value, values);
  }
  void add_labels(Number value, std::span<const std::string_view> labels);

  // One sample with the labels of `shared` in front of the family's own.
  template <class... Labels>
  void add_of(const SharedLabels& shared, Number value, const Labels&... labels) {
    const std::array<std::string_view, sizeof...(Labels)> values{std::string_view(labels)...};
    add_shared(shared, value, values);
  }

  // A sample whose name has an ending of its own: "_bucket", "_sum", "_count".
  template <class... Labels>
  void add_suffixed(std::string_view suffix, Number value, const Labels&... labels) {
    const std::array<std::string_view, sizeof...(Labels) + 1> values{suffix,
                                                                     std::string_view(labels)...};
    add_with_suffix(value, values);
  }

  // Likewise with the labels of `shared` in front.
  template <class... Labels>
  void add_suffixed_of(const SharedLabels& shared, std::string_view suffix, Number value,
                       const Labels&... labels) {
    const std::uint64_t number = shared.number();
    const std::array<std::string_view, sizeof...(Labels) + 2> values{
        suffix, std::string_view(reinterpret_cast<const char*>(&number), sizeof number),
        std::string_view(labels)...};
    add_suffixed_shared(shared, value, values);
  }

  // A whole family of one sample without labels, called family.name + middle + family.name_end;
  // bytes that a metric name cannot have become '_'.
  void named(const Family& family, std::initializer_list<std::string_view> middle, Number value);

  // A sample of which everything in front of the value is text already, as this format wants it:
  // the meta lines if it is its family's first, the name, the labels, a blank.
  void prepared(std::string_view head, Number value);

  // Cuts what was left of the scrape before. To be called once, at the end.
  void finish();

 private:
  using Parts = std::span<const std::string_view>;

  void add_with_suffix(Number value, Parts suffix_and_labels);
  void add_shared(const SharedLabels& shared, Number value, Parts labels);
  void add_suffixed_shared(const SharedLabels& shared, Number value, Parts parts);
  bool take_over(const Family* family, char kind, Parts parts, Number value);
  void start_rendering();
  void render(char kind, std::string_view suffix, Parts labels);
  void append_labels(char separator, Parts labels);
  void add_to_named(Number value, Parts labels);
  void push(const Family* family, char kind, Parts parts, Number value,
            std::uint32_t shared = SampleBlock::kNotShared);

  SampleBlock& block_;
  const Family* family_ = nullptr;
  static constexpr std::size_t kMaxMiddle = 3;
  std::array<std::string_view, kMaxMiddle> middle_{};  // of a named family
  std::size_t middle_count_ = 0;
  bool first_of_family_ = false;
  bool rendering_ = false;  // from here on nothing is taken over
  // The entry that the next sample is compared with, and its key; at the end while rendering.
  SampleBlock::Entry* entry_;
  SampleBlock::Entry* entries_end_;
  const char* key_;
};

}  // namespace exporter
