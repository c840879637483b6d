// What the path of a control group alone tells of it. Runtimes name groups in a fixed way, with the
// cgroupfs or the systemd driver, so most of who is who needs no daemon and no privilege:
//
//   /docker/<64 hex>                                                        Docker
//   /system.slice/docker-<64 hex>.scope                                     Docker, systemd driver
//   /kubepods.slice/…-pod<uid with _>.slice/cri-containerd-<64 hex>.scope   Kubernetes
//   /machine.slice/libpod-<64 hex>.scope/container                          podman
//   /lxc.payload.NAME   /machine.slice/machine-qemu\x2d1\x2dNAME.scope      LXC, libvirt
//
// Pure functions; any bytes are allowed in a path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/containers/facts.h"

namespace exporter {

enum class GroupKind : std::uint8_t {
  kContainer,  // a container: what lies below it is its own business
  kPod,        // a Kubernetes pod, around its containers
  kService,    // a systemd service or scope
  kSlice,      // anything else that groups: slices, parents of containers, the root
  kIgnored,    // mounts, sockets, swap, helpers of runtimes: not worth a series
};

enum class KubernetesQos : std::uint8_t { kNone, kGuaranteed, kBurstable, kBestEffort };
std::string_view name(KubernetesQos qos);

struct PathIdentity {
  GroupKind kind = GroupKind::kSlice;
  ContainerRuntime runtime = ContainerRuntime::kUnknown;  // kUnknown too where the path leaves open
  std::string id;    // 64 hex digits, where the runtime gives such a name
  std::string name;  // of services, LXC, libvirt, nspawn: what people call it
  std::string pod_uid;
  KubernetesQos qos = KubernetesQos::kNone;
};

// path begins with "/" and is relative to the mount of the hierarchy.
PathIdentity identify(std::string_view path);

// As systemd escapes unit names: \x2d stands for '-'. What is no escape stays as it is.
std::string unescape_unit(std::string_view name);

}  // namespace exporter
