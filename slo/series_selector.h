// A plain selector over a metrics page in text format 0.0.4, as PromQL writes one:
//
//   nginx_http_responses_total{server="shop",code=~"5.."}
//
// Matchers =, !=, =~ and !~, patterns anchored at both ends; a label that is not there is "". No
// functions, no aggregation. Immutable, any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/error.h"

namespace re2 {
class RE2;
}

namespace slo {

class Selector {
 public:
  // kInvalid with the text and what is wrong.
  static exporter::Result<Selector> parse(std::string_view text);

  // One sample of the page: the text between its braces, which names the series, and its value.
  using Visit = std::function<void(std::string_view labels, double value)>;
  void each(std::string_view page, const Visit& visit) const;

  const std::string& name() const { return name_; }
  // The same matchers on another metric: name_bucket.
  Selector renamed(std::string name) const;

 private:
  struct Matcher {
    std::string label;
    std::string value;
    std::shared_ptr<const re2::RE2> pattern;  // null: compared
    bool negative = false;
  };
  template <class Reader>
  static exporter::Result<Matcher> parse_matcher(Reader& reader);
  bool fits(std::string_view labels) const;

  std::string name_;
  std::vector<Matcher> matchers_;
};

// The value of a label in the text between a sample's braces, unescaped; "" when it is not there.
std::string label_value(std::string_view labels, std::string_view name);

}  // namespace slo
