// Every form of path that runtimes give control groups, and what it tells. Sources: runc's and
// crun's cgroup drivers, systemd.unit(5), the runtimes' documents.
#pragma once

#include <array>
#include <string_view>

#include "exporter/containers/path_identity.h"

namespace exporter::path_cases {

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UID "0a1b2c3d-1111-2222-3333-444455556666"
#define UID_ "0a1b2c3d_1111_2222_3333_444455556666"

struct Case {
  std::string_view path;
  GroupKind kind;
  ContainerRuntime runtime = ContainerRuntime::kUnknown;
  std::string_view id = {};
  std::string_view name = {};
  std::string_view pod_uid = {};
  KubernetesQos qos = KubernetesQos::kNone;
};

inline constexpr auto kContainer = GroupKind::kContainer;
inline constexpr auto kDocker = ContainerRuntime::kDocker;
inline constexpr auto kContainerd = ContainerRuntime::kContainerd;
inline constexpr auto kCrio = ContainerRuntime::kCrio;
inline constexpr auto kPodman = ContainerRuntime::kPodman;
inline constexpr auto kNone = ContainerRuntime::kUnknown;
inline constexpr auto kBurstable = KubernetesQos::kBurstable;
inline constexpr auto kBestEffort = KubernetesQos::kBestEffort;
inline constexpr auto kGuaranteed = KubernetesQos::kGuaranteed;

inline constexpr std::array kCases{
    Case{"/", GroupKind::kSlice},
    Case{"/docker", GroupKind::kSlice},
    Case{"/docker/" ID, kContainer, kDocker, ID},
    Case{"/system.slice/docker-" ID ".scope", kContainer, kDocker, ID},
    Case{"/shop.slice/docker-" ID ".scope", kContainer, kDocker, ID},
    Case{"/shop/" ID, kContainer, kNone, ID},
    Case{"/user.slice/user-1000.slice/user@1000.service/app.slice/docker-" ID ".scope", kContainer,
         kDocker, ID},
    Case{"/docker/" ID "/docker/" ID, kContainer, kDocker, ID},
    Case{"/default/" ID, kContainer, kContainerd, ID},
    Case{"/system.slice/nerdctl-" ID ".scope", kContainer, kContainerd, ID},
    Case{"/kubepods", GroupKind::kSlice, kNone, {}, {}, {}, kGuaranteed},
    Case{"/kubepods/burstable", GroupKind::kSlice, kNone, {}, {}, {}, kBurstable},
    Case{"/kubepods/burstable/pod" UID, GroupKind::kPod, kNone, {}, {}, UID, kBurstable},
    Case{"/kubepods/burstable/pod" UID "/" ID, kContainer, kNone, ID, {}, UID, kBurstable},
    Case{"/kubepods/besteffort/pod" UID "/" ID, kContainer, kNone, ID, {}, UID, kBestEffort},
    Case{"/kubepods/pod" UID "/" ID, kContainer, kNone, ID, {}, UID, kGuaranteed},
    Case{"/kubepods/pod0a1b2c3d1111222233334444555566ff/" ID,
         kContainer,
         kNone,
         ID,
         {},
         "0a1b2c3d1111222233334444555566ff",
         kGuaranteed},
    Case{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_
         ".slice/cri-containerd-" ID ".scope",
         kContainer,
         kContainerd,
         ID,
         {},
         UID,
         kBurstable},
    Case{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice",
         GroupKind::kPod,
         kNone,
         {},
         {},
         UID,
         kBurstable},
    Case{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_
         ".slice/docker-" ID ".scope",
         kContainer,
         kDocker,
         ID,
         {},
         UID,
         kBestEffort},
    Case{"/kubepods.slice/kubepods-pod" UID_ ".slice/crio-" ID ".scope",
         kContainer,
         kCrio,
         ID,
         {},
         UID,
         kGuaranteed},
    Case{"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
         "kubelet-kubepods-burstable-pod" UID_ ".slice/cri-containerd-" ID ".scope",
         kContainer,
         kContainerd,
         ID,
         {},
         UID,
         kBurstable},
    Case{"/kubepods/burstable/pod" UID "/crio-" ID, kContainer, kCrio, ID, {}, UID, kBurstable},
    Case{"/kubepods/burstable/pod" UID "/crio-conmon-" ID, GroupKind::kIgnored},
    Case{"/system.slice/containerd.service/kubepods-burstable-pod" UID_ ".slice:cri-containerd:" ID,
         kContainer,
         kContainerd,
         ID,
         {},
         UID,
         kBurstable},
    Case{"/libpod_parent/libpod-" ID, kContainer, kPodman, ID},
    Case{"/libpod_parent/libpod-conmon-" ID, GroupKind::kIgnored},
    Case{"/libpod_parent/conmon", GroupKind::kIgnored},
    Case{"/machine.slice/libpod-" ID ".scope", kContainer, kPodman, ID},
    Case{"/machine.slice/libpod-conmon-" ID ".scope", GroupKind::kIgnored},
    Case{"/machine.slice/machine-libpod_pod_" ID ".slice/libpod-" ID ".scope", kContainer, kPodman,
         ID},
    Case{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope", kContainer,
         kPodman, ID},
    Case{"/system.slice/web.service/libpod-payload-" ID, kContainer, kPodman, ID},
    Case{"/lxc/101", kContainer, ContainerRuntime::kLxc, {}, "101"},
    Case{"/lxc/101/ns", GroupKind::kSlice},
    Case{"/lxc.payload.box", kContainer, ContainerRuntime::kLxc, {}, "box"},
    Case{"/lxc.monitor.box", GroupKind::kIgnored},
    Case{"/machine.slice/machine-qemu\\x2d3\\x2dweb\\x2dvm.scope",
         kContainer,
         ContainerRuntime::kLibvirt,
         {},
         "web-vm"},
    Case{"/machine/qemu-3-web.libvirt-qemu", kContainer, ContainerRuntime::kLibvirt, {}, "web"},
    Case{"/machine.slice/machine-lxc\\x2d7\\x2dbox.scope",
         kContainer,
         ContainerRuntime::kLibvirt,
         {},
         "box"},
    Case{"/machine.slice/systemd-nspawn@box.service",
         kContainer,
         ContainerRuntime::kNspawn,
         {},
         "box"},
    Case{"/machine.slice/machine-box\\x2d2.scope",
         kContainer,
         ContainerRuntime::kNspawn,
         {},
         "box-2"},
    Case{"/system.slice/nginx.service",
         GroupKind::kService,
         ContainerRuntime::kSystemd,
         {},
         "nginx.service"},
    Case{"/system.slice/system-getty.slice/getty@tty1.service",
         GroupKind::kService,
         ContainerRuntime::kSystemd,
         {},
         "getty@tty1.service"},
    Case{"/init.scope", GroupKind::kService, ContainerRuntime::kSystemd, {}, "init.scope"},
    Case{"/user.slice/user-0.slice/session-2.scope",
         GroupKind::kService,
         ContainerRuntime::kSystemd,
         {},
         "session-2.scope"},
    Case{"/system.slice/a\\x2db.service",
         GroupKind::kService,
         ContainerRuntime::kSystemd,
         {},
         "a-b.service"},
    Case{"/system.slice", GroupKind::kSlice},
    Case{"/system.slice/var-lib.mount", GroupKind::kIgnored},
    Case{"/system.slice/dev-sda2.swap", GroupKind::kIgnored},
    Case{"/system.slice/docker.socket", GroupKind::kIgnored},
    // One digit short, capitals, and an id with more behind it.
    Case{"/docker/123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
         GroupKind::kSlice},
    Case{"/docker/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
         GroupKind::kSlice},
    Case{"/docker/" ID "00", GroupKind::kSlice},
};

#undef ID
#undef UID
#undef UID_

}  // namespace exporter::path_cases
