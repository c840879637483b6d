#include "exporter/containers/disk_usage.h"

#include <filesystem>

#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

TEST_CASE("the layer that a container writes to stands in the options of its root mount") {
  constexpr std::string_view kText =
      "620 540 0:57 / / rw,relatime - overlay overlay "
      "rw,lowerdir=/l/A:/l/B,upperdir=/var/lib/docker/overlay2/3f/diff,workdir=/w\n"
      "621 620 0:60 / /proc rw,nosuid - proc proc rw\n"
      "622 620 0:61 / /data rw - overlay overlay rw,upperdir=/other\n";
  CHECK(parse_upper_directory(kText) == "/var/lib/docker/overlay2/3f/diff");
}

TEST_CASE("without an overlay at the root there is no such layer") {
  CHECK_FALSE(parse_upper_directory(""));
  CHECK_FALSE(parse_upper_directory("20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"));
  CHECK_FALSE(parse_upper_directory("20 1 0:9 / / rw - overlay overlay rw,lowerdir=/l\n"));
  CHECK_FALSE(parse_upper_directory("20 1 0:9 / / rw - overlay overlay rw,upperdir=relative\n"));
  CHECK_FALSE(parse_upper_directory("nonsense\n\n - overlay\n"));
}

TEST_CASE("a directory's blocks are summed, a file with two names once") {
  const test::TempTree tree;
  tree.write("layer/a/one", std::string(100'000, 'x'));
  tree.write("layer/two", std::string(50'000, 'x'));
  std::filesystem::create_hard_link(tree.path("layer/two"), tree.path("layer/a/again"));
  std::filesystem::create_symlink("/", tree.path("layer/everything"));
  const SystemClock clock;
  DiskUsage usage(clock);
  CHECK_FALSE(usage.get("web"));
  usage.set({{"web", tree.path("layer")}, {"gone", tree.path("none")}});
  while (!usage.get("web")) std::this_thread::yield();
  const auto use = usage.get("web");
  CHECK(use->bytes >= 150'000);
  CHECK(use->bytes < 300'000);
  CHECK(use->limit_bytes > use->bytes);
  CHECK_FALSE(usage.get("gone"));
  usage.set({});
  CHECK_FALSE(usage.get("web"));
}

}  // namespace
}  // namespace exporter
