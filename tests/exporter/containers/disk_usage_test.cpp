#include "exporter/containers/disk_usage.h"

#include <atomic>
#include <chrono>
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

// Each look at it takes 50 ms.
class SlowClock final : public Clock {
 public:
  Moment now() const override { return {.mono_ns = ++looks_ * 50'000'000}; }
  int looks() const { return static_cast<int>(looks_); }

 private:
  mutable std::atomic<std::int64_t> looks_ = 0;
};

TEST_CASE("a walk rests when its share of the minute is used up, and ends at once when asked to") {
  const test::TempTree tree;
  for (int i = 0; i < 100; ++i) tree.write("layer/" + std::to_string(i), "x");
  const SlowClock clock;
  constexpr int kShare = static_cast<int>(DiskUsage::kShareNs / 50'000'000);
  DiskUsage usage(clock);
  usage.set({{"web", tree.path("layer")}});
  while (clock.looks() < kShare) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // for one that would not rest
  CHECK(clock.looks() < 2 * kShare);
  CHECK_FALSE(usage.get("web"));
}

}  // namespace
}  // namespace exporter
