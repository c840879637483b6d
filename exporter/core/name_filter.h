// Which devices, mount points or fields are wanted: RE2 patterns, unanchored, as node_exporter's
// filters are. A name passes when it matches `include` (if given) and does not match `exclude`.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/error.h"

namespace re2 {
class RE2;
}

namespace exporter {

// Copies share the compiled patterns. One without patterns lets everything pass.
class NameFilter {
 public:
  // Empty patterns are not applied. kInvalid with RE2's words when a pattern does not compile.
  static Result<NameFilter> make(const std::string& include, const std::string& exclude);

  bool passes(std::string_view name) const;

 private:
  std::shared_ptr<const re2::RE2> include_;
  std::shared_ptr<const re2::RE2> exclude_;
};

// A filter that is asked for the same names in the same order at every scrape: it keeps the
// verdicts in that order and runs a pattern only where a name is new. One thread at a time.
class OrderedFilter {
 public:
  explicit OrderedFilter(NameFilter filter) : filter_(std::move(filter)) {}

  void restart() { next_ = 0; }
  bool passes(std::string_view name);

 private:
  struct Verdict {
    std::string name;
    bool passes = false;
  };
  NameFilter filter_;
  std::vector<Verdict> verdicts_;
  std::size_t next_ = 0;
};

}  // namespace exporter
