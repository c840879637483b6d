// What is on the page of reference for users: README, "Configuration". A key is taken with take(),
// so an unknown one is whatever nobody took.
#include "app/config.h"

#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

#include "app/config_alerting.h"
#include "app/config_container.h"
#include "app/config_overlays.h"
#include "app/config_probe.h"
#include "app/config_process.h"
#include "app/config_sources.h"
#include "app/config_window.h"
#include "exporter/core/kernel_file.h"
#include "exporter/core/text.h"

namespace app {
namespace {

constexpr std::int64_t kHostHeartbeatMs = 5'000;
constexpr std::size_t kMaxNameBytes = 63;
constexpr std::size_t kMaxSlos = 1'000;

struct Defaults {
  WindowChoice window;
  std::vector<AlertWindows> alert_windows;
  std::optional<slo::Objective> objective;
  ProbeTiming timing;
  std::map<std::string, std::string> labels;
};

// FNV-1a: stable over versions of the program and of the library, because it is stored.
std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

// Names stand in labels, file names and URLs.
bool is_name(std::string_view text) {
  const auto is_alnum = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= kMaxNameBytes && is_alnum(text.front()) &&
         is_alnum(text.back()) && std::ranges::all_of(text, [&](char c) {
           return is_alnum(c) || c == '-' || c == '_' || c == '.';
         });
}

std::optional<std::string> take_name(YamlMap& map, std::string_view key, bool required) {
  const auto value = required ? map.require(key) : map.take(key);
  if (!value) return std::nullopt;
  auto text = value->text();
  if (!text) return std::nullopt;
  if (is_name(*text)) return text;
  value->error("'" + exporter::printable(*text, 80) +
               "' is not a name: 1 to 63 letters, digits, '-', '_' and '.', with a letter or digit "
               "at both ends");
  return std::nullopt;
}

void read_labels(YamlMap& map, std::map<std::string, std::string>& labels) {
  const auto value = map.take("labels");
  if (!value) return;
  if (const auto given = value->text_map()) {
    for (const auto& [name, text] : *given) labels[name] = text;
  }
}

Defaults read_defaults(YamlMap& root) {
  Defaults defaults;
  const auto value = root.take("defaults");
  if (!value) return defaults;
  YamlMap map(*value);
  if (const auto window = map.take("window")) read_window(*window, defaults.window);
  if (const auto objective = map.take("objective")) defaults.objective = read_objective(*objective);
  if (const auto probe = map.take("probe")) {
    YamlMap timing(*probe);
    read_probe_timing(timing, defaults.timing);
    timing.finish();
  }
  read_labels(map, defaults.labels);
  map.finish();
  return defaults;
}

// The zero-configuration objectives ticket, they never page.
std::shared_ptr<slo::SloSpec> default_host_spec() {
  auto spec = std::make_shared<slo::SloSpec>();
  spec->service = "host";
  spec->name = "host-up";
  spec->description = "This host is running.";
  spec->source = slo::SourceKind::kHost;
  spec->interval_ms = kHostHeartbeatMs;
  spec->generation = stable_hash("host: up");
  std::erase_if(spec->alert_rows,
                [](const slo::AlertRow& row) { return row.severity == slo::Severity::kPage; });
  return spec;
}

class SloReader {
 public:
  SloReader(const Defaults& defaults, Config& config) : defaults_(defaults), config_(config) {}

  void read(const YamlValue& value) {
    YamlMap map(value);
    auto spec = std::make_shared<slo::SloSpec>();
    const auto name = take_name(map, "name", true);
    const auto service = take_name(map, "service", false);
    if (name) spec->name = *name;
    spec->service = service.value_or(spec->name);
    if (const auto text = map.take("description")) {
      spec->description = text->text().value_or("");
    }
    const auto several = map.take("objectives");
    const bool needed = !several && !defaults_.objective;
    if (const auto objective = needed ? map.require("objective") : map.take("objective")) {
      if (const auto parsed = read_objective(*objective)) spec->objective = *parsed;
      if (several) objective->error("and 'objectives' are two ways to say one thing: keep one");
    } else if (defaults_.objective) {
      spec->objective = *defaults_.objective;
    }
    WindowChoice window = defaults_.window;
    if (const auto written = map.take("window")) read_window(*written, window);
    set_window(*spec, window);
    spec->labels = defaults_.labels;
    read_labels(map, spec->labels);

    std::optional<exporter::ProbeSpec> probe = read_source(map, *spec);
    if (const auto gap = map.take("merge_gap")) {
      if (const auto ms = gap->duration_ms(true)) spec->merge_gap_ms = *ms;
    }
    const auto dependencies = map.take("dependencies");
    if (!several) read_slo_alerting(map, *spec);
    const std::size_t first = config_.slos.size();
    if (several) {
      read_several(*several, map, *spec, window);
    } else {
      add(value, spec, std::nullopt);
    }
    map.finish();
    if (first == config_.slos.size()) return;
    for (std::size_t i = first; i < config_.slos.size(); ++i) config_.slos[i].sli = sli_text_;
    for (std::size_t i = first; i < config_.slos.size(); ++i) {
      config_.slos[i].container = container_;
    }
    container_.reset();
    config_.slos[first].series = std::move(series_);
    series_.reset();
    if (probe) {
      probe->id = first;
      probe->name = spec->service == spec->name ? spec->name : spec->service + "/" + spec->name;
      config_.slos[first].probe = std::move(probe);
    }
    if (!dependencies) return;
    if (spec->source == slo::SourceKind::kHost) {
      dependencies->error("the host is seen from within: it depends on nothing");
    }
    if (const auto names = dependencies->list(); names && !names->empty()) {
      for (std::size_t i = first; i < specs_.size(); ++i) written_.push_back({specs_[i], *names});
    }
  }

  void finish(YamlMap& root) {
    if (std::ranges::none_of(
            specs_, [](const auto& spec) { return spec->source == slo::SourceKind::kHost; })) {
      specs_.push_back(default_host_spec());
      config_.slos.push_back(
          {specs_.back(), std::nullopt, std::nullopt, std::nullopt, std::nullopt, "{host: up}"});
    }
    read_overlays(root, specs_);
    resolve_dependencies(written_, specs_);
  }

 private:
  void set_window(slo::SloSpec& spec, const WindowChoice& window) const {
    spec.window_ms = window.window_ms;
    spec.window_label = window.label;
    spec.calendar = window.calendar;
    spec.alert_rows = alert_rows_for(defaults_.alert_windows, window.window_ms);
  }

  void add(const YamlValue& value, const std::shared_ptr<slo::SloSpec>& spec,
           std::optional<std::size_t> follows) {
    if (!spec->name.empty() && !names_.insert({spec->service, spec->name}).second) {
      value.error("the objective '" + spec->service + "/" + spec->name + "' stands twice");
    }
    specs_.push_back(spec);
    config_.slos.push_back({spec, std::nullopt, follows, std::nullopt, std::nullopt, {}});
  }

  // Several objectives of one SLI: each is judged by itself, all are fed by the first one's source.
  void read_several(const YamlValue& value, YamlMap& slo_map, const slo::SloSpec& common,
                    const WindowChoice& window) {
    const std::size_t first = config_.slos.size();
    const auto items = value.list();
    if (items && items->empty()) value.error("is empty");
    for (const YamlValue& item : items.value_or(std::vector<YamlValue>{})) {
      YamlMap map(item);
      auto spec = std::make_shared<slo::SloSpec>(common);
      const auto name = take_name(map, "name", false);
      spec->name += "-" + name.value_or(std::to_string(config_.slos.size() - first + 1));
      if (spec->name.size() > kMaxNameBytes) {
        item.error("'" + spec->name + "' is longer than 63 letters");
      }
      if (const auto objective = map.require("objective")) {
        if (const auto parsed = read_objective(*objective)) spec->objective = *parsed;
      }
      WindowChoice own = window;
      if (const auto written = map.take("window")) read_window(*written, own);
      set_window(*spec, own);
      read_slo_alerting(slo_map, *spec);
      map.finish();
      const bool follows = config_.slos.size() > first;
      add(item, spec, follows ? std::optional(first) : std::nullopt);
    }
  }

  std::optional<exporter::ProbeSpec> read_source(YamlMap& map, slo::SloSpec& spec) {
    const auto url = map.take("probe");
    const auto sli = map.take("sli");
    if (url && sli) {
      map.value().error("'probe' and 'sli' are two ways to say one thing: keep one");
      return std::nullopt;
    }
    if (!url && !sli) {
      if (!map.is_told("probe") && !map.is_told("sli")) {
        map.value().error("says nowhere what is good: 'probe: URL' or 'sli:' is missing");
      }
      return std::nullopt;
    }
    if (url) return read_probe(map, *url, spec);
    YamlMap sources(*sli);
    if (has_series_sli(sources)) {
      series_ = read_series_sli(map, sources, config_.sources, spec);
      sources.finish();
      if (series_) {
        spec.generation = stable_hash(series_->meaning);
        spec.is_sliced = series_->sliced;
        spec.sample_noun = series_->sliced ? "bad slice" : "bad sample";
        if (series_->spec.kind == slo::SeriesSpec::Kind::kEvents && !series_->sliced) {
          spec.sample_noun = "bad event";
        }
        sli_text_ = series_->text;
      }
      return std::nullopt;
    }
    const auto probe = sources.take("probe");
    const auto host = sources.take("host");
    const auto container = sources.take("container");
    sources.finish();
    if (probe.has_value() + host.has_value() + container.has_value() != 1) {
      if (!sources.is_told("probe") && !sources.is_told("host") && !sources.is_told("container")) {
        sli->error(
            "needs one of 'probe', 'host', 'container', 'threshold', 'gauge', 'events' and "
            "'latency'");
      }
      return std::nullopt;
    }
    if (probe) return read_probe(map, *probe, spec);
    if (container) {
      spec.source = slo::SourceKind::kContainer;
      spec.interval_ms = exporter::kContainerBeatMs;
      container_ = read_container(*container);
      if (container_) sli_text_ = container_text(*container_);
      if (container_) spec.generation = stable_hash(sli_text_);
      read_method(map, spec, false);
      return std::nullopt;
    }
    read_host(*host, spec);
    read_method(map, spec, false);
    return std::nullopt;
  }

  // What is probed, and the host, is judged by time; attempts of a probe may be counted instead.
  static void read_method(YamlMap& map, slo::SloSpec& spec, bool has_attempts) {
    const auto method = map.take("budgeting_method");
    if (!method) return;
    const auto text = method->text();
    if (!text || *text == "time") return;
    if (!has_attempts || *text != "occurrences") {
      method->error(has_attempts ? "must be time or occurrences here" : "must be time here");
    } else if (spec.interval_ms < slo::kSecondMs) {
      method->error("attempts are counted from one a second on, not more often");
    } else {
      spec.budgeting = slo::BudgetingMethod::kOccurrences;
    }
  }

  std::optional<exporter::ProbeSpec> read_probe(YamlMap& map, const YamlValue& value,
                                                slo::SloSpec& spec) {
    auto probe = read_probe_source(value, defaults_.timing, spec);
    read_method(map, spec, true);
    if (probe) {
      const std::vector<std::pair<std::string, std::string>> defaults = {
          {"interval", slo::duration_label(spec.interval_ms)},
          {"timeout", slo::duration_label(spec.timeout_ms)},
          {"failures", std::to_string(spec.failures)},
          {"successes", std::to_string(spec.successes)}};
      sli_text_ = value.flow(defaults);
      if (value.is_text()) {
        sli_text_ = "{http: " + sli_text_;
        for (const auto& [key, text] : defaults) sli_text_ += ", " + key + ": " + text;
        sli_text_ += "}";
      }
      sli_text_ = "{probe: " + sli_text_ + "}";
    }
    if (probe) {
      const bool is_counted = spec.budgeting == slo::BudgetingMethod::kOccurrences;
      spec.generation = stable_hash(probe_meaning(*probe) + (is_counted ? "\nby occurrences" : ""));
    }
    return probe;
  }

  void read_host(const YamlValue& value, slo::SloSpec& spec) {
    sli_text_ = "{host: up}";
    const auto text = value.text();
    if (text && *text != "up") value.error("the host can only be 'up'");
    const auto host = default_host_spec();
    spec.source = host->source;
    spec.interval_ms = host->interval_ms;
    spec.generation = host->generation;
  }

  const Defaults& defaults_;
  Config& config_;
  std::set<std::pair<std::string, std::string>> names_;
  std::vector<std::shared_ptr<slo::SloSpec>> specs_;
  std::vector<WrittenDependencies> written_;
  std::string sli_text_;  // of the objective that is being read
  std::optional<SeriesSli> series_;
  std::optional<slo::ContainerRule> container_;
};

std::string host_name() {
  char name[256] = "";
  if (::gethostname(name, sizeof name - 1) != 0) return "localhost";
  return name;
}

}  // namespace

std::optional<Config> load_config(const std::string& text, const std::string& file,
                                  ConfigErrors& errors) {
  Config config;
  const auto root_value = YamlValue::parse(text, file, errors);
  if (!root_value) return std::nullopt;
  YamlMap root(*root_value);
  if (const auto version = root.take("version")) (void)version->whole_number(1, 1);
  Defaults defaults = read_defaults(root);
  defaults.alert_windows = read_alert_windows(root);
  config.alert_windows = defaults.alert_windows;
  config.sources = read_sources(root);
  SloReader reader(defaults, config);
  if (const auto slos = root.take("slos")) {
    if (const auto items = slos->list()) {
      if (items->size() > kMaxSlos)
        slos->error("more than " + std::to_string(kMaxSlos) + " objectives");
      for (const YamlValue& item : *items) reader.read(item);
    }
  }
  reader.finish(root);
  if (const auto judged = root.take("container_slos")) {
    config.container_slos = judged->boolean().value_or(true);
  }
  read_alerting(root, config.alerting);
  read_process_groups(root, config.process_groups);
  const std::string delay = slo::duration_label(config.alerting.resend_delay_ms);
  const std::string runbooks = yaml_quoted(config.alerting.runbook_url);
  config.alerting_text = "{resend_delay: " + delay + ", runbook_url: " + runbooks + "}";
  if (const auto alerting = root.take("alerting")) {
    config.alerting_text = alerting->flow({{"resend_delay", delay}, {"runbook_url", runbooks}});
  }
  if (const auto groups = root.take("process_groups")) config.process_groups_text = groups->flow();
  read_probe_modules(root, defaults.timing, config.modules);
  root.finish();
  if (!errors.empty()) return std::nullopt;
  config.alerting.external_labels.try_emplace("instance", host_name());
  return config;
}

std::optional<Config> load_config_file(const std::string& file, ConfigErrors& errors) {
  if (file.empty()) return load_config("", "", errors);
  const auto text = exporter::read_file(file);
  if (!text) {
    const std::string prefix = file + ": ";
    const std::string& message = text.error().message;
    errors.add(file, 1, "", message.starts_with(prefix) ? message.substr(prefix.size()) : message);
    return std::nullopt;
  }
  return load_config(*text, file, errors);
}

}  // namespace app
