// The measuring part of the program, put together from the flags: roots, collectors, registry.
#pragma once

#include <chrono>
#include <memory>

#include "app/options.h"
#include "app/own_series.h"
#include "exporter/containers/follower.h"
#include "exporter/core/process_groups.h"
#include "exporter/core/registry.h"
#include "exporter/host/table.h"

namespace app {

// A registry with the host and container collectors that are switched on. kInvalid or kNotFound,
// naming the flag, when a root cannot be read or a collector option makes no sense. follower, which
// must outlive the registry, is made when the container collector is on. patience: how long a page
// waits for calls that may block.
exporter::Result<std::unique_ptr<exporter::Registry>> make_registry(
    const Options& options, exporter::ProcessGroups process_groups, const exporter::Clock& clock,
    const OwnSeries& own, std::unique_ptr<exporter::ContainerFollower>& follower,
    std::chrono::milliseconds patience = exporter::kScrapePatience);

// Whether the first process that /proc shows has another network than this one: then what is told
// of interfaces, sockets and routes is not the host's. With another --path.procfs it is.
bool has_network_of_its_own(const exporter::Roots& roots);

}  // namespace app
