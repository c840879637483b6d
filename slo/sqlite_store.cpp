#include "slo/sqlite_store.h"

#include <utility>

#include "exporter/core/log.h"

namespace slo {

using exporter::ErrorKind;
using exporter::fail;
using exporter::log;
using exporter::LogLevel;
using exporter::Result;

namespace {

// A row that waits longer than this is not on its way to disk, whatever the reason.
constexpr std::int64_t kStalledNs = 5'000'000'000;
constexpr std::chrono::hours kBetweenRetirements{1};
constexpr std::chrono::milliseconds kBetweenSteps{200};

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(StoreOptions options,
                                                       const exporter::Clock& clock) {
  auto keeper = SqliteKeeper::open(options.directory, options.retention_ms, clock);
  if (!keeper) {
    return std::unexpected(keeper.error());
  }
  return std::unique_ptr<SqliteStore>(
      new SqliteStore(std::move(options), clock, std::move(*keeper)));
}

SqliteStore::SqliteStore(StoreOptions options, const exporter::Clock& clock,
                         std::unique_ptr<SqliteKeeper> keeper)
    : options_(std::move(options)), clock_(clock), keeper_(std::move(keeper)) {
  keeper_->describe(draft_);
  published_ = draft_;
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

SqliteStore::~SqliteStore() = default;

Ticket SqliteStore::write(Facts facts, std::vector<Document> documents) {
  const std::int64_t now_ns = clock_.now().boot_ns;
  std::unique_lock lock(mutex_);
  Rows rows{std::move(facts), std::move(documents)};
  if (rows.empty()) {
    return newest_;
  }
  const bool whole = queue_.add_within(options_.max_queued_bytes, std::move(rows));
  if (!queue_since_ns_) {
    queue_since_ns_ = now_ns;
  }
  const Ticket ticket = ++newest_;
  if (!whole) {
    ++dropped_writes_;
  }
  lock.unlock();
  to_thread_.notify_one();  // it wants the mutex at once
  return whole ? ticket : 0;
}

bool SqliteStore::wait(Ticket ticket, std::chrono::steady_clock::time_point deadline) {
  if (ticket == 0) {
    return false;
  }
  std::unique_lock lock(mutex_);
  to_writers_.wait_until(lock, deadline, [&] { return committed_ >= ticket || ended_; });
  return committed_ >= ticket;
}

StoreStatus SqliteStore::status() const {
  const exporter::Moment now = clock_.now();
  const std::lock_guard lock(mutex_);
  StoreStatus status = published_;
  status.dropped_writes = dropped_writes_;
  status.unsaved_rows += queue_.count();
  const auto oldest_ns = batch_since_ns_ ? batch_since_ns_ : queue_since_ns_;
  if (status.durable && oldest_ns && now.boot_ns - *oldest_ns > kStalledNs) {
    status.durable = false;
    status.not_durable_since_ms = (now.real_ns - (now.boot_ns - *oldest_ns)) / 1'000'000;
  }
  return status;
}

Result<void> SqliteStore::backup(const std::string& path) {
  std::future<Result<void>> done;
  {
    const std::lock_guard lock(mutex_);
    if (ended_) {
      return fail(ErrorKind::kUnavailable, path + ": the store is stopping");
    }
    done = backups_.emplace_back(path, std::promise<Result<void>>()).done.get_future();
    to_thread_.notify_one();
  }
  return done.get();
}

void SqliteStore::run(const std::stop_token& stop) {
  note(keeper_->begin());
  note(keeper_->examine(stop));
  for (;;) {
    const bool failing = !batch_.empty();
    const bool stopping = stop.stop_requested();
    std::vector<Backup> backups;
    {
      std::unique_lock lock(mutex_);
      if (!stopping) {
        const auto now = std::chrono::steady_clock::now();
        to_thread_.wait_until(lock, stop, failing ? now + options_.retry_after : next_retirement_,
                              [&] { return !failing && (!queue_.empty() || !backups_.empty()); });
      }
      if (!failing) {
        draft_.unsaved_rows = published_.unsaved_rows = queue_.count();
        batch_ = queue_.take();
        batch_ticket_ = newest_;
        batch_since_ns_ = std::exchange(queue_since_ns_, std::nullopt);
      }
      backups.swap(backups_);
    }
    save();
    for (Backup& backup : backups) {
      backup.done.set_value(keeper_->copy_to(backup.path));
    }
    if (!stopping) {
      look_after(std::chrono::steady_clock::now());
      continue;
    }
    const std::lock_guard lock(mutex_);
    if (batch_.empty() && !queue_.empty()) {
      continue;
    }
    ended_ = true;
    for (Backup& backup : backups_) {
      backup.done.set_value(fail(ErrorKind::kUnavailable, backup.path + ": the store is stopping"));
    }
    to_writers_.notify_all();
    return;
  }
}

void SqliteStore::save() {
  if (batch_.empty()) {
    return;
  }
  const std::int64_t begun_ns = clock_.now().boot_ns;
  const Result<void> done = keeper_->save(batch_);
  const double seconds = static_cast<double>(clock_.now().boot_ns - begun_ns) * 1e-9;
  if (done) {
    batch_ = Rows();
    draft_.unsaved_rows = 0;
    ++draft_.commits;
    draft_.commit_seconds_sum += seconds;
    draft_.commit_seconds_last = seconds;
  }
  note(done);
  if (done) {
    const std::lock_guard lock(mutex_);
    committed_ = batch_ticket_;
    batch_since_ns_.reset();
    to_writers_.notify_all();
  }
}

void SqliteStore::look_after(SteadyTime now) {
  if (!batch_.empty()) {
    return;
  }
  if (const auto shortened = keeper_->shorten_log(); !shortened) {
    note(shortened);
  }
  if (now < next_retirement_) {
    return;
  }
  const Result<bool> more = keeper_->retire();
  next_retirement_ =
      now + (more && !*more ? std::chrono::milliseconds(kBetweenRetirements) : kBetweenSteps);
  if (!more) {
    note(std::unexpected(more.error()));
  }
}

void SqliteStore::note(const Result<void>& done) {
  if (!done) {
    ++draft_.write_errors;
    draft_.last_error = done.error().message;
  }
  if (done && !draft_.durable) {
    log(LogLevel::kInfo, "the history is durable again", {});
  } else if (!done && draft_.durable) {
    draft_.not_durable_since_ms = clock_.now().real_ns / 1'000'000;
    log(LogLevel::kError, "the history is not durable, it waits in memory",
        {{"reason", draft_.last_error}});
  }
  draft_.durable = done.has_value();
  // Asks the disk, so without the mutex: no writer may wait for it.
  keeper_->describe(draft_);
  const std::lock_guard lock(mutex_);
  published_ = draft_;
}

}  // namespace slo
