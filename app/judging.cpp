#include "app/judging.h"

#include <unordered_set>

#include "exporter/core/log.h"
#include "slo/sqlite_store.h"
#include "slo/store_memory.h"

namespace app {
namespace {

using exporter::ErrorKind;
using exporter::log;
using exporter::LogLevel;
using exporter::Result;

Result<std::unique_ptr<slo::Store>> open_store(const JudgingOptions& wanted,
                                               const exporter::Clock& clock) {
  slo::StoreOptions options;
  options.directory = wanted.state_directory;
  options.retention_ms = wanted.retention_ms;
  auto store = slo::SqliteStore::open(options, clock);
  if (store) return std::move(*store);
  const exporter::Error& error = store.error();
  if (error.kind == ErrorKind::kConflict || error.kind == ErrorKind::kInvalid) {
    return std::unexpected(error);
  }
  log(LogLevel::kWarn, "history is kept in memory only and is lost at the end",
      {{"error", error.message}});
  return std::make_unique<slo::MemoryStore>(error.message, clock.now().real_ns / 1'000'000);
}

// The ids in the order of the configuration; 0 for objectives that the source of containers gives
// to the engine itself.
std::vector<slo::SloId> apply_to(slo::Runner& runner, const Config& config,
                                 const slo::Runner::Since& running_since = {}) {
  slo::Runner::Specs specs;
  for (const ConfiguredSlo& slo : config.slos) {
    if (!slo.container) specs.push_back(slo.spec);
  }
  std::vector<slo::SloId> ids = runner.apply(specs, running_since);
  for (std::size_t i = 0; i < config.slos.size(); ++i) {
    if (config.slos[i].container) ids.insert(ids.begin() + static_cast<std::ptrdiff_t>(i), 0);
  }
  return ids;
}

std::vector<slo::ContainerSource::Configured> containers_of(const Config& config) {
  std::vector<slo::ContainerSource::Configured> configured;
  for (const ConfiguredSlo& slo : config.slos) {
    if (slo.container) configured.push_back({slo.spec, *slo.container});
  }
  return configured;
}

}  // namespace

Result<std::unique_ptr<Judging>> Judging::open(const JudgingOptions& options, const Config& config,
                                               const exporter::Clock& clock) {
  auto store = open_store(options, clock);
  if (!store) return std::unexpected(store.error());
  slo::Rows rows = (*store)->load();
  const slo::StoreStatus status = (*store)->status();
  if (!status.damaged_file.empty()) {
    log(LogLevel::kError, "a damaged history was put aside", {{"file", status.damaged_file}});
  }
  if (status.dropped_rows > 0) {
    log(LogLevel::kError, "rows of the history could not be read",
        {{"rows", static_cast<std::int64_t>(status.dropped_rows)}});
  }
  const std::string last_boot = rows.facts.heartbeat ? rows.facts.heartbeat->boot_id : "";
  std::unique_ptr<Judging> judging(
      new Judging(options, config, clock, std::move(*store), std::move(rows)));
  judging->is_after_reboot_ = !last_boot.empty() && last_boot != judging->host_source_.boot_id();
  return judging;
}

Judging::Judging(const JudgingOptions& options, const Config& config, const exporter::Clock& clock,
                 std::unique_ptr<slo::Store> store, slo::Rows rows)
    : clock_(clock),
      store_(std::move(store)),
      host_source_(options.procfs),
      probe_source_([this] { runner_.wake(); }),
      series_source_(
          clock,
          [this](std::string& out) {
            if (page_) page_(out);
          },
          [this] { runner_.wake(); }),
      sources_(clock, [this] { runner_.wake(); }),
      runner_(clock, *store_, host_source_.boot_id(), std::move(rows.facts)),
      local_checks_(
          options.procfs, options.containers == nullptr
                              ? LocalChecks::Containers()
                              : [follower = options.containers] { return follower->view(); }),
      scheduler_(clock, board_, probe_source_, {},
                 [this](const auto& target) { return local_checks_.look(target); }),
      notifier_(config.alerting),
      pager_(config.alerting, rows.documents, *store_, notifier_, clock),
      modules_(std::make_shared<const ProbeModules>(config.modules)),
      target_files_([this](auto targets) { set_targets(std::move(targets)); }) {
  runner_.add_source(host_source_);
  runner_.add_source(probe_source_);
  runner_.add_source(series_source_);
  runner_.add_source(sources_);
  if (options.containers != nullptr) {
    keep_counts(*options.containers, rows.documents);
    container_source_.emplace([follower = options.containers] { return follower->view(); },
                              [this] { runner_.wake(); }, *store_, rows.documents);
    container_source_->judge(config.container_slos);
    container_source_->configure(containers_of(config));
    runner_.add_source(*container_source_);
    options.containers->add_sink(*container_source_);
  } else if (!containers_of(config).empty()) {
    log(LogLevel::kWarn, "objectives over containers are not judged: containers are not followed");
  }
  runner_.on_publish([this](const slo::Runner::Published& snapshot) { pager_.publish(snapshot); });
  ledger_ = std::make_unique<Ledger>(runner_, *store_, clock, rows.documents);
  local_checks_.set_process_groups(config.process_groups);
  begin_with_ = config;
}

// What containers counted goes into documents of its own.
void Judging::keep_counts(exporter::ContainerFollower& containers,
                          const std::vector<slo::Document>& documents) {
  const std::string collection = "container-counts";
  std::vector<std::string> kept;
  for (const slo::Document& document : documents) {
    if (document.collection == collection && document.value) kept.push_back(*document.value);
  }
  containers.keep_counts(kept, [this, collection](auto changes) {
    std::vector<slo::Document> changed;
    for (auto& [key, text] : changes) {
      changed.push_back({collection, std::move(key), std::move(text)});
    }
    store_->write({}, std::move(changed));
  });
}

Judging::~Judging() { stop(); }

std::vector<exporter::ProbeSpec> Judging::probes_of(const Config& config,
                                                    const std::vector<slo::SloId>& ids) {
  std::vector<exporter::ProbeSpec> probes;
  std::map<slo::SloId, std::vector<slo::SloId>> followers;
  for (std::size_t i = 0; i < config.slos.size(); ++i) {
    if (config.slos[i].container) continue;
    if (const auto& follows = config.slos[i].follows) followers[ids[*follows]].push_back(ids[i]);
  }
  std::vector<slo::SeriesSource::Judged> series;
  std::map<std::string, std::vector<PrometheusSource::Judged>> recorded;
  for (std::size_t i = 0; i < config.slos.size(); ++i) {
    if (!config.slos[i].series) continue;
    std::vector<slo::SloId> judged = followers[ids[i]];
    judged.insert(judged.begin(), ids[i]);
    const SeriesSli& sli = *config.slos[i].series;
    if (sli.record) {
      recorded[sli.record->source].push_back({std::move(judged), *sli.record, sli.meaning});
    } else {
      series.push_back({std::move(judged), sli.spec, sli.meaning});
    }
  }
  series_source_.set(std::move(series));
  sources_.set(config.sources, std::move(recorded));
  probe_source_.set_followers(std::move(followers));
  for (std::size_t i = 0; i < config.slos.size(); ++i) {
    if (!config.slos[i].probe) continue;
    probes.push_back(*config.slos[i].probe);
    probes.back().id = static_cast<std::uint64_t>(ids[i]);
  }
  return probes;
}

// In the order of the objectives without those of containers: what went on while nobody looked, as
// far as processes and units here tell. One that cannot be asked is not waited for again.
slo::Runner::Since Judging::running_since(const Config& config) {
  slo::Runner::Since all;
  bool units_answer = true;
  for (const ConfiguredSlo& slo : config.slos) {
    if (slo.container) continue;
    all.emplace_back();
    const auto& probe = slo.follows ? config.slos[*slo.follows].probe : slo.probe;
    if (!probe || slo.spec->budgeting != slo::BudgetingMethod::kTime) continue;
    const auto* target = std::get_if<exporter::LocalTarget>(&probe->target);
    if (target == nullptr) continue;
    const bool is_unit = target->kind == exporter::LocalKind::kUnit;
    if (is_unit && !units_answer) continue;
    const auto since_ns = local_checks_.good_since_ns(*target, clock_.now());
    if (since_ns) all.back() = *since_ns;
    if (is_unit) units_answer = since_ns.has_value();
  }
  return all;
}

void Judging::start() {
  {
    const std::lock_guard lock(probes_lock_);
    slo_probes_ =
        probes_of(*begin_with_, apply_to(runner_, *begin_with_, running_since(*begin_with_)));
    begin_with_.reset();
  }
  ledger_->refresh();
  pager_.start();
  runner_.start();
  series_source_.start();
  sources_.start();
  running_ = true;
  {
    const std::lock_guard lock(probes_lock_);
    if (auto set = set_probes(); !set) {
      log(LogLevel::kError, "probes do not run", {{"error", set.error().message}});
    }
  }
  target_files_.start(*probe_modules());
}

Result<void> Judging::apply(const Config& config) {
  {
    const std::lock_guard lock(probes_lock_);
    local_checks_.set_process_groups(config.process_groups);
    modules_ = std::make_shared<const ProbeModules>(config.modules);
    if (begin_with_) {
      begin_with_ = config;
      return {};
    }
    const std::vector<slo::SloId> ids = apply_to(runner_, config);
    ledger_->refresh();
    if (container_source_) {
      container_source_->judge(config.container_slos);
      container_source_->configure(containers_of(config));
    }
    slo_probes_ = probes_of(config, ids);
    if (auto set = set_probes(); !set) return set;
  }
  pager_.apply(config.alerting);
  target_files_.set(config.modules);
  return {};
}

std::shared_ptr<const ProbeModules> Judging::probe_modules() const {
  const std::lock_guard lock(probes_lock_);
  return modules_;
}

void Judging::set_targets(std::vector<exporter::ProbeSpec> targets) {
  const std::lock_guard lock(probes_lock_);
  target_probes_ = std::move(targets);
  if (auto set = set_probes(); !set) {
    log(LogLevel::kError, "targets from files are not probed", {{"error", set.error().message}});
  }
}

// Objectives first; a target of a file whose name one of them has is left out.
Result<void> Judging::set_probes() {
  std::vector<exporter::ProbeSpec> all = slo_probes_;
  std::unordered_set<std::string> names;
  for (const exporter::ProbeSpec& spec : all) names.insert(spec.name);
  constexpr std::uint64_t kFirst = slo::ProbeSource::kFirstForeignId;
  for (const exporter::ProbeSpec& spec : target_probes_) {
    if (!names.insert(spec.name).second) continue;
    all.push_back(spec);
    const auto [entry, is_new] = target_ids_.try_emplace(spec.name, 0);
    if (is_new) entry->second = kFirst + target_count_++;
    all.back().id = entry->second;
  }
  std::erase_if(target_ids_, [&](const auto& entry) { return !names.contains(entry.first); });
  return scheduler_.set_probes(std::move(all));
}

std::vector<slo::Report> Judging::report(const slo::Engine::Question& question) {
  std::vector<slo::Report> reports;
  runner_.call([&](slo::Engine& engine) { reports = engine.report(question); });
  return reports;
}

void Judging::stop() {
  if (!running_) return;
  running_ = false;
  target_files_.stop();
  scheduler_.stop();
  sources_.stop();
  series_source_.stop();
  runner_.stop(host_source_.stop_reason());
  pager_.stop();
}

}  // namespace app
