// The host collectors, one explicit table. Adding one touches one line of table.cpp, one source
// file (which holds its row), one fixture and one test; flags, help, landing page and README rows
// come from here.
#pragma once

#include <sys/timex.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "exporter/core/collector.h"
#include "exporter/core/collector_option.h"
#include "exporter/core/process_groups.h"
#include "exporter/host/netlink.h"

namespace exporter {

inline constexpr std::chrono::milliseconds kScrapePatience{10};

// What collectors are made from. Copied by the factories where they need it later.
struct HostContext {
  Roots roots;
  // Options that were set on the command line; for all others the table's default holds. The values
  // of a repeated one stand on lines of their own.
  std::unordered_map<std::string, std::string> options;
  ProcessGroups process_groups;  // as configured; none: by name

  std::string system_bus;  // address of the message bus; empty: the system's

  // Shared readings; make_host_context() sets them.
  std::shared_ptr<SharedFile> stat_file;       // P/stat
  std::shared_ptr<SharedFile> sockstat_file;   // P/net/sockstat
  std::shared_ptr<SharedFile> sockstat6_file;  // P/net/sockstat6

  // The system calls that collectors make, for tests to replace. They return 0 or an errno; statfs
  // is called on a thread of its own.
  std::function<int(utsname& to)> uname;
  std::function<int(const char* path, struct statfs& to)> statfs;
  Ioctl ioctl;
  std::function<int(timex& to, int& state)> adjtimex;
  OpenSocket open_socket;  // in the network of the host that procfs shows
  std::uint64_t page_bytes = 4096;
  // How long a scrape waits for calls that may block.
  std::chrono::milliseconds patience = kScrapePatience;

  // The value of an option of the table. The name must exist there.
  std::string option(std::string_view name) const;
  bool is_set(std::string_view name) const;
};

// A context that reads below these roots and makes the real system calls.
HostContext make_host_context(Roots roots);

struct CollectorRow {
  std::string_view name;
  bool on_by_default;
  std::string_view help;  // what it measures and reads, one sentence
  std::span<const CollectorOption> options;
  // kInvalid, naming the flag, when an option makes no sense.
  Result<std::unique_ptr<Collector>> (*make)(const HostContext& context);
};

std::span<const CollectorRow> host_collectors();

// The `make` of a collector whose options cannot be wrong.
template <class T>
Result<std::unique_ptr<Collector>> make_collector(const HostContext& context) {
  return std::make_unique<T>(context);
}

}  // namespace exporter
