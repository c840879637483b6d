// ZFS: P/spl/kstat/zfs, the module's counters and those of each pool and data set.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/core/family_table.h"
#include "exporter/core/line_errors.h"
#include "exporter/core/number.h"
#include "exporter/host/table.h"

namespace exporter {

// A line "name type data" of a kstat file. Types 3 and 4 are numbers, 7 is text.
struct KstatLine {
  std::string_view name;
  char type = '0';
  std::string_view data;
  Number number;
};

// The lines below the head line "name type data". Lines of other types than 3, 4 and 7 are left
// out; without a head line the whole text is an error.
void parse_kstat(std::string_view text, std::vector<KstatLine>& lines, LineErrors& errors);

// "nread nwritten reads …" over a line of numbers, behind any first line: P/spl/kstat/zfs/POOL/io.
void parse_kstat_io(std::string_view text, std::vector<KstatLine>& columns, LineErrors& errors);

CollectorRow zfs_row();

}  // namespace exporter
