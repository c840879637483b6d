// Families of our own, beyond what cAdvisor has: what the runtimes' files tell of containers,
// stopped ones included, and OOM kills that outlive them. Keyed by name (Kubernetes: namespace,
// pod, container), so a re-created container goes on with its series. Used under the scrape lock.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "exporter/containers/count_ledger.h"
#include "exporter/containers/group.h"
#include "exporter/containers/runtime_record.h"
#include "exporter/core/samples.h"

namespace exporter {

class StateFamilies {
 public:
  // groups: what is there now; generation changes when they do.
  void write(std::span<Group* const> groups, std::uint64_t generation, const Roster& roster,
             const ContainerView& view, const CountLedger& ledger, SampleWriter& out);

 private:
  struct Container {
    std::shared_ptr<const ContainerFacts> facts;
    std::shared_ptr<const CountAccount> counts;
    SharedLabels labels;
  };
  struct Info {
    std::shared_ptr<const RuntimeRecord> record;
    KubernetesQos qos = KubernetesQos::kNone;  // from its group's path
    SharedLabels labels;
  };

  void take_view(const ContainerView& view, const CountLedger& ledger);
  void take_roster(std::span<Group* const> groups, const Roster& roster);

  std::uint64_t generation_ = 0;
  std::uint64_t roster_version_ = 0;
  std::uint64_t view_version_ = 0;
  std::vector<Container> containers_;  // by key, as the view
  std::vector<Info> infos_;            // by id, as the roster
};

}  // namespace exporter
