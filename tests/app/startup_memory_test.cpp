#include "app/startup_memory.h"

#include <fstream>
#include <string>

#include "tests/support/doctest.h"

namespace app {
namespace {

// "RssFile:     9060 kB" of /proc/self/status: resident pages that have a file behind them.
long resident_file_kb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssFile:")) return std::stol(line.substr(8));
  }
  return -1;
}

TEST_CASE("pages of code that have run go, and the program runs on") {
  const long before_kb = resident_file_kb();
  release_startup_memory();
  const long after_kb = resident_file_kb();
  CHECK(before_kb > 0);
  CHECK(after_kb > 0);
  CHECK(after_kb < before_kb);
}

}  // namespace
}  // namespace app
