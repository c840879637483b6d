#include "app/judging_series.h"

namespace app {
namespace {

using exporter::Family;
using exporter::MetricType;
using exporter::Number;
using exporter::SampleWriter;

constexpr Family gauge(std::string_view name, std::string_view help, std::string_view label = {}) {
  return {name, help, MetricType::kGauge, {label}};
}

constexpr Family counter(std::string_view name, std::string_view help,
                         std::string_view label = {}) {
  return {name, help, MetricType::kCounter, {label}};
}

constexpr Family kDurable =
    gauge("fournines_history_durable",
          "1 while what is written gets to disk, 0 while it is kept in memory only.");
constexpr Family kWriteErrors =
    counter("fournines_state_write_errors_total", "Writes of the history that failed.");
constexpr Family kDroppedWrites = counter("fournines_state_dropped_writes_total",
                                          "Writes given up because too much waited for the disk.");
constexpr Family kDamaged =
    gauge("fournines_state_damaged", "1 while a damaged history lies beside the one in use.");
constexpr Family kCommits = counter("fournines_state_commits_total", "Transactions committed.");
constexpr Family kCommitSeconds =
    counter("fournines_state_commit_seconds_total", "Time spent in committing.");
constexpr Family kUnsavedRows =
    gauge("fournines_state_unsaved_rows", "Rows that wait to be committed.");
constexpr Family kStateBytes =
    gauge("fournines_state_bytes", "Size of the history on disk, with its log.");
constexpr Family kTicks =
    counter("fournines_slo_ticks_total", "Turns of the judge that were due each second.");
constexpr Family kLateTicks = counter("fournines_slo_late_ticks_total",
                                      "Turns of the judge that came more than 100 ms late.");
constexpr Family kNotJudged =
    gauge("fournines_containers_not_judged",
          "Containers that are no objective because there are too many of them.");
constexpr Family kResultsDropped =
    counter("fournines_probe_results_dropped_total",
            "Probe results the judge could not take; their time is unknown.");
constexpr Family kTargetFiles =
    gauge("fournines_probe_target_files", "Files of targets that are watched.");
constexpr Family kTargetFilesBad =
    gauge("fournines_probe_target_files_bad",
          "Files of targets that cannot be read or understood and keep what they said last.");
constexpr Family kTargets = gauge("fournines_probe_targets", "Targets that the files give.");
constexpr Family kTargetErrors =
    counter("fournines_probe_target_errors_total", "Readings of files of targets that failed.");
constexpr Family kFiring = gauge("fournines_alerts_firing", "Alerts that fire now.");
constexpr Family kPending =
    gauge("fournines_alerts_pending", "Alerts whose condition holds, but not long enough.");
constexpr Family kUndelivered =
    gauge("fournines_alerts_undelivered", "Alerts that an Alertmanager has still to take.");
constexpr Family kAlertsDropped =
    counter("fournines_alerts_dropped_total", "Alerts given up because the outbox was full.");
constexpr Family kAcknowledged = counter("fournines_alerts_acknowledged_total",
                                         "Alerts that somebody silenced while they fired.");
constexpr Family kAcknowledgeSeconds =
    counter("fournines_alerts_acknowledge_seconds_total",
            "Time from firing to being silenced; divided by their number the mean time to "
            "acknowledge.");
constexpr Family kSuppressed =
    gauge("fournines_alerts_suppressed",
          "Alerts that fire, but of which Alertmanager notifies nobody: silenced or inhibited.",
          "reason");
constexpr Family kSent =
    counter("fournines_alerts_sent_total", "Alerts taken by the Alertmanager, repetitions counted.",
            "alertmanager");
constexpr Family kSendFailures =
    counter("fournines_alerts_send_failures_total", "Requests that the Alertmanager did not take.",
            "alertmanager");
constexpr Family kLastSuccess =
    gauge("fournines_alerts_last_success_timestamp_seconds",
          "When the Alertmanager last took a request, in Unix time, 0 for never.", "alertmanager");
constexpr Family kSourceUp =
    gauge("fournines_source_up", "1 when the source answered last time.", "source");
constexpr Family kSourceRequests =
    counter("fournines_source_requests_total", "Looks at the source, some queries each.", "source");
constexpr Family kSourceFailures =
    counter("fournines_source_failures_total", "Looks at the source that gave nothing to judge by.",
            "source");
constexpr Family kBackfilledSeconds = counter(
    "fournines_source_backfilled_seconds_total",
    "Time that had been unknown to objectives and that the source told about later.", "source");

void write_one(SampleWriter& out, const Family& family, Number value) {
  out.family(family);
  out.add(value);
}

void write_history(const slo::StoreStatus& store, SampleWriter& out) {
  write_one(out, kDurable, store.durable ? 1 : 0);
  write_one(out, kWriteErrors, store.write_errors);
  write_one(out, kDroppedWrites, store.dropped_writes);
  write_one(out, kDamaged, store.damaged_file.empty() ? 0 : 1);
  write_one(out, kCommits, store.commits);
  write_one(out, kCommitSeconds, store.commit_seconds_sum);
  write_one(out, kUnsavedRows, store.unsaved_rows);
  write_one(out, kStateBytes, store.database_bytes + store.log_bytes);
}

void write_loop(const Judging& judging, SampleWriter& out) {
  write_one(out, kTicks, judging.runner().ticks());
  write_one(out, kLateTicks, judging.runner().late_ticks());
  write_one(out, kNotJudged, judging.ignored_containers());
  write_one(out, kResultsDropped, judging.probe_source().dropped());
}

void write_targets(const TargetFilesStatus& targets, SampleWriter& out) {
  if (targets.files == 0 && targets.errors == 0) return;
  write_one(out, kTargetFiles, targets.files);
  write_one(out, kTargetFilesBad, targets.bad_files);
  write_one(out, kTargets, targets.targets);
  write_one(out, kTargetErrors, targets.errors);
}

// A family with a sample for each of these, under its name.
template <class Things, class Value>
void write_each(SampleWriter& out, const Family& family, const Things& things, Value value) {
  out.family(family);
  for (const auto& thing : things) out.add(value(thing), thing.name);
}

void write_sources(const std::vector<SourceStatus>& sources, SampleWriter& out) {
  write_each(out, kSourceUp, sources, [](const auto& source) { return source.is_up ? 1 : 0; });
  write_each(out, kSourceRequests, sources, [](const auto& source) { return source.requests; });
  write_each(out, kSourceFailures, sources, [](const auto& source) { return source.failures; });
  write_each(out, kBackfilledSeconds, sources,
             [](const auto& source) { return source.filled_seconds; });
}

void write_pager(const alerts::PagerStatus& pager, SampleWriter& out) {
  write_one(out, kFiring, pager.firing.size());
  write_one(out, kPending, pager.pending);
  write_one(out, kUndelivered, pager.undelivered);
  write_one(out, kAlertsDropped, pager.dropped);
  out.family(kSuppressed);
  out.add(pager.attention.silenced, "silenced");
  out.add(pager.attention.inhibited, "inhibited");
  write_one(out, kAcknowledged, pager.attention.acknowledged);
  write_one(out, kAcknowledgeSeconds,
            static_cast<double>(pager.attention.acknowledge_ms_sum) / 1000);
  write_each(out, kSent, pager.members, [](const auto& member) { return member.sent; });
  write_each(out, kSendFailures, pager.members, [](const auto& member) { return member.failures; });
  write_each(out, kLastSuccess, pager.members,
             [](const auto& member) { return static_cast<double>(member.last_success_ms) / 1000; });
}

}  // namespace

void write_judging_series(const Judging& judging, SampleWriter& out) {
  write_history(judging.store_status(), out);
  write_loop(judging, out);
  write_targets(judging.target_files(), out);
  write_sources(judging.sources(), out);
  write_pager(*judging.pager_status(), out);
}

}  // namespace app
