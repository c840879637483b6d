// fournines dashboards: with -o one file for each dashboard, as Grafana's import and its
// provisioning take them; without, their names.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "app/commands.h"
#include "app/dashboards.h"

namespace app {

int print_dashboards(const Options& options) {
  for (const Dashboard& dashboard : dashboards()) {
    const std::string file = std::string(dashboard.name) + ".json";
    if (options.output_directory.empty()) {
      std::printf("%s\n", file.c_str());
      continue;
    }
    const std::string path = options.output_directory + "/" + file;
    errno = 0;
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << dashboard.json;
    out.close();
    if (!out) return complain(kExitUsage, path + ": " + std::strerror(errno));
    std::fprintf(stderr, "wrote %s\n", path.c_str());
  }
  return kExitYes;
}

}  // namespace app
