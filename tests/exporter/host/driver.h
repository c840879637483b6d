// Runs host collectors the way the registry does, one block each, for tests and benchmarks.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/collector.h"
#include "exporter/host/table.h"

namespace exporter {

class Driver {
 public:
  // Only the named collectors, or all.
  explicit Driver(const HostContext& context, std::vector<std::string_view> only = {}) {
    for (const CollectorRow& row : host_collectors()) {
      if (!only.empty() && std::ranges::find(only, row.name) == only.end()) continue;
      auto made = row.make(context);
      if (made) runs_.push_back({std::move(*made), {}, {}});
    }
  }

  // One scrape; the page is valid until the next.
  const std::string& scrape(Moment now = {}) {
    page_.clear();
    const Scrape scrape{++id_, now, buffer_};
    for (Run& run : runs_) run.collector->prepare(scrape);
    for (Run& run : runs_) {
      SampleWriter writer(run.block);
      run.result = run.collector->collect(scrape, writer);
      writer.finish();
      run.block.render_text(page_);
    }
    return page_;
  }

  const std::string& page() const { return page_; }

  // How the collector ended in the last scrape.
  const Result<void>& result(std::string_view name) { return find(name).result; }
  const Collector& collector(std::string_view name) { return *find(name).collector; }
  std::size_t size() const { return runs_.size(); }

 private:
  struct Run {
    std::unique_ptr<Collector> collector;
    SampleBlock block;
    Result<void> result;
  };

  Run& find(std::string_view name) {
    for (Run& run : runs_) {
      if (run.collector->name() == name) return run;
    }
    std::abort();
  }

  std::vector<Run> runs_;
  ReadBuffer buffer_;
  std::uint64_t id_ = 0;
  std::string page_;
};

}  // namespace exporter
