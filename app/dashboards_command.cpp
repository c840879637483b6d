// fournines dashboards: with -o one file for each dashboard, as Grafana's import and its
// provisioning take them; without, their names.
#include <cstdio>

#include "app/commands.h"
#include "app/dashboards.h"
#include "app/output_files.h"

namespace app {

int print_dashboards(const Options& options) {
  const std::string& directory = options.output_directory;
  if (!directory.empty()) {
    if (const int code = make_output_directory(directory); code != kExitYes) return code;
  }
  for (const Dashboard& dashboard : dashboards()) {
    const std::string file = std::string(dashboard.name) + ".json";
    if (directory.empty()) {
      std::printf("%s\n", file.c_str());
      continue;
    }
    if (const int code = write_output_file(directory, file, dashboard.json); code != kExitYes)
      return code;
    std::fprintf(stderr, "wrote %s/%s\n", directory.c_str(), file.c_str());
  }
  return kExitYes;
}

}  // namespace app
