// config.json of an OCI bundle. containerd's CRI plugin writes io.kubernetes.cri.*, CRI-O
// io.kubernetes.cri-o.* and the kubelet's own labels, podman io.container.manager, nerdctl
// nerdctl/*:
//   {"ociVersion": "1.1.0", "process": {"env": ["SECRET=…"]}, "annotations":
//     {"io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.container-name": "web",
//      "io.kubernetes.cri.sandbox-name": "shop-7d", "io.kubernetes.cri.sandbox-namespace": "prod"}}
#include <array>

#include "exporter/containers/json_walk.h"
#include "exporter/containers/runtime_record.h"

namespace exporter {
namespace {

struct Annotation {
  std::string_view name;
  std::string ContainerIdentity::* member;
  ContainerRuntime runtime;
};

constexpr auto kContainerd = ContainerRuntime::kContainerd;
constexpr auto kCrio = ContainerRuntime::kCrio;

constexpr std::array kAnnotations{
    Annotation{"io.kubernetes.cri.container-name", &ContainerIdentity::k8s_container, kContainerd},
    Annotation{"io.kubernetes.cri.sandbox-name", &ContainerIdentity::k8s_pod, kContainerd},
    Annotation{"io.kubernetes.cri.sandbox-namespace", &ContainerIdentity::k8s_namespace,
               kContainerd},
    Annotation{"io.kubernetes.container.name", &ContainerIdentity::k8s_container, kCrio},
    Annotation{"io.kubernetes.pod.name", &ContainerIdentity::k8s_pod, kCrio},
    Annotation{"io.kubernetes.pod.namespace", &ContainerIdentity::k8s_namespace, kCrio},
    Annotation{"io.kubernetes.cri-o.Namespace", &ContainerIdentity::k8s_namespace, kCrio},
};

void take(std::string_view name, std::string_view value, RuntimeRecord& record) {
  ContainerIdentity& identity = record.facts.identity;
  for (const Annotation& known : kAnnotations) {
    if (known.name != name) continue;
    identity.*known.member = bounded(value);
    if (identity.runtime == ContainerRuntime::kUnknown) identity.runtime = known.runtime;
  }
  if (name == "io.kubernetes.cri.container-type") record.sandbox = value == "sandbox";
  if (name == "io.kubernetes.cri-o.ContainerType") {
    record.sandbox = value == "sandbox";
    identity.runtime = kCrio;
  }
  if (name == "io.kubernetes.cri.sandbox-uid" || name == "io.kubernetes.pod.uid") {
    record.pod_uid = bounded(value);
  }
  if (name == "io.kubernetes.cri.image-name" || name == "io.kubernetes.cri-o.ImageName" ||
      name == "io.kubernetes.cri.podsandbox.image-name") {
    record.facts.image = bounded(value);
  }
  if (name == "io.kubernetes.cri-o.Created") record.created_unix_ms = parse_time_ms(value);
  if (name == "io.container.manager" && value == "libpod") {
    identity.runtime = ContainerRuntime::kPodman;
  }
  if (name.starts_with("com.docker.compose.") || name.starts_with("io.podman.compose.") ||
      name.starts_with("nerdctl/")) {
    add_label(record, name, value);
  }
}

}  // namespace

Result<void> parse_bundle_config(std::string_view text, RuntimeRecord& record) {
  const auto walked = walk_json(text, [&](JsonPath path, const JsonValue& value) {
    if (path.size() == 2 && path[0] == "annotations") {
      take(path[1], value.text_or_nothing(), record);
    }
  });
  ContainerIdentity& identity = record.facts.identity;
  if (record.sandbox) identity.k8s_container = "POD";
  if (identity.name.empty()) identity.name = identity.k8s_container;
  return walked;
}

Result<void> parse_storage_list(std::string_view text, std::vector<RuntimeRecord>& records) {
  constexpr std::size_t kMaxRecords = 20'000;
  std::string place;
  RuntimeRecord record;
  const auto finish = [&] {
    if (!record.facts.id.empty() && !record.facts.identity.name.empty() &&
        records.size() < kMaxRecords) {
      records.push_back(std::move(record));
    }
    record = {};
  };
  const auto take_metadata = [&](std::string_view metadata) {
    return walk_json(metadata, [&](JsonPath path, const JsonValue& value) {
      if (path.size() != 1) return;
      const std::string_view word = value.text_or_nothing();
      if (path[0] == "image-name") record.facts.image = bounded(word);
      if (path[0] == "name" && !word.empty()) record.facts.identity.name = bounded(word);
    });
  };
  Result<void> inner;
  const auto walked = walk_json(text, [&](JsonPath path, const JsonValue& value) {
    if (path.size() < 2) return;
    if (path[0] != place) {
      finish();
      place = path[0];
    }
    const std::string_view word = value.text_or_nothing();
    if (path.size() == 2 && path[1] == "id") record.facts.id = bounded(word);
    if (path.size() == 2 && path[1] == "created") record.created_unix_ms = parse_time_ms(word);
    if (path.size() == 2 && path[1] == "metadata") {
      if (auto taken = take_metadata(word); !taken) inner = std::move(taken);
    }
    if (path.size() == 3 && path[1] == "names" && record.facts.identity.name.empty()) {
      record.facts.identity.name = bounded(word);
    }
  });
  finish();
  return walked ? inner : walked;
}

}  // namespace exporter
