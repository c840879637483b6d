// How a block becomes text, and what is looked after once when something new was rendered. The
// layout is told in samples.cpp.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <functional>
#include <utility>

#include "exporter/core/samples.h"
#include "exporter/core/text.h"

namespace exporter {
namespace {

constexpr std::string_view kHelp = "# HELP ";
constexpr std::string_view kType = "\n# TYPE ";
constexpr char kMetaMark = kHelp.front();

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

}  // namespace

void append_meta_lines(std::string& out, std::string_view name, std::string_view help,
                       MetricType type) {
  out.append(kHelp).append(name).append(" ");
  append_help(out, help);
  out.append(kType).append(name).append(" ").append(type_name(type)).append("\n");
}

void SampleBlock::add_family_names(std::set<std::string, std::less<>>& names) const {
  const std::string_view heads(heads_);
  for (auto at = heads.find(kType); at != heads.npos; at = heads.find(kType, at)) {
    at += kType.size();
    names.emplace(heads.substr(at, heads.find(' ', at) - at));
  }
}

std::string_view SampleBlock::head(std::size_t entry) const {
  const std::uint32_t start = entry == 0 ? 0 : entries_[entry - 1].head_end;
  return {heads_.data() + start, entries_[entry].head_end - start};
}

std::string_view SampleBlock::shared_text(std::uint32_t shared) const {
  const std::uint32_t start = shared == 0 ? 0 : shared_[shared - 1].text_end;
  return {shared_texts_.data() + start, shared_[shared].text_end - start};
}

std::uint32_t SampleBlock::add_shared(const SharedLabels& labels) {
  const auto place = static_cast<std::uint32_t>(shared_.size());
  const auto [known, is_new] = shared_places_.try_emplace(labels.number(), place);
  if (is_new) {
    shared_texts_ += labels.text();
    shared_.push_back({labels.number(), static_cast<std::uint32_t>(shared_texts_.size())});
  }
  return known->second;
}

std::size_t SampleBlock::render_text(std::string& out, std::size_t from, std::size_t room) const {
  const std::size_t before = out.size();
  std::size_t next = from;
  std::size_t needed = 0;  // by the sample that did not fit
  out.resize_and_overwrite(before + room, [&](char* data, std::size_t size) {
    char* to = data + before;
    const char* const end = data + size;
    const auto fits = [&](std::size_t bytes) {
      needed = bytes + kMaxNumberBytes + 1;
      return static_cast<std::size_t>(end - to) >= needed;
    };
    const auto put = [&to](std::string_view text) {
      std::memcpy(to, text.data(), text.size());
      to += text.size();
    };
    std::uint32_t start = from == 0 ? 0 : entries_[from - 1].head_end;
    for (; next < entries_.size(); ++next) {
      const Entry& entry = entries_[next];
      std::string_view head(heads_.data() + start, entry.head_end - start);
      if (!head.empty()) {
        if (entry.shared == kNotShared) {
          if (!fits(head.size())) break;
        } else {
          const std::string_view name = entry.family->name;
          const std::string_view shared = shared_text(entry.shared);
          if (!fits(head.size() + name.size() + 1 + shared.size())) break;
          if (head.front() == kMetaMark) {
            const std::size_t meta = head.rfind('\n') + 1;
            put(head.substr(0, meta));
            head.remove_prefix(meta);
          }
          put(name);
          *to++ = '{';
          put(shared);
        }
        put(head);
        to = write_number(to, entry.value);
        *to++ = '\n';
      }
      start = entry.head_end;
    }
    return static_cast<std::size_t>(to - data);
  });
  if (next > from || next == entries_.size()) return next;
  return render_text(out, from, needed);
}

void SampleBlock::truncate(std::size_t entries, std::size_t keys) {
  keys_.resize(keys);
  heads_.resize(entries == 0 ? 0 : entries_[entries - 1].head_end);
  entries_.resize(entries);
  if (entries > 0) return;
  shared_.clear();
  shared_texts_.clear();
  shared_places_.clear();
}

// After something new was rendered.
void SampleBlock::settle() {
  static_assert(sizeof(Entry) == 32);
  ++version_;
  drop_duplicates();
  drop_unused_shared();
  most_bytes_ = heads_.size() + entries_.size() * (kMaxNumberBytes + 1);
  for (const Entry& entry : entries_) {
    if (entry.shared == kNotShared) continue;
    most_bytes_ += entry.family->name.size() + 1 + shared_text(entry.shared).size();
  }
}

// A duplicate keeps its entry, so that the comparison of the next scrape still finds it, but loses
// its head.
void SampleBlock::drop_duplicates() {
  duplicates_ = 0;
  using Text = std::array<std::string_view, 3>;  // in pieces that end at the same places
  const auto text = [this](std::uint32_t i) -> Text {
    const std::string_view own = head(i);
    const std::string_view line = own.substr(own.rfind('\n') + 1);  // npos + 1 == 0: no meta lines
    const Entry& entry = entries_[i];
    if (entry.shared == kNotShared || own.empty()) return {line};
    return {entry.family->name, shared_text(entry.shared), line};
  };
  // The first one of each text, in a table with open addressing, at most half full.
  constexpr std::uint32_t kFree = 0xffffffff;
  std::vector<std::uint32_t> firsts(std::bit_ceil(2 * entries_.size() + 1), kFree);
  const auto is_first = [&](std::uint32_t i) {
    const Text wanted = text(i);
    std::size_t at = 0;
    for (const std::string_view piece : wanted) {
      at = at * 31 + std::hash<std::string_view>()(piece);
    }
    for (;; ++at) {
      std::uint32_t& first = firsts[at & (firsts.size() - 1)];
      if (first == kFree) {
        first = i;
        return true;
      }
      if (text(first) == wanted) return false;
    }
  };
  std::vector<bool> drop(entries_.size(), false);
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    if (!head(i).empty() && is_first(i)) continue;  // empty: dropped in a scrape before
    drop[i] = true;
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

// Things go, and their labels would stay for ever.
void SampleBlock::drop_unused_shared() {
  std::vector<std::uint32_t> places(shared_.size(), kNotShared);
  std::size_t used = 0;
  for (const Entry& entry : entries_) {
    if (entry.shared == kNotShared || places[entry.shared] != kNotShared) continue;
    places[entry.shared] = 0;
    ++used;
  }
  if (shared_.size() - used <= used / 4) return;
  const std::string texts = std::exchange(shared_texts_, {});
  const std::vector<Shared> all = std::exchange(shared_, {});
  shared_places_.clear();
  std::uint32_t start = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::uint32_t end = all[i].text_end;
    if (places[i] != kNotShared) {
      places[i] = static_cast<std::uint32_t>(shared_.size());
      shared_texts_.append(texts, start, end - start);
      shared_.push_back({all[i].number, static_cast<std::uint32_t>(shared_texts_.size())});
      shared_places_.emplace(all[i].number, places[i]);
    }
    start = end;
  }
  for (Entry& entry : entries_) {
    if (entry.shared != kNotShared) entry.shared = places[entry.shared];
  }
}

}  // namespace exporter
