// Families that are told when a flag asks for them. Used under the scrape lock.
#pragma once

#include <span>

#include "exporter/containers/group.h"
#include "exporter/core/samples.h"

namespace exporter {

// Out of files that are read anyway: dirty and written back pages, scans, refaults, CPU bursts.
void write_detail_families(std::span<Group* const> groups, SampleWriter& out);

// container_cpu_usage_seconds_total{cpu="cpu00"}: version 1 alone has it; where it is told, the
// total is not.
void write_per_cpu(std::span<Group* const> groups, const Family& family, SampleWriter& out);

void write_numa(std::span<Group* const> groups, SampleWriter& out);
void write_hugetlb(std::span<Group* const> groups, SampleWriter& out);

}  // namespace exporter
