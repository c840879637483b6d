#include "slo/sqlite_store.h"

#include <sys/resource.h>

#include <csignal>
#include <thread>

#include "tests/slo/store_support.h"
#include "tests/support/doctest.h"

namespace slo {
namespace {

using exporter::ErrorKind;
using testing::document;
using testing::kUtcMs;
using testing::same_facts;
using testing::same_rows;
using testing::sample_rows;
using testing::TempDirectory;
using testing::TestClock;

std::chrono::steady_clock::time_point soon() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(60);
}

class Place {
 public:
  StoreOptions options;
  TestClock clock;
  TempDirectory directory;

  Place() {
    options.directory = directory.path();
    options.retention_ms = 1LL << 50;
    options.retry_after = std::chrono::milliseconds(5);
  }
  std::unique_ptr<SqliteStore> open() {
    auto store = SqliteStore::open(options, clock);
    REQUIRE_MESSAGE(store, store.error().message);
    return std::move(*store);
  }
  Rows reload() { return open()->load(); }
};

bool save(Store& store, Rows rows) {
  const Ticket ticket = store.write(std::move(rows.facts), std::move(rows.documents));
  return store.wait(ticket, soon());
}

template <class Condition>
bool comes_true(Condition condition) {
  for (const auto deadline = soon(); std::chrono::steady_clock::now() < deadline;) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

bool is_checked(const Store& store) {
  return comes_true([&] { return store.status().check == StoreStatus::Check::kPassed; });
}

TEST_CASE("what was written is there after a restart") {
  Place place;
  {
    const auto store = place.open();
    CHECK(store->load().empty());
    CHECK(save(*store, sample_rows()));
  }
  CHECK(same_rows(place.reload(), sample_rows()));
}

TEST_CASE("what was queued when the store ends is committed") {
  Place place;
  {
    const auto store = place.open();
    for (int i = 0; i < 200; ++i) store->write({}, {document(std::to_string(i), "x")});
  }
  CHECK(place.reload().documents.size() == 200);
}

TEST_CASE("a ticket is true once committed, an empty write has nothing to wait for") {
  Place place;
  const auto store = place.open();
  CHECK(store->wait(store->write({}, {}), {}));
  const Ticket first = store->write({}, {document("a", "x")});
  const Ticket second = store->write({}, {document("b", "x")});
  CHECK(second > first);
  CHECK(store->wait(second, soon()));
  CHECK(store->wait(first, {}));
  CHECK(store->wait(store->write({}, {}), {}));
  CHECK_FALSE(store->wait(second + 1, {}));
  CHECK_FALSE(store->wait(0, soon()));
}

TEST_CASE("many writers at once: every acknowledged row is there") {
  Place place;
  {
    const auto store = place.open();
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < 4; ++writer) {
      writers.emplace_back([&, writer] {
        for (int i = 0; i < 50; ++i) {
          const Ticket ticket =
              store->write({}, {document(std::to_string(writer) + "-" + std::to_string(i), "x")});
          if (i % 10 == 0) CHECK(store->wait(ticket, soon()));
          static_cast<void>(store->status());
        }
      });
    }
  }
  CHECK(place.reload().documents.size() == 200);
}

TEST_CASE("a second store on the same directory is refused at once") {
  Place place;
  const auto store = place.open();
  const auto second = SqliteStore::open(place.options, place.clock);
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::kConflict);
  CHECK(second.error().message.starts_with(place.directory.path()));
}

TEST_CASE("a newer schema is refused and left as it is") {
  Place place;
  {
    CHECK(save(*place.open(), sample_rows()));
  }
  {
    const auto history = SqliteHistory::open(place.directory.database());
    REQUIRE((*history)->database().execute("PRAGMA user_version=" +
                                           std::to_string(stored_version(kSchemaVersion + 1))));
  }
  const std::string before = testing::read_bytes(place.directory.database());
  const auto store = SqliteStore::open(place.options, place.clock);
  REQUIRE_FALSE(store);
  CHECK(store.error().kind == ErrorKind::kInvalid);
  CHECK(store.error().message.find("newer fournines") != std::string::npos);
  CHECK(testing::read_bytes(place.directory.database()) == before);
}

TEST_CASE("a directory that cannot be made is an input-output error") {
  Place place;
  testing::write_bytes(place.directory.file("file"), "");
  place.options.directory = place.directory.file("file/below");
  const auto store = SqliteStore::open(place.options, place.clock);
  REQUIRE_FALSE(store);
  CHECK(store.error().kind == ErrorKind::kIo);
}

TEST_CASE("a file that is no database goes aside, its name stays known, history starts empty") {
  Place place;
  testing::write_bytes(place.directory.database(),
                       "not a database at all, and long enough to tell");
  const std::string name = "fournines.db.damaged-20261125T200512Z";
  {
    const auto store = place.open();
    CHECK(store->status().damaged_file == name);
    CHECK(store->load().empty());
    CHECK(save(*store, sample_rows()));
    CHECK(store->status().durable);
    CHECK(store->status().check == StoreStatus::Check::kDamaged);
  }
  CHECK(testing::read_bytes(place.directory.file(name)).starts_with("not a database"));
  const auto store = place.open();
  CHECK(store->status().damaged_file == name);
  CHECK(same_rows(store->load(), sample_rows()));
  CHECK(is_checked(*store));
}

TEST_CASE("damaged rows are dropped at the start and the file is replaced by a sound one") {
  Place place;
  {
    CHECK(save(*place.open(), sample_rows()));
  }
  {
    const auto history = SqliteHistory::open(place.directory.database());
    REQUIRE(
        (*history)->database().execute("UPDATE changes SET state=0 WHERE slo=1 AND t_ms=62000"));
  }
  Rows kept;
  {
    const auto store = place.open();
    CHECK(store->status().dropped_rows == 1);
    kept = store->load();
    CHECK(kept.facts.changes.size() == sample_rows().facts.changes.size() - 1);
    CHECK(comes_true([&] { return !store->status().damaged_file.empty(); }));
  }
  const auto store = place.open();
  CHECK(store->status().dropped_rows == 0);
  CHECK(same_rows(store->load(), kept));
}

TEST_CASE("damage that only the check finds: the rows move to a new file") {
  Place place;
  {
    CHECK(save(*place.open(), sample_rows(3, 400)));
  }
  // A freelist that claims pages which are not there: reading rows never meets it.
  std::string bytes = testing::read_bytes(place.directory.database());
  bytes[39] = 3;
  testing::write_bytes(place.directory.database(), bytes);
  {
    const auto store = place.open();
    CHECK(same_rows(store->load(), sample_rows(3, 400)));
    CHECK(comes_true([&] { return store->status().check == StoreStatus::Check::kDamaged; }));
    CHECK(save(*store, {{}, {document("page-3", "after")}}));
  }
  const Rows rows = place.reload();
  CHECK(same_facts(rows.facts, sample_rows(3, 400).facts));
  CHECK(rows.documents.size() == 3);
}

TEST_CASE("a log damaged in its middle is noticed, what came before it stays") {
  Place place;
  const TempDirectory crashed;
  {
    const auto store = place.open();
    for (int i = 0; i < 5; ++i) CHECK(save(*store, {{}, {document(std::to_string(i), "x")}}));
    for (const char* name : {"fournines.db", "fournines.db-wal"}) {
      std::filesystem::copy(place.directory.file(name), crashed.file(name));
    }
  }
  std::string log = testing::read_bytes(crashed.database() + "-wal");
  log[log.size() / 2] = static_cast<char>(log[log.size() / 2] ^ 1);
  testing::write_bytes(crashed.database() + "-wal", log);
  place.options.directory = crashed.path();
  Rows kept;
  {
    const auto store = place.open();
    kept = store->load();
    CHECK(comes_true([&] { return !store->status().damaged_file.empty(); }));
    CHECK(testing::read_bytes(crashed.file(store->status().damaged_file) + "-wal") == log);
  }
  CHECK(kept.documents.size() < 5);
  CHECK(same_rows(place.reload(), kept));
}

TEST_CASE(
    "a log that was long is written over: its file stays as it is, and a crash loses nothing") {
  Place place;
  const TempDirectory crashed;
  {
    const auto store = place.open();
    for (std::uint64_t i = 0, bytes = 0; i < 600; ++i) {
      CHECK(save(*store, {{}, {document(std::to_string(i % 7), std::to_string(i))}}));
      if (i == 299) bytes = store->status().log_bytes;
      if (i >= 299) CHECK(store->status().log_bytes == bytes);
    }
    CHECK(store->status().log_bytes > 1'000'000);
    for (const char* name : {"fournines.db", "fournines.db-wal"}) {
      std::filesystem::copy(place.directory.file(name), crashed.file(name));
    }
  }
  place.options.directory = crashed.path();
  const auto kept = place.reload().documents;
  CHECK(kept.size() == 7);
  for (const Document& row : kept) CHECK(*row.value >= "593");
}

TEST_CASE("a history that is removed under a running daemon is written again whole") {
  Place place;
  place.options.directory = place.directory.file("state");
  {
    const auto store = place.open();
    CHECK(save(*store, sample_rows()));
    SUBCASE("the files") {
      std::filesystem::remove(place.directory.file("state/fournines.db"));
      std::filesystem::remove(place.directory.file("state/fournines.db-wal"));
    }
    SUBCASE("the directory") { std::filesystem::remove_all(place.directory.file("state")); }
    CHECK(save(*store, {{}, {document("page-3", "after")}}));
  }
  const Rows rows = place.reload();
  CHECK(same_facts(rows.facts, sample_rows().facts));
  CHECK(rows.documents.size() == 3);
}

// A limit on the size of files makes writes fail as a full disk does, without being root.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit full{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &full);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

TEST_CASE("a full disk loses nothing, is told, and heals alone") {
  Place place;
  {
    const auto store = place.open();
    CHECK(save(*store, sample_rows()));
    CHECK(is_checked(*store));
    place.clock.pass(100);
    Ticket newest = 0;
    {
      const FullDisk full(20'000);
      for (int i = 0; i < 20; ++i) {
        newest = store->write({}, {document("full-" + std::to_string(i), std::string(3'000, 'x'))});
      }
      CHECK(comes_true([&] { return store->status().write_errors >= 3; }));
      const StoreStatus status = store->status();
      CHECK_FALSE(status.durable);
      CHECK(status.not_durable_since_ms == kUtcMs + 100'000);
      CHECK(status.last_error.starts_with(place.directory.path()));
      CHECK(status.unsaved_rows > 0);
      CHECK_FALSE(store->wait(newest, {}));
    }
    CHECK(store->wait(newest, soon()));
    CHECK(comes_true([&] { return store->status().durable; }));
    CHECK(store->status().unsaved_rows == 0);
    CHECK(store->status().damaged_file.empty());
  }
  CHECK(place.reload().documents.size() == 22);
}

TEST_CASE("a disk that is full at the very first start heals alone too") {
  Place place;
  {
    std::unique_ptr<SqliteStore> store;
    {
      const FullDisk full(512);
      store = place.open();
      CHECK(comes_true([&] { return !store->status().durable; }));
      store->write(sample_rows().facts, sample_rows().documents);
      CHECK(comes_true([&] { return store->status().write_errors >= 3; }));
    }
    CHECK(save(*store, {{}, {document("page-3", "")}}));
  }
  CHECK(place.reload().documents.size() == 3);
}

TEST_CASE("a row that waits too long is told as not durable before any error is") {
  Place place;
  const auto store = place.open();
  CHECK(is_checked(*store));
  const FullDisk full(512);
  store->write({}, {document("a", "x")});
  place.clock.pass(60);
  CHECK_FALSE(store->status().durable);
}

TEST_CASE("the queue of a dead disk is bounded, and what it gave up is never called durable") {
  Place place;
  place.options.max_queued_bytes = 10'000;
  const auto store = place.open();
  CHECK(is_checked(*store));
  const FullDisk full(512);
  std::uint64_t refused = 0;
  for (int i = 0; i < 200; ++i) {
    refused += store->write({}, {document(std::to_string(i), std::string(500, 'x'))}) == 0 ? 1 : 0;
  }
  CHECK(refused > 100);
  CHECK(store->status().dropped_writes == refused);
}

TEST_CASE("old history goes while the store runs") {
  Place place;
  {
    CHECK(save(*place.open(), sample_rows(2, 2'000)));
  }
  place.options.retention_ms = 10'000'000 - 6'000'000;
  {
    const auto store = place.open();
    CHECK(store->load().facts.changes.size() == 4'000);
    // Gone in several steps; the store answers in between.
    CHECK(comes_true([&] { return store->status().check == StoreStatus::Check::kPassed; }));
    CHECK(save(*store, {{}, {document("between", "")}}));
  }
  CHECK(place.reload().facts.changes.size() < 4'000);
}

TEST_CASE("a backup is a history of its own, made while the store runs") {
  Place place;
  const auto store = place.open();
  CHECK(save(*store, sample_rows()));
  const TempDirectory elsewhere;
  CHECK(store->backup(elsewhere.database()));
  CHECK(save(*store, {{}, {document("later", "")}}));
  const auto again = store->backup(elsewhere.database());
  REQUIRE_FALSE(again);
  CHECK(again.error().kind == ErrorKind::kConflict);
  CHECK(store->backup("/nowhere/at/all.db").error().kind == ErrorKind::kIo);
  CHECK(store->status().durable);

  place.options.directory = elsewhere.path();
  CHECK(same_rows(place.reload(), sample_rows()));
}

}  // namespace
}  // namespace slo
