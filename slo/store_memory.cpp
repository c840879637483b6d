#include "slo/store_memory.h"

namespace slo {

MemoryStore::MemoryStore(std::string reason, std::int64_t since_ms) : keeps_(false) {
  status_.durable = false;
  status_.not_durable_since_ms = since_ms;
  status_.last_error = std::move(reason);
}

Rows MemoryStore::load() {
  const std::lock_guard lock(mutex_);
  Rows rows = content_.rows();
  std::erase_if(rows.documents, [](const Document& row) { return !row.value; });
  return rows;
}

Ticket MemoryStore::write(Facts facts, std::vector<Document> documents) {
  if (!keeps_) {
    return 0;
  }
  const std::lock_guard lock(mutex_);
  content_.add({std::move(facts), std::move(documents)});
  return ++status_.commits;
}

bool MemoryStore::wait(Ticket ticket, std::chrono::steady_clock::time_point) { return ticket != 0; }

StoreStatus MemoryStore::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

exporter::Result<void> MemoryStore::backup(const std::string& path) {
  return exporter::fail(exporter::ErrorKind::kUnavailable,
                        path + ": there is no history on disk to copy");
}

}  // namespace slo
