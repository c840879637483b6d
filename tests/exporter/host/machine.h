// A machine of a few files for the test of one collector: write files, scrape, look at the page.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tests/exporter/host/driver.h"
#include "tests/support/temp_tree.h"

namespace exporter {

class Machine {
 public:
  explicit Machine(std::string_view collector) : collector_(collector) {
    context_ = make_host_context({.procfs = tree_.path("proc"),
                                  .sysfs = tree_.path("sys"),
                                  .rootfs = tree_.path("root"),
                                  .udev = tree_.path("udev")});
    context_.patience = std::chrono::seconds(60);
  }

  const test::TempTree& tree() const { return tree_; }
  HostContext& context() { return context_; }

  // Paths as "sys/class/...".
  Machine& file(std::string_view path, std::string_view text) {
    tree_.write(path, text);
    return *this;
  }
  Machine& files(std::string_view directory,
                 std::initializer_list<std::pair<std::string_view, std::string_view>> files) {
    for (const auto& [name, text] : files) {
      tree_.write(std::string(directory) + "/" + std::string(name), text);
    }
    return *this;
  }

  // The collector is made at the first scrape. Scrapes are `seconds` after the first.
  const std::string& scrape(std::int64_t seconds = 0) {
    if (!driver_) driver_.emplace(context_, std::vector{collector_});
    return driver_->scrape({.mono_ns = seconds * 1'000'000'000});
  }
  // Of the last scrape.
  const Result<void>& result() { return driver_->result(collector_); }
  bool has(std::string_view line) {
    return page_lines().find("\n" + std::string(line) + "\n") != std::string::npos;
  }
  bool is_stale() { return driver_->collector(collector_).stale(); }
  std::size_t samples() {
    std::size_t count = 0;
    const std::string page = page_lines();
    for (std::size_t at = page.find('\n'); at + 1 < page.size(); at = page.find('\n', at + 1)) {
      if (page[at + 1] != '#') ++count;
    }
    return count;
  }

 private:
  std::string page_lines() { return "\n" + driver_->page(); }

  test::TempTree tree_;
  std::string_view collector_;
  HostContext context_;
  std::optional<Driver> driver_;
};

}  // namespace exporter
