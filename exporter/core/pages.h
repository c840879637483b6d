// Pages for scrapers. Requests for the same collectors that meet share one collection, and those
// that want it in the same form one conversion and one compression; nothing is kept from one moment
// to the next. Page buffers are used again. Any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "exporter/core/gzip.h"
#include "exporter/core/registry.h"

namespace exporter {

enum class PageFormat : std::uint8_t { kText, kOpenMetrics };

class Pages {
 public:
  // registry must outlive this.
  explicit Pages(Registry& registry);
  ~Pages();

  using Text = std::shared_ptr<const std::string>;

  // The page, plain or as gzip. Texts may outlive this object.
  Text get(const Selection& selection, PageFormat format, bool gzip);

  // How many requests wait for the collection of another one now.
  std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

 private:
  struct Flight;  // one collection that is under way, and who waits for it
  struct Pool;    // buffers that come back when the last reader lets go

  std::shared_ptr<Flight> join_or_start(const Selection& selection, bool& started);
  Text fill(const Selection& selection);
  Text fill_packed(const Selection& selection);
  Text convert(const std::string& text);
  Text compress(const std::string& plain);

  Registry& registry_;
  std::shared_ptr<Pool> pool_;
  std::mutex lock_;
  std::condition_variable landed_;
  std::vector<std::shared_ptr<Flight>> flights_;
  std::atomic<std::size_t> waiting_{0};
  std::mutex gzip_lock_;
  Gzip gzip_;
};

}  // namespace exporter
