// All control groups of this machine, containers first of all, under cAdvisor's names. Everything
// is read when a scrape asks for it; names come from the path at once, and from the files of the
// runtimes as soon as those are known.
#pragma once

#include <memory>

#include "exporter/containers/follower.h"
#include "exporter/containers/options.h"
#include "exporter/core/collector.h"

namespace exporter {

// The follower must outlive the collector.
std::unique_ptr<Collector> make_container_collector(const Roots& roots, ContainerOptions options,
                                                    ContainerFollower& follower);

}  // namespace exporter
