// What one collector makes of a tree, in one line per question, for tests.
#pragma once

#include <string>
#include <string_view>

#include "tests/exporter/host/driver.h"

namespace exporter {

// One collector on a context.
class Driven {
 public:
  Driven(const HostContext& context, std::string_view collector)
      : name_(collector), driver_(context, {name_}) {}

  // Another scrape; the lines without HELP and TYPE.
  std::string scrape() {
    std::string lines;
    std::string_view page = driver_.scrape();
    while (!page.empty()) {
      const std::size_t end = page.find('\n') + 1;
      if (!page.starts_with('#')) lines += page.substr(0, end);
      page.remove_prefix(end);
    }
    return lines;
  }
  std::string page() { return driver_.scrape(); }
  const Result<void>& result() { return driver_.result(name_); }
  bool was_made() const { return driver_.size() == 1; }

  // Scrapes and gives the kind of its error; must fail.
  ErrorKind error() {
    driver_.scrape();
    return result().error().kind;
  }

 private:
  std::string_view name_;
  Driver driver_;
};

}  // namespace exporter
