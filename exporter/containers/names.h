// Joins what the runtimes' files tell with the groups that the tree found: labels, start, network
// role, health. A group without a record keeps what its path tells. Used under the scrape lock.
#pragma once

#include <memory>
#include <span>

#include "exporter/containers/group.h"
#include "exporter/containers/process_start.h"
#include "exporter/containers/runtime_record.h"
#include "exporter/core/name_filter.h"

namespace exporter {

// A label of a container as part of a metric's labels: container_label_com_docker_compose_service.
std::string label_name(std::string_view container_label);

// All labels of a container, or those that pass the filter.
void add_container_labels(SharedLabels& to, const RuntimeRecord& record, const NameFilter* filter);

// Anew for those groups whose roster is another than `roster`.
void join_names(std::span<Group* const> groups, const std::shared_ptr<const Roster>& roster,
                const NameFilter& label_filter, ProcessStarts& starts);

}  // namespace exporter
