#include "exporter/containers/facts.h"

namespace exporter {

std::string_view name(ContainerRuntime runtime) {
  switch (runtime) {
    case ContainerRuntime::kUnknown: return "";
    case ContainerRuntime::kDocker: return "docker";
    case ContainerRuntime::kContainerd: return "containerd";
    case ContainerRuntime::kCrio: return "crio";
    case ContainerRuntime::kPodman: return "podman";
    case ContainerRuntime::kLxc: return "lxc";
    case ContainerRuntime::kLibvirt: return "libvirt";
    case ContainerRuntime::kNspawn: return "nspawn";
    case ContainerRuntime::kSystemd: return "systemd";
  }
  return "";
}

std::string_view name(ContainerState state) {
  switch (state) {
    case ContainerState::kCreated: return "created";
    case ContainerState::kRunning: return "running";
    case ContainerState::kPaused: return "paused";
    case ContainerState::kRestarting: return "restarting";
    case ContainerState::kExited: return "exited";
    case ContainerState::kDead: return "dead";
  }
  return "";
}

std::string_view name(ContainerHealth health) {
  switch (health) {
    case ContainerHealth::kUnknown: return "";
    case ContainerHealth::kNone: return "none";
    case ContainerHealth::kStarting: return "starting";
    case ContainerHealth::kHealthy: return "healthy";
    case ContainerHealth::kUnhealthy: return "unhealthy";
  }
  return "";
}

std::string_view name(RestartPolicy policy) {
  switch (policy) {
    case RestartPolicy::kUnknown: return "";
    case RestartPolicy::kNo: return "no";
    case RestartPolicy::kOnFailure: return "on-failure";
    case RestartPolicy::kAlways: return "always";
    case RestartPolicy::kUnlessStopped: return "unless-stopped";
  }
  return "";
}

std::string ContainerIdentity::key() const {
  if (k8s_pod.empty()) return name;
  return k8s_namespace + "/" + k8s_pod + "/" + k8s_container;
}

}  // namespace exporter
