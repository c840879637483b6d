#include "app/commands.h"

#include <cstdio>

#include "exporter/core/text.h"

namespace app {

int complain(int code, std::string_view message) {
  std::fprintf(stderr, "fournines: %s\n", exporter::printable(message, 1024).c_str());
  return code;
}

int run_command(const Options& options) {
  if (options.command == "serve") return serve(options);
  if (options.command == "scrape") return scrape(options);
  if (options.command == "validate") return validate(options);
  return complain(kExitUsage, "unknown command '" + options.command + "'");
}

}  // namespace app
