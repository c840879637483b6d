// One bad line never fails a collector: parsers skip what they cannot read and note it here, the
// collector writes what was read and then returns the note as its error. One parse, one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "exporter/core/error.h"
#include "exporter/core/text.h"

namespace exporter {

class LineErrors {
 public:
  void add(std::string_view line) {
    if (count_++ == 0) first_ = line;
  }

  std::size_t count() const { return count_; }

  // kParse, naming path and the first bad line, when there was one. To be asked while the text
  // that was parsed is still there.
  Result<void> result(const std::string& path) const {
    if (count_ == 0) return {};
    std::string message = path + ": cannot read '" + printable(first_) + "'";
    if (count_ > 1) message += " and " + std::to_string(count_ - 1) + " more";
    return fail(ErrorKind::kParse, std::move(message));
  }

 private:
  std::size_t count_ = 0;
  std::string_view first_;
};

}  // namespace exporter
