#include "slo/sqlite_history.h"

#include "slo/sqlite_codec.h"

namespace slo {

using exporter::Error;
using exporter::ErrorKind;
using exporter::fail;
using exporter::Result;

namespace {

template <class Row>
std::string insert_text() {
  Row row;
  const std::size_t fields = std::tuple_size_v<decltype(Table<Row>::fields(row))>;
  std::string sql = "INSERT OR REPLACE INTO " + std::string(Table<Row>::kName) + " VALUES(?";
  for (std::size_t i = 0; i < fields; ++i) {
    sql += ",?";
  }
  return sql + ")";
}

// As sqlite_schema lists them: by name.
std::string all_definitions(std::int64_t version = kSchemaVersion) {
  std::string out;
  const std::string_view since_2 = version < 2 ? "" : Table<EventBlock>::kDefinition;
  for (const std::string_view definition :
       {Table<BootRow>::kDefinition, Table<StateChange>::kDefinition,
        Table<SloCounters>::kDefinition, Table<Document>::kDefinition, since_2,
        Table<HeartbeatSlot>::kDefinition, Table<IncidentRecord>::kDefinition,
        Table<SloRow>::kDefinition}) {
    if (!definition.empty()) out.append(definition).append(";\n");
  }
  return out;
}

Result<std::string> definitions_in(Database& database) {
  return database.query_text(
      "SELECT group_concat(sql, ';' || char(10)) || ';' || char(10) "
      "FROM (SELECT sql FROM sqlite_schema ORDER BY name)");
}

std::string set_version() {
  return ";\nPRAGMA user_version=" + std::to_string(stored_version(kSchemaVersion)) + ";\nCOMMIT";
}

}  // namespace

Result<void> SqliteHistory::create_schema(Database& database) {
  return database.execute("BEGIN;\n" + all_definitions() + "PRAGMA application_id=" +
                          std::to_string(kApplicationId) + set_version());
}

Result<void> SqliteHistory::upgrade(Database& database) {
  const auto application = database.query_integer("PRAGMA application_id");
  const auto version = database.query_integer("PRAGMA user_version");
  if (!application || !version || *application != kApplicationId || *version != stored_version(1)) {
    return {};  // check_schema() says what it is
  }
  const auto definitions = definitions_in(database);
  if (!definitions || *definitions != all_definitions(1)) return {};
  return database.execute("BEGIN IMMEDIATE;\n" + std::string(Table<EventBlock>::kDefinition) +
                          set_version());
}

Result<void> SqliteHistory::check_schema(Database& database) {
  const auto application = database.query_integer("PRAGMA application_id");
  const auto version = database.query_integer("PRAGMA user_version");
  const auto definitions = definitions_in(database);
  for (const auto* result : {&application, &version}) {
    if (!*result) {
      return std::unexpected(result->error());
    }
  }
  if (!definitions) {
    return std::unexpected(definitions.error());
  }
  if (*application != kApplicationId || *version != stored_version(*version & 0xffff)) {
    return fail(ErrorKind::kParse, database.path() + ": is not a history of fournines");
  }
  if (*version > stored_version(kSchemaVersion)) {
    return fail(ErrorKind::kInvalid,
                database.path() + ": was written by a newer fournines (schema " +
                    std::to_string(*version & 0xffff) + ", this program knows " +
                    std::to_string(kSchemaVersion) + "); run that one, or use another directory");
  }
  if (*definitions != all_definitions()) {
    return fail(ErrorKind::kParse, database.path() + ": its tables are not those of schema " +
                                       std::to_string(kSchemaVersion));
  }
  return {};
}

Result<std::unique_ptr<SqliteHistory>> SqliteHistory::open(const std::string& path) {
  auto database = Database::open(path);
  if (!database) {
    return std::unexpected(database.error());
  }
  return adopt(std::move(*database));
}

Result<std::unique_ptr<SqliteHistory>> SqliteHistory::adopt(std::unique_ptr<Database> database) {
  std::unique_ptr<SqliteHistory> history(new SqliteHistory(std::move(database)));
  if (auto upgraded = upgrade(history->database()); !upgraded) {
    return std::unexpected(upgraded.error());
  }
  if (auto checked = check_schema(history->database()); !checked) {
    return std::unexpected(checked.error());
  }
  if (auto prepared = history->prepare(); !prepared) {
    return std::unexpected(prepared.error());
  }
  const auto slot = history->database().query_integer(
      "SELECT 1 - slot FROM heartbeats ORDER BY t_ms DESC LIMIT 1");
  if (!slot) {
    return std::unexpected(slot.error());
  }
  history->heartbeat_slot_ = *slot == 1 ? 1 : 0;
  return history;
}

Result<void> SqliteHistory::create(const std::string& path, const Rows& rows) {
  auto database = Database::open(path);
  if (!database) {
    return std::unexpected(database.error());
  }
  if (auto created = create_schema(**database); !created) {
    return created;
  }
  auto history = adopt(std::move(*database));
  if (!history) {
    return std::unexpected(history.error());
  }
  if (auto written = (*history)->write(rows); !written) {
    return written;
  }
  return (*history)->database().checkpoint();
}

Result<void> SqliteHistory::prepare() {
  Error error;
  const auto prepare_one = [&]<class Row>(Put<Row>& put) {
    auto statement = database_->prepare(insert_text<Row>());
    if (!statement) {
      error = statement.error();
      return false;
    }
    put.statement = std::move(*statement);
    return true;
  };
  if (!std::apply([&](auto&... put) { return (prepare_one(put) && ...); }, puts_)) {
    return std::unexpected(error);
  }
  auto removal = database_->prepare("DELETE FROM documents WHERE collection=? AND key=?");
  if (!removal) {
    return std::unexpected(removal.error());
  }
  remove_document_ = std::move(*removal);
  auto removed = database_->prepare("DELETE FROM events WHERE slo=? AND begin_ms=?");
  if (!removed) {
    return std::unexpected(removed.error());
  }
  remove_events_ = std::move(*removed);
  return {};
}

template <class Row>
Result<void> SqliteHistory::put(const Row& row) {
  if constexpr (std::is_same_v<Row, Document>) {
    if (!row.value) {
      remove_document_.bind(0, row.collection);
      remove_document_.bind(1, row.key);
      return remove_document_.run();
    }
  }
  if constexpr (std::is_same_v<Row, EventBlock>) {
    if (!row.bytes) {
      remove_events_.bind(0, row.slo);
      remove_events_.bind(1, row.begin_ms);
      return remove_events_.run();
    }
  }
  Statement& statement = std::get<Put<Row>>(puts_).statement;
  put_row(statement, Table<Row>::fields(row));
  return statement.run();
}

template <class Row>
Result<void> SqliteHistory::put_each(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    if (auto done = put(row); !done) {
      return done;
    }
  }
  return {};
}

Result<void> SqliteHistory::put_all(const Rows& rows) {
  const Facts& facts = rows.facts;
  Result<void> done = put_each(facts.slos);
  if (done) {
    done = put_each(facts.boots);
  }
  if (done) {
    done = put_each(facts.changes);
  }
  if (done) {
    done = put_each(facts.incidents);
  }
  if (done) {
    done = put_each(facts.events);
  }
  if (done && facts.heartbeat) {
    done = put_each(facts.heartbeat->counters);
  }
  if (done && facts.heartbeat) {
    Statement& statement = std::get<Put<HeartbeatSlot>>(puts_).statement;
    put_row(statement, Table<HeartbeatSlot>::fields(heartbeat_slot_, *facts.heartbeat));
    done = statement.run();
  }
  if (done) {
    done = put_each(rows.documents);
  }
  return done;
}

template <class Action>
Result<void> SqliteHistory::in_transaction(Action action) {
  if (auto begun = database_->execute("BEGIN IMMEDIATE"); !begun) {
    return begun;
  }
  Result<void> done = action();
  if (done) {
    done = database_->execute("COMMIT");
  }
  if (!done) {
    // The first error counts; after some of them SQLite has rolled back already, and this fails.
    [[maybe_unused]] const auto undone = database_->execute("ROLLBACK");
  }
  return done;
}

Result<void> SqliteHistory::write(const Rows& rows) {
  auto done = in_transaction([&] { return put_all(rows); });
  if (done && rows.facts.heartbeat) {
    heartbeat_slot_ ^= 1;
  }
  return done;
}

Result<void> SqliteHistory::remove(const std::vector<SloId>& slos) {
  return in_transaction([&]() -> Result<void> {
    for (const char* sql : {"DELETE FROM changes WHERE slo=?", "DELETE FROM incidents WHERE slo=?",
                            "DELETE FROM events WHERE slo=?", "DELETE FROM counters WHERE slo=?",
                            "DELETE FROM slos WHERE id=?"}) {
      auto removal = database_->prepare(sql);
      if (!removal) {
        return std::unexpected(removal.error());
      }
      for (const SloId slo : slos) {
        removal->bind(0, slo);
        if (auto removed = removal->run(); !removed) {
          return removed;
        }
      }
    }
    return {};
  });
}

Result<std::int64_t> SqliteHistory::retire(std::int64_t cutoff_ms, std::int64_t limit) {
  const std::string cutoff = std::to_string(cutoff_ms);
  const std::string most = std::to_string(limit);
  const auto before = database_->query_integer("SELECT total_changes()");
  if (!before) {
    return before;
  }
  auto done = in_transaction([&] {
    return database_->execute(
        "DELETE FROM changes WHERE (slo, t_ms) IN (SELECT c.slo, c.t_ms FROM slos s JOIN changes c "
        "ON c.slo=s.id AND c.t_ms<(SELECT max(t_ms) FROM changes WHERE slo=s.id AND t_ms<=" +
        cutoff + ") LIMIT " + most +
        ");DELETE FROM incidents WHERE (slo, id) IN (SELECT slo, id FROM incidents WHERE open=0 "
        "AND end_ms<" +
        cutoff + " LIMIT " + most +
        ");DELETE FROM events WHERE (slo, begin_ms) IN (SELECT e.slo, e.begin_ms FROM slos s JOIN "
        "events e ON e.slo=s.id AND e.begin_ms<(SELECT max(begin_ms) FROM events WHERE slo=s.id "
        "AND begin_ms<=" +
        cutoff + ") LIMIT " + most +
        ");DELETE FROM boots WHERE t_start_ms<(SELECT max(t_start_ms) FROM boots WHERE "
        "t_start_ms<=" +
        cutoff + ")");
  });
  if (!done) {
    return std::unexpected(done.error());
  }
  auto after = database_->query_integer("SELECT total_changes()");
  if (after) {
    *after -= *before;
  }
  return after;
}

Result<void> SqliteHistory::quick_check() {
  const auto answer = database_->query_text("PRAGMA quick_check(1)");
  if (!answer) {
    return std::unexpected(answer.error());
  }
  if (*answer != "ok") {
    return fail(ErrorKind::kParse, database_->path() + ": quick_check: " + *answer);
  }
  return {};
}

Result<void> SqliteHistory::copy_to(const std::string& path) {
  auto statement = database_->prepare("VACUUM INTO ?");
  if (!statement) {
    return std::unexpected(statement.error());
  }
  statement->bind(0, path);
  return statement->run();
}

}  // namespace slo
