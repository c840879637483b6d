// fournines scrape: one page on standard output.
#include <cstdio>

#include "app/commands.h"
#include "app/config.h"
#include "app/measuring.h"

namespace app {
namespace {

// No next scrape brings what was late for this one.
constexpr std::chrono::milliseconds kPatience{1'000};

}  // namespace

int scrape(const Options& options) {
  ConfigErrors errors;
  const auto config = load_config_file(options.config_file, errors);
  for (const std::string& line : errors.lines()) std::fprintf(stderr, "%s\n", line.c_str());
  if (!config) return kExitUsage;
  const exporter::SystemClock clock;
  std::unique_ptr<exporter::ContainerFollower> containers;
  const OwnSeries own;
  auto registry = make_registry(options, config->process_groups, clock, own, containers, kPatience);
  if (!registry) return complain(kExitUsage, registry.error().message);
  std::string page;
  (*registry)->scrape((*registry)->all(), page);
  if (std::fwrite(page.data(), 1, page.size(), stdout) != page.size() || std::fflush(stdout) != 0) {
    return complain(kExitNo, "standard output: cannot write");
  }
  return kExitYes;
}

}  // namespace app
