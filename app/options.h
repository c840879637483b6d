// What the user typed: flags and command of one invocation. Flag names and defaults follow
// node_exporter (--web, --path, --collector, --log) and Prometheus (--config.file, --storage).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "exporter/core/error.h"
#include "exporter/core/kernel_file.h"
#include "exporter/core/log.h"

namespace app {

struct Options {
  std::string command = "serve";
  std::vector<std::string> files;  // positional arguments of validate and import

  std::vector<std::string> listen_addresses;  // never empty after parsing
  std::string telemetry_path = "/metrics";
  bool enable_lifecycle = false;
  bool enable_admin_api = false;
  bool disable_exporter_metrics = false;

  exporter::Roots roots;
  std::string config_file;                        // empty: none was named
  std::string storage_path;                       // empty: $STATE_DIRECTORY, else data/
  std::int64_t clock_wait_ms = 10LL * 60 * 1000;  // after a boot, see app/clock_wait.h
  std::int64_t storage_retention_ms = 400LL * 24 * 3600 * 1000;
  exporter::LogLevel log_level = exporter::LogLevel::kInfo;
  exporter::LogFormat log_format = exporter::LogFormat::kLogfmt;

  std::map<std::string, bool> collectors;  // on or off, for every one of the flags
  std::unordered_map<std::string, std::string> collector_options;  // only what was set

  std::string server;         // where commands find the daemon, "http://127.0.0.1:9999"
  std::string report_window;  // empty: each objective's own
  std::string report_period;  // "2026-10", instead of a window
  std::string report_timezone;
  std::string report_format = "text";

  std::string rules_compat = "native";  // or sloth, pyrra
  std::string rules_format = "json";    // or yaml
  std::string output_directory;         // of rules and dashboards; empty: standard output

  // Of exclude, unexclude, mark-false and backup.
  std::vector<std::string> slos;
  std::string slo;
  std::string backup_file;
  std::string from;
  std::string to;
  std::string reason;
  std::string exclusion_id;
  std::int64_t incident = 0;
  bool undo = false;
};

// What main does with the command line: go on with options, or print text and end with code.
struct ParsedCommandLine {
  bool proceed = false;
  int exit_code = 0;
  std::string
      text;  // for standard output when exit_code is 0, one line for standard error otherwise
  Options options;
};

ParsedCommandLine parse_command_line(int argc, const char* const* argv);

// As Prometheus' programs print it.
std::string version_text();

}  // namespace app
