#include "slo/sqlite_history.h"

#include "tests/slo/store_support.h"
#include "tests/support/doctest.h"

namespace slo {
namespace {

using exporter::ErrorKind;
using testing::same_rows;
using testing::sample_rows;

constexpr std::int64_t kForEver = 1LL << 50;

class File {
 public:
  explicit File(const Rows& rows = {}) {
    REQUIRE(SqliteHistory::create(directory_.database(), rows));
    open();
  }

  void open() {
    history_.reset();
    auto opened = SqliteHistory::open(directory_.database());
    REQUIRE_MESSAGE(opened, opened.error().message);
    history_ = std::move(*opened);
  }
  SqliteHistory& history() { return *history_; }
  LoadedRows load(std::int64_t retention_ms = kForEver) {
    auto loaded = history_->load(retention_ms);
    REQUIRE(loaded);
    return std::move(*loaded);
  }
  void tamper(const std::string& sql) { REQUIRE(history_->database().execute(sql)); }
  std::int64_t count(const std::string& table) {
    return history_->database().query_integer("SELECT count(*) FROM " + table).value();
  }
  ErrorKind kind_of_reopening() {
    history_.reset();
    const auto opened = SqliteHistory::open(directory_.database());
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message.starts_with(directory_.database()));
    return opened.error().kind;
  }

 private:
  testing::TempDirectory directory_;
  std::unique_ptr<SqliteHistory> history_;
};

TEST_CASE("every field of every row comes back from a file") {
  const Rows rows = sample_rows(3, 50);
  File file(rows);
  CHECK(same_rows(file.load().rows, rows));
  CHECK(file.load().dropped == 0);

  File empty;
  REQUIRE(empty.history().write(rows));
  empty.open();
  CHECK(same_rows(empty.load().rows, rows));
}

TEST_CASE("a row written again replaces the one of its key, a removed document is gone") {
  File file(sample_rows());
  Rows rows;
  rows.facts.changes = {{1, 2'000, State::kDown, Cause::kDns}};
  rows.documents = {{"outbox", "page-1", std::nullopt}, {"outbox", "none", std::nullopt}};
  REQUIRE(file.history().write(rows));
  const Rows loaded = file.load().rows;
  CHECK(loaded.facts.changes.front() == rows.facts.changes.front());
  CHECK(loaded.facts.changes.size() == sample_rows().facts.changes.size());
  CHECK(loaded.documents.size() == 1);
}

TEST_CASE("a change whose row is damaged leaves unknown behind, not the state before it") {
  File file(sample_rows(2, 5));
  const auto states = [&] {
    std::string out;
    for (const StateChange& row : file.load().rows.facts.changes) {
      out += std::to_string(row.slo) + "@" + std::to_string(row.t_ms / 1000) + "=" +
             std::to_string(static_cast<int>(row.state)) + " ";
    }
    return out;
  };
  const std::string whole =
      "1@2=0 1@62=1 1@122=2 1@182=0 1@242=1 2@2=0 2@62=1 2@122=2 2@182=0 2@242=1 ";
  REQUIRE(states() == whole);

  SUBCASE("a flipped state") {
    file.tamper("UPDATE changes SET state=0 WHERE slo=1 AND t_ms=62000");
    CHECK(states() == "1@2=2 1@122=2 1@182=0 1@242=1 2@2=0 2@62=1 2@122=2 2@182=0 2@242=1 ");
    CHECK(file.load().dropped == 1);
  }
  SUBCASE("a moved time") {
    file.tamper("UPDATE changes SET t_ms=100000 WHERE slo=1 AND t_ms=62000");
    CHECK(states() == "1@2=2 1@122=2 1@182=0 1@242=1 2@2=0 2@62=1 2@122=2 2@182=0 2@242=1 ");
  }
  SUBCASE("the first one of an objective") {
    file.tamper("UPDATE changes SET cause=9 WHERE slo=2 AND t_ms=2000");
    CHECK(states() == "1@2=0 1@62=1 1@122=2 1@182=0 1@242=2 2@62=1 2@122=2 2@182=0 2@242=1 ");
  }
  SUBCASE("without any heartbeat the last state has no end that is known") {
    file.tamper("DELETE FROM heartbeats");
    CHECK(states() == "1@2=0 1@62=1 1@122=2 1@182=0 1@242=2 2@2=0 2@62=1 2@122=2 2@182=0 2@242=2 ");
  }
}

TEST_CASE("a damaged row of any other table is dropped and counted") {
  const auto dropped = [](const std::string& table, const std::string& column) {
    File file(sample_rows());
    file.tamper("UPDATE " + table + " SET " + column + "=" + column +
                "+1 WHERE rowid IN (SELECT "
                "rowid FROM " +
                table + " LIMIT 1)");
    return file.load().dropped;
  };
  CHECK(dropped("heartbeats", "t_ms") == 1);
  CHECK(dropped("counters", "events_bad") == 1);
  // With the objective go its counters, its changes, its incidents and its events.
  CHECK(dropped("slos", "since_ms") == 1 + 1 + 10 + 2 + 2);

  File file(sample_rows());
  file.tamper("UPDATE incidents SET down_ms=0 WHERE slo=1 AND id=1");
  file.tamper("UPDATE boots SET correction_ms=0 WHERE boot_id='0d5e3a'");
  file.tamper("UPDATE documents SET value=x'00' WHERE key='page-2'");
  const LoadedRows loaded = file.load();
  CHECK(loaded.dropped == 3);
  CHECK(loaded.rows.facts.incidents.size() == 3);
  CHECK(loaded.rows.facts.boots.size() == 1);
  CHECK(loaded.rows.documents.size() == 1);
}

TEST_CASE("rows that cannot be are refused although their checksum holds") {
  const auto refused = [](auto change) {
    Rows rows = sample_rows(1, 1);
    change(rows.facts);
    File file(rows);
    CHECK(file.load().dropped == 1);
  };
  refused([](Facts& f) { f.changes[0].state = State::kExcluded; });
  refused([](Facts& f) { f.changes[0].t_ms = 1LL << 60; });
  refused([](Facts& f) { f.incidents[0].end_ms = f.incidents[0].start_ms - 1; });
  refused([](Facts& f) { f.heartbeat->counters[0].state_ms[1] = -1; });
  refused([](Facts& f) { f.heartbeat->counters[0].recent_bad = {5, 4}; });
  refused([](Facts& f) { f.boots[0].correction_ms = 1LL << 60; });
  refused([](Facts& f) { f.changes[0].slo = 77; });
}

TEST_CASE("when the last heartbeat is damaged the one before it counts") {
  File file(sample_rows());
  Rows next = sample_rows();
  next.facts.heartbeat->t_ms += 5'000;
  REQUIRE(file.history().write(next));
  CHECK(file.load().rows.facts.heartbeat->t_ms == next.facts.heartbeat->t_ms);
  file.tamper("UPDATE heartbeats SET real_ms=1 WHERE t_ms=" +
              std::to_string(next.facts.heartbeat->t_ms));
  CHECK(file.load().rows.facts.heartbeat->t_ms == sample_rows().facts.heartbeat->t_ms);

  // The next one overwrites the damaged one, also after a restart.
  next.facts.heartbeat->t_ms += 5'000;
  REQUIRE(file.history().write(next));
  CHECK(file.count("heartbeats") == 2);
  CHECK(file.load().dropped == 0);
}

TEST_CASE("an objective without a sign of life for the retention is left out and can be removed") {
  Rows rows = sample_rows(2);
  rows.facts.heartbeat->counters[1].t_ms = 3'000'000;
  File file(rows);
  CHECK(file.load(7'000'000).expired.empty());
  const LoadedRows loaded = file.load(6'999'999);
  CHECK(loaded.expired == std::vector<SloId>{2});
  CHECK(loaded.dropped == 0);
  CHECK(loaded.rows.facts.slos.size() == 1);
  CHECK(loaded.rows.facts.changes.size() == 10);
  CHECK(loaded.rows.facts.incidents.size() == 2);
  REQUIRE(file.history().remove(loaded.expired));
  for (const char* table : {"slos", "counters"}) CHECK(file.count(table) == 1);
  CHECK(file.load().dropped == 0);
}

TEST_CASE("old rows go in small steps, but what was in force at the cutoff stays") {
  File file(sample_rows(2, 10));
  const std::int64_t cutoff_ms = 2'000 + 60'000 * 4 + 1;  // just after the fifth change
  CHECK(file.history().retire(cutoff_ms, 3).value() >= 3);
  CHECK(file.count("changes") == 17);
  while (file.history().retire(cutoff_ms, 3).value() != 0) {
  }
  CHECK(file.count("changes") == 12);
  CHECK(file.load().rows.facts.changes.front() == sample_rows().facts.changes[4]);
  // The ended incidents go, the open ones stay whatever their age.
  CHECK(file.count("incidents") == 2);
  CHECK(file.count("boots") == 2);
  CHECK(file.history().retire(600'000, 3).value() > 0);
  CHECK(file.load().rows.facts.boots.front().boot_id == "b7c1f2");
}

TEST_CASE("a block of events is replaced as it grows, and goes without bytes") {
  File file(sample_rows(2));
  Rows more;
  more.facts.events = {{1, 5'000, 80, 3, std::string("grown")}, {1, 65'000, 90, 4, std::nullopt}};
  REQUIRE(file.history().write(more));
  file.open();
  const std::vector<EventBlock> events = file.load().rows.facts.events;
  REQUIRE(events.size() == 3);
  CHECK(events[0] == more.facts.events[0]);
  CHECK(events[1].slo == 2);
}

TEST_CASE("a history of schema 1 is brought up to date with all that is in it") {
  Rows rows = sample_rows(2);
  rows.facts.events.clear();
  File file(rows);
  file.tamper("DROP TABLE events");
  file.tamper("PRAGMA user_version=" + std::to_string(stored_version(1)));
  file.open();
  CHECK(same_rows(file.load().rows, rows));
  REQUIRE(file.history().write(sample_rows(2)));
  file.open();
  CHECK(same_rows(file.load().rows, sample_rows(2)));
}

TEST_CASE("a newer schema is refused in clear words, anything else that is not ours is damage") {
  SUBCASE("newer") {
    File file(sample_rows());
    file.tamper("PRAGMA user_version=" + std::to_string(stored_version(kSchemaVersion + 1)));
    CHECK(file.kind_of_reopening() == ErrorKind::kInvalid);
  }
  SUBCASE("a version that nobody wrote") {
    File file;
    file.tamper("PRAGMA user_version=" + std::to_string(stored_version(kSchemaVersion) + 1));
    CHECK(file.kind_of_reopening() == ErrorKind::kParse);
  }
  SUBCASE("another application") {
    File file;
    file.tamper("PRAGMA application_id=1");
    CHECK(file.kind_of_reopening() == ErrorKind::kParse);
  }
  SUBCASE("another table") {
    File file;
    file.tamper("CREATE TABLE extra(a)");
    CHECK(file.kind_of_reopening() == ErrorKind::kParse);
  }
  SUBCASE("a table is not there") {
    File file;
    file.tamper("DROP TABLE documents");
    CHECK(file.kind_of_reopening() == ErrorKind::kParse);
  }
}

TEST_CASE("an empty file and one of another kind are damage") {
  const testing::TempDirectory directory;
  for (const std::string& bytes : {std::string(), std::string(9'000, 'x')}) {
    testing::write_bytes(directory.database(), bytes);
    const auto opened = SqliteHistory::open(directory.database());
    REQUIRE_FALSE(opened);
    CHECK(opened.error().kind == ErrorKind::kParse);
  }
}

TEST_CASE("a file that another connection has open is unavailable, not damaged") {
  const testing::TempDirectory directory;
  REQUIRE(SqliteHistory::create(directory.database(), {}));
  const auto first = SqliteHistory::open(directory.database());
  REQUIRE(first);
  const auto second = SqliteHistory::open(directory.database());
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::kUnavailable);
}

TEST_CASE("a sound file passes the check, a copy of it holds the same") {
  const Rows rows = sample_rows(5, 100);
  File file(rows);
  CHECK(file.history().quick_check());
  const testing::TempDirectory elsewhere;
  REQUIRE(file.history().copy_to(elsewhere.database()));
  auto copy = SqliteHistory::open(elsewhere.database());
  REQUIRE(copy);
  CHECK(same_rows((*copy)->load(kForEver)->rows, rows));
}

}  // namespace
}  // namespace slo
