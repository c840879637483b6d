#include "exporter/containers/options.h"

#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("without flags the table's defaults hold") {
  const auto options = parse_container_options({});
  REQUIRE(options);
  CHECK(options->kernel_memory_bytes == 10'000'000);
  CHECK(options->docker_root == "/var/lib/docker");
  CHECK(options->docker_socket.empty());
  CHECK_FALSE(options->details);
  CHECK(options->groups.passes("/any"));
  CHECK(options->labels.passes("com.docker.compose.service"));
  CHECK(options->labels.passes("fournines.watch"));
  CHECK_FALSE(options->labels.passes("com.docker.compose.config-hash"));
}

TEST_CASE("a value that makes no sense is refused with its flag") {
  const auto message = [](const char* name, const char* value) {
    const auto options = parse_container_options({{name, value}});
    REQUIRE_FALSE(options);
    CHECK(options.error().kind == ErrorKind::kInvalid);
    return options.error().message;
  };
  CHECK(message("containers.cgroup-include", "(")
            .starts_with("--collector.containers.cgroup-include: "));
  CHECK(message("containers.label-include", "[")
            .starts_with("--collector.containers.label-include: "));
  CHECK(message("containers.kernel-memory", "1M") ==
        "--collector.containers.kernel-memory: '1M' is no whole number");
  CHECK(message("containers.details", "maybe") ==
        "--collector.containers.details: 'maybe' is neither true nor false");
}

TEST_CASE("every option carries the name of its collector") {
  for (const CollectorOption& option : container_options()) {
    CHECK(option.name.starts_with("containers."));
    CHECK_FALSE(option.help.empty());
  }
}

}  // namespace
}  // namespace exporter
