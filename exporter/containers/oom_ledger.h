// OOM kills of a name, over all the containers that carried it: the kernel's counter dies with the
// control group, this one goes on. Scrapes and the follower both report what they read. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "exporter/containers/facts.h"
#include "exporter/core/samples.h"

namespace exporter {

// name, container, pod, namespace: those that the identity has.
void add_identity(SharedLabels& labels, const ContainerIdentity& identity);

class OomAccount {
 public:
  explicit OomAccount(const ContainerIdentity& identity);

  const SharedLabels& labels() const { return labels_; }
  std::uint64_t total() const { return total_.load(std::memory_order_relaxed); }

  // The kernel's counter of one control group, which is told by its inode: a restart makes another.
  // True when that is more than was known of it.
  bool see(std::uint64_t inode, std::uint64_t count);

 private:
  friend class OomLedger;
  struct Instance {
    std::uint64_t inode = 0;
    std::uint64_t count = 0;
  };
  static constexpr std::size_t kMaxInstances = 8;  // older ones are surely gone

  SharedLabels labels_;
  std::atomic<std::uint64_t> total_{0};
  std::mutex lock_;
  std::vector<Instance> instances_;  // the oldest first
};

class OomLedger {
 public:
  static constexpr std::size_t kMaxAccounts = 4096;
  static constexpr std::int64_t kForgetAfterNs = std::int64_t{7} * 24 * 3600 * 1'000'000'000;

  // The account of this identity, made when there is none. Never null.
  std::shared_ptr<OomAccount> account(const ContainerIdentity& identity, const Moment& now);

  // 0 for a key without an account.
  std::uint64_t total(const std::string& key) const;

  // All accounts, by key.
  template <class Visit>
  void for_each(Visit&& visit) const {
    const std::lock_guard guard(lock_);
    for (const auto& [key, entry] : accounts_)
      visit(static_cast<const OomAccount&>(*entry.account));
  }

  // Forgets accounts that nobody holds: those without kills at once, the others after
  // kForgetAfterNs or when there are too many.
  void tidy(const Moment& now);

 private:
  struct Entry {
    std::shared_ptr<OomAccount> account;
    std::int64_t held_at_ns = 0;  // boot time
  };
  mutable std::mutex lock_;
  std::map<std::string, Entry> accounts_;
};

}  // namespace exporter
