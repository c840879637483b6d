// The store on disk: a queue before a SqliteKeeper, which a thread of its own works off. Writers
// only queue; what fails to be written is written again after a pause, until it succeeds, while
// more waits in bounded memory.
#pragma once

#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "exporter/core/clock.h"
#include "slo/sqlite_keeper.h"
#include "slo/store_rows.h"

namespace slo {

struct StoreOptions {
  std::string directory;
  std::int64_t retention_ms = 400LL * 24 * 3600 * 1000;
  std::size_t max_queued_bytes = 32U << 20;  // then changes shrink and documents are given up
  std::chrono::milliseconds retry_after{1000};
};

class SqliteStore final : public Store {
 public:
  // Takes the directory, reads everything, starts the thread, which makes the file where there is
  // none: that takes many syncs of the disk. clock outlives the store.
  //   kConflict     another daemon keeps its history there: refuse to start
  //   kInvalid      the history is of a newer program: refuse to start
  //   kUnavailable  another program has the file open  } go on with a MemoryStore
  //   kIo           the directory cannot be used       } and a warning
  // Damage is no error: the file goes aside, status() names it, and the history starts empty. Nor
  // is a disk too full to begin a history.
  static exporter::Result<std::unique_ptr<SqliteStore>> open(StoreOptions options,
                                                             const exporter::Clock& clock);

  // Tries to commit what is queued, once.
  ~SqliteStore() override;

  Rows load() override { return keeper_->take_loaded(); }
  Ticket write(Facts facts, std::vector<Document> documents) override;
  bool wait(Ticket ticket, std::chrono::steady_clock::time_point deadline) override;
  StoreStatus status() const override;
  exporter::Result<void> backup(const std::string& path) override;

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Backup {
    std::string path;
    std::promise<exporter::Result<void>> done;
  };

  SqliteStore(StoreOptions options, const exporter::Clock& clock,
              std::unique_ptr<SqliteKeeper> keeper);

  void run(const std::stop_token& stop);
  void save();
  void look_after(SteadyTime now);
  void note(const exporter::Result<void>& done);

  const StoreOptions options_;
  const exporter::Clock& clock_;
  const std::unique_ptr<SqliteKeeper> keeper_;

  // The store's thread only.
  Rows batch_;  // being committed, again and again if need be
  Ticket batch_ticket_ = 0;
  SteadyTime next_retirement_;
  StoreStatus draft_;

  mutable std::mutex mutex_;  // guards all that follows
  std::condition_variable_any to_thread_;
  std::condition_variable_any to_writers_;
  RowSet queue_;
  Ticket newest_ = 1;
  Ticket committed_ = 1;
  std::optional<std::int64_t> queue_since_ns_;  // boot clock, of its oldest row
  std::optional<std::int64_t> batch_since_ns_;
  std::vector<Backup> backups_;
  bool ended_ = false;
  std::uint64_t dropped_writes_ = 0;
  StoreStatus published_;

  std::jthread thread_;  // last: it ends before what it uses
};

}  // namespace slo
