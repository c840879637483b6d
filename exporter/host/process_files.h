// What is read of one process beside /proc/PID/stat: parsers of the files, and the reader that
// opens them below one open directory. Opening is most of the cost (5 to 10 us each), and nothing
// stays open: a kept file costs the kernel 4 kB for each process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/core/kernel_file.h"

namespace exporter {

// /proc/PID/io, proc_pid_io(5): what went to and came from storage.
struct ProcessIo {
  std::uint64_t read_bytes = 0;
  std::uint64_t write_bytes = 0;
};
std::optional<ProcessIo> parse_process_io(std::string_view text);

// /proc/PID/status, proc_pid_status(5).
struct ProcessStatus {
  std::uint64_t swapped_bytes = 0;
  std::uint64_t voluntary_switches = 0;    // of the first thread
  std::uint64_t involuntary_switches = 0;  // likewise
};
std::optional<ProcessStatus> parse_process_status(std::string_view text);

// The soft limit of open files in /proc/PID/limits; "unlimited" is 2^64-1.
std::optional<std::uint64_t> parse_open_files_limit(std::string_view text);

// /proc/PID/smaps_rollup: the process's share of what it has in memory and in swap.
struct ProportionalMemory {
  std::uint64_t resident_bytes = 0;
  std::uint64_t swapped_bytes = 0;
};
std::optional<ProportionalMemory> parse_smaps_rollup(std::string_view text);

// One thread at a time.
class ProcessFiles {
 public:
  // directory: an open procfs. Does not own it.
  void use(int directory);

  // The first 4 kB of PID/file; empty when it cannot be read, error() says why. Valid until the
  // next call.
  std::string_view read(std::int32_t pid, std::string_view file);
  int error() const { return error_; }

  // How many descriptors the process has open. Linux 6.2 and later tell it in the size of PID/fd;
  // before, and where this is no procfs, the directory is listed.
  std::optional<std::uint64_t> open_files(std::int32_t pid);

 private:
  const char* path(std::int32_t pid, std::string_view file);

  static constexpr std::size_t kBufferBytes = 4096;

  int directory_ = -1;
  bool size_tells_files_ = false;
  int error_ = 0;
  char path_[64] = "";
  char buffer_[kBufferBytes];
};

}  // namespace exporter
