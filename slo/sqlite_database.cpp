#include "slo/sqlite_database.h"

#include <sqlite3.h>

#include <cstring>

namespace slo {

using exporter::Error;
using exporter::ErrorKind;
using exporter::fail;
using exporter::Result;

namespace {

// A commit is worth one fsync of the log: 0.2 ms where NORMAL has 0.006 but loses commits with the
// power. The cache is small because everything is read once, at the start; mmap would turn a bad
// disk block into SIGBUS. Checkpoints are ours, so that their errors are seen.
constexpr const char* kSettings =
    "PRAGMA locking_mode=EXCLUSIVE;"
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA wal_autocheckpoint=0;"
    "PRAGMA journal_size_limit=1048576;"
    "PRAGMA cache_size=-256;"
    "PRAGMA mmap_size=0;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA trusted_schema=OFF;"
    "PRAGMA cell_size_check=ON";

constexpr int kBusyMs = 300;

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), index + 1, value);
}

void Statement::bind(int index, std::string_view text) {
  sqlite3_bind_text(statement_.get(), index + 1, text.data() != nullptr ? text.data() : "",
                    static_cast<int>(text.size()), SQLITE_STATIC);
}

void Statement::bind_blob(int index, std::string_view bytes) {
  sqlite3_bind_blob(statement_.get(), index + 1, bytes.data() != nullptr ? bytes.data() : "",
                    static_cast<int>(bytes.size()), SQLITE_TRANSIENT);
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) {
    return true;
  }
  if (code == SQLITE_DONE) {
    return false;
  }
  Error error = database_->error(code);
  reset();
  return std::unexpected(std::move(error));
}

Result<void> Statement::run() {
  const Result<bool> row = step();
  reset();
  if (!row) {
    return std::unexpected(row.error());
  }
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

std::int64_t Statement::integer(int column) const {
  return is_integer(column) ? sqlite3_column_int64(statement_.get(), column) : 0;
}

std::string_view Statement::text(int column) const {
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_TEXT) {
    return {};
  }
  const void* data = sqlite3_column_text(statement_.get(), column);
  return {static_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::string_view Statement::blob(int column) const {
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_BLOB) {
    return {};
  }
  const void* data = sqlite3_column_blob(statement_.get(), column);
  return {static_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

bool Statement::is_integer(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_INTEGER;
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  std::unique_ptr<Database> database(new Database(path, handle));
  if (code != SQLITE_OK) {
    return std::unexpected(database->error(code));
  }
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMs);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  if (auto set = database->execute(kSettings); !set) {
    return std::unexpected(set.error());
  }
  sqlite3_wal_hook(
      handle,
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Database*>(self)->log_pages_ = pages;
        return SQLITE_OK;
      },
      database.get());
  const Result<std::string> mode = database->query_text("PRAGMA journal_mode");
  if (!mode) {
    return std::unexpected(mode.error());
  }
  if (*mode != "wal" || sqlite3_db_readonly(handle, "main") != 0) {
    return fail(ErrorKind::kIo, path + ": cannot be written");
  }
  return database;
}

Result<std::unique_ptr<Database>> Database::open_image(std::string_view image) {
  sqlite3* handle = nullptr;
  int code = sqlite3_open_v2(":memory:", &handle, SQLITE_OPEN_READWRITE, nullptr);
  std::unique_ptr<Database> database(new Database(":memory:", handle));
  if (code != SQLITE_OK) {
    return std::unexpected(database->error(code));
  }
  auto* copy = static_cast<unsigned char*>(sqlite3_malloc64(image.size() + 1));
  std::memcpy(copy, image.data(), image.size());
  code = sqlite3_deserialize(handle, "main", copy, static_cast<sqlite3_int64>(image.size()),
                             static_cast<sqlite3_int64>(image.size()),
                             SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE);
  if (code != SQLITE_OK) {
    return std::unexpected(database->error(code));
  }
  return database;
}

Database::~Database() { sqlite3_close_v2(handle_); }

Result<Statement> Database::prepare(std::string_view sql) {
  Statement statement;
  statement.database_ = this;
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  statement.statement_.reset(prepared);
  if (code == SQLITE_ERROR) {
    // The text is ours: a table is not there, or not as it should be.
    return fail(ErrorKind::kParse, error(code).message);
  }
  if (code != SQLITE_OK) {
    return std::unexpected(error(code));
  }
  return statement;
}

Result<void> Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) {
    return std::unexpected(error(code));
  }
  return {};
}

Result<std::int64_t> Database::query_integer(std::string_view sql) {
  Result<Statement> statement = prepare(sql);
  if (!statement) {
    return std::unexpected(statement.error());
  }
  const Result<bool> row = statement->step();
  if (!row) {
    return std::unexpected(row.error());
  }
  return *row ? statement->integer(0) : 0;
}

Result<std::string> Database::query_text(std::string_view sql) {
  Result<Statement> statement = prepare(sql);
  if (!statement) {
    return std::unexpected(statement.error());
  }
  const Result<bool> row = statement->step();
  if (!row) {
    return std::unexpected(row.error());
  }
  return std::string(*row ? statement->text(0) : "");
}

Result<void> Database::checkpoint() { return checkpoint(SQLITE_CHECKPOINT_TRUNCATE); }

Result<void> Database::restart_log() { return checkpoint(SQLITE_CHECKPOINT_RESTART); }

Result<void> Database::checkpoint(int mode) {
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, mode, nullptr, nullptr);
  if (code != SQLITE_OK) {
    return std::unexpected(error(code));
  }
  log_pages_ = 0;
  return {};
}

void Database::interrupt() { sqlite3_interrupt(handle_); }

Error Database::error(int code) const {
  std::string message = path_ + ": " + sqlite3_errstr(code);
  if (handle_ != nullptr) {
    if (const std::string detail = sqlite3_errmsg(handle_); detail != sqlite3_errstr(code)) {
      message += ": " + detail;
    }
    if (const int number = sqlite3_system_errno(handle_); number != 0) {
      message += ": " + std::string(strerrordesc_np(number));
    }
  }
  // A page that cannot be read is as lost as one that makes no sense.
  if (code == SQLITE_IOERR_READ || code == SQLITE_IOERR_SHORT_READ ||
      code == SQLITE_IOERR_CORRUPTFS) {
    return {ErrorKind::kParse, std::move(message)};
  }
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT: return {ErrorKind::kParse, std::move(message)};
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {ErrorKind::kUnavailable, path_ + ": another program holds it"};
    default: return {ErrorKind::kIo, std::move(message)};
  }
}

}  // namespace slo
