// The container families, under cAdvisor's names, labels and types, and how each value comes out of
// a group's reading. Writing is one pass per family over all groups, as the text format wants it.
#pragma once

#include <span>

#include "exporter/containers/group.h"
#include "exporter/core/clock.h"
#include "exporter/core/samples.h"

namespace exporter {

// What all groups have: CPU, memory, tasks, pressure, limits, last_seen, start.
// per_cpu: CPU usage of each CPU where the kernel tells it, instead of the total.
void write_group_families(std::span<Group* const> groups, const Moment& now, bool per_cpu,
                          SampleWriter& out);

}  // namespace exporter
