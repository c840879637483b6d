// A world of the test's own: which address lies behind which gateway, and whether that answers.
#include "exporter/probes/network_doubt.h"

#include "tests/support/doctest.h"

namespace exporter {
namespace {

constexpr std::int64_t kMs = 1'000'000;

struct World {
  Gateway gateway{*Address::from_text("192.0.2.254", 0), 2};
  Gateway gateway6{*Address::from_text("2001:db8::254", 0), 2};  // on the same wire
  Gateway elsewhere{*Address::from_text("198.51.100.254", 0), 3};
  Neighbour neighbour = Neighbour::kConfirmed;
  bool may_ask = true;
  int asked = 0;
  std::int64_t now_ns = 1'000'000 * kMs;
  NetworkDoubt doubt{{.gateway_towards =
                          [this](const Address& to) {
                            if (to.text().starts_with("127.")) return std::optional<Gateway>();
                            if (to.text().starts_with("198.")) return std::optional(elsewhere);
                            return std::optional(to.is_v6() ? gateway6 : gateway);
                          },
                      .neighbour_state = [this](const Gateway&) { return neighbour; },
                      .ask =
                          [this](const Gateway&) {
                            ++asked;
                            return may_ask;
                          }}};

  Moment now() const { return {now_ns, now_ns, now_ns}; }
  void pass(std::int64_t ms) { now_ns += ms * kMs; }
  void gateway_answers() { doubt.gateway_answered(gateway, now()); }

  // An attempt that ends now; true: held back.
  bool result(const std::string& address, ProbeOutcome outcome, bool silent = false,
              std::int64_t took_ms = 0) {
    ProbeResult result;
    result.remote_address = address;
    result.outcome = outcome;
    result.silent = silent;
    result.sent = result.done = now();
    result.sent.boot_ns -= took_ms * kMs;
    return doubt.keep(7, result, now_ns + 2'000 * kMs, now());
  }
  bool good(const std::string& address) { return result(address, ProbeOutcome::kGood); }
  bool silent(const std::string& address, std::int64_t took_ms = 0) {
    return result(address, ProbeOutcome::kBad, true, took_ms);
  }

  // Outcomes of what is decided now: "bad bad unknown".
  std::string decided() {
    std::string text;
    for (const auto& [slot, result] : doubt.take_decided(now())) {
      CHECK(slot == 7);
      text += (text.empty() ? "" : " ") + std::string(name(result.outcome));
      const bool unknown = result.outcome == ProbeOutcome::kUnknown;
      CHECK(unknown == (result.cause == UnknownCause::kNetwork));
    }
    return text;
  }
};

// Two hosts that were well, behind a gateway that answered.
struct Well : World {
  Well() {
    good("192.0.2.1");
    good("192.0.2.2");
    gateway_answers();
    pass(300);
  }
};

TEST_CASE("a silent host is down as soon as the gateway answers") {
  Well world;
  REQUIRE(world.silent("192.0.2.1"));
  CHECK(world.decided().empty());
  world.pass(5);
  world.gateway_answers();
  CHECK(world.decided() == "bad");
  CHECK(world.doubt.wake_ns() == INT64_MAX);
}

TEST_CASE("two silent hosts behind a silent gateway are unknown") {
  Well world;
  REQUIRE(world.silent("192.0.2.1"));
  world.pass(300);
  REQUIRE(world.silent("192.0.2.2"));
  CHECK(world.decided().empty());
  world.pass(1000);
  CHECK(world.decided() == "unknown unknown");
}

TEST_CASE("one wire that is cut silences hosts of both IP versions, each behind its own gateway") {
  Well world;
  world.good("2001:db8:1::1");
  world.doubt.gateway_answered(world.gateway6, world.now());
  world.pass(300);
  REQUIRE(world.silent("192.0.2.1"));
  REQUIRE(world.silent("2001:db8:1::1"));
  world.pass(1100);
  CHECK(world.decided() == "unknown unknown");
}

TEST_CASE("hosts behind another interface are no witnesses") {
  World world;
  world.good("192.0.2.1");
  world.good("198.51.100.1");
  CHECK_FALSE(world.silent("198.51.100.1"));
  CHECK_FALSE(world.silent("192.0.2.1"));
}

TEST_CASE("a silent host behind a silent gateway is down when all others show life") {
  Well world;
  REQUIRE(world.silent("192.0.2.1"));
  world.pass(1100);
  CHECK(world.decided().empty());  // the other was not probed since
  CHECK_FALSE(world.good("192.0.2.2"));
  world.pass(30);
  CHECK(world.decided() == "bad");
}

TEST_CASE("a verdict is never later than the judge waits") {
  Well world;
  REQUIRE(world.silent("192.0.2.1"));
  world.pass(1600);
  CHECK(world.decided().empty());
  CHECK(world.doubt.wake_ns() <= world.now_ns + 20 * kMs);
  world.pass(400);
  CHECK(world.decided() == "bad");
}

TEST_CASE("a single host and local targets can always be down") {
  World world;
  CHECK_FALSE(world.good("192.0.2.1"));
  CHECK_FALSE(world.silent("192.0.2.1"));
  CHECK_FALSE(world.silent("127.0.0.1"));
  CHECK_FALSE(world.silent("127.0.0.2"));
}

TEST_CASE("a failure in which the host showed life is never doubted") {
  Well world;
  CHECK_FALSE(world.result("192.0.2.1", ProbeOutcome::kBad));
}

TEST_CASE(
    "a gateway that never answered an echo counts as silent only when its neighbour entry failed") {
  World world;
  world.good("192.0.2.1");
  world.good("192.0.2.2");
  world.pass(2000);
  REQUIRE(world.silent("192.0.2.1"));
  REQUIRE(world.silent("192.0.2.2"));
  SUBCASE("failed") {
    world.neighbour = Neighbour::kFailed;
    world.pass(1000);
    CHECK(world.decided() == "unknown unknown");
  }
  SUBCASE("confirmed") {
    world.pass(1000);
    CHECK(world.decided() == "bad bad");
  }
  SUBCASE("being asked") {
    world.neighbour = Neighbour::kDoubtful;
    world.pass(1000);
    CHECK(world.decided().empty());
    world.neighbour = Neighbour::kFailed;
    world.pass(30);
    CHECK(world.decided() == "unknown unknown");
  }
}

TEST_CASE("where no echo may be sent the neighbour table decides at once") {
  World world;
  world.may_ask = false;
  world.good("192.0.2.1");
  world.good("192.0.2.2");
  REQUIRE(world.silent("192.0.2.1"));
  CHECK(world.decided() == "bad");
  world.neighbour = Neighbour::kFailed;
  world.pass(100);
  REQUIRE(world.silent("192.0.2.1"));
  REQUIRE(world.silent("192.0.2.2"));
  world.pass(30);
  CHECK(world.decided() == "unknown unknown");
}

TEST_CASE("a host that is no longer probed is no witness") {
  Well world;
  world.silent("192.0.2.2");
  world.gateway_answers();
  CHECK(world.decided() == "bad");
  world.pass(60'000);
  world.good("192.0.2.3");
  REQUIRE(world.silent("192.0.2.1"));
  world.pass(1100);
  world.good("192.0.2.3");
  world.pass(30);
  CHECK(world.decided() == "bad");
}

TEST_CASE("a gateway that stays silent is not waited for again and again") {
  Well world;
  for (int second = 0; second < 10; ++second) {
    REQUIRE(world.silent("192.0.2.1"));
    REQUIRE(world.silent("192.0.2.2"));
    world.pass(1100);
    CHECK(world.decided() == "unknown unknown");
  }
  CHECK(world.asked > 5);
  world.gateway_answers();
  world.pass(5);
  REQUIRE(world.silent("192.0.2.1"));
  CHECK(world.decided().empty());
}

// Two hosts of IPv4 and one of IPv6 that were well, and then cut off for a while.
struct CutOff : Well {
  CutOff() {
    good("2001:db8:1::1");
    doubt.gateway_answered(gateway6, now());
    pass(300);
    for (const char* address : {"192.0.2.1", "192.0.2.2", "2001:db8:1::1"}) silent(address);
    pass(1100);
    CHECK(decided() == "unknown unknown unknown");
  }
};

TEST_CASE("an attempt that the end of a silence overtook is unknown, the next one is not") {
  CutOff world;
  SUBCASE("the gateway answers what it was asked before") {
    world.gateway_answers();
    world.pass(400);
    REQUIRE(world.silent("192.0.2.1", 500));
  }
  SUBCASE("the gateway answers the question that this attempt raised") {
    world.pass(400);
    REQUIRE(world.silent("192.0.2.1", 500));
    world.pass(1);
  }
  world.gateway_answers();
  CHECK(world.decided() == "unknown");
  world.pass(500);
  REQUIRE(world.silent("192.0.2.1", 500));
  world.pass(1);
  world.gateway_answers();
  CHECK(world.decided() == "bad");
}

TEST_CASE("hosts of the other IP version bear witness of a silence when they are well again") {
  CutOff world;
  world.gateway_answers();
  world.good("192.0.2.1");
  world.good("192.0.2.2");
  world.pass(100);
  REQUIRE(world.silent("2001:db8:1::1", 500));
  world.pass(1);
  world.doubt.gateway_answered(world.gateway6, world.now());
  CHECK(world.decided() == "unknown");
}

TEST_CASE("a cut in which nothing could be sent by one IP version is a silence of that one too") {
  Well world;
  world.good("2001:db8:1::1");
  world.doubt.gateway_answered(world.gateway6, world.now());
  world.pass(300);
  world.silent("192.0.2.1");
  world.silent("192.0.2.2");
  world.pass(1100);
  CHECK(world.decided() == "unknown unknown");
  world.gateway_answers();
  world.good("192.0.2.1");
  world.good("192.0.2.2");
  world.pass(1500);
  for (const char* outcome : {"unknown", "bad"}) {
    REQUIRE(world.silent("2001:db8:1::1", 600));
    world.pass(20);
    world.doubt.gateway_answered(world.gateway6, world.now());
    CHECK(world.decided() == outcome);
    world.pass(980);
  }
}

TEST_CASE("a silence of a gateway that answers no echoes ends when its neighbour is confirmed") {
  World world;
  world.good("192.0.2.1");
  world.good("192.0.2.2");
  world.pass(2000);
  world.neighbour = Neighbour::kFailed;
  const auto both_fail = [&] {
    world.pass(600);
    REQUIRE(world.silent("192.0.2.1", 500));
    REQUIRE(world.silent("192.0.2.2", 500));
    world.pass(1100);
    return world.decided();
  };
  CHECK(both_fail() == "unknown unknown");
  world.neighbour = Neighbour::kConfirmed;
  CHECK(both_fail() == "unknown unknown");
  CHECK(both_fail() == "bad bad");
}

TEST_CASE("a silence lasts for a gateway while nothing comes through it, whoever else is well") {
  CutOff world;
  world.pass(400);
  for (int second = 0; second < 3; ++second) {
    REQUIRE(world.silent("2001:db8:1::1", 500));
    world.gateway_answers();
    world.good("192.0.2.1");
    world.good("192.0.2.2");
    world.pass(1100);
    CHECK(world.decided() == "unknown");
  }
  world.doubt.gateway_answered(world.gateway6, world.now());
  world.pass(600);
  REQUIRE(world.silent("2001:db8:1::1", 500));
  world.good("192.0.2.1");
  world.good("192.0.2.2");
  world.pass(1100);
  CHECK(world.decided() == "bad");
}

TEST_CASE("a host that answers through the gateway ends its silence") {
  CutOff world;
  world.pass(400);
  world.good("192.0.2.2");
  world.pass(600);
  REQUIRE(world.silent("192.0.2.1", 500));
  world.pass(1);
  world.gateway_answers();
  CHECK(world.decided() == "bad");
}

TEST_CASE("a lost answer of the gateway is no silence when attempts went through it meanwhile") {
  Well world;
  world.silent("192.0.2.1");  // the answer to the question that this raises is lost
  world.pass(300);
  world.good("192.0.2.1");
  world.good("192.0.2.2");
  world.pass(3000);
  CHECK(world.decided() == "bad");
  REQUIRE(world.silent("192.0.2.1"));
  REQUIRE(world.silent("192.0.2.2"));
  CHECK(world.decided().empty());
  world.pass(5);
  world.gateway_answers();
  CHECK(world.decided() == "bad bad");
}

TEST_CASE("what is held at the end is unknown") {
  Well world;
  REQUIRE(world.silent("192.0.2.1"));
  const auto all = world.doubt.take_all();
  REQUIRE(all.size() == 1);
  CHECK(all[0].second.outcome == ProbeOutcome::kUnknown);
}

}  // namespace
}  // namespace exporter
