// pgpgin 5839224
// Ip6InReceives                      15
#include "exporter/host/name_values.h"

#include "exporter/core/scan.h"

namespace exporter {

void WantedLines::search(std::string_view text) {
  wanted_.clear();
  line_count_ = 0;
  std::string_view line;
  for (; next_line(text, line); ++line_count_) {
    const std::string_view name = next_word(line);
    std::string reported = rename_ == nullptr ? std::string(name) : rename_(name);
    if (name.empty() || reported.empty() || !filter_.passes(reported)) continue;
    wanted_.push_back({line_count_, std::string(name), std::move(reported)});
  }
}

// False when the text is not laid out as at the last search.
bool WantedLines::pick(std::string_view text, std::vector<NameValue>& values,
                       LineErrors& errors) const {
  std::size_t number = 0;
  std::string_view line;
  for (const Line& wanted : wanted_) {
    do {
      if (!next_line(text, line)) return false;
    } while (number++ < wanted.number);
    std::string_view rest = line;
    if (next_word(rest) != wanted.name) return false;
    if (const auto value = next_integer(rest)) {
      values.push_back({wanted.reported, *value});
    } else {
      errors.add(line);
    }
  }
  while (next_line(text, line)) ++number;
  return number == line_count_;
}

void WantedLines::parse(std::string_view text, std::vector<NameValue>& values, LineErrors& errors) {
  const LineErrors before = errors;
  values.clear();
  if (pick(text, values, errors)) return;
  search(text);
  values.clear();
  errors = before;
  pick(text, values, errors);
}

}  // namespace exporter
