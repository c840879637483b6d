#include "exporter/containers/names.h"

#include <algorithm>

namespace exporter {
namespace {

void add_if(SharedLabels& to, std::string_view name, std::string_view value) {
  if (!value.empty()) to.add(name, value);
}

void label(Group& group, const RuntimeRecord* record, const NameFilter& filter) {
  const ContainerIdentity* identity = record == nullptr ? nullptr : &record->facts.identity;
  group.labels.clear();
  group.labels.add("id", group.path);
  group.labels.add("name", identity == nullptr ? group.identity.name : identity->name);
  group.labels.add("image", record == nullptr ? "" : std::string_view(record->facts.image));
  if (identity != nullptr) {
    add_if(group.labels, "container", identity->k8s_container);
    add_if(group.labels, "pod", identity->k8s_pod);
    add_if(group.labels, "namespace", identity->k8s_namespace);
    add_container_labels(group.labels, *record, &filter);
  }
  group.labels.seal();
}

// A pod's group has no file of its own; its containers' files name it.
void label_pod(Group& group, const Roster& roster) {
  const auto of_pod = std::ranges::find_if(roster.records, [&](const auto& record) {
    return record->pod_uid == group.identity.pod_uid && !record->facts.identity.k8s_pod.empty();
  });
  group.labels.clear();
  group.labels.add("id", group.path);
  group.labels.add("name", "");
  group.labels.add("image", "");
  if (of_pod != roster.records.end()) {
    add_if(group.labels, "pod", (*of_pod)->facts.identity.k8s_pod);
    add_if(group.labels, "namespace", (*of_pod)->facts.identity.k8s_namespace);
  }
  group.labels.seal();
}

NetworkRole network_role(const RuntimeRecord* record) {
  if (record == nullptr) return NetworkRole::kOwner;
  if (record->sandbox) return NetworkRole::kSandbox;
  return record->guest_network ? NetworkRole::kGuest : NetworkRole::kOwner;
}

void find_start(Group& group, const RuntimeRecord* record, ProcessStarts& starts) {
  if (group.parent == nullptr) {
    group.started_ms = starts.boot_ms();
  } else if (record != nullptr && record->facts.identity.runtime == ContainerRuntime::kDocker) {
    // 0 until it is told. A guess before would be a little off, and its end look like a restart.
    group.started_ms = record->facts.started_unix_ms;
  } else if (group.started_ms == 0 && group.first_process != 0 &&
             group.started_process != group.first_process) {
    group.started_process = group.first_process;
    group.started_ms = starts.started_ms(group.first_process);
  }
}

}  // namespace

// Two labels that differ in odd characters only become one name: the first stays.
void add_container_labels(SharedLabels& to, const RuntimeRecord& record, const NameFilter* filter) {
  std::vector<std::string> taken;
  for (const auto& [label, value] : record.facts.labels) {
    if (filter != nullptr && !filter->passes(label)) continue;
    std::string name = label_name(label);
    if (std::ranges::find(taken, name) != taken.end()) continue;
    to.add(name, value);
    taken.push_back(std::move(name));
  }
}

std::string label_name(std::string_view container_label) {
  std::string name = "container_label_";
  for (const char c : container_label) {
    const bool allowed =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    name += allowed ? c : '_';
  }
  return name;
}

void join_names(std::span<Group* const> groups, const std::shared_ptr<const Roster>& roster,
                const NameFilter& label_filter, ProcessStarts& starts) {
  for (Group* group : groups) {
    const bool joined = group->labels.number() != 0 && group->names_version == roster->version;
    if (joined) {
      if (group->started_ms == 0) find_start(*group, group->record.get(), starts);
      continue;
    }
    group->names_version = roster->version;
    std::shared_ptr<const RuntimeRecord> record =
        group->identity.id.empty() ? nullptr : roster->find(group->identity.id);
    // The same labels keep their number, so that the page is not rendered anew.
    const bool same_labels =
        group->labels.number() != 0 && group->identity.kind != GroupKind::kPod &&
        (record == group->record || (record != nullptr && group->record != nullptr &&
                                     record->facts.labels == group->record->facts.labels &&
                                     record->facts.identity == group->record->facts.identity &&
                                     record->facts.image == group->record->facts.image));
    group->record = std::move(record);
    group->network_role = network_role(group->record.get());
    find_start(*group, group->record.get(), starts);
    if (same_labels) continue;
    if (group->identity.kind == GroupKind::kPod) {
      label_pod(*group, *roster);
    } else {
      label(*group, group->record.get(), label_filter);
    }
  }
}

}  // namespace exporter
