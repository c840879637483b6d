#include "app/judging_series.h"

#include "app/own_series.h"

namespace app {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;
using Families = std::vector<MetricFamily>;

void counter(Families& families, const char* name, const char* help, double value) {
  families.push_back(make_family(name, help, MetricType::Counter, "", {{"", value}}));
}

void gauge(Families& families, const char* name, const char* help, double value) {
  families.push_back(make_family(name, help, MetricType::Gauge, "", {{"", value}}));
}

void append_history(const slo::StoreStatus& store, Families& families) {
  gauge(families, "fournines_history_durable",
        "1 while what is written gets to disk, 0 while it is kept in memory only.",
        store.durable ? 1 : 0);
  counter(families, "fournines_state_write_errors_total", "Writes of the history that failed.",
          static_cast<double>(store.write_errors));
  counter(families, "fournines_state_dropped_writes_total",
          "Writes given up because too much waited for the disk.",
          static_cast<double>(store.dropped_writes));
  gauge(families, "fournines_state_damaged",
        "1 while a damaged history lies beside the one in use.",
        store.damaged_file.empty() ? 0 : 1);
  counter(families, "fournines_state_commits_total", "Transactions committed.",
          static_cast<double>(store.commits));
  counter(families, "fournines_state_commit_seconds_total", "Time spent in committing.",
          store.commit_seconds_sum);
  gauge(families, "fournines_state_unsaved_rows", "Rows that wait to be committed.",
        static_cast<double>(store.unsaved_rows));
  gauge(families, "fournines_state_bytes", "Size of the history on disk, with its log.",
        static_cast<double>(store.database_bytes + store.log_bytes));
}

void append_loop(const Judging& judging, Families& families) {
  counter(families, "fournines_slo_ticks_total", "Turns of the judge that were due each second.",
          static_cast<double>(judging.runner().ticks()));
  counter(families, "fournines_slo_late_ticks_total",
          "Turns of the judge that came more than 100 ms late.",
          static_cast<double>(judging.runner().late_ticks()));
  gauge(families, "fournines_containers_not_judged",
        "Containers that are no objective because there are too many of them.",
        static_cast<double>(judging.ignored_containers()));
  counter(families, "fournines_probe_results_dropped_total",
          "Probe results the judge could not take; their time is unknown.",
          static_cast<double>(judging.probe_source().dropped()));
}

void append_targets(const TargetFilesStatus& targets, Families& families) {
  if (targets.files == 0 && targets.errors == 0) return;
  gauge(families, "fournines_probe_target_files", "Files of targets that are watched.",
        static_cast<double>(targets.files));
  gauge(families, "fournines_probe_target_files_bad",
        "Files of targets that cannot be read or understood and keep what they said last.",
        static_cast<double>(targets.bad_files));
  gauge(families, "fournines_probe_targets", "Targets that the files give.",
        static_cast<double>(targets.targets));
  counter(families, "fournines_probe_target_errors_total",
          "Readings of files of targets that failed.", static_cast<double>(targets.errors));
}

void append_pager(const alerts::PagerStatus& pager, Families& families) {
  std::vector<std::pair<std::string, double>> sent;
  std::vector<std::pair<std::string, double>> failures;
  std::vector<std::pair<std::string, double>> success;
  for (const alerts::MemberStatus& member : pager.members) {
    sent.emplace_back(member.name, static_cast<double>(member.sent));
    failures.emplace_back(member.name, static_cast<double>(member.failures));
    success.emplace_back(member.name, static_cast<double>(member.last_success_ms) / 1000);
  }
  gauge(families, "fournines_alerts_firing", "Alerts that fire now.",
        static_cast<double>(pager.firing.size()));
  gauge(families, "fournines_alerts_pending", "Alerts whose condition holds, but not long enough.",
        static_cast<double>(pager.pending));
  gauge(families, "fournines_alerts_undelivered", "Alerts that an Alertmanager has still to take.",
        static_cast<double>(pager.undelivered));
  counter(families, "fournines_alerts_dropped_total",
          "Alerts given up because the outbox was full.", static_cast<double>(pager.dropped));
  families.push_back(make_family(
      "fournines_alerts_suppressed",
      "Alerts that fire, but of which Alertmanager notifies nobody: silenced or inhibited.",
      MetricType::Gauge, "reason",
      {{"silenced", static_cast<double>(pager.attention.silenced)},
       {"inhibited", static_cast<double>(pager.attention.inhibited)}}));
  counter(families, "fournines_alerts_acknowledged_total",
          "Alerts that somebody silenced while they fired.",
          static_cast<double>(pager.attention.acknowledged));
  counter(families, "fournines_alerts_acknowledge_seconds_total",
          "Time from firing to being silenced; divided by their number the mean time to "
          "acknowledge.",
          static_cast<double>(pager.attention.acknowledge_ms_sum) / 1000);
  if (pager.members.empty()) return;
  families.push_back(make_family("fournines_alerts_sent_total",
                                 "Alerts taken by the Alertmanager, repetitions counted.",
                                 MetricType::Counter, "alertmanager", sent));
  families.push_back(make_family("fournines_alerts_send_failures_total",
                                 "Requests that the Alertmanager did not take.",
                                 MetricType::Counter, "alertmanager", failures));
  families.push_back(
      make_family("fournines_alerts_last_success_timestamp_seconds",
                  "When the Alertmanager last took a request, in Unix time, 0 for never.",
                  MetricType::Gauge, "alertmanager", success));
}

void append_sources(const std::vector<SourceStatus>& sources, Families& families) {
  if (sources.empty()) return;
  std::vector<std::pair<std::string, double>> up;
  std::vector<std::pair<std::string, double>> requests;
  std::vector<std::pair<std::string, double>> failures;
  std::vector<std::pair<std::string, double>> filled;
  for (const SourceStatus& source : sources) {
    up.emplace_back(source.name, source.is_up ? 1 : 0);
    requests.emplace_back(source.name, static_cast<double>(source.requests));
    failures.emplace_back(source.name, static_cast<double>(source.failures));
    filled.emplace_back(source.name, source.filled_seconds);
  }
  families.push_back(make_family("fournines_source_up", "1 when the source answered last time.",
                                 MetricType::Gauge, "source", up));
  families.push_back(make_family("fournines_source_requests_total",
                                 "Looks at the source, some queries each.", MetricType::Counter,
                                 "source", requests));
  families.push_back(make_family("fournines_source_failures_total",
                                 "Looks at the source that gave nothing to judge by.",
                                 MetricType::Counter, "source", failures));
  families.push_back(
      make_family("fournines_source_backfilled_seconds_total",
                  "Time that had been unknown to objectives and that the source told about later.",
                  MetricType::Counter, "source", filled));
}

}  // namespace

void append_judging_series(const Judging& judging, Families& families) {
  append_history(judging.store_status(), families);
  append_loop(judging, families);
  append_targets(judging.target_files(), families);
  append_sources(judging.sources(), families);
  append_pager(*judging.pager_status(), families);
}

}  // namespace app
