// process_*: what this daemon itself costs, under the names of every Prometheus client library.
#pragma once

#include "exporter/core/collector.h"

namespace exporter {

// Always reads /proc/self of the real procfs, whatever --path.procfs says. One thread at a time.
class ProcessMetrics {
 public:
  // Families that cannot be read are left out.
  void write(const Scrape& scrape, SampleWriter& out);

 private:
  std::uint64_t open_descriptors();

  KernelFile statm_{"/proc/self/statm"};
  FileDescriptor descriptors_;  // of /proc/self/fd
  double start_seconds_ = 0;    // Unix time, read once: it shifts with btime otherwise
};

}  // namespace exporter
