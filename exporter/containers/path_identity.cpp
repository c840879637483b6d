// One component decides what a group is, and the components above it add the pod and its class. The
// forms are those that runc, crun, containerd, CRI-O, podman, LXC, libvirt and systemd give; see
// the table in tests/exporter/containers/path_identity_test.cpp.
#include "exporter/containers/path_identity.h"

#include <algorithm>
#include <array>

namespace exporter {
namespace {

constexpr std::size_t kIdLength = 64;

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool is_id(std::string_view text) {
  return text.size() == kIdLength && std::ranges::all_of(text, is_hex);
}

std::string_view last_component(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 == 0
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

// "kubepods-burstable-pod12ab_…_.slice", "pod12ab-…": the uid with dashes, or nothing.
std::string pod_uid_of(std::string_view component) {
  take_suffix(component, ".slice");
  const std::size_t at = component.rfind("pod");
  if (at == std::string_view::npos || (at != 0 && component[at - 1] != '-')) return {};
  const std::string_view uid = component.substr(at + 3);
  if (uid.size() != 32 && uid.size() != 36) return {};
  std::string result(uid);
  std::ranges::replace(result, '_', '-');
  if (!std::ranges::all_of(result, [](char c) { return is_hex(c) || c == '-'; })) return {};
  return result;
}

// Below a component that begins with kubepods, or kubelet-kubepods: the pod and its class.
void find_pod(std::string_view path, PathIdentity& identity) {
  bool in_kubernetes = false;
  std::size_t start = 1;
  while (start < path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    std::string_view component = path.substr(start, end - start);
    component = component.substr(0, component.find(':'));  // slice:prefix:name
    start = end + 1;
    if (component.starts_with("kubepods") || component.starts_with("kubelet-kubepods")) {
      in_kubernetes = true;
      identity.qos = KubernetesQos::kGuaranteed;
    }
    if (!in_kubernetes) continue;
    if (component.find("burstable") != std::string_view::npos) {
      identity.qos = KubernetesQos::kBurstable;
    } else if (component.find("besteffort") != std::string_view::npos) {
      identity.qos = KubernetesQos::kBestEffort;
    }
    if (std::string uid = pod_uid_of(component); !uid.empty()) identity.pod_uid = std::move(uid);
  }
}

struct Prefix {
  std::string_view text;
  ContainerRuntime runtime;
};

// Of scopes of the systemd driver, and of CRI-O's and podman's groups without systemd.
constexpr std::array kPrefixes{
    Prefix{"docker-", ContainerRuntime::kDocker},
    Prefix{"cri-containerd-", ContainerRuntime::kContainerd},
    Prefix{"nerdctl-", ContainerRuntime::kContainerd},
    Prefix{"containerd-", ContainerRuntime::kContainerd},
    Prefix{"crio-", ContainerRuntime::kCrio},
    Prefix{"libpod-payload-", ContainerRuntime::kPodman},
    Prefix{"libpod-", ContainerRuntime::kPodman},
};

// A component with an id: bare, or behind a runtime's prefix, or "cri-containerd:<id>" in the
// middle of systemd's slice:prefix:name form.
bool take_container(std::string_view path, std::string_view component, PathIdentity& identity) {
  std::string_view id = component;
  take_suffix(id, ".scope");
  for (const Prefix& prefix : kPrefixes) {
    std::string_view rest = id;
    if (!take_prefix(rest, prefix.text) || !is_id(rest)) continue;
    identity.kind = GroupKind::kContainer;
    identity.runtime = prefix.runtime;
    identity.id = rest;
    return true;
  }
  if (const std::size_t colon = id.rfind(':'); colon != std::string_view::npos) {
    id.remove_prefix(colon + 1);
  }
  if (!is_id(id)) return false;
  identity.kind = GroupKind::kContainer;
  identity.id = id;
  const std::string_view parent = path.substr(0, path.size() - component.size() - 1);
  const std::string_view above = last_component(parent);
  if (above == "docker") identity.runtime = ContainerRuntime::kDocker;
  if (above == "libpod_parent") identity.runtime = ContainerRuntime::kPodman;
  if (component.find("cri-containerd:") != std::string_view::npos || above == "default" ||
      above == "k8s.io" || above == "moby") {
    identity.runtime = ContainerRuntime::kContainerd;
  }
  return true;
}

bool set_named(PathIdentity& identity, ContainerRuntime runtime, std::string name) {
  if (name.empty()) return false;
  identity.kind = GroupKind::kContainer;
  identity.runtime = runtime;
  identity.name = std::move(name);
  return true;
}

// "qemu-3-web", "lxc-12-box": without the running number that libvirt puts in.
std::string without_number(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto digits = text.substr(0, dash);
  const bool numbered = dash != std::string_view::npos && dash != 0 &&
                        std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  return std::string(numbered ? text.substr(dash + 1) : text);
}

bool take_machine(std::string_view path, std::string_view component, PathIdentity& identity) {
  const std::string unescaped = unescape_unit(component);
  std::string_view text = unescaped;
  const bool in_machine =
      path.starts_with("/machine.slice/") || path.starts_with("/machine/") || path == "/machine";
  if (take_prefix(text, "systemd-nspawn@")) {
    take_suffix(text, ".service");
    return set_named(identity, ContainerRuntime::kNspawn, std::string(text));
  }
  if (take_prefix(text, "lxc.payload.")) {
    return set_named(identity, ContainerRuntime::kLxc, std::string(text));
  }
  if (!in_machine) return false;
  const bool scope = take_suffix(text, ".scope");
  const bool named_machine = take_prefix(text, "machine-");
  if (take_prefix(text, "qemu-")) {
    take_suffix(text, ".libvirt-qemu");
    return set_named(identity, ContainerRuntime::kLibvirt, without_number(text));
  }
  if (take_prefix(text, "lxc-")) {
    return set_named(identity, ContainerRuntime::kLibvirt, without_number(text));
  }
  if (!scope || !named_machine) return false;
  return set_named(identity, ContainerRuntime::kNspawn, std::string(text));
}

// Directly below /lxc: LXC before 4, and Proxmox. What lies deeper belongs to the container.
bool take_old_lxc(std::string_view path, PathIdentity& identity) {
  if (!take_prefix(path, "/lxc/") || path.find('/') != std::string_view::npos) return false;
  return set_named(identity, ContainerRuntime::kLxc, std::string(path));
}

bool is_ignored(std::string_view component) {
  constexpr std::array<std::string_view, 5> kSuffixes{".mount", ".swap", ".socket", ".automount",
                                                      ".device"};
  constexpr std::array<std::string_view, 4> kHelpers{"crio-conmon-", "libpod-conmon-",
                                                     "lxc.monitor", "lxc.pivot"};
  return component == "conmon" ||
         std::ranges::any_of(kSuffixes, [&](auto suffix) { return component.ends_with(suffix); }) ||
         std::ranges::any_of(kHelpers, [&](auto helper) { return component.starts_with(helper); });
}

}  // namespace

std::string_view name(KubernetesQos qos) {
  switch (qos) {
    case KubernetesQos::kNone: return "";
    case KubernetesQos::kGuaranteed: return "guaranteed";
    case KubernetesQos::kBurstable: return "burstable";
    case KubernetesQos::kBestEffort: return "besteffort";
  }
  return "";
}

std::string unescape_unit(std::string_view name) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string text;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name.substr(i, 2) == "\\x" && i + 3 < name.size() && is_hex(name[i + 2]) &&
        is_hex(name[i + 3])) {
      text += static_cast<char>(digit(name[i + 2]) * 16 + digit(name[i + 3]));
      i += 3;
    } else {
      text += name[i];
    }
  }
  return text;
}

PathIdentity identify(std::string_view path) {
  PathIdentity identity;
  const std::string_view component = last_component(path);
  if (is_ignored(component)) {
    identity.kind = GroupKind::kIgnored;
    return identity;
  }
  find_pod(path, identity);
  if (take_container(path, component, identity) || take_machine(path, component, identity) ||
      take_old_lxc(path, identity)) {
    return identity;
  }
  if (!identity.pod_uid.empty() && !pod_uid_of(component).empty()) {
    identity.kind = GroupKind::kPod;
  } else if (component.ends_with(".service") || component.ends_with(".scope")) {
    identity.kind = GroupKind::kService;
    identity.runtime = ContainerRuntime::kSystemd;
    identity.name = unescape_unit(component);
  }
  return identity;
}

}  // namespace exporter
