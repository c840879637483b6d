// fournines scrape: one page on standard output.
#include <cstdio>

#include "app/commands.h"
#include "app/measuring.h"

namespace app {

int scrape(const Options& options) {
  const exporter::SystemClock clock;
  auto registry = make_registry(options, clock, std::make_shared<OwnSeries>());
  if (!registry) return complain(kExitUsage, registry.error().message);
  std::string page;
  (*registry)->scrape((*registry)->all(), page);
  if (std::fwrite(page.data(), 1, page.size(), stdout) != page.size() || std::fflush(stdout) != 0) {
    return complain(kExitNo, "standard output: cannot write");
  }
  return kExitYes;
}

}  // namespace app
