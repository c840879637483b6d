// Of a family, as client_golang does it:
//
//   # HELP a_total Some "b".          # HELP a Some \"b\".
//   # TYPE a_total counter            # TYPE a counter
//   a_total{c="d"} 1                  a_total{c="d"} 1
//
// Counters whose names do not end in _total, and those whose short name another family has, become
// "unknown", which is also what "untyped" is called: so the names of samples never change.
#include "exporter/core/openmetrics.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_set>

#include "exporter/core/kernel_file.h"
#include "exporter/core/scan.h"
#include "exporter/core/text.h"

namespace exporter {
namespace {

constexpr std::string_view kHelp = "# HELP ";
constexpr std::string_view kType = "# TYPE ";
constexpr std::string_view kTotal = "_total";

std::string_view name_in(std::string_view meta_line) {
  meta_line.remove_prefix(kHelp.size());
  return meta_line.substr(0, meta_line.find(' '));
}

std::unordered_set<std::string_view> family_names(std::string_view page) {
  std::unordered_set<std::string_view> names;
  std::string_view line;
  while (next_line(page, line)) {
    if (line.starts_with(kType)) names.insert(name_in(line));
  }
  return names;
}

// As 0.0.4 wrote it, and the double quotes escaped, too.
void append_help_text(std::string& out, std::string_view help) {
  for (const char c : help) {
    if (c == '"') out += '\\';
    out += c;
  }
}

class Converter {
 public:
  Converter(std::string& out, std::string_view page)
      : out_(out), page_(page), names_(family_names(page)) {}

  void convert() {
    std::string_view line;
    while (next_line(page_, line)) {
      if (line.starts_with(kHelp)) {
        help_ = line;
      } else if (line.starts_with(kType)) {
        start_family(line);
      } else {
        append_sample(line);
      }
    }
    out_ += "# EOF\n";
  }

 private:
  void start_family(std::string_view line) {
    std::string_view name = name_in(line);
    std::string_view type = line.substr(line.rfind(' ') + 1);
    bound_label_ = type == "histogram" ? "le=\"" : type == "summary" ? "quantile=\"" : "";
    if (type == "untyped") type = "unknown";
    if (type == "counter") {
      const std::string_view base = name.substr(0, name.size() - kTotal.size());
      if (name.ends_with(kTotal) && !base.empty() && !names_.contains(base)) {
        name = base;
      } else {
        type = "unknown";
      }
    }
    if (!help_.empty()) {
      const std::size_t text = kHelp.size() + name_in(help_).size() + 1;
      out_.append(kHelp).append(name).append(" ");
      append_help_text(out_, help_.substr(std::min(text, help_.size())));
      out_ += '\n';
      help_ = {};
    }
    out_.append(kType).append(name).append(" ").append(type).append("\n");
  }

  void append_sample(std::string_view line) {
    if (bound_label_.empty() || !append_with_bound(line)) out_ += line;
    out_ += '\n';
  }

  // le="1" becomes le="1.0". False, and nothing written, when the line has no such label.
  bool append_with_bound(std::string_view line) {
    std::size_t at = line.find(bound_label_, 1);
    while (at != std::string_view::npos && line[at - 1] != '{' && line[at - 1] != ',') {
      at = line.find(bound_label_, at + 1);
    }
    if (at == std::string_view::npos) return false;
    at += bound_label_.size();
    const std::size_t end = line.find('"', at);
    if (end == std::string_view::npos) return false;
    out_ += line.substr(0, at);
    append_canonical_bound(out_, line.substr(at, end - at));
    out_ += line.substr(end);
    return true;
  }

  static void append_canonical_bound(std::string& out, std::string_view text) {
    const auto value = to_number<double>(text.starts_with('+') ? text.substr(1) : text);
    if (!value || !std::isfinite(*value)) {
      out += text;
      return;
    }
    char buffer[64];
    const char* end =
        std::to_chars(buffer, buffer + sizeof buffer, *value, std::chars_format::general).ptr;
    const std::string_view written(buffer, static_cast<std::size_t>(end - buffer));
    out += written;
    if (written.find_first_of(".e") == std::string_view::npos) out += ".0";
  }

  std::string& out_;
  std::string_view page_;
  const std::unordered_set<std::string_view> names_;
  std::string_view help_;         // waits for its TYPE line
  std::string_view bound_label_;  // of the family, with the opening quote; empty: none
};

// One of the ranges of an Accept header: "text/plain;version=0.0.4;q=0.3".
struct MediaRange {
  std::string type;     // in lower case
  std::string version;  // empty: any
  double weight = 1;
};

std::string_view take_until(std::string_view& text, char separator) {
  std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return trimmed(part);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

MediaRange parse_range(std::string_view text) {
  MediaRange range;
  range.type = lower(take_until(text, ';'));
  while (!text.empty()) {
    std::string_view value = take_until(text, ';');
    const std::string name = lower(take_until(value, '='));
    if (name == "version") range.version = value;
    if (name == "q") range.weight = to_number<double>(value).value_or(1);
  }
  return range;
}

}  // namespace

void append_openmetrics(std::string& out, std::string_view page) { Converter(out, page).convert(); }

bool wants_openmetrics(std::string_view accept) {
  double openmetrics = 0;
  double anything = 0;
  while (!accept.empty()) {
    const MediaRange range = parse_range(take_until(accept, ','));
    if (!(range.weight > 0)) continue;
    if (range.type == "text/plain" || range.type == "text/*") return false;
    if (range.type == "*/*") anything = std::max(anything, range.weight);
    if (range.type == "application/openmetrics-text" &&
        (range.version.empty() || range.version == "1.0.0")) {
      openmetrics = std::max(openmetrics, range.weight);
    }
  }
  return openmetrics > anything;
}

}  // namespace exporter
