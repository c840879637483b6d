// Which objective a container belongs to, and what its facts mean for it. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "exporter/containers/facts.h"
#include "slo/state.h"

namespace slo {

struct ObjectiveName {
  std::string service;  // the Compose service, "namespace/workload", or the container's name
  std::string slo;      // "container-" and its name
  auto operator<=>(const ObjectiveName&) const = default;
};

// Nothing for what is no service of its own: systemd units and the sandboxes of pods.
std::optional<ObjectiveName> objective_of(const exporter::ContainerIdentity& identity);

// The name that all pods of a workload share: Kubernetes appends "-<hash>-<random>", "-<random>" or
// "-<time>-<random>" (controllers ReplicaSet, DaemonSet, CronJob), and "-<ordinal>" to what it
// calls stable, which stays.
std::string_view workload_of(std::string_view pod);

// It has to run: somebody is told to start it again (a restart policy, Compose, Kubernetes).
bool has_to_run(const exporter::ContainerFacts& facts);

// What one container says about its objective now.
struct Reading {
  enum class Kind {
    kNothing,  // never started
    kEnded,    // it has done its work, or was stopped and need not run: the record ends
    kJudged,
  };
  Kind kind = Kind::kNothing;
  State state = State::kUnknown;
  Cause cause = Cause::kNone;
};

// `was` is the state of the objective before: a container whose health check has not yet answered
// stays down if it was, and else nothing is known of it.
Reading read(const exporter::ContainerFacts& facts, State was);

}  // namespace slo
