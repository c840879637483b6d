// Connections that netfilter tracks. P/sys/net/netfilter/nf_conntrack_{count,max} and the counters
// of P/net/stat/nf_conntrack (ct_cpu_seq_show of the kernel's nf_conntrack_standalone.c).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "exporter/core/line_errors.h"
#include "exporter/host/table.h"

namespace exporter {

// Sums over all CPUs, in the order of conntrack.cpp's table.
using ConntrackStats = std::array<std::uint64_t, 8>;
ConntrackStats parse_conntrack(std::string_view text, LineErrors& errors);

CollectorRow conntrack_row();

}  // namespace exporter
