// The durable history: what the engine wants remembered (slo/facts.h) and the documents of other
// parts, such as the alert outbox. Two implementations: SqliteStore (slo/sqlite_store.h), and
// MemoryStore (slo/store_memory.h) where no directory can be written, which is also the fake of
// tests. Writers never wait for the disk: write() queues, the store's own thread commits all that
// is queued in one transaction, and whoever must know asks with the ticket.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exporter/core/error.h"
#include "slo/facts.h"

namespace slo {

// A row of a part that the store knows nothing about. Key: (collection, key); a later value
// replaces the earlier one, no value removes it. At most kMaxDocumentBytes of value.
struct Document {
  std::string collection;  // "outbox"
  std::string key;
  std::optional<std::string> value;  // any bytes
  bool operator==(const Document&) const = default;
};

inline constexpr std::size_t kMaxDocumentBytes = 1 << 20;

struct Rows {
  Facts facts;
  std::vector<Document> documents;
  bool empty() const { return facts.empty() && documents.empty(); }
};

// Tickets grow. 0: something of the write had to be given up (StoreStatus::dropped_writes), so it
// will never be durable as a whole.
using Ticket = std::uint64_t;

struct StoreStatus {
  enum class Check : std::uint8_t { kRunning, kPassed, kDamaged };

  bool durable = true;                    // what is written now gets to disk
  std::int64_t not_durable_since_ms = 0;  // UTC; valid while not durable
  std::string last_error;                 // the newest one, also after it healed
  std::uint64_t write_errors = 0;
  std::uint64_t dropped_writes = 0;  // given up because the bounded memory was full

  // The newest file that was put aside as damaged, by this run or an earlier one, as long as it
  // lies in the directory: history before its time is in there only. Empty: none.
  std::string damaged_file;
  std::uint64_t dropped_rows = 0;  // read at the start and refused: bad checksum or impossible
  Check check = Check::kRunning;   // SQLite's quick_check, after the start

  std::uint64_t commits = 0;
  double commit_seconds_sum = 0;
  double commit_seconds_last = 0;
  std::uint64_t unsaved_rows = 0;  // queued or being committed
  std::uint64_t database_bytes = 0;
  std::uint64_t log_bytes = 0;  // SQLite's write-ahead log
};

class Store {
 public:
  virtual ~Store() = default;

  // Once, before the first write: everything kept, in the orders Facts and key promise. Without a
  // heartbeat to end it, the last state of every objective reads as unknown.
  virtual Rows load() = 0;

  // Any thread, never blocks. All rows of one call are committed together or not at all.
  virtual Ticket write(Facts facts, std::vector<Document> documents) = 0;

  // Any thread: true as soon as the write is committed durably, false at the deadline, or at once
  // when it never will be. A deadline in the past only asks.
  virtual bool wait(Ticket ticket, std::chrono::steady_clock::time_point deadline) = 0;

  // Any thread, never blocks.
  virtual StoreStatus status() const = 0;

  // Any thread; blocks while the store's thread writes a consistent copy of everything committed.
  // kConflict when path exists.
  virtual exporter::Result<void> backup(const std::string& path) = 0;
};

}  // namespace slo
