#include "slo/sqlite_files.h"

#include <sys/stat.h>

#include "tests/slo/store_support.h"
#include "tests/support/doctest.h"

namespace slo {
namespace {

using exporter::ErrorKind;
using testing::kUtcMs;
using testing::read_bytes;
using testing::TempDirectory;
using testing::write_bytes;

StateDirectory held(const std::string& path) {
  auto directory = StateDirectory::open(path);
  REQUIRE(directory);
  return std::move(*directory);
}

TEST_CASE("the state directory is made with its parents, closed to others") {
  const TempDirectory temp;
  const auto directory = held(temp.file("var/lib/fournines"));
  struct stat made{};
  REQUIRE(::stat(temp.file("var/lib/fournines").c_str(), &made) == 0);
  CHECK((made.st_mode & 0777) == 0750);
}

TEST_CASE("a directory is held once, and free again when its holder is gone") {
  const TempDirectory temp;
  {
    const auto first = held(temp.path());
    const auto second = StateDirectory::open(temp.path());
    REQUIRE_FALSE(second);
    CHECK(second.error().kind == ErrorKind::kConflict);
    CHECK(second.error().message == temp.path() + ": another fournines keeps its history here");
  }
  CHECK(StateDirectory::open(temp.path()));
}

TEST_CASE("a path that cannot be a directory is an input-output error that names it") {
  const TempDirectory temp;
  write_bytes(temp.file("file"), "");
  for (const char* path : {"file", "file/below"}) {
    const auto directory = StateDirectory::open(temp.file(path));
    REQUIRE_FALSE(directory);
    CHECK(directory.error().kind == ErrorKind::kIo);
    CHECK(directory.error().message.starts_with(temp.file(path)));
  }
}

TEST_CASE("a file goes aside with its log under the time, and again under another name") {
  const TempDirectory temp;
  auto directory = held(temp.path());
  CHECK(directory.newest_damaged().empty());
  for (const char* name :
       {"fournines.db.damaged-20261125T200512Z", "fournines.db.damaged-20261125T200512Z.2"}) {
    write_bytes(temp.database(), "file");
    write_bytes(temp.database() + "-wal", "log");
    CHECK(directory.put_aside(kUtcMs) == name);
    CHECK(directory.newest_damaged() == name);
    CHECK(read_bytes(temp.file(name)) == "file");
    CHECK(read_bytes(temp.file(name) + "-wal") == "log");
    CHECK_FALSE(directory.has_database());
  }
}

TEST_CASE("a finished file takes the place of the old one, which goes aside") {
  const TempDirectory temp;
  auto directory = held(temp.path());
  write_bytes(directory.building(), "first");
  CHECK(directory.replace(kUtcMs) == "");
  CHECK(read_bytes(temp.database()) == "first");
  write_bytes(directory.building(), "second");
  write_bytes(directory.log(), "log of the first");
  const auto aside = directory.replace(kUtcMs);
  REQUIRE(aside);
  CHECK(read_bytes(temp.file(*aside)) == "first");
  CHECK(read_bytes(temp.database()) == "second");
  CHECK_FALSE(file_exists(directory.log()));
}

TEST_CASE("a crash at any point of a replacement leaves the old or the new history") {
  const TempDirectory temp;
  auto directory = held(temp.path());
  const auto after_crash = [&](std::initializer_list<const char*> names) {
    for (const char* name : names) write_bytes(temp.file(name), name);
    REQUIRE(directory.tidy(kUtcMs));
    const std::string kept = read_bytes(temp.database());
    CHECK_FALSE(file_exists(directory.building()));
    CHECK_FALSE(file_exists(temp.database() + ".new"));
    const bool has_log = file_exists(directory.log());
    for (const auto& entry : std::filesystem::directory_iterator(temp.path())) {
      std::filesystem::remove(entry);
    }
    return kept + (has_log ? " with log" : "");
  };
  CHECK(after_crash({"fournines.db", "fournines.db-wal", "fournines.db.building"}) ==
        "fournines.db with log");
  CHECK(after_crash({"fournines.db", "fournines.db-wal", "fournines.db.new"}) ==
        "fournines.db with log");
  CHECK(after_crash({"fournines.db-wal", "fournines.db.new"}) == "fournines.db.new");
  CHECK(after_crash({"fournines.db.new"}) == "fournines.db.new");
  CHECK(after_crash({"fournines.db.building", "fournines.db.building-wal"}).empty());
}

TEST_CASE("a log without its file is kept, but never near a new file") {
  const TempDirectory temp;
  auto directory = held(temp.path());
  write_bytes(directory.log(), "log");
  REQUIRE(directory.tidy(kUtcMs));
  CHECK(read_bytes(temp.file("fournines.db.damaged-20261125T200512Z-wal")) == "log");
  CHECK(directory.newest_damaged() == "fournines.db.damaged-20261125T200512Z");
}

TEST_CASE("a file that was removed or replaced is noticed") {
  const TempDirectory temp;
  auto directory = held(temp.path());
  write_bytes(temp.database(), "ours");
  directory.remember_database();
  CHECK(directory.database_is_remembered());
  write_bytes(temp.file("other"), "theirs");
  std::filesystem::rename(temp.file("other"), temp.database());
  CHECK_FALSE(directory.database_is_remembered());
  std::filesystem::remove(temp.database());
  CHECK_FALSE(directory.database_is_remembered());
}

TEST_CASE("a directory that was removed and made again is held again") {
  const TempDirectory temp;
  auto directory = held(temp.file("state"));
  std::filesystem::remove_all(temp.file("state"));
  REQUIRE(directory.hold());
  CHECK(file_exists(temp.file("state")));
  CHECK_FALSE(StateDirectory::open(temp.file("state")));
}

TEST_CASE("writing a file again leaves it as it is, and a missing one missing") {
  const TempDirectory temp;
  write_bytes(temp.file("log"), std::string(10'000, 'x') + "end");
  CHECK(write_again(temp.file("log")));
  CHECK(read_bytes(temp.file("log")) == std::string(10'000, 'x') + "end");
  CHECK(write_again(temp.file("none")));
  CHECK_FALSE(file_exists(temp.file("none")));
}

TEST_CASE("publishing never replaces a file") {
  const TempDirectory temp;
  write_bytes(temp.file("a"), "a");
  CHECK(publish_file(temp.file("a"), temp.file("b")));
  write_bytes(temp.file("c"), "c");
  const auto refused = publish_file(temp.file("c"), temp.file("b"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::kConflict);
  CHECK(read_bytes(temp.file("b")) == "a");
}

}  // namespace
}  // namespace slo
