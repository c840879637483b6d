// CLI11 knows the flags; the texts of errors are ours, because each has to be one line that names
// the flag, what is wrong with it, and for an unknown one the nearest flag that exists.
#include "app/options.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <set>

#include "app/build_info.h"
#include "app/nearest.h"
#include "app/options_commands.h"
#include "exporter/containers/options.h"
#include "exporter/core/text.h"
#include "exporter/host/table.h"
#include "slo/windows.h"

namespace app {
namespace {

using exporter::CollectorOption;
using exporter::CollectorRow;

constexpr char kDefaultAddress[] = "127.0.0.1:9999";

std::string nearest_flag(const CLI::App& cli, std::string_view wanted) {
  std::vector<std::string> names;
  for (const CLI::Option* option : cli.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  }
  return nearest(wanted, names);
}

bool is_boolean(const CollectorOption& option) {
  return option.default_value == "true" || option.default_value == "false";
}

std::string quoted_default(std::string_view value) {
  return value.empty() ? std::string() : " [" + std::string(value) + "]";
}

// CLI11 compares each new flag with all others, which with hundreds of them would be half of the
// program's own start. So it hears of those of the collectors that the command line names; and of
// all, where they are to be listed or guessed at.
class WantedFlags {
 public:
  WantedFlags(int argc, const char* const* argv, bool all) : all_(all) {
    for (int i = 1; i < argc; ++i) {
      std::string_view name = argv[i];
      name = name.substr(0, name.find('='));
      if (name.starts_with("--no-")) names_.emplace(name.substr(5));
      if (name.starts_with("--")) names_.emplace(name.substr(2));
    }
  }
  bool contains(const std::string& name) const { return all_ || names_.contains(name); }

 private:
  const bool all_;
  std::set<std::string> names_;
};

void add_collector_switch(CLI::App& cli, const WantedFlags& wanted, Options& options,
                          std::map<std::string, bool>& explicitly, const std::string& name,
                          bool on_by_default, std::string_view help) {
  options.collectors[name] = on_by_default;
  if (!wanted.contains("collector." + name)) return;
  cli.add_flag_function(
         "--collector." + name + ",!--no-collector." + name,
         [&explicitly, name](std::int64_t count) { explicitly[name] = count > 0; },
         std::string(help) + (on_by_default ? " [on]" : " [off]"))
      ->group("Collectors");
}

void add_collector_option(CLI::App& cli, const WantedFlags& wanted, Options& options,
                          const CollectorOption& option) {
  const std::string key(option.name);
  if (!wanted.contains("collector." + key)) return;
  const std::string help = std::string(option.help) + quoted_default(option.default_value);
  if (is_boolean(option)) {
    cli.add_flag_function(
           "--collector." + key + ",!--no-collector." + key,
           [&options, key](std::int64_t count) {
             options.collector_options[key] = count > 0 ? "true" : "false";
           },
           help)
        ->group("Collector options");
    return;
  }
  cli.add_option_function<std::string>(
         "--collector." + key,
         [&options, key, repeatable = option.repeatable](const std::string& value) {
           std::string& kept = options.collector_options[key];
           kept = repeatable && !kept.empty() ? kept + "\n" + value : value;
         },
         help)
      ->trigger_on_parse(option.repeatable)
      ->group("Collector options")
      ->type_name("TEXT");
}

void add_collector_flags(CLI::App& cli, const WantedFlags& wanted, Options& options,
                         bool& disable_defaults, std::map<std::string, bool>& explicitly) {
  cli.add_flag("--collector.disable-defaults", disable_defaults,
               "Switch all collectors off except those named with --collector.NAME");
  for (const CollectorRow& row : exporter::host_collectors()) {
    add_collector_switch(cli, wanted, options, explicitly, std::string(row.name), row.on_by_default,
                         row.help);
    for (const CollectorOption& option : row.options) {
      add_collector_option(cli, wanted, options, option);
    }
  }
  add_collector_switch(cli, wanted, options, explicitly, "containers", true,
                       "containers and all other control groups (cgroup v1, v2, hybrid)");
  for (const CollectorOption& option : exporter::container_options()) {
    add_collector_option(cli, wanted, options, option);
  }
}

template <class T>
void add_choice(CLI::App& cli, const std::string& flag, T& target,
                const std::vector<std::pair<std::string, T>>& choices, const std::string& help) {
  std::string names;
  for (const auto& [name, value] : choices) names += (names.empty() ? "" : ", ") + name;
  cli.add_option_function<std::string>(
         flag,
         [flag, choices, names, &target](const std::string& wanted) {
           for (const auto& [name, value] : choices) {
             if (name != wanted) continue;
             target = value;
             return;
           }
           throw CLI::ValidationError(flag, "'" + wanted + "' is not one of " + names);
         },
         help + ": " + names)
      ->type_name("NAME");
}

void add_general_flags(CLI::App& cli, Options& options, std::string& web_config) {
  cli.add_option("--web.listen-address", options.listen_addresses,
                 std::string("Address to serve on; may be repeated [") + kDefaultAddress + "]")
      ->type_name("HOST:PORT");
  cli.add_option("--web.telemetry-path", options.telemetry_path,
                 "Path of the metrics page [/metrics]")
      ->type_name("PATH");
  cli.add_option("--web.config.file", web_config, "TLS and authentication; not built yet, refused")
      ->type_name("FILE");
  cli.add_flag("--web.enable-lifecycle", options.enable_lifecycle, "Allow POST /-/reload");
  cli.add_flag("--web.disable-exporter-metrics", options.disable_exporter_metrics,
               "Leave process_* out of the metrics page");
  cli.add_flag("--web.enable-admin-api", options.enable_admin_api,
               "Allow requests that exclude time, mark incidents and back up the history");
  cli.add_option("--path.procfs", options.roots.procfs, "Where procfs is mounted [/proc]")
      ->type_name("DIR");
  cli.add_option("--path.sysfs", options.roots.sysfs, "Where sysfs is mounted [/sys]")
      ->type_name("DIR");
  cli.add_option("--path.rootfs", options.roots.rootfs, "Where the host's root is mounted [/]")
      ->type_name("DIR");
  cli.add_option("--path.udev.data", options.roots.udev, "udev's database [/run/udev/data]")
      ->type_name("DIR");
  cli.add_option("--config.file", options.config_file, "YAML file with SLOs and alerting")
      ->type_name("FILE");
  cli.add_option("--storage.path", options.storage_path,
                 "Directory of the history [$STATE_DIRECTORY, else data/]")
      ->type_name("DIR");
  cli.add_option_function<std::string>(
         "--storage.retention",
         [&options](const std::string& wanted) {
           const auto ms = slo::parse_duration(wanted);
           if (!ms || *ms < slo::kDayMs) {
             throw CLI::ValidationError("--storage.retention",
                                        "'" + wanted + "' is not a duration of at least 1d");
           }
           options.storage_retention_ms = *ms;
         },
         "How long history is kept [400d]")
      ->type_name("DURATION");
  cli.add_option_function<std::string>(
         "--clock.wait",
         [&options](const std::string& wanted) {
           const auto ms = slo::parse_duration(wanted);
           if (!ms && wanted != "0s") {
             throw CLI::ValidationError("--clock.wait", "'" + wanted + "' is not a duration");
           }
           options.clock_wait_ms = ms ? *ms : 0;
         },
         "After a boot, judging waits this long from it for a synchronised clock [10m]")
      ->type_name("DURATION");
  cli.add_option("--server", options.server, "Daemon that status and report ask")->type_name("URL");
  add_choice<exporter::LogLevel>(cli, "--log.level", options.log_level,
                                 {{"debug", exporter::LogLevel::kDebug},
                                  {"info", exporter::LogLevel::kInfo},
                                  {"warn", exporter::LogLevel::kWarn},
                                  {"error", exporter::LogLevel::kError}},
                                 "Least level to log [info]");
  add_choice<exporter::LogFormat>(
      cli, "--log.format", options.log_format,
      {{"logfmt", exporter::LogFormat::kLogfmt}, {"json", exporter::LogFormat::kJson}},
      "Form of log lines [logfmt]");
}

ParsedCommandLine usage_error(std::string_view text) {
  ParsedCommandLine parsed;
  parsed.exit_code = 2;
  parsed.text = "fournines: " + exporter::printable(text, 512);
  return parsed;
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

ParsedCommandLine parse(int argc, const char* const* argv, bool all_flags) {
  ParsedCommandLine parsed;
  Options& options = parsed.options;
  std::string web_config;
  bool disable_defaults = false;
  bool version = false;
  std::map<std::string, bool> explicitly;

  CLI::App cli{
      "Measures a host, judges it against its objectives, pages when the error budget burns.",
      "fournines"};
  cli.set_help_flag("-h,--help", "Print this and end");
  cli.add_flag("--version", version, "Print the version and end");
  cli.allow_extras();
  add_general_flags(cli, options, web_config);
  add_collector_flags(cli, WantedFlags(argc, argv, all_flags), options, disable_defaults,
                      explicitly);
  add_commands(cli, options);
  for (CLI::App* sub : cli.get_subcommands({})) sub->allow_extras(false);

  try {
    cli.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    if (!all_flags) return parse(argc, argv, true);
    parsed.text = cli.help();
    return parsed;
  } catch (const CLI::ParseError& error) {
    return usage_error(first_line(error.what()));
  }
  if (version) {
    parsed.text = version_text();
    return parsed;
  }
  const std::vector<std::string> extras = cli.remaining(true);
  if (!extras.empty()) {
    if (!all_flags) return parse(argc, argv, true);
    const std::string& extra = extras.front();
    if (extra.starts_with("-")) {
      const std::string name = extra.substr(extra.find_first_not_of('-') == std::string::npos
                                                ? extra.size()
                                                : extra.find_first_not_of('-'));
      const std::string flag = name.substr(0, name.find('='));
      const std::string near = nearest_flag(cli, flag);
      return usage_error(
          "unknown flag --" + flag +
          (near.empty() ? ", see fournines --help" : ", did you mean --" + near + "?"));
    }
    return usage_error("unknown command '" + extra + "', see fournines --help");
  }
  if (!web_config.empty()) {
    return usage_error(
        "--web.config.file: TLS and authentication are not built yet; refusing to serve without "
        "them");
  }
  if (!options.telemetry_path.starts_with('/') || options.telemetry_path == "/") {
    return usage_error("--web.telemetry-path: must be a path like /metrics");
  }
  if (options.listen_addresses.empty()) options.listen_addresses.emplace_back(kDefaultAddress);
  for (auto& [name, on] : options.collectors) {
    if (disable_defaults) on = false;
    if (const auto it = explicitly.find(name); it != explicitly.end()) on = it->second;
  }
  parsed.proceed = true;
  return parsed;
}

}  // namespace

std::string version_text() {
  std::string text = "fournines, version ";
  text.append(kVersion).append(" (revision: ").append(kRevision).append(")\n");
  text.append("  compiler:         ").append(kCompiler).append("\n");
  text.append("  platform:         ").append(kPlatform).append("\n");
  return text;
}

ParsedCommandLine parse_command_line(int argc, const char* const* argv) {
  return parse(argc, argv, false);
}

}  // namespace app
