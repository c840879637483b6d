#include "exporter/containers/oom_ledger.h"

#include <algorithm>

namespace exporter {

void add_identity(SharedLabels& labels, const ContainerIdentity& identity) {
  const auto add = [&](std::string_view label, std::string_view value) {
    if (!value.empty()) labels.add(label, value);
  };
  labels.add("name", identity.name);
  add("container", identity.k8s_container);
  add("pod", identity.k8s_pod);
  add("namespace", identity.k8s_namespace);
}

OomAccount::OomAccount(const ContainerIdentity& identity) {
  add_identity(labels_, identity);
  labels_.seal();
}

bool OomAccount::see(std::uint64_t inode, std::uint64_t count) {
  const std::lock_guard guard(lock_);
  auto known = std::ranges::find(instances_, inode, &Instance::inode);
  if (known == instances_.end()) {
    if (instances_.size() == kMaxInstances) instances_.erase(instances_.begin());
    known = instances_.insert(instances_.end(), Instance{inode, 0});
  }
  if (count <= known->count) return false;
  total_.fetch_add(count - known->count, std::memory_order_relaxed);
  known->count = count;
  return true;
}

std::shared_ptr<OomAccount> OomLedger::account(const ContainerIdentity& identity,
                                               const Moment& now) {
  const std::lock_guard guard(lock_);
  Entry& entry = accounts_[identity.key()];
  if (!entry.account) entry.account = std::make_shared<OomAccount>(identity);
  entry.held_at_ns = now.boot_ns;
  return entry.account;
}

std::uint64_t OomLedger::total(const std::string& key) const {
  const std::lock_guard guard(lock_);
  const auto found = accounts_.find(key);
  return found == accounts_.end() ? 0 : found->second.account->total();
}

void OomLedger::tidy(const Moment& now) {
  const std::lock_guard guard(lock_);
  for (auto& [key, entry] : accounts_) {
    if (entry.account.use_count() > 1) entry.held_at_ns = now.boot_ns;
  }
  std::erase_if(accounts_, [&](const auto& item) {
    const Entry& entry = item.second;
    if (entry.account.use_count() > 1) return false;
    return entry.account->total() == 0 || now.boot_ns - entry.held_at_ns > kForgetAfterNs;
  });
  while (accounts_.size() > kMaxAccounts) {
    auto oldest = accounts_.end();
    for (auto at = accounts_.begin(); at != accounts_.end(); ++at) {
      if (at->second.account.use_count() > 1) continue;
      if (oldest == accounts_.end() || at->second.held_at_ns < oldest->second.held_at_ns) {
        oldest = at;
      }
    }
    if (oldest == accounts_.end()) break;
    accounts_.erase(oldest);
  }
}

}  // namespace exporter
