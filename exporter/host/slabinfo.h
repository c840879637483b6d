// The kernel's caches of objects. P/slabinfo, slabinfo(5); only root may read it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/core/name_filter.h"
#include "exporter/host/table.h"

namespace exporter {

struct Slab {
  std::string_view name;  // a view into the text
  // Active objects, objects, bytes per object, objects per slab, pages per slab.
  std::array<std::uint64_t, 5> values{};
};

void parse_slabinfo(std::string_view text, OrderedFilter& filter, std::vector<Slab>& slabs,
                    LineErrors& errors);

CollectorRow slabinfo_row();

}  // namespace exporter
