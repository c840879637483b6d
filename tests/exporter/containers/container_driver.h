// Runs the container collector the way the registry does, for tests and benchmarks.
#pragma once

#include <memory>
#include <string>

#include "exporter/containers/collector.h"

namespace exporter {

class FixedClock final : public Clock {
 public:
  Moment now() const override { return moment; }
  Moment moment{.boot_ns = 86'400'000'000'000,
                .mono_ns = 86'400'000'000'000,
                .real_ns = 1'795'635'921'250'000'000};
};

class ContainerDriver {
 public:
  explicit ContainerDriver(const Roots& roots,
                           ContainerOptions options = *parse_container_options({}))
      : follower_({roots, options.docker_root, options.docker_socket}, clock_),
        collector_(make_container_collector(roots, std::move(options), follower_)) {}

  // One scrape; the page is valid until the next.
  const std::string& scrape() {
    const Scrape scrape{++id_, clock_.now(), buffer_};
    SampleWriter writer(block_);
    result_ = collector_->collect(scrape, writer);
    writer.finish();
    page_.clear();
    block_.render_text(page_);
    return page_;
  }

  // The value that stands behind these words at the start of a line; "" when there is none.
  std::string value(const std::string& series) const {
    const std::size_t at = ("\n" + page_).find("\n" + series + " ");
    if (at == std::string::npos) return {};
    const std::size_t start = at + series.size() + 1;
    return page_.substr(start, page_.find('\n', start) - start);
  }
  bool has(const std::string& text) const { return page_.find(text) != std::string::npos; }

  const Result<void>& result() const { return result_; }
  ContainerFollower& follower() { return follower_; }
  const SampleBlock& block() const { return block_; }

 private:
  FixedClock clock_;
  ContainerFollower follower_;
  std::unique_ptr<Collector> collector_;
  ReadBuffer buffer_;
  SampleBlock block_;
  Result<void> result_;
  std::uint64_t id_ = 0;
  std::string page_;
};

}  // namespace exporter
