#include "app/config_process.h"

#include "app/config.h"
#include "tests/support/doctest.h"

namespace app {
namespace {

std::vector<std::string> errors_of(const std::string& text) {
  ConfigErrors errors;
  const auto config = load_config(text, "f.yml", errors);
  CHECK(config.has_value() == errors.empty());
  return errors.lines();
}

TEST_CASE("process groups are read in their order") {
  ConfigErrors errors;
  const auto config = load_config(
      "process_groups:\n  - name: web\n    comm: ^nginx$\n  - name: jobs\n    cmdline: jobs\\.py\n",
      "f.yml", errors);
  REQUIRE(config);
  CHECK(config->process_groups.needs_command_line());
  CHECK(config->process_groups.group_of({"nginx", "", ""}) == "web");
  CHECK(config->process_groups.group_of({"python3", "python3", "python3 jobs.py"}) == "jobs");
  CHECK(config->process_groups.group_of({"cat", "", ""}) == "cat");
}

TEST_CASE("what is wrong with a process group is told where it stands") {
  CHECK(errors_of("process_groups:\n  - comm: a\n").size() == 1);
  CHECK(errors_of("process_groups:\n  - name: a\n")[0].find("needs one of comm, exe and cmdline") !=
        std::string::npos);
  const auto bad = errors_of("process_groups:\n  - name: a\n    comm: (\n");
  REQUIRE(bad.size() == 1);
  CHECK(bad[0].starts_with("f.yml:2: process_groups[0]: "));
  CHECK(errors_of("process_groups:\n  - {name: a, comm: x}\n  - {name: a, comm: y}\n").size() == 1);
  CHECK(errors_of("process_groups:\n  - {name: a, command: y}\n").size() >= 1);
  CHECK(errors_of("process_groups: {name: a}\n").size() == 1);
}

}  // namespace
}  // namespace app
