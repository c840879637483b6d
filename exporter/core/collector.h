// What measures one subsystem of the kernel. Collectors stand in one explicit table
// (exporter/host/table.h) and are run by the Registry, serially, under the scrape lock; the
// registry times and judges them. A collector that could block keeps the blocking part on a thread
// of its own, starts it in prepare() and takes in collect() what is there.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "exporter/core/clock.h"
#include "exporter/core/error.h"
#include "exporter/core/kernel_file.h"
#include "exporter/core/samples.h"

namespace exporter {

// What one scrape hands to its collectors. Valid for the scrape.
struct Scrape {
  std::uint64_t id;  // counts up; equal ids share readings
  Moment now;        // when the scrape began
  ReadBuffer& buffer;
  // What the other collectors of the page wrote last: in this scrape, for one that runs last.
  std::span<const SampleBlock* const> others = {};
};

class Collector {
 public:
  virtual ~Collector() = default;

  // As in --collector.NAME and collect[]=NAME. Constant.
  virtual std::string_view name() const = 0;

  // Called for all collectors of a scrape before the first collect(). Returns at once.
  virtual void prepare(const Scrape&) {}

  // True for one that looks at what the others wrote. Constant.
  virtual bool runs_last() const { return false; }

  // Writes all families, or what could be read of them. kNotFound: this machine does not have it
  // (state "absent"); any other error: state "failed". What was written before the error stays.
  virtual Result<void> collect(const Scrape& scrape, SampleWriter& out) = 0;

  // True when what collect() wrote is older than this scrape because the fresh reading did not come
  // in time.
  virtual bool stale() const { return false; }
};

// A kernel file that several collectors parse, read once per scrape (/proc/stat: cpu and stat).
class SharedFile {
 public:
  explicit SharedFile(std::string path, FileShape shape = FileShape::kSingleRecord)
      : file_(std::move(path), shape), buffer_(16 * 1024) {}

  // Valid until the next scrape.
  Result<std::string_view> read(const Scrape& scrape) {
    if (scrape.id != scrape_id_) {
      text_ = file_.read(buffer_);
      scrape_id_ = scrape.id;
    }
    return text_;
  }

  const std::string& path() const { return file_.path(); }

 private:
  KernelFile file_;
  ReadBuffer buffer_;
  std::uint64_t scrape_id_ = 0;
  Result<std::string_view> text_;
};

}  // namespace exporter
