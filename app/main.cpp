// Reads the command line and hands over to one command. Exit codes: 0 yes, 1 no, 2 usage or
// configuration, 3 inconclusive, 4 monitor unreachable, 5 conflict.
#include <cstdio>

#include "app/commands.h"
#include "app/options.h"
#include "exporter/core/log.h"

int main(int argc, char** argv) {
  const app::ParsedCommandLine parsed = app::parse_command_line(argc, argv);
  if (!parsed.proceed) {
    if (parsed.exit_code == 0) {
      std::fputs(parsed.text.c_str(), stdout);
    } else {
      std::fprintf(stderr, "%s\n", parsed.text.c_str());
    }
    return parsed.exit_code;
  }
  exporter::start_log(parsed.options.log_level, parsed.options.log_format);
  return app::run_command(parsed.options);
}
