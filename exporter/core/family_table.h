// Families whose names the kernel gives: sensors of hwmon, energy zones, pool statistics. Each name
// gets one Family that stays as long as the table, so that it can be used like a constant. The
// number of names is bounded, whatever a driver calls its files. One thread at a time.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/samples.h"

namespace exporter {

class FamilyTable {
 public:
  static constexpr std::size_t kMaxFamilies = 4096;

  // The family of this name (bytes that a metric name cannot have become '_'), with the type, help
  // and labels of `like`, which must have static storage. Null when there are too many, or the
  // name stands for other labels already.
  const Family* get(std::string_view name, const Family& like);

 private:
  struct Entry {
    std::string name;
    Family family;
  };
  std::map<std::string, std::unique_ptr<Entry>, std::less<>> entries_;
};

}  // namespace exporter
