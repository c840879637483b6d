// Files of lines "name value", of which few are wanted: P/vmstat, P/net/snmp6.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/core/name_filter.h"
#include "exporter/core/number.h"

namespace exporter {

struct NameValue {
  std::string_view name;  // as reported
  Number value;
};

// Picks the wanted lines. Where they stand is found out once; a later reading looks for each where
// it stood, moved by as many bytes as the one before it, else steps there line by line. When one is
// not found so, or the number of lines behind the last is another, all are searched again: a
// running kernel adds lines, but takes none away. Only wanted lines can be bad. One thread.
class WantedLines {
 public:
  // The name under which a line is filtered and reported; empty for a line never wanted.
  using Rename = std::string (*)(std::string_view name);

  explicit WantedLines(NameFilter filter, Rename rename = nullptr)
      : filter_(std::move(filter)), rename_(rename) {}

  // Names in values are valid until the next parse.
  void parse(std::string_view text, std::vector<NameValue>& values, LineErrors& errors);

 private:
  struct Line {
    std::size_t number = 0;  // in the file
    std::size_t start = 0;   // in the last text
    std::string name;        // as in the file
    std::string reported;    // as reported
  };

  bool pick(std::string_view text, std::vector<NameValue>& values, LineErrors& errors);
  void search(std::string_view text);

  NameFilter filter_;
  Rename rename_;
  std::vector<Line> wanted_;
  std::size_t line_count_ = 0;
  std::size_t rest_size_ = 0;  // of the last text, behind the last wanted line
};

}  // namespace exporter
