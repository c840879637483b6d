#include "slo/series_selector.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace slo {
namespace {

using exporter::ErrorKind;
using exporter::fail;
using exporter::Result;

bool is_name_char(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
         (!first && c >= '0' && c <= '9');
}

class Reader {
 public:
  explicit Reader(std::string_view text) : left_(text) {}

  void skip_blanks() {
    while (!left_.empty() && (left_.front() == ' ' || left_.front() == '\t'))
      left_.remove_prefix(1);
  }
  bool take(std::string_view token) {
    skip_blanks();
    if (!left_.starts_with(token)) return false;
    left_.remove_prefix(token.size());
    return true;
  }
  std::string take_name() {
    skip_blanks();
    std::size_t size = 0;
    while (size < left_.size() && is_name_char(left_[size], size == 0)) ++size;
    std::string name(left_.substr(0, size));
    left_.remove_prefix(size);
    return name;
  }
  // "..." or '...', with \\, \" and \n.
  bool take_quoted(std::string& out) {
    skip_blanks();
    if (left_.empty() || (left_.front() != '"' && left_.front() != '\'')) return false;
    const char quote = left_.front();
    left_.remove_prefix(1);
    while (!left_.empty() && left_.front() != quote) {
      char c = left_.front();
      left_.remove_prefix(1);
      if (c == '\\') {
        if (left_.empty()) return false;
        c = left_.front() == 'n' ? '\n' : left_.front();
        left_.remove_prefix(1);
      }
      out += c;
    }
    return take(std::string_view(&quote, 1));
  }
  bool at_end() {
    skip_blanks();
    return left_.empty();
  }

 private:
  std::string_view left_;
};

// Calls with each name and raw value of `a="x",b="y"`; stops where the text is not of that form.
template <class Visit>
void each_label(std::string_view labels, Visit visit) {
  while (!labels.empty()) {
    const std::size_t equals = labels.find("=\"");
    if (equals == std::string_view::npos) return;
    const std::string_view name = labels.substr(0, equals);
    std::size_t end = equals + 2;
    while (end < labels.size() && labels[end] != '"') end += labels[end] == '\\' ? 2 : 1;
    if (end >= labels.size()) return;
    visit(name, labels.substr(equals + 2, end - equals - 2));
    labels.remove_prefix(std::min(labels.size(), end + 2));  // the quote and the comma
  }
}

double parse_value(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = std::numeric_limits<double>::quiet_NaN();
  std::from_chars(text.data(), text.data() + text.size(), value);  // reads NaN and Inf, too
  return value;
}

}  // namespace

std::string label_value(std::string_view labels, std::string_view name) {
  std::string value;
  each_label(labels, [&](std::string_view label, std::string_view raw) {
    if (label != name) return;
    value.clear();
    for (std::size_t i = 0; i < raw.size(); ++i) {
      char c = raw[i];
      if (c == '\\' && i + 1 < raw.size()) c = raw[++i] == 'n' ? '\n' : raw[i];
      value += c;
    }
  });
  return value;
}

template <class Reader>
Result<Selector::Matcher> Selector::parse_matcher(Reader& reader) {
  Matcher matcher;
  matcher.label = reader.take_name();
  if (matcher.label.empty()) return fail(ErrorKind::kInvalid, "the name of a label is missing");
  const bool is_pattern = reader.take("=~");
  const bool is_negative_pattern = !is_pattern && reader.take("!~");
  const bool is_different = !is_pattern && !is_negative_pattern && reader.take("!=");
  matcher.negative = is_negative_pattern || is_different;
  if (!is_pattern && !matcher.negative && !reader.take("=")) {
    return fail(ErrorKind::kInvalid,
                "after '" + matcher.label + "' one of =, !=, =~ and !~ is missing");
  }
  if (!reader.take_quoted(matcher.value)) {
    return fail(ErrorKind::kInvalid, "the value of '" + matcher.label + "' is not in quotes");
  }
  if (!is_pattern && !is_negative_pattern) return matcher;
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  auto pattern = std::make_shared<const RE2>("(?s:" + matcher.value + ")", options);
  if (!pattern->ok()) return fail(ErrorKind::kInvalid, matcher.value + ": " + pattern->error());
  matcher.pattern = std::move(pattern);
  return matcher;
}

Result<Selector> Selector::parse(std::string_view text) {
  const auto refused = [&](const std::string& why) {
    return fail(ErrorKind::kInvalid, "'" + std::string(text) + "': " + why);
  };
  Reader reader(text);
  Selector selector;
  selector.name_ = reader.take_name();
  if (selector.name_.empty()) return refused("must begin with the name of a metric");
  if (reader.take("{") && !reader.take("}")) {
    do {
      auto matcher = parse_matcher(reader);
      if (!matcher) return refused(matcher.error().message);
      selector.matchers_.push_back(std::move(*matcher));
    } while (reader.take(","));
    if (!reader.take("}")) return refused("',' or '}' is missing");
  }
  if (!reader.at_end()) {
    return refused("only a plain selector is understood here, no functions and no ranges");
  }
  return selector;
}

Selector Selector::renamed(std::string name) const {
  Selector other = *this;
  other.name_ = std::move(name);
  return other;
}

bool Selector::fits(std::string_view labels) const {
  return std::ranges::all_of(matchers_, [&](const Matcher& matcher) {
    const std::string value = label_value(labels, matcher.label);
    const bool same =
        matcher.pattern ? RE2::FullMatch(value, *matcher.pattern) : value == matcher.value;
    return same != matcher.negative;
  });
}

void Selector::each(std::string_view page, const Visit& visit) const {
  for (std::size_t at = 0; at < page.size();) {
    const std::size_t end = std::min(page.find('\n', at), page.size());
    std::string_view line = page.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(name_) || line.size() <= name_.size()) continue;
    line.remove_prefix(name_.size());
    std::string_view labels;
    if (line.front() == '{') {
      std::size_t close = 1;
      bool quoted = false;
      while (close < line.size() && (quoted || line[close] != '}')) {
        if (quoted && line[close] == '\\') {
          ++close;
        } else if (line[close] == '"') {
          quoted = !quoted;
        }
        ++close;
      }
      if (close >= line.size()) continue;
      labels = line.substr(1, close - 1);
      line.remove_prefix(close + 1);
    }
    if (!line.starts_with(' ')) continue;  // another metric with a longer name
    line.remove_prefix(1);
    if (fits(labels)) visit(labels, parse_value(line.substr(0, line.find(' '))));
  }
}

}  // namespace slo
