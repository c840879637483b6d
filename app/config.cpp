// What is on the page of reference for users: README, "Configuration". A key is taken with take(),
// so an unknown one is whatever nobody took.
#include "app/config.h"

#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

#include "app/config_alerting.h"
#include "app/config_probe.h"
#include "app/config_process.h"
#include "exporter/core/kernel_file.h"
#include "exporter/core/text.h"

namespace app {
namespace {

constexpr std::int64_t kHostHeartbeatMs = 5'000;
constexpr std::size_t kMaxNameBytes = 63;
constexpr std::size_t kMaxSlos = 1'000;

struct Defaults {
  std::int64_t window_ms = 30 * slo::kDayMs;
  std::string window_label = "30d";
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

std::optional<slo::Objective> read_objective(const YamlValue& value) {
  const auto text = value.text();
  if (!text) return std::nullopt;
  const auto objective = slo::parse_objective(*text);
  if (objective) return *objective;
  value.error(objective.error().message);
  return std::nullopt;
}

void read_window(const YamlValue& value, std::int64_t& window_ms, std::string& label) {
  if (value.is_map()) {
    value.error("calendar windows are not built yet; a rolling one is written as 30d");
    return;
  }
  const auto ms = value.duration_ms();
  if (!ms) return;
  if (*ms < slo::kHourMs || *ms > 400 * slo::kDayMs) {
    value.error("must be between 1h and 400d");
    return;
  }
  window_ms = *ms;
  label = *value.text();
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
  if (const auto window = map.take("window")) {
    read_window(*window, defaults.window_ms, defaults.window_label);
  }
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

// alerting: of one objective.
void read_slo_alerting(YamlMap& slo_map, slo::SloSpec& spec) {
  const auto value = slo_map.take("alerting");
  if (!value) return;
  YamlMap map(*value);
  if (const auto failures = map.take("min_failures")) {
    if (const auto count = failures->whole_number(0, slo::kMaxMinFailures)) {
      spec.min_failures = static_cast<int>(*count);
    }
  }
  const auto switched_off = [&](std::string_view key) {
    const auto alert = map.take(key);
    if (!alert) return false;
    YamlMap alert_map(*alert);
    const auto off = alert_map.take("disable");
    alert_map.finish();
    return off && off->boolean().value_or(false);
  };
  const bool no_page = switched_off("page_alert");
  const bool no_ticket = switched_off("ticket_alert");
  std::erase_if(spec.alert_rows, [&](const slo::AlertRow& row) {
    return row.severity == slo::Severity::kPage ? no_page : no_ticket;
  });
  if (const auto labels = map.take("labels")) {
    if (const auto given = labels->text_map()) {
      for (const auto& [name, text] : *given) spec.labels[name] = text;
    }
  }
  if (const auto annotations = map.take("annotations")) {
    if (const auto given = annotations->text_map()) spec.annotations = *given;
  }
  map.finish();
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
    if (const auto objective =
            defaults_.objective ? map.take("objective") : map.require("objective")) {
      if (const auto parsed = read_objective(*objective)) spec->objective = *parsed;
    } else if (defaults_.objective) {
      spec->objective = *defaults_.objective;
    }
    spec->window_ms = defaults_.window_ms;
    spec->window_label = defaults_.window_label;
    if (const auto window = map.take("window")) {
      read_window(*window, spec->window_ms, spec->window_label);
    }
    spec->alert_rows = slo::default_alert_rows(spec->window_ms);
    spec->labels = defaults_.labels;
    read_labels(map, spec->labels);

    std::optional<exporter::ProbeSpec> probe = read_source(map, *spec);
    if (const auto gap = map.take("merge_gap")) {
      if (const auto ms = gap->duration_ms(true)) spec->merge_gap_ms = *ms;
    }
    read_slo_alerting(map, *spec);
    map.finish();
    if (name && !names_.insert({spec->service, spec->name}).second) {
      value.error("the objective '" + spec->service + "/" + spec->name + "' stands twice");
    }
    if (probe) {
      probe->id = config_.slos.size();
      probe->name = spec->service == spec->name ? spec->name : spec->service + "/" + spec->name;
    }
    config_.slos.push_back({std::move(spec), std::move(probe)});
  }

 private:
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
    if (url) return read_probe(*url, defaults_.timing, spec);
    YamlMap sources(*sli);
    const auto probe = sources.take("probe");
    const auto host = sources.take("host");
    sources.finish();
    if (!probe == !host) {
      if (!sources.is_told("probe") && !sources.is_told("host")) {
        sli->error("needs one of 'probe' and 'host'");
      }
      return std::nullopt;
    }
    if (probe) return read_probe(*probe, defaults_.timing, spec);
    read_host(*host, spec);
    return std::nullopt;
  }

  std::optional<exporter::ProbeSpec> read_probe(const YamlValue& value, const ProbeTiming& timing,
                                                slo::SloSpec& spec) {
    auto probe = read_probe_source(value, timing, spec);
    if (probe) spec.generation = stable_hash(probe_meaning(*probe));
    return probe;
  }

  static void read_host(const YamlValue& value, slo::SloSpec& spec) {
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
  const Defaults defaults = read_defaults(root);
  if (const auto slos = root.take("slos")) {
    SloReader reader(defaults, config);
    if (const auto items = slos->list()) {
      if (items->size() > kMaxSlos)
        slos->error("more than " + std::to_string(kMaxSlos) + " objectives");
      for (const YamlValue& item : *items) reader.read(item);
    }
  }
  read_alerting(root, config.alerting);
  read_process_groups(root, config.process_groups);
  root.finish();
  if (!errors.empty()) return std::nullopt;
  config.alerting.external_labels.try_emplace("instance", host_name());
  const bool has_host = std::ranges::any_of(config.slos, [](const ConfiguredSlo& configured) {
    return configured.spec->source == slo::SourceKind::kHost;
  });
  if (!has_host) config.slos.push_back({default_host_spec(), std::nullopt});
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
