// The store without a disk. Any thread.
#pragma once

#include <mutex>

#include "slo/store_rows.h"

namespace slo {

class MemoryStore final : public Store {
 public:
  // For tests: keeps everything, calls it durable at once, and gives it back at every load().
  MemoryStore() = default;

  // For a daemon that cannot write its state directory: keeps nothing, because nobody could read
  // it again, and says so. reason: why; since_ms: UTC.
  MemoryStore(std::string reason, std::int64_t since_ms);

  Rows load() override;
  Ticket write(Facts facts, std::vector<Document> documents) override;
  bool wait(Ticket ticket, std::chrono::steady_clock::time_point deadline) override;
  StoreStatus status() const override;
  exporter::Result<void> backup(const std::string& path) override;

 private:
  const bool keeps_ = true;
  mutable std::mutex mutex_;
  RowSet content_;
  StoreStatus status_;
};

}  // namespace slo
