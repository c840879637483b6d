#include "exporter/containers/oom_ledger.h"

#include "tests/support/doctest.h"

namespace exporter {
namespace {

constexpr Moment kNow{.boot_ns = 1'000'000'000, .mono_ns = 0, .real_ns = 0};

ContainerIdentity named(const char* name) {
  ContainerIdentity identity;
  identity.name = name;
  return identity;
}

TEST_CASE("counts of one group only grow, those of another are added") {
  OomLedger ledger;
  const auto account = ledger.account(named("web"), kNow);
  CHECK(account->see(1, 2));
  CHECK_FALSE(account->see(1, 2));
  CHECK_FALSE(account->see(1, 1));
  CHECK(account->see(2, 1));
  CHECK(account->see(1, 3));
  CHECK(account->total() == 4);
  CHECK(ledger.total("web") == 4);
  CHECK(ledger.total("other") == 0);
}

TEST_CASE("one identity has one account") {
  OomLedger ledger;
  CHECK(ledger.account(named("web"), kNow) == ledger.account(named("web"), kNow));
  CHECK(ledger.account(named("web"), kNow) != ledger.account(named("db"), kNow));
}

TEST_CASE("an account that nobody holds stays for a week if it has kills, else it goes") {
  OomLedger ledger;
  const auto held = ledger.account(named("held"), kNow);
  ledger.account(named("killed"), kNow)->see(1, 1);
  ledger.account(named("calm"), kNow);
  const auto count = [&ledger] {
    int accounts = 0;
    ledger.for_each([&accounts](const OomAccount&) { ++accounts; });
    return accounts;
  };
  ledger.tidy(kNow);
  CHECK(count() == 2);
  Moment later = kNow;
  later.boot_ns += OomLedger::kForgetAfterNs;
  ledger.tidy(later);
  CHECK(count() == 2);
  later.boot_ns += 1;
  ledger.tidy(later);
  CHECK(count() == 1);
}

TEST_CASE("accounts are bounded, the longest gone go first") {
  OomLedger ledger;
  Moment now = kNow;
  for (std::size_t i = 0; i < OomLedger::kMaxAccounts + 2; ++i) {
    ++now.boot_ns;
    ledger.account(named(("c" + std::to_string(i)).c_str()), now)->see(1, 1);
  }
  ledger.tidy(now);
  CHECK(ledger.total("c0") == 0);
  CHECK(ledger.total("c1") == 0);
  CHECK(ledger.total("c2") == 1);
}

}  // namespace
}  // namespace exporter
