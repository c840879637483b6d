#include "slo/sqlite_log_check.h"

#include "slo/sqlite_files.h"
#include "slo/sqlite_history.h"
#include "tests/slo/store_support.h"
#include "tests/support/doctest.h"

namespace slo {
namespace {

constexpr std::size_t kHeader = 32;
constexpr std::size_t kFrame = 24 + 4096;

// The log of a process that was killed after `commits` transactions.
std::string log_of(int commits) {
  const testing::TempDirectory directory;
  REQUIRE(SqliteHistory::create(directory.database(), {}));
  auto history = SqliteHistory::open(directory.database());
  REQUIRE(history);
  for (int i = 0; i < commits; ++i) {
    Rows rows;
    rows.documents = {testing::document("page-" + std::to_string(i), std::string(9'000, 'x'))};
    REQUIRE((*history)->write(rows));
  }
  return testing::read_bytes(directory.database() + "-wal");
}

std::size_t frames_of(const std::string& log) { return (log.size() - kHeader) / kFrame; }

std::string flipped(std::string log, std::size_t at) {
  log[at] = static_cast<char>(log[at] ^ 0x10);
  return log;
}

TEST_CASE("a log as SQLite leaves it is whole, and so is none") {
  CHECK(log_is_whole(""));
  CHECK(log_is_whole(log_of(1)));
  CHECK(log_is_whole(log_of(20)));
}

TEST_CASE("a log cut anywhere is whole: the end was never synced") {
  const std::string log = log_of(4);
  for (std::size_t length = 0; length < log.size(); length += 509) {
    CHECK(log_is_whole(log.substr(0, length)));
  }
}

TEST_CASE("a last transaction that was written in part is whole, whatever part it is") {
  const std::string log = log_of(3);
  for (std::size_t frame = frames_of(log) - 3; frame < frames_of(log); ++frame) {
    std::string torn = log;
    torn.replace(kHeader + frame * kFrame, kFrame, kFrame, '\0');
    CHECK(log_is_whole(torn));
  }
}

TEST_CASE("damage before the last transaction is noticed wherever it is") {
  const std::string log = log_of(5);
  const std::size_t last_bytes = 6 * kFrame;
  for (std::size_t at = 0; at < log.size() - last_bytes; at += 211) {
    CHECK_FALSE(log_is_whole(flipped(log, at)));
  }
  for (std::size_t at = 0; at < kHeader; ++at) CHECK_FALSE(log_is_whole(flipped(log, at)));
}

TEST_CASE("frames of an earlier use of the log mean nothing") {
  const testing::TempDirectory directory;
  REQUIRE(SqliteHistory::create(directory.database(), {}));
  auto history = SqliteHistory::open(directory.database());
  REQUIRE(history);
  Rows rows;
  for (int i = 0; i < 20; ++i) {
    rows.documents = {testing::document("page", std::string(9'000, 'x'))};
    REQUIRE((*history)->write(rows));
  }
  // Copied into the file but not cut: the next commit begins at the front with other salts.
  REQUIRE((*history)->database().execute("PRAGMA wal_checkpoint(RESTART)"));
  REQUIRE((*history)->write(rows));
  const std::string log = testing::read_bytes(directory.database() + "-wal");
  REQUIRE(frames_of(log) > 20);
  CHECK(log_is_whole(log));
}

TEST_CASE("a log that grew but was never synced reads as zeros and is whole") {
  CHECK(log_is_whole(std::string(8'192, '\0')));
}

TEST_CASE("bytes that are no log are not whole") {
  CHECK_FALSE(log_is_whole(std::string(64, 'x')));
}

}  // namespace
}  // namespace slo
