// OOM kills and restarts of a name, over all the containers that carried it: the kernel's counter
// dies with the control group, the runtime's with the container, these go on. Scrapes and the
// follower both report what they read. Any thread.
//
// They outlive this program as well: each account is one line of text, which somebody keeps
// (take_changes) and gives back at the next start (restore).
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/containers/facts.h"
#include "exporter/core/samples.h"

namespace exporter {

// name, container, pod, namespace: those that the identity has.
void add_identity(SharedLabels& labels, const ContainerIdentity& identity);

// A sum over counters that begin at 0 again and again.
class LastingCount {
 public:
  // One of the counters, and how far it was seen.
  struct Part {
    std::uint64_t id = 0;
    std::uint64_t count = 0;
    bool operator==(const Part&) const = default;
  };
  static constexpr std::size_t kMaxParts = 8;  // older ones are surely gone

  std::uint64_t total() const { return total_; }
  const std::vector<Part>& parts() const { return parts_; }
  std::uint64_t count_of(std::uint64_t id) const;

  // True when that is more than was known of it. A counter that fell was read late, or, where it
  // may fall, has begun again.
  bool see(std::uint64_t id, std::uint64_t count, bool may_fall);
  // As if the saved had been seen before all that this one has.
  void put_before(std::uint64_t total, const std::vector<Part>& parts);

 private:
  Part& part(std::uint64_t id);

  std::uint64_t total_ = 0;
  std::vector<Part> parts_;  // the oldest first
};

class CountAccount {
 public:
  explicit CountAccount(ContainerIdentity identity);

  const SharedLabels& labels() const { return labels_; }
  std::uint64_t kills() const { return kills_.load(std::memory_order_relaxed); }
  std::uint64_t restarts() const { return restarts_.load(std::memory_order_relaxed); }

  // The kernel's counter of one control group, which is told by its inode: a restart makes another.
  // True when that is more than was known of it.
  bool see_kills(std::uint64_t inode, std::uint64_t count);
  std::uint64_t kills_of(std::uint64_t inode) const;
  // The runtime's counter of one container; a person who starts it sets it to 0.
  bool see_restarts(std::string_view container_id, std::uint64_t count);

 private:
  friend class CountLedger;

  const ContainerIdentity identity_;
  SharedLabels labels_;
  std::atomic<std::uint64_t> kills_{0};
  std::atomic<std::uint64_t> restarts_{0};
  mutable std::mutex lock_;
  LastingCount all_kills_;
  LastingCount all_restarts_;
  bool changed_ = false;  // since it was last taken
};

class CountLedger {
 public:
  static constexpr std::size_t kMaxAccounts = 4096;
  static constexpr std::int64_t kForgetAfterNs = std::int64_t{7} * 24 * 3600 * 1'000'000'000;

  // boot_id: control groups' inodes mean nothing after the next boot.
  explicit CountLedger(std::string boot_id = {}) : boot_id_(std::move(boot_id)) {}

  // The account of this identity, made when there is none. Never null.
  std::shared_ptr<CountAccount> account(const ContainerIdentity& identity, const Moment& now);
  // Null when there is none.
  std::shared_ptr<const CountAccount> find(const std::string& key) const;
  // OOM kills; 0 for a key without an account.
  std::uint64_t kills(const std::string& key) const;

  // All accounts, by key.
  template <class Visit>
  void for_each(Visit&& visit) const {
    const std::lock_guard guard(lock_);
    for (const auto& [key, entry] : accounts_)
      visit(static_cast<const CountAccount&>(*entry.account));
  }

  // Forgets accounts that nobody holds: those without counts at once, the others after
  // kForgetAfterNs or when there are too many.
  void tidy(const Moment& now);

  // What has to be kept: text of accounts that have counts, nothing for those that are forgotten.
  using Change = std::pair<std::string, std::optional<std::string>>;  // by key
  std::vector<Change> take_changes(const Moment& now);
  // What an earlier run kept; whatever this run has seen already is added once. False for a text
  // that is none of ours.
  bool restore(std::string_view text, const Moment& now);

 private:
  struct Entry {
    std::shared_ptr<CountAccount> account;
    std::int64_t held_at_ns = 0;  // boot time
    bool held = true;             // at the last look
    bool kept = false;            // somebody has its text
  };
  std::string text_of(const Entry& entry, const Moment& now) const;

  const std::string boot_id_;
  mutable std::mutex lock_;
  std::map<std::string, Entry> accounts_;
  std::vector<std::string> forgotten_;  // keys, since they were last taken
};

}  // namespace exporter
