// An account as text, everything between blanks; each text of the identity behind its length:
//
//   1 <boot id> <held until, Unix ms; 0: still> <kills> <restarts>
//     <parts of kills> <inode> <count>… <parts of restarts> <id> <count>…
//     3:web 0: 0: 0:
//                       name, and container, pod and namespace of Kubernetes
#include "exporter/containers/count_ledger.h"

#include <algorithm>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr std::string_view kFormat = "1";
constexpr std::string_view kNoBoot = "-";
constexpr std::uint64_t kMostCount = std::uint64_t{1} << 62;

// FNV-1a: it is kept, so it must be the same in every version of the program.
std::uint64_t number_of(std::string_view id) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

void append_parts(std::string& text, const LastingCount& count) {
  text += ' ' + std::to_string(count.parts().size());
  for (const LastingCount::Part& part : count.parts()) {
    text += ' ' + std::to_string(part.id) + ' ' + std::to_string(part.count);
  }
}

void append_text(std::string& to, std::string_view text) {
  to += ' ' + std::to_string(text.size()) + ':';
  to += text;
}

// Takes what append_* wrote; once something is wrong, it stays so.
class Taker {
 public:
  explicit Taker(std::string_view text) : text_(text) {}

  std::string_view word() { return next_word(text_); }
  std::uint64_t number() {
    const auto value = to_number<std::uint64_t>(word());
    good_ = good_ && value;
    return value.value_or(0);
  }
  std::vector<LastingCount::Part> parts() {
    std::vector<LastingCount::Part> parts;
    const std::uint64_t count = number();
    good_ = good_ && count <= LastingCount::kMaxParts;
    for (std::uint64_t i = 0; good_ && i < count; ++i) {
      const std::uint64_t id = number();
      parts.push_back({id, number()});
    }
    return parts;
  }
  std::string text() {
    if (text_.starts_with(' ')) text_.remove_prefix(1);
    const auto size = next_number<std::uint32_t>(text_);
    good_ =
        good_ && size && *size <= kMaxFactBytes && text_.starts_with(':') && text_.size() > *size;
    if (!good_) return {};
    std::string taken(text_.substr(1, *size));
    text_.remove_prefix(1 + *size);
    return taken;
  }
  bool good() const { return good_; }
  bool at_end() const { return text_.empty(); }

 private:
  std::string_view text_;
  bool good_ = true;
};

}  // namespace

void add_identity(SharedLabels& labels, const ContainerIdentity& identity) {
  const auto add = [&](std::string_view label, std::string_view value) {
    if (!value.empty()) labels.add(label, value);
  };
  labels.add("name", identity.name);
  add("container", identity.k8s_container);
  add("pod", identity.k8s_pod);
  add("namespace", identity.k8s_namespace);
}

std::uint64_t LastingCount::count_of(std::uint64_t id) const {
  const auto known = std::ranges::find(parts_, id, &Part::id);
  return known == parts_.end() ? 0 : known->count;
}

LastingCount::Part& LastingCount::part(std::uint64_t id) {
  const auto known = std::ranges::find(parts_, id, &Part::id);
  if (known != parts_.end()) return *known;
  if (parts_.size() == kMaxParts) parts_.erase(parts_.begin());
  return parts_.emplace_back(id, 0);
}

bool LastingCount::see(std::uint64_t id, std::uint64_t count, bool may_fall) {
  if (count == 0 && count_of(id) == 0) return false;
  Part& known = part(id);
  if (may_fall && count < known.count) known.count = 0;
  if (count <= known.count) return false;
  total_ += count - known.count;
  known.count = count;
  return true;
}

void LastingCount::put_before(std::uint64_t total, const std::vector<Part>& parts) {
  const std::vector<Part> seen = std::exchange(parts_, parts);
  total_ += total;
  for (const Part& mine : seen) {
    Part& saved = part(mine.id);
    total_ -= std::min({saved.count, mine.count, total_});
    saved.count = std::max(saved.count, mine.count);
  }
  total_ = std::min(total_, kMostCount);
}

CountAccount::CountAccount(ContainerIdentity identity) : identity_(std::move(identity)) {
  add_identity(labels_, identity_);
  labels_.seal();
}

bool CountAccount::see_kills(std::uint64_t inode, std::uint64_t count) {
  const std::lock_guard guard(lock_);
  const bool more = all_kills_.see(inode, count, false);
  kills_.store(all_kills_.total(), std::memory_order_relaxed);
  changed_ = changed_ || more;
  return more;
}

std::uint64_t CountAccount::kills_of(std::uint64_t inode) const {
  const std::lock_guard guard(lock_);
  return all_kills_.count_of(inode);
}

bool CountAccount::see_restarts(std::string_view container_id, std::uint64_t count) {
  const std::lock_guard guard(lock_);
  const bool more = all_restarts_.see(number_of(container_id), count, true);
  restarts_.store(all_restarts_.total(), std::memory_order_relaxed);
  changed_ = changed_ || more;
  return more;
}

std::shared_ptr<CountAccount> CountLedger::account(const ContainerIdentity& identity,
                                                   const Moment& now) {
  const std::lock_guard guard(lock_);
  Entry& entry = accounts_[identity.key()];
  if (!entry.account) entry.account = std::make_shared<CountAccount>(identity);
  entry.held_at_ns = now.boot_ns;
  return entry.account;
}

std::shared_ptr<const CountAccount> CountLedger::find(const std::string& key) const {
  const std::lock_guard guard(lock_);
  const auto found = accounts_.find(key);
  return found == accounts_.end() ? nullptr : found->second.account;
}

std::uint64_t CountLedger::kills(const std::string& key) const {
  const auto account = find(key);
  return account ? account->kills() : 0;
}

void CountLedger::tidy(const Moment& now) {
  const std::lock_guard guard(lock_);
  const auto forget = [this](const std::string& key, const Entry& entry) {
    if (entry.kept) forgotten_.push_back(key);
  };
  for (auto& [key, entry] : accounts_) {
    const bool held = entry.account.use_count() > 1;
    if (held) entry.held_at_ns = now.boot_ns;
    if (std::exchange(entry.held, held) == held) continue;
    const std::lock_guard account_guard(entry.account->lock_);
    entry.account->changed_ = true;
  }
  std::erase_if(accounts_, [&](const auto& item) {
    const Entry& entry = item.second;
    if (entry.account.use_count() > 1) return false;
    const bool empty = entry.account->kills() == 0 && entry.account->restarts() == 0;
    if (!empty && now.boot_ns - entry.held_at_ns <= kForgetAfterNs) return false;
    forget(item.first, entry);
    return true;
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
    forget(oldest->first, oldest->second);
    accounts_.erase(oldest);
  }
}

std::string CountLedger::text_of(const Entry& entry, const Moment& now) const {
  const CountAccount& account = *entry.account;
  const std::int64_t held_ms =
      entry.held ? 0 : (now.real_ns - (now.boot_ns - entry.held_at_ns)) / 1'000'000;
  std::string text(kFormat);
  text += ' ';
  text += boot_id_.empty() ? kNoBoot : std::string_view(boot_id_);
  text += ' ' + std::to_string(std::max<std::int64_t>(held_ms, 0));
  text += ' ' + std::to_string(account.all_kills_.total());
  text += ' ' + std::to_string(account.all_restarts_.total());
  append_parts(text, account.all_kills_);
  append_parts(text, account.all_restarts_);
  append_text(text, account.identity_.name);
  append_text(text, account.identity_.k8s_container);
  append_text(text, account.identity_.k8s_pod);
  append_text(text, account.identity_.k8s_namespace);
  return text;
}

std::vector<CountLedger::Change> CountLedger::take_changes(const Moment& now) {
  const std::lock_guard guard(lock_);
  std::vector<Change> changes;
  for (std::string& key : forgotten_) {
    if (!accounts_.contains(key)) changes.emplace_back(std::move(key), std::nullopt);
  }
  forgotten_.clear();
  for (auto& [key, entry] : accounts_) {
    const std::lock_guard account_guard(entry.account->lock_);
    if (!std::exchange(entry.account->changed_, false)) continue;
    if (entry.account->all_kills_.total() + entry.account->all_restarts_.total() == 0) continue;
    entry.kept = true;
    changes.emplace_back(key, text_of(entry, now));
  }
  return changes;
}

bool CountLedger::restore(std::string_view text, const Moment& now) {
  Taker taker(text);
  taker.word();
  const bool known_format = text.starts_with(kFormat) && text.substr(1).starts_with(' ');
  const std::string_view boot = taker.word();
  const std::uint64_t held_ms = taker.number();
  const std::uint64_t kills = taker.number();
  const std::uint64_t restarts = taker.number();
  std::vector<LastingCount::Part> groups = taker.parts();
  const std::vector<LastingCount::Part> containers = taker.parts();
  ContainerIdentity identity;
  identity.name = taker.text();
  identity.k8s_container = taker.text();
  identity.k8s_pod = taker.text();
  identity.k8s_namespace = taker.text();
  if (!known_format || !taker.good() || !taker.at_end() || identity.name.empty() ||
      kills > kMostCount || restarts > kMostCount || held_ms > kMostCount / 1'000'000) {
    return false;
  }
  if (boot != (boot_id_.empty() ? kNoBoot : std::string_view(boot_id_))) groups.clear();

  const std::lock_guard guard(lock_);
  Entry& entry = accounts_[identity.key()];
  const bool is_new = !entry.account;
  if (is_new) entry.account = std::make_shared<CountAccount>(identity);
  entry.kept = true;
  if (is_new) {
    entry.held = held_ms == 0;
    const std::int64_t gone_ns =
        held_ms == 0 ? 0 : now.real_ns - static_cast<std::int64_t>(held_ms) * 1'000'000;
    entry.held_at_ns = now.boot_ns - std::max<std::int64_t>(gone_ns, 0);
  }
  CountAccount& account = *entry.account;
  const std::lock_guard account_guard(account.lock_);
  account.all_kills_.put_before(kills, groups);
  account.all_restarts_.put_before(restarts, containers);
  account.kills_.store(account.all_kills_.total(), std::memory_order_relaxed);
  account.restarts_.store(account.all_restarts_.total(), std::memory_order_relaxed);
  account.changed_ = !is_new;
  return true;
}

}  // namespace exporter
