// Keeps one history alive on disk: opens it, reads it, writes it, and gets over every way in which
// that fails. When a write fails it has failed: the file is closed, opened anew at the next call,
// and the caller writes again from memory. A damaged file is put aside and kept; a new one starts
// with all that can still be read or, where that is not everything, with the present as this run
// knows it. No threads: one owner at a time, SqliteStore's thread.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "exporter/core/clock.h"
#include "slo/sqlite_files.h"
#include "slo/sqlite_history.h"
#include "slo/store_rows.h"

namespace slo {

class SqliteKeeper {
 public:
  // Takes the directory and reads what is there. Errors as SqliteStore::open(). Makes
  // no file yet.
  static exporter::Result<std::unique_ptr<SqliteKeeper>> open(const std::string& directory,
                                                              std::int64_t retention_ms,
                                                              const exporter::Clock& clock);

  // Copies the log into the file.
  ~SqliteKeeper();

  Rows take_loaded() { return std::move(loaded_); }

  // Makes the file where there is none yet. A failure is met again at the next save.
  exporter::Result<void> begin();

  // Slow: looks for damage that reading did not meet, and repairs. A stop request interrupts it.
  exporter::Result<void> examine(const std::stop_token& stop);

  // One transaction, durable when it returns without an error.
  exporter::Result<void> save(const Rows& rows);

  // Between saves: copies the log into the file when it is long, to be written over from then on.
  exporter::Result<void> shorten_log();

  // Between saves: a small step of deleting what is older than the retention. True when there is
  // more.
  exporter::Result<bool> retire();

  // A consistent copy of everything saved; kConflict when there is such a file.
  exporter::Result<void> copy_to(const std::string& path);

  // Fills in what StoreStatus says about files and damage.
  void describe(StoreStatus& status) const;

 private:
  SqliteKeeper(StateDirectory directory, std::int64_t retention_ms, const exporter::Clock& clock)
      : directory_(std::move(directory)), retention_ms_(retention_ms), clock_(clock) {}

  exporter::Result<void> read();
  exporter::Result<void> make_ready();
  exporter::Result<void> reopen();
  exporter::Result<void> rebuild();
  exporter::Result<void> judge(exporter::Result<void> done);
  std::int64_t utc_ms() const { return clock_.now().real_ns / 1'000'000; }

  StateDirectory directory_;
  const std::int64_t retention_ms_;
  const exporter::Clock& clock_;
  std::unique_ptr<SqliteHistory> history_;  // null: to be opened
  bool disk_may_differ_ = false;            // from what the log reads like: a sync failed
  bool log_is_named_ = false;               // durably: the directory was synced since it was made
  std::string damage_;                      // why the file is to be replaced; empty: it is sound
  std::int64_t aside_ns_ = 0;               // when a file was put aside last, boot clock
  std::vector<SloId> expired_;              // to be deleted before anything is written
  std::int64_t now_ms_ = 0;                 // of the last heartbeat
  Rows loaded_;
  Present present_;
  std::uint64_t dropped_rows_ = 0;
  StoreStatus::Check check_ = StoreStatus::Check::kRunning;
  std::string damaged_file_;
};

}  // namespace slo
