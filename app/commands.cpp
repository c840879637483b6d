#include "app/commands.h"

#include <cstdio>

#include "exporter/core/text.h"

namespace app {

int complain(int code, std::string_view message) {
  std::fprintf(stderr, "fournines: %s\n", exporter::printable(message, 1024).c_str());
  return code;
}

int run_command(const Options& options) {
  struct Command {
    std::string_view name;
    int (*run)(const Options&);
  };
  static constexpr Command kCommands[] = {
      {"serve", serve},           {"scrape", scrape},       {"validate", validate},
      {"status", status},         {"report", report},       {"incidents", incidents},
      {"config", config},         {"exclude", exclude},     {"unexclude", unexclude},
      {"mark-false", mark_false}, {"backup", backup},       {"rules", rules},
      {"import", import},         {"test-page", test_page}, {"dashboards", print_dashboards},
  };
  for (const Command& command : kCommands) {
    if (options.command == command.name) return command.run(options);
  }
  return complain(kExitUsage, "unknown command '" + options.command + "'");
}

}  // namespace app
