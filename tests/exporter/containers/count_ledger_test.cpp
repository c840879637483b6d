#include "exporter/containers/count_ledger.h"

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
  CountLedger ledger;
  const auto account = ledger.account(named("web"), kNow);
  CHECK(account->see_kills(1, 2));
  CHECK_FALSE(account->see_kills(1, 2));
  CHECK_FALSE(account->see_kills(1, 1));
  CHECK(account->see_kills(2, 1));
  CHECK(account->see_kills(1, 3));
  CHECK(account->kills() == 4);
  CHECK(ledger.kills("web") == 4);
  CHECK(ledger.kills("other") == 0);
}

TEST_CASE("one identity has one account") {
  CountLedger ledger;
  CHECK(ledger.account(named("web"), kNow) == ledger.account(named("web"), kNow));
  CHECK(ledger.account(named("web"), kNow) != ledger.account(named("db"), kNow));
}

TEST_CASE("an account that nobody holds stays for a week if it has kills, else it goes") {
  CountLedger ledger;
  const auto held = ledger.account(named("held"), kNow);
  ledger.account(named("killed"), kNow)->see_kills(1, 1);
  ledger.account(named("calm"), kNow);
  const auto count = [&ledger] {
    int accounts = 0;
    ledger.for_each([&accounts](const CountAccount&) { ++accounts; });
    return accounts;
  };
  ledger.tidy(kNow);
  CHECK(count() == 2);
  Moment later = kNow;
  later.boot_ns += CountLedger::kForgetAfterNs;
  ledger.tidy(later);
  CHECK(count() == 2);
  later.boot_ns += 1;
  ledger.tidy(later);
  CHECK(count() == 1);
}

TEST_CASE("accounts are bounded, the longest gone go first") {
  CountLedger ledger;
  Moment now = kNow;
  for (std::size_t i = 0; i < CountLedger::kMaxAccounts + 2; ++i) {
    ++now.boot_ns;
    ledger.account(named(("c" + std::to_string(i)).c_str()), now)->see_kills(1, 1);
  }
  ledger.tidy(now);
  CHECK(ledger.kills("c0") == 0);
  CHECK(ledger.kills("c1") == 0);
  CHECK(ledger.kills("c2") == 1);
}

TEST_CASE("restarts of a container made anew, or started by hand, are added") {
  CountLedger ledger;
  const auto account = ledger.account(named("web"), kNow);
  CHECK(account->see_restarts("a1", 3));
  CHECK_FALSE(account->see_restarts("a1", 3));
  CHECK_FALSE(account->see_restarts("a1", 0));
  CHECK(account->see_restarts("a1", 1));
  CHECK(account->see_restarts("b2", 2));
  CHECK(account->restarts() == 6);
}

std::string only_change(CountLedger& ledger) {
  const auto changes = ledger.take_changes(kNow);
  REQUIRE(changes.size() == 1);
  REQUIRE(changes[0].second);
  return *changes[0].second;
}

TEST_CASE("counts go on after a restart of the program, and nothing counts twice") {
  CountLedger before("boot");
  ContainerIdentity identity = named("od d: name");
  identity.k8s_pod = "pod";
  identity.k8s_namespace = "space";
  identity.k8s_container = "app";
  const auto old = before.account(identity, kNow);
  old->see_kills(7, 3);
  old->see_restarts("a1", 2);
  const std::string text = only_change(before);
  CHECK(before.take_changes(kNow).empty());

  CountLedger after("boot");
  CHECK(after.restore(text, kNow));
  const auto account = after.account(identity, kNow);
  CHECK(account->labels().text() == old->labels().text());
  CHECK(account->kills() == 3);
  CHECK(account->restarts() == 2);
  CHECK_FALSE(account->see_kills(7, 3));
  account->see_kills(7, 4);
  account->see_kills(8, 1);
  account->see_restarts("a1", 2);
  CHECK(account->kills() == 5);
  CHECK(account->restarts() == 2);

  // What was read before the kept counts were is not added to them.
  CountLedger late("boot");
  late.account(identity, kNow)->see_kills(7, 4);
  CHECK(late.restore(text, kNow));
  CHECK(late.account(identity, kNow)->kills() == 4);
  CHECK(only_change(late).starts_with("1 boot "));
}

TEST_CASE("after another boot of the machine a group of the same inode is another one") {
  CountLedger before("boot-1");
  before.account(named("web"), kNow)->see_kills(7, 3);
  CountLedger after("boot-2");
  CHECK(after.restore(only_change(before), kNow));
  CHECK(after.account(named("web"), kNow)->see_kills(7, 1));
  CHECK(after.kills("web") == 4);
}

TEST_CASE("a kept account is forgotten a week after its last container, over restarts, too") {
  const Moment gone{.boot_ns = 1, .mono_ns = 1, .real_ns = 1'000'000'000'000};
  CountLedger before;
  before.account(named("web"), gone)->see_kills(1, 1);
  before.tidy(gone);
  const auto kept = before.take_changes(gone);
  REQUIRE(kept.size() == 1);
  Moment later{.boot_ns = 5, .mono_ns = 5, .real_ns = gone.real_ns + CountLedger::kForgetAfterNs};
  CountLedger after;
  CHECK(after.restore(*kept[0].second, later));
  after.tidy(later);
  CHECK(after.kills("web") == 1);
  later.boot_ns += 2'000'000'000;
  later.real_ns += 2'000'000'000;
  after.tidy(later);
  const auto changes = after.take_changes(later);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0] == CountLedger::Change{"web", std::nullopt});
}

TEST_CASE("what is no kept account is refused and changes nothing") {
  CountLedger ledger;
  for (const char* text : {"", "1", "2 - 0 1 0 0 0 3:web 0: 0: 0:", "1 - 0 1 0 0 0 3:we",
                           "1 - 0 1 0 9 0 3:web 0: 0: 0:", "1 - 0 x 0 0 0 3:web 0: 0: 0:",
                           "1 - 0 1 0 0 0 0: 0: 0: 0:", "1 - 0 1 0 0 0 3:web 0: 0: 0:x",
                           "1 - 0 1 0 1 7 3:web 0: 0: 0:", "1 - 0 1 0 0 0 9999:web 0: 0: 0:"}) {
    CAPTURE(text);
    CHECK_FALSE(ledger.restore(text, kNow));
  }
  CHECK(ledger.kills("web") == 0);
  CHECK(ledger.restore("1 - 0 1 0 0 0 3:web 0: 0: 0:", kNow));
  CHECK(ledger.kills("web") == 1);
}

}  // namespace
}  // namespace exporter
