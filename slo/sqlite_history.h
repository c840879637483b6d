// The rows of the store in one database file: schema, reading with every row checked, writing in
// transactions. Owned by one thread at a time. Errors as in slo/sqlite_database.h, and kInvalid for
// a schema newer than this program's.
#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "slo/sqlite_database.h"
#include "slo/sqlite_tables.h"
#include "slo/store.h"

namespace slo {

struct LoadedRows {
  Rows rows;
  std::uint64_t dropped = 0;   // rows that were refused
  std::vector<SloId> expired;  // left out, for remove()
  std::int64_t free_slot = 0;  // for the next heartbeat: the one that does not hold the newest
};

class SqliteHistory {
 public:
  // A file that has our schema already.
  static exporter::Result<std::unique_ptr<SqliteHistory>> open(const std::string& path);
  static exporter::Result<std::unique_ptr<SqliteHistory>> adopt(std::unique_ptr<Database> database);

  // A new file with the schema and these rows; complete and closed when it returns.
  static exporter::Result<void> create(const std::string& path, const Rows& rows);

  // Everything, as Store::load() promises. Rows that fail their checksum or cannot be are dropped.
  // The time between a dropped change and its neighbours becomes unknown, because it may have stood
  // anywhere in it. An objective without a sign of life for retention_ms before the last heartbeat
  // is left out as expired.
  exporter::Result<LoadedRows> load(std::int64_t retention_ms);

  // One transaction: all or nothing, durable when it returns.
  exporter::Result<void> write(const Rows& rows);

  // Objectives and all that is theirs. One transaction.
  exporter::Result<void> remove(const std::vector<SloId>& slos);

  // Deletes at most about limit rows that ended before cutoff_ms; the change and the boot in force
  // then stay. How many were deleted.
  exporter::Result<std::int64_t> retire(std::int64_t cutoff_ms, std::int64_t limit);

  // kParse when SQLite finds the structure damaged.
  exporter::Result<void> quick_check();

  // A new file with everything committed.
  exporter::Result<void> copy_to(const std::string& path);

  Database& database() { return *database_; }

 private:
  template <class Row>
  struct Put {
    Statement statement;
  };
  using Puts = std::tuple<Put<SloRow>, Put<BootRow>, Put<StateChange>, Put<IncidentRecord>,
                          Put<EventBlock>, Put<HeartbeatSlot>, Put<SloCounters>, Put<Document>>;

  explicit SqliteHistory(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  static exporter::Result<void> create_schema(Database& database);
  // A history of schema 1 gets the table that came with schema 2.
  static exporter::Result<void> upgrade(Database& database);
  static exporter::Result<void> check_schema(Database& database);
  exporter::Result<void> prepare();
  template <class Row>
  exporter::Result<void> put(const Row& row);
  template <class Row>
  exporter::Result<void> put_each(const std::vector<Row>& rows);
  exporter::Result<void> put_all(const Rows& rows);
  template <class Action>
  exporter::Result<void> in_transaction(Action action);

  std::unique_ptr<Database> database_;  // outlives the statements
  Puts puts_;
  Statement remove_document_;
  Statement remove_events_;
  std::int64_t heartbeat_slot_ = 0;
};

}  // namespace slo
