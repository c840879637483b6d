// What is known of the containers of this machine, for whoever judges them: plain values that the
// follower (exporter/containers/follower.h) publishes whole, and tells one by one as they change.
// Usage figures are not here; they are read at scrape time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/core/clock.h"

namespace exporter {

enum class ContainerRuntime : std::uint8_t {
  kUnknown,
  kDocker,
  kContainerd,
  kCrio,
  kPodman,
  kLxc,
  kLibvirt,
  kNspawn,
  kSystemd,
};

// As Docker names them. A runtime whose files do not tell more gives kRunning while the control
// group lives, and kExited after that.
enum class ContainerState : std::uint8_t {
  kCreated,
  kRunning,
  kPaused,
  kRestarting,
  kExited,
  kDead,
};
inline constexpr std::size_t kContainerStateCount = 6;

enum class ContainerHealth : std::uint8_t { kUnknown, kNone, kStarting, kHealthy, kUnhealthy };
enum class RestartPolicy : std::uint8_t { kUnknown, kNo, kOnFailure, kAlways, kUnlessStopped };

// Label values: "docker", "running", "unless-stopped". "" for kUnknown.
std::string_view name(ContainerRuntime runtime);
std::string_view name(ContainerState state);
std::string_view name(ContainerHealth health);
std::string_view name(RestartPolicy policy);

// Who a container is over re-creations. All texts are as the runtime gave them, at most
// kMaxFactBytes each; empty is "not known" or "not applicable".
struct ContainerIdentity {
  ContainerRuntime runtime = ContainerRuntime::kUnknown;
  std::string name;  // never empty in a published fact
  std::string compose_project;
  std::string compose_service;
  std::string k8s_namespace;
  std::string k8s_pod;
  std::string k8s_container;  // "POD" for the sandbox
  bool operator==(const ContainerIdentity&) const = default;

  // One text per identity: "name", or "namespace/pod/container".
  std::string key() const;
};

inline constexpr std::size_t kMaxFactBytes = 1024;
inline constexpr std::size_t kMaxContainerLabels = 64;
using ContainerLabels = std::vector<std::pair<std::string, std::string>>;  // by name

struct ContainerFacts {
  ContainerIdentity identity;
  std::string id;  // of this instance: a re-created container has another
  std::string image;
  std::string group;       // control group, below its hierarchy's root; empty: none, or not known
  ContainerLabels labels;  // at most kMaxContainerLabels
  ContainerState state = ContainerState::kRunning;
  ContainerHealth health = ContainerHealth::kUnknown;
  RestartPolicy restart_policy = RestartPolicy::kUnknown;
  std::uint64_t restarts = 0;         // by the runtime, of this instance
  std::uint64_t oom_kills = 0;        // of this identity; never falls
  std::int64_t started_unix_ms = 0;   // of the present or last run; 0: not known
  std::int64_t finished_unix_ms = 0;  // of the last run that ended; 0: none or not known
  int exit_code = 0;                  // of the last run that ended
  bool exit_code_known = false;       // false: no run ended, or the runtime leaves no record
  bool stopped_by_user = false;       // a person asked for the stop (Docker: docker stop)
  bool operator==(const ContainerFacts&) const = default;
};

// One whole view: every named container that exists, stopped ones included, ordered by key.
struct ContainerView {
  Moment as_of;               // all of it held then
  std::uint64_t version = 0;  // changes when the containers or their facts do
  bool complete = false;      // false: something of the runtimes could not be read or followed
  std::vector<std::shared_ptr<const ContainerFacts>> containers;
};

// Who wants to know at once. Called on the follower's thread, in order of time; must return at once
// (put it into a queue). The first calls tell of everything that is there.
class ContainerSink {
 public:
  virtual ~ContainerSink() = default;

  // A container appeared or something of it changed; `seen` is when we learned it, and the facts
  // say when it happened where the runtime tells.
  virtual void on_facts(const ContainerFacts& facts, const Moment& seen) = 0;

  // It was removed: neither running nor kept as stopped any more.
  virtual void on_removed(const ContainerIdentity& identity, const Moment& seen) = 0;

  // Everything told before still holds at this moment. At least every kContainerBeatMs while the
  // follower sees all; no beat means that nobody looks.
  virtual void on_beat(const Moment& now) = 0;
};

inline constexpr std::int64_t kContainerBeatMs = 5000;

}  // namespace exporter
