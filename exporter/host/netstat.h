// Counters of the network protocols: the wanted columns of P/net/netstat, P/net/snmp and
// P/net/snmp6 (proc_net(5), Documentation/networking/snmp_counter.rst).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/core/name_filter.h"
#include "exporter/core/number.h"
#include "exporter/host/name_values.h"
#include "exporter/host/table.h"

namespace exporter {

// Reads a file of line pairs, names above values. Which columns are wanted is decided once per text
// of a line of names; after that a reading compares that line and picks numbers. One thread.
class ColumnPairs {
 public:
  explicit ColumnPairs(NameFilter filter) : filter_(std::move(filter)) {}

  // Appends the wanted values, called "Tcp_InSegs". The names are valid until the next parse.
  void parse(std::string_view text, std::vector<NameValue>& values, LineErrors& errors);

 private:
  struct Column {
    std::size_t index = 0;  // among the values of the line
    std::string name;
  };
  struct Pair {
    std::string names;  // the line the columns were chosen from
    std::vector<Column> columns;
  };

  void choose_columns(Pair& pair, std::string_view names) const;
  static bool pick(const Pair& pair, std::string_view line, std::vector<NameValue>& values);

  NameFilter filter_;
  std::vector<Pair> pairs_;
};

CollectorRow netstat_row();

}  // namespace exporter
