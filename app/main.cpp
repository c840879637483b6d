// Reads the command line and hands over to one command. Exit codes: 0 yes, 1 no, 2 usage or
// configuration, 3 inconclusive, 4 monitor unreachable, 5 conflict.
#include <cstdio>
#include <cstdlib>

#include "app/commands.h"
#include "app/options.h"
#include "exporter/core/deadline_worker.h"
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
  const int code = app::run_command(parsed.options);
  // A thread that hangs in the kernel (a dead mount) is not waited for, nor is anything torn down
  // under it.
  if (exporter::DeadlineWorker::has_stuck_threads()) {
    std::fflush(nullptr);
    std::_Exit(code);
  }
  return code;
}
