// Every parser of the texts of control groups, runtimes and their paths, over the same bytes: none
// may read outside them, and what comes out is bounded and makes a page of valid text.
#include <algorithm>
#include <string>
#include <vector>

#include "exporter/containers/cgroup_text.h"
#include "exporter/containers/count_ledger.h"
#include "exporter/containers/disk_usage.h"
#include "exporter/containers/json_walk.h"
#include "exporter/containers/machine.h"
#include "exporter/containers/names.h"
#include "exporter/containers/network.h"
#include "exporter/containers/oom_watch.h"
#include "exporter/containers/path_identity.h"
#include "exporter/containers/process_details.h"
#include "exporter/containers/process_start.h"
#include "exporter/containers/runtime_record.h"
#include "exporter/core/text.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace exporter;

void check_record(const RuntimeRecord& record) {
  const ContainerFacts& facts = record.facts;
  for (const std::string* text :
       {&facts.id, &facts.image, &facts.identity.name, &facts.identity.k8s_pod,
        &facts.identity.k8s_container, &facts.identity.k8s_namespace, &record.pod_uid}) {
    FUZZ_CHECK(text->size() <= kMaxFactBytes);
  }
  FUZZ_CHECK(facts.labels.size() <= kMaxContainerLabels);
  FUZZ_CHECK(std::ranges::is_sorted(facts.labels));
  FUZZ_CHECK(facts.started_unix_ms >= 0 && facts.finished_unix_ms >= 0);
  SharedLabels labels;
  labels.add("name", facts.identity.name);
  add_container_labels(labels, record, nullptr);
  FUZZ_CHECK(is_valid_utf8(labels.text()));
  FUZZ_CHECK(labels.text().find('\n') == std::string_view::npos);
}

void check_runtimes(std::string_view input) {
  RuntimeRecord docker;
  if (parse_docker_config(input, docker)) FUZZ_CHECK(!docker.facts.id.empty());
  check_record(docker);
  RuntimeRecord host;
  (void)parse_docker_host_config(input, host);
  RuntimeRecord bundle;
  (void)parse_bundle_config(input, bundle);
  check_record(bundle);
  std::vector<RuntimeRecord> list;
  (void)parse_storage_list(input, list);
  for (const RuntimeRecord& record : list) {
    FUZZ_CHECK(!record.facts.id.empty());
    check_record(record);
  }
  std::size_t deepest = 0;
  (void)walk_json(
      input, [&](JsonPath path, const JsonValue&) { deepest = std::max(deepest, path.size()); });
  FUZZ_CHECK(deepest <= kMaxJsonDepth);
  FUZZ_CHECK(parse_time_ms(input) >= 0);
}

// What was taken is given back as it was.
void check_kept_counts(std::string_view input) {
  const Moment now{};
  CountLedger ledger;
  if (!ledger.restore(input, now)) return;
  FUZZ_CHECK(ledger.restore(input, now));
  for (const auto& [key, text] : ledger.take_changes(now)) {
    CountLedger again;
    FUZZ_CHECK(text && again.restore(*text, now));
    FUZZ_CHECK(again.kills(key) == ledger.kills(key));
  }
}

void check_group_files(std::string_view input) {
  bool unlimited = false;
  (void)parse_count(input);
  FUZZ_CHECK(!parse_limit(input, unlimited) || !unlimited);
  (void)parse_memory_stat_v1(input, true);
  (void)parse_memory_stat_v1(input, false);
  (void)parse_memory_stat_v2(input);
  (void)parse_cpu_stat(input);
  Count user;
  Count system;
  parse_cpuacct_stat(input, user, system);
  (void)parse_cpu_max(input);
  (void)parse_keyed(input, "oom_kill");
  (void)parse_memory_events(input);
  (void)parse_group_pressure(input);
  const auto lines = static_cast<std::size_t>(std::ranges::count(input, '\n')) + 1;
  std::vector<DeviceIo> devices;
  parse_io_stat(input, devices);
  FUZZ_CHECK(devices.size() <= lines);
  devices.clear();
  parse_blkio(input, BlkioKind::kBytes, devices);
  parse_blkio(input, BlkioKind::kOperations, devices);
  FUZZ_CHECK(devices.size() <= 2 * lines);
  FUZZ_CHECK(parse_procs(input).count <= lines);
  std::vector<std::uint64_t> times;
  parse_per_cpu(input, times);
  FUZZ_CHECK(times.size() <= input.size());
  std::vector<NumaPages> pages;
  parse_numa_stat(input, true, 4096, pages);
  parse_numa_stat(input, false, 4096, pages);
}

void check_processes(std::string_view input) {
  std::vector<NetworkCounts> entries;
  const std::size_t count = parse_container_net_dev(input, entries);
  FUZZ_CHECK(count <= entries.size());
  SocketCounts sockets;
  parse_sockstat(input, sockets);
  (void)parse_process_schedstat(input);
  (void)soft_limit_of_open_files(input);
  std::vector<std::uint32_t> processes;
  append_processes(input, processes);
  FUZZ_CHECK(processes.size() <= parse_procs(input).count.value_or(0));
  (void)parse_start_ticks(input);
  (void)parse_boot_time(input);
  (void)count_of_list(input);
  const auto upper = parse_upper_directory(input);
  FUZZ_CHECK(!upper || upper->starts_with('/'));
  for (const bool version2 : {true, false}) {
    const std::string_view path = group_path(input, version2);
    FUZZ_CHECK(path.empty() || path.starts_with('/'));
  }
  (void)is_group_of(input, input.substr(input.size() / 2));
  if (const auto kill = parse_oom_kill(input)) {
    FUZZ_CHECK(kill->group.size() < input.size());
  }
}

}  // namespace

void fuzz_containers(std::string_view input) {
  const PathIdentity identity = identify(input);
  FUZZ_CHECK(identity.id.empty() || identity.id.size() == 64);
  FUZZ_CHECK(identity.name.size() <= input.size());
  FUZZ_CHECK(unescape_unit(input).size() <= input.size());
  check_runtimes(input);
  check_group_files(input);
  check_kept_counts(input);
  check_processes(input);
}
