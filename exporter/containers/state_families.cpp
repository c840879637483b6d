#include "exporter/containers/state_families.h"

#include <unordered_map>

#include "exporter/containers/names.h"

namespace exporter {
namespace {

constexpr Family kInfo{"fournines_container_info",
                       "1; the labels tell who the container is, all of its own labels included."};
constexpr Family kState{"fournines_container_state",
                        "1 for the state the container is in, also when it is stopped, 0 for the "
                        "others.",
                        MetricType::kGauge,
                        {"state"}};
constexpr Family kExitCode{"fournines_container_exit_code",
                           "Exit code of the last run that ended; absent before the first end."};
constexpr Family kRestarts{"fournines_container_restarts_total",
                           "How often the runtime started a container of this name again by its "
                           "policy, over all that carried it.",
                           MetricType::kCounter};
constexpr Family kFinished{"fournines_container_finished_timestamp_seconds",
                           "Unix time at which the last run ended."};
constexpr Family kOomKills{
    "fournines_container_oom_kills_total",
    "OOM kills under this name, over all containers that carried it; goes on "
    "when fournines is started again.",
    MetricType::kCounter};

void label_info(const RuntimeRecord& record, KubernetesQos qos, SharedLabels& labels) {
  const ContainerFacts& facts = record.facts;
  const ContainerIdentity& identity = facts.identity;
  labels.clear();
  add_identity(labels, identity);
  const auto add = [&](std::string_view label, std::string_view value) {
    if (!value.empty()) labels.add(label, value);
  };
  add("container_id", facts.id);
  add("image", facts.image);
  add("runtime", name(identity.runtime));
  add("restart_policy", name(facts.restart_policy));
  add("compose_project", identity.compose_project);
  add("compose_service", identity.compose_service);
  add("pod_uid", record.pod_uid);
  add("qos", name(qos));
  add_container_labels(labels, record, nullptr);
  labels.seal();
}

bool same_info(const RuntimeRecord& a, const RuntimeRecord& b) {
  return a.facts.id == b.facts.id && a.facts.identity == b.facts.identity &&
         a.facts.image == b.facts.image && a.facts.restart_policy == b.facts.restart_policy &&
         a.facts.labels == b.facts.labels && a.pod_uid == b.pod_uid;
}

}  // namespace

// What stays the same keeps its labels, so that only what changed is rendered anew.
void StateFamilies::take_view(const ContainerView& view, const CountLedger& ledger) {
  std::vector<Container> old = std::move(containers_);
  containers_.clear();
  auto at = old.begin();
  for (const auto& facts : view.containers) {
    const std::string key = facts->identity.key();
    while (at != old.end() && at->facts->identity.key() < key) ++at;
    Container& container = containers_.emplace_back();
    if (at != old.end() && at->facts->identity == facts->identity) {
      container.labels = std::move(at->labels);
    } else {
      add_identity(container.labels, facts->identity);
      container.labels.seal();
    }
    container.facts = facts;
    container.counts = ledger.find(key);
  }
}

void StateFamilies::take_roster(std::span<Group* const> groups, const Roster& roster) {
  std::unordered_map<std::string_view, KubernetesQos> classes;
  for (const Group* group : groups) {
    const PathIdentity& identity = group->identity;
    if (!identity.id.empty() && identity.qos != KubernetesQos::kNone) {
      classes[identity.id] = identity.qos;
    }
  }
  std::vector<Info> old = std::move(infos_);
  infos_.clear();
  auto at = old.begin();
  for (const auto& record : roster.records) {
    while (at != old.end() && at->record->facts.id < record->facts.id) ++at;
    Info& info = infos_.emplace_back();
    if (const auto found = classes.find(record->facts.id); found != classes.end()) {
      info.qos = found->second;
    }
    info.record = record;
    if (at != old.end() && same_info(*at->record, *record) && at->qos == info.qos) {
      info.labels = std::move(at->labels);
    } else {
      label_info(*record, info.qos, info.labels);
    }
  }
}

void StateFamilies::write(std::span<Group* const> groups, std::uint64_t generation,
                          const Roster& roster, const ContainerView& view,
                          const CountLedger& ledger, SampleWriter& out) {
  if (view.version != view_version_) take_view(view, ledger);
  view_version_ = view.version;
  if (roster.version != roster_version_ || generation != generation_) take_roster(groups, roster);
  roster_version_ = roster.version;
  generation_ = generation;
  out.family(kInfo);
  for (const Info& info : infos_) out.add_of(info.labels, 1);
  out.family(kState);
  for (const Container& container : containers_) {
    for (std::size_t i = 0; i < kContainerStateCount; ++i) {
      const auto state = static_cast<ContainerState>(i);
      out.add_of(container.labels, state == container.facts->state ? 1 : 0, name(state));
    }
  }
  out.family(kExitCode);
  for (const Container& container : containers_) {
    if (container.facts->exit_code_known) out.add_of(container.labels, container.facts->exit_code);
  }
  out.family(kFinished);
  for (const Container& container : containers_) {
    const std::int64_t ms = container.facts->finished_unix_ms;
    if (ms != 0) out.add_of(container.labels, Number::fixed(static_cast<std::uint64_t>(ms), 3));
  }
  out.family(kRestarts);
  for (const Container& container : containers_) {
    // Only Docker counts them where we can read it.
    if (container.facts->identity.runtime != ContainerRuntime::kDocker) continue;
    out.add_of(container.labels, container.counts ? container.counts->restarts() : 0);
  }
  out.family(kOomKills);
  ledger.for_each(
      [&out](const CountAccount& account) { out.add_of(account.labels(), account.kills()); });
}

}  // namespace exporter
