// The judging and paging half of the daemon, put together: history, slo thread, probes, pager. Made
// and stopped by the main thread; what it publishes may be read by any.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "alerts/pager.h"
#include "alerts/sender.h"
#include "app/config.h"
#include "app/ledger.h"
#include "app/local_checks.h"
#include "app/prometheus_sources.h"
#include "app/target_files.h"
#include "exporter/containers/follower.h"
#include "exporter/probes/scheduler.h"
#include "slo/container_source.h"
#include "slo/host_source.h"
#include "slo/probe_source.h"
#include "slo/runner.h"
#include "slo/series_source.h"
#include "slo/store.h"

namespace app {

struct JudgingOptions {
  std::string procfs;
  std::string state_directory;
  std::int64_t retention_ms = 0;
  // Each of its containers is judged, too. Null: none. It outlives the judging half, and is started
  // after it and stopped before it.
  exporter::ContainerFollower* containers = nullptr;
};

class Judging {
 public:
  // Opens the history. A directory that cannot be used is a warning and a history in memory; one
  // that another daemon uses (kConflict) or that a newer program wrote (kInvalid) is an error.
  // clock outlives this.
  static exporter::Result<std::unique_ptr<Judging>> open(const JudgingOptions& options,
                                                         const Config& config,
                                                         const exporter::Clock& clock);
  ~Judging();

  // The history is of an earlier boot: how long the time between was, the wall clock alone knows.
  bool is_after_reboot() const { return is_after_reboot_; }
  // Where the daemon's own series are read for the objectives that need them. Before start().
  void set_page(std::function<void(std::string&)> page) { page_ = std::move(page); }
  // Judging goes on from where the history ended to now.
  void start();
  // Other objectives, probes and receivers of pages from now on; errors change nothing. Any thread
  // but those of the judge.
  exporter::Result<void> apply(const Config& config);
  // In the reverse order of start. Idempotent.
  void stop();

  // Any thread but the judge's; waits for its next turn.
  std::vector<slo::Report> report(const slo::Engine::Question& question);
  Ledger& ledger() { return *ledger_; }
  exporter::Result<void> backup(const std::string& path) { return store_->backup(path); }

  slo::Runner::Published published() const { return runner_.published(); }
  std::shared_ptr<const slo::Counters> saved_counters() { return runner_.saved_counters(); }
  slo::StoreStatus store_status() const { return store_->status(); }
  std::shared_ptr<const alerts::PagerStatus> pager_status() const { return pager_.status(); }
  void page_test() { pager_.page_test(); }
  const exporter::ProbeBoard& probes() const { return board_; }
  TargetFilesStatus target_files() const { return target_files_.status(); }
  // As configured now. Any thread.
  std::shared_ptr<const ProbeModules> probe_modules() const;
  // See ProbeScheduler::probe_once.
  exporter::Result<exporter::ProbeResult> probe_once(exporter::ProbeSpec spec) {
    return scheduler_.probe_once(std::move(spec));
  }
  const slo::Runner& runner() const { return runner_; }
  const slo::ProbeSource& probe_source() const { return probe_source_; }
  // Containers that are not judged because there are too many.
  std::size_t ignored_containers() const {
    return container_source_ ? container_source_->ignored() : 0;
  }
  // Why objectives over series have nothing to be judged by.
  std::map<slo::SloId, std::string> source_problems() const {
    std::map<slo::SloId, std::string> problems = series_source_.problems();
    problems.merge(sources_.problems());
    return problems;
  }
  std::vector<SourceStatus> sources() const { return sources_.status(); }

 private:
  Judging(const JudgingOptions& options, const Config& config, const exporter::Clock& clock,
          std::unique_ptr<slo::Store> store, slo::Rows rows);

  void keep_counts(exporter::ContainerFollower& containers,
                   const std::vector<slo::Document>& documents);
  exporter::Result<void> set_probes();  // under probes_lock_
  void set_targets(std::vector<exporter::ProbeSpec> targets);

  slo::Runner::Since running_since(const Config& config);
  std::vector<exporter::ProbeSpec> probes_of(const Config& config,
                                             const std::vector<slo::SloId>& ids);

  const exporter::Clock& clock_;
  std::unique_ptr<slo::Store> store_;
  slo::HostSource host_source_;
  slo::ProbeSource probe_source_;
  std::optional<slo::ContainerSource> container_source_;
  std::function<void(std::string&)> page_;
  slo::SeriesSource series_source_;
  PrometheusSources sources_;
  slo::Runner runner_;
  std::unique_ptr<Ledger> ledger_;
  exporter::ProbeBoard board_;
  LocalChecks local_checks_;
  exporter::ProbeScheduler scheduler_;
  alerts::HttpNotifier notifier_;
  alerts::Pager pager_;

  mutable std::mutex probes_lock_;
  std::vector<exporter::ProbeSpec> slo_probes_;  // under probes_lock_, like the next
  std::vector<exporter::ProbeSpec> target_probes_;
  std::unordered_map<std::string, std::uint64_t> target_ids_;  // likewise; an id stays with a name
  std::uint64_t target_count_ = 0;                             // that ever had an id
  std::shared_ptr<const ProbeModules> modules_;
  TargetFiles target_files_;  // last: its thread uses the others
  bool running_ = false;
  bool is_after_reboot_ = false;
  std::optional<Config> begin_with_;  // under probes_lock_; before start() only
};

}  // namespace app
