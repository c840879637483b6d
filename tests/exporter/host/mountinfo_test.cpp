#include "exporter/host/mountinfo.h"

#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

std::vector<MountLine> parsed(std::string_view text, std::size_t bad = 0) {
  LineErrors errors;
  std::vector<MountLine> mounts;
  parse_mountinfo(text, mounts, errors);
  CHECK(errors.count() == bad);
  return mounts;
}

TEST_CASE("a mount has its fields before and behind any number of optional ones") {
  const auto mounts = parsed(
      "36 27 254:1 /sub /srv rw,noatime - ext4 /dev/vda1 rw,errors=remount-ro\n"
      "37 27 0:44 / /mnt/a\\040b ro shared:1 master:2 - nfs4 nas:/x rw\n");
  REQUIRE(mounts.size() == 2);
  CHECK(mounts[0].id == "36");
  CHECK(mounts[0].major == "254");
  CHECK(mounts[0].minor == "1");
  CHECK(mounts[0].mount_point == "/srv");
  CHECK(mounts[0].fs_type == "ext4");
  CHECK(mounts[0].source == "/dev/vda1");
  CHECK_FALSE(mounts[0].is_read_only());
  CHECK(mounts[1].mount_point == "/mnt/a\\040b");
  CHECK(mounts[1].is_read_only());
}

TEST_CASE("a mount with an empty source keeps its options apart from it") {
  const auto mounts = parsed("36 27 0:5 / /x rw - tmpfs  ro,size=1k\n");
  REQUIRE(mounts.size() == 1);
  CHECK(mounts[0].source.empty());
  CHECK(mounts[0].super_options == "ro,size=1k");
  CHECK(mounts[0].is_read_only());
}

TEST_CASE("read-only is a whole option of the mount or of its file system") {
  CHECK_FALSE(parsed("1 1 0:5 / /x rw - ext4 d errors=remount-ro,root\n")[0].is_read_only());
  CHECK(parsed("1 1 0:5 / /x nosuid,ro - ext4 d rw\n")[0].is_read_only());
  CHECK(parsed("1 1 0:5 / /x rw - ext4 d rw,emergency_ro\n")[0].is_read_only());
}

TEST_CASE("corrupt mount lines are counted and the others are kept") {
  const auto mounts = parsed(
      "\n36 27\n36 27 0:5 / /x rw\n36 27 0:5 / /x rw - ext4\n"
      "36 27 05 / /x rw - ext4 d rw\n36 27 0:5 / x rw - ext4 d rw\n"
      "1 1 0:5 / /x rw - ext4 d rw\n",
      6);
  CHECK(mounts.size() == 1);
}

TEST_CASE("escaped bytes of mount points are undone, other backslashes stay") {
  CHECK(unescape_mount("/a\\040b\\011c\\012d\\134e\\043f") == "/a b\tc\nd\\e#f");
  CHECK(unescape_mount("\\377") == "\xFF");
  CHECK(unescape_mount("a\\04") == "a\\04");
  CHECK(unescape_mount("a\\08x\\400\\") == "a\\08x\\400\\");
}

TEST_CASE("mounts are those of process 1, or our own where its file is hidden") {
  test::TempTree tree;
  tree.write("self/mountinfo", "own");
  MountinfoFile file({.procfs = tree.root()});
  ReadBuffer buffer;
  const Scrape scrape{1, {}, buffer};
  CHECK(file.update(scrape) == true);
  CHECK(file.text() == "own");
  CHECK(file.path() == tree.path("self/mountinfo"));
  tree.write("1/mountinfo", "init");
  CHECK(file.update(scrape) == true);
  CHECK(file.text() == "init");
  CHECK(file.update(scrape) == false);
  tree.remove("1");
  tree.remove("self");
  MountinfoFile none({.procfs = tree.root()});
  CHECK(none.update(scrape).error().kind == ErrorKind::kNotFound);
}

TEST_CASE("the kernel's mounts are read once and then again only after a change or 30 s") {
  MountinfoFile file({});
  ReadBuffer buffer;
  const auto update = [&](std::int64_t seconds) {
    return file.update({1, {.boot_ns = seconds * 1'000'000'000}, buffer});
  };
  CHECK(update(0) == true);
  CHECK_FALSE(file.text().empty());
  CHECK(update(1) == false);
  CHECK(update(31) == false);
}

}  // namespace
}  // namespace exporter
