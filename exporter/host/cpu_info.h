// Make, model, frequency and features of the CPUs: P/cpuinfo (x86 form; other architectures give
// what they have under the same names). Only with --collector.cpu.info: the kernel needs long to
// make this text on machines with many CPUs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/collector.h"
#include "exporter/core/name_filter.h"

namespace exporter {

// One block of P/cpuinfo; views into the text that was parsed, empty where the kernel has nothing.
struct CpuInfo {
  std::string_view processor;
  std::string_view vendor;
  std::string_view family;
  std::string_view model;
  std::string_view model_name;
  std::string_view stepping;
  std::string_view microcode;
  std::string_view cache_size;
  std::string_view package;
  std::string_view core;
  std::string_view flags;
  std::string_view bugs;
  std::optional<double> mhz;
};

void parse_cpuinfo(std::string_view text, std::vector<CpuInfo>& cpus);

class CpuInfoReader {
 public:
  // flags and bugs: which of the first CPU's to report; none without a filter.
  CpuInfoReader(const std::string& procfs, std::optional<NameFilter> flags,
                std::optional<NameFilter> bugs);

  Result<void> write(const Scrape& scrape, SampleWriter& out);

 private:
  KernelFile file_;
  std::optional<OrderedFilter> flags_;
  std::optional<OrderedFilter> bugs_;
  std::vector<CpuInfo> cpus_;
};

}  // namespace exporter
