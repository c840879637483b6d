// pgpgin 5839224
// Ip6InReceives                      15
#include "exporter/host/name_values.h"

#include "exporter/core/kernel_file.h"
#include "exporter/core/scan.h"

namespace exporter {
namespace {

bool is_line_of(std::string_view name, std::string_view text, std::size_t at) {
  if (at >= text.size() || (at > 0 && text[at - 1] != '\n')) return false;
  const std::string_view line = text.substr(at);
  if (!line.starts_with(name)) return false;
  const char behind = line.size() > name.size() ? line[name.size()] : '\n';
  return behind == ' ' || behind == '\t' || behind == '\n';
}

// Behind the next newline at or after `at`, the end of text if there is none.
std::size_t next_start(std::string_view text, std::size_t at) {
  const std::size_t newline = text.find('\n', at);
  return newline == std::string_view::npos ? text.size() : newline + 1;
}

}  // namespace

void WantedLines::search(std::string_view text) {
  wanted_.clear();
  line_count_ = 0;
  rest_size_ = 0;
  for (std::size_t at = 0; at < text.size(); at = next_start(text, at), ++line_count_) {
    std::string_view line = text.substr(at, text.find('\n', at) - at);
    const std::string_view name = next_word(line);
    std::string reported = rename_ == nullptr ? std::string(name) : rename_(name);
    if (name.empty() || reported.empty() || !filter_.passes(reported)) continue;
    wanted_.push_back({line_count_, at, std::string(name), std::move(reported)});
  }
}

// False when the text is not laid out as at the last search.
bool WantedLines::pick(std::string_view text, std::vector<NameValue>& values, LineErrors& errors) {
  std::size_t at = 0;
  std::size_t number = 0;
  std::size_t moved = 0;  // modulo 2^64, as lines move both ways
  for (Line& wanted : wanted_) {
    const std::size_t guess = wanted.start + moved;
    if (guess >= at && is_line_of(wanted.name, text, guess)) {
      at = guess;
    } else {
      for (; number < wanted.number; ++number) at = next_start(text, at);
      if (!is_line_of(wanted.name, text, at)) return false;
    }
    moved += at - guess;
    wanted.start = at;
    const std::size_t end = next_start(text, at);
    std::string_view rest = text.substr(at, end - at);
    rest.remove_prefix(wanted.name.size());
    if (const auto value = next_integer(rest)) {
      values.push_back({wanted.reported, *value});
    } else {
      errors.add(trimmed(text.substr(at, end - at)));
    }
    at = end;
    number = wanted.number + 1;
  }
  if (text.size() - at == rest_size_) return true;
  rest_size_ = text.size() - at;
  for (; at < text.size(); at = next_start(text, at)) ++number;
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
