// One SQLite connection and its prepared statements, as values with our errors. The file is meant
// for exactly one connection (locking_mode=EXCLUSIVE): SQLite before 3.51.3 can lose commits when
// two share a WAL. Not synchronised: whoever owns the object may hand it to another thread.
//
// Errors: kParse when the file is not a sound database, kUnavailable when another program holds it,
// else kIo. Messages start with the file's path.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "exporter/core/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace slo {

class Database;

// Placeholders and columns count from 0. Bound text must live until the next reset(); blobs are
// copied.
class Statement {
 public:
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view text);
  void bind_blob(int index, std::string_view bytes);

  // True while there is a row.
  exporter::Result<bool> step();
  // Runs a statement that has no rows, and resets it.
  exporter::Result<void> run();
  void reset();

  // Of the row; 0 or empty when the column has another type. Views hold until the next step().
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  std::string_view blob(int column) const;
  bool is_integer(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  const Database* database_ = nullptr;  // for messages; outlives the statement
};

class Database {
 public:
  // Creates the file when there is none. The first access takes the lock for good.
  static exporter::Result<std::unique_ptr<Database>> open(const std::string& path);
  // An image of a database file in memory: for tests and the fuzzer. Must not be in WAL mode.
  static exporter::Result<std::unique_ptr<Database>> open_image(std::string_view image);
  ~Database();

  exporter::Result<Statement> prepare(std::string_view sql);
  exporter::Result<void> execute(const std::string& sql);
  // The first column of the first row; 0 when there is no row.
  exporter::Result<std::int64_t> query_integer(std::string_view sql);
  exporter::Result<std::string> query_text(std::string_view sql);

  // Copies the log into the file and empties it. Closing does not: a file that failed or is damaged
  // is left as it is.
  exporter::Result<void> checkpoint();
  // Copies the log into the file; the next commit writes over its beginning. A commit that does not
  // make the log longer changes no metadata of the file system, which is half of what it costs.
  exporter::Result<void> restart_log();
  // In the log, as of the last commit.
  int log_pages() const { return log_pages_; }

  // From any thread: makes the running statement fail soon.
  void interrupt();

  const std::string& path() const { return path_; }
  exporter::Error error(int code) const;

 private:
  Database(std::string path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}

  exporter::Result<void> checkpoint(int mode);

  std::string path_;
  sqlite3* handle_;
  int log_pages_ = 0;
};

}  // namespace slo
