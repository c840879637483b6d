#include "app/options_commands.h"

#include <CLI/CLI.hpp>

namespace app {
namespace {

void add_choice(CLI::App& command, const std::string& flag, std::string& target,
                const std::vector<std::string>& choices, const std::string& help) {
  std::string names;
  for (const std::string& choice : choices) names += (names.empty() ? "" : ", ") + choice;
  command
      .add_option_function<std::string>(
          flag,
          [flag, &target, choices, names](const std::string& wanted) {
            for (const std::string& choice : choices) {
              if (choice != wanted) continue;
              target = wanted;
              return;
            }
            throw CLI::ValidationError(flag, "'" + wanted + "' is not one of " + names);
          },
          help + ": " + names)
      ->type_name("NAME");
}

}  // namespace

void add_commands(CLI::App& cli, Options& options) {
  const auto command = [&](const char* name, const char* help) {
    CLI::App* sub = cli.add_subcommand(name, help);
    sub->fallthrough();
    sub->callback([&options, name] { options.command = name; });
    return sub;
  };
  command("serve", "Run the daemon (what happens without a command, too)");
  command("scrape", "Print one scrape and end");
  command("validate", "Check configuration files and explain their SLOs")
      ->add_option("FILE", options.files, "Configuration files [--config.file]");
  CLI::App* config =
      command("config", "show: print the configuration with every default filled in");
  config->add_option("WHAT", options.files, "show")->required();
  config->add_flag("--defaults")->description("What show does anyway: fill in every default");
  command("status", "Ask the daemon: one line, exit code 0 when all is well");
  CLI::App* report = command("report", "Ask the daemon for uptime, budgets and incidents");
  report->add_option("--window", options.report_window, "The last so much [each objective's own]")
      ->type_name("DURATION");
  report
      ->add_option("--month,--period", options.report_period,
                   "2026-10, a quarter 2026-Q4, a year 2026, a week 2026-W48")
      ->type_name("PERIOD");
  report->add_option("--timezone", options.report_timezone, "Where the period begins [UTC]")
      ->type_name("ZONE");
  add_choice(*report, "--format", options.report_format, {"text", "json", "markdown"},
             "Form of the answer [text]");
  add_choice(*command("incidents", "Ask the daemon what happened"), "--format",
             options.report_format, {"text", "json"}, "Form of the answer [text]");
  command("test-page", "Send one marked test alert to everybody configured, say what happened");
  command("import", "Turn files of Sloth, Pyrra and OpenSLO into configuration")
      ->add_option("FILE", options.files, "Files to read");
  CLI::App* rules = command("rules", "Print alert rules for Prometheus for the configured SLOs");
  add_choice(*rules, "--compat", options.rules_compat, {"native", "sloth", "pyrra"},
             "Whose names the rules have [native]");
  add_choice(*rules, "--format", options.rules_format, {"json", "yaml"},
             "Form of the rules [json]");
  rules->add_option("-o", options.output_directory, "Write a file per SLO here")->type_name("DIR");
  command("dashboards", "List the Grafana dashboards that are built in, or write them")
      ->add_option("-o", options.output_directory, "Write them here")
      ->type_name("DIR");

  CLI::App* exclude = command("exclude", "Take time out of objectives afterwards, with a reason");
  exclude->add_option("SLO", options.slos, "service/name, * stands for any text")->required();
  exclude->add_option("--from", options.from, "2026-03-01T10:00:00Z")->required();
  exclude->add_option("--to", options.to, "2026-03-01T10:12:00Z")->required();
  exclude->add_option("--reason", options.reason, "Shown beside the raw number")->required();
  command("unexclude", "Take an exclusion back")
      ->add_option("ID", options.exclusion_id, "As exclude printed it")
      ->required();
  CLI::App* mark = command("mark-false", "Say that an incident was none; it stays on record");
  mark->add_option("SLO", options.slo, "service/name")->required();
  mark->add_option("INCIDENT", options.incident, "Its number, as incidents prints it")->required();
  mark->add_option("--reason", options.reason, "Shown beside it");
  mark->add_flag("--undo", options.undo, "It was one after all");
  command("backup", "Let the daemon write a consistent copy of its history")
      ->add_option("FILE", options.backup_file, "A file that does not exist yet")
      ->required();
  cli.require_subcommand(0, 1);
}

}  // namespace app
