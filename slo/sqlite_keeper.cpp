#include "slo/sqlite_keeper.h"

#include <utility>

#include "exporter/core/log.h"
#include "slo/sqlite_log_check.h"

namespace slo {

using exporter::ErrorKind;
using exporter::fail;
using exporter::Result;

namespace {

// The log is copied into the file when it is this long: 1 MB, which it keeps (journal_size_limit),
// and some ten minutes of heartbeats.
constexpr int kLongLogPages = 250;
constexpr std::int64_t kRowsPerStep = 500;
// A disk that damages every file would otherwise fill up with them.
constexpr std::int64_t kBetweenAsidesNs = 60'000'000'000;

void log_damage(const std::string& reason, const std::string& name) {
  exporter::log(exporter::LogLevel::kError, "the history is damaged, its file was put aside",
                {{"reason", reason}, {"aside", name}});
}

}  // namespace

Result<std::unique_ptr<SqliteKeeper>> SqliteKeeper::open(const std::string& directory,
                                                         std::int64_t retention_ms,
                                                         const exporter::Clock& clock) {
  auto held = StateDirectory::open(directory);
  if (!held) {
    return std::unexpected(held.error());
  }
  std::unique_ptr<SqliteKeeper> keeper(new SqliteKeeper(std::move(*held), retention_ms, clock));
  if (auto done = keeper->read(); !done) {
    return std::unexpected(done.error());
  }
  return keeper;
}

SqliteKeeper::~SqliteKeeper() {
  if (history_ && damage_.empty()) {
    [[maybe_unused]] const auto emptied = history_->database().checkpoint();
  }
}

Result<void> SqliteKeeper::read() {
  if (auto tidied = directory_.tidy(utc_ms()); !tidied) {
    return tidied;
  }
  damaged_file_ = directory_.newest_damaged();
  if (!directory_.has_database()) {
    return {};
  }
  // Before SQLite opens it, because opening may cut the log.
  const auto log = read_file(directory_.log());
  const bool log_lost = !log || !log_is_whole(*log);
  auto history = SqliteHistory::open(directory_.database());
  Result<LoadedRows> loaded =
      history ? (*history)->load(retention_ms_) : std::unexpected(history.error());
  if (loaded) {
    history_ = std::move(*history);
    directory_.remember_database();
    loaded_ = std::move(loaded->rows);
    expired_ = std::move(loaded->expired);
    dropped_rows_ = loaded->dropped;
    if (log_lost) {
      damage_ = directory_.log() + ": damaged, later commits are lost";
    } else if (dropped_rows_ > 0) {
      damage_ = directory_.database() + ": " + std::to_string(dropped_rows_) +
                " rows have a wrong checksum or cannot be";
    }
    present_.add(loaded_);
    now_ms_ = loaded_.facts.heartbeat ? loaded_.facts.heartbeat->t_ms : 0;
    return {};
  }
  if (loaded.error().kind != ErrorKind::kParse) {
    return std::unexpected(loaded.error());
  }
  history = std::unexpected(loaded.error());  // closes it
  const auto aside = directory_.put_aside(utc_ms());
  if (!aside) {
    return std::unexpected(aside.error());
  }
  log_damage(loaded.error().message, *aside);
  damaged_file_ = *aside;
  check_ = StoreStatus::Check::kDamaged;
  return {};
}

Result<void> SqliteKeeper::begin() { return history_ ? Result<void>() : judge(make_ready()); }

Result<void> SqliteKeeper::make_ready() {
  if (!history_) {
    if (auto opened = reopen(); !opened) {
      return opened;
    }
  } else if (!directory_.database_is_remembered()) {
    damage_ = directory_.database() + ": somebody removed or replaced it";
  }
  if (!damage_.empty()) {
    if (auto rebuilt = rebuild(); !rebuilt) {
      return rebuilt;
    }
  }
  // SQLite syncs the directory when it has made the log, but takes no notice of a failure.
  if (!log_is_named_) {
    if (auto synced = directory_.sync(); !synced) {
      return synced;
    }
    log_is_named_ = true;
  }
  if (!expired_.empty()) {
    if (auto removed = history_->remove(expired_); !removed) {
      return removed;
    }
    expired_.clear();
  }
  return {};
}

// After a failure, and at the very first start.
Result<void> SqliteKeeper::reopen() {
  if (disk_may_differ_) {
    if (auto written = write_again(directory_.log()); !written) {
      return written;
    }
    disk_may_differ_ = false;
  }
  auto there = directory_.hold();
  if (there) {
    there = directory_.tidy(utc_ms());
  }
  if (!there) {
    return there;
  }
  if (!directory_.has_database()) {
    damage_ = directory_.database() + ": is not there";
    return {};
  }
  auto history = SqliteHistory::open(directory_.database());
  if (!history) {
    if (history.error().kind != ErrorKind::kParse) {
      return std::unexpected(history.error());
    }
    damage_ = history.error().message;
    return {};
  }
  history_ = std::move(*history);
  if (!directory_.database_is_remembered()) {
    damage_.clear();  // a replacement that was interrupted got through
  }
  directory_.remember_database();
  log_is_named_ = false;
  damaged_file_ = directory_.newest_damaged();
  // Frames of the failed transaction may lie behind the end of the log; an empty one has none.
  return history_->database().checkpoint();
}

Result<void> SqliteKeeper::rebuild() {
  if (auto held = directory_.hold(); !held) {
    return held;
  }
  const std::int64_t now_ns = clock_.now().boot_ns;
  if (directory_.has_database() && aside_ns_ != 0 && now_ns - aside_ns_ < kBetweenAsidesNs) {
    return fail(ErrorKind::kIo, directory_.database() + ": damaged again within a minute");
  }
  Rows rows = present_.rows();
  if (history_) {
    if (auto loaded = history_->load(retention_ms_)) {
      rows = std::move(loaded->rows);
    }
  }
  if (auto created = SqliteHistory::create(directory_.building(), rows); !created) {
    return created;
  }
  history_.reset();
  const auto aside = directory_.replace(utc_ms());
  if (!aside) {
    return std::unexpected(aside.error());
  }
  if (!aside->empty()) {
    log_damage(damage_, *aside);
    check_ = StoreStatus::Check::kDamaged;
    aside_ns_ = now_ns;
  }
  damage_.clear();
  expired_.clear();
  return reopen();
}

// Decides what a failure means for the next attempt.
Result<void> SqliteKeeper::judge(Result<void> done) {
  if (done) {
    return done;
  }
  if (done.error().kind == ErrorKind::kParse) {
    damage_ = done.error().message;
  } else if (damage_.empty()) {
    history_.reset();
    disk_may_differ_ = true;
  }
  return done;
}

Result<void> SqliteKeeper::examine(const std::stop_token& stop) {
  if (history_ && damage_.empty()) {
    const std::stop_callback interrupt(stop, [this] { history_->database().interrupt(); });
    const auto checked = history_->quick_check();
    if (!checked && checked.error().kind == ErrorKind::kParse) {
      damage_ = checked.error().message;
    }
    if (checked && check_ == StoreStatus::Check::kRunning) {
      check_ = StoreStatus::Check::kPassed;
    }
  }
  if (stop.stop_requested()) {
    return {};
  }
  auto done = make_ready();
  if (done) {
    done = history_->database().checkpoint();
  }
  return judge(std::move(done));
}

Result<void> SqliteKeeper::save(const Rows& rows) {
  auto done = make_ready();
  if (done) {
    done = history_->write(rows);
  }
  if (!done) {
    return judge(std::move(done));
  }
  present_.add(rows);
  if (rows.facts.heartbeat) {
    now_ms_ = rows.facts.heartbeat->t_ms;
  }
  return {};
}

Result<void> SqliteKeeper::shorten_log() {
  if (!history_ || history_->database().log_pages() < kLongLogPages) {
    return {};
  }
  return judge(history_->database().restart_log());
}

Result<bool> SqliteKeeper::retire() {
  if (!history_ || !damage_.empty()) {
    return false;
  }
  const auto deleted = history_->retire(now_ms_ - retention_ms_, kRowsPerStep);
  if (!deleted) {
    return std::unexpected(judge(std::unexpected(deleted.error())).error());
  }
  return *deleted >= kRowsPerStep;
}

Result<void> SqliteKeeper::copy_to(const std::string& path) {
  if (file_exists(path)) {
    return fail(ErrorKind::kConflict, path + ": there is such a file already");
  }
  if (auto ready = judge(make_ready()); !ready) {
    return ready;
  }
  const std::string partial = path + ".partial";
  remove_file(partial);
  auto copied = history_->copy_to(partial);
  if (copied) {
    copied = publish_file(partial, path);
  }
  if (!copied) {
    remove_file(partial);
  }
  return copied;
}

void SqliteKeeper::describe(StoreStatus& status) const {
  status.damaged_file = damaged_file_;
  status.dropped_rows = dropped_rows_;
  status.check = check_;
  status.database_bytes = file_bytes(directory_.database());
  status.log_bytes = file_bytes(directory_.log());
}

}  // namespace slo
