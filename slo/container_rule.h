// Which containers a configured objective is about, and when they are up. Pure, any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "exporter/containers/facts.h"
#include "slo/container_identity.h"

namespace slo {

// All that is given has to fit; nothing given fits none. "*" stands for any text.
struct ContainerRule {
  std::string name;  // or "namespace/pod/container"
  std::string compose_service;
  std::map<std::string, std::string> labels;  // "*" in their values only
  std::string cgroup;  // where it runs, or ran last: a path below its hierarchy's root
  std::uint32_t states = bit(exporter::ContainerState::kRunning);  // those that are good
  bool healthy = true;  // while it runs, its own health check must not fail

  static constexpr std::uint32_t bit(exporter::ContainerState state) {
    return 1U << static_cast<unsigned>(state);
  }
};

bool matches(const ContainerRule& rule, const exporter::ContainerFacts& facts);

// It has to be there: a container that ended is down, whoever stopped it. `was` as in read().
Reading read(const exporter::ContainerFacts& facts, const ContainerRule& rule, State was);

}  // namespace slo
