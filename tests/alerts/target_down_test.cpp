// SLOTargetDown of the daemon and of Prometheus. The rule there: "slo_incident_open == 1" at each
// evaluation, as of the scrape before it, for a minute; kept for two after that.

#include <algorithm>
#include <array>
#include <optional>
#include <random>

#include "alerts/evaluator.h"
#include "slo/incidents.h"
#include "tests/alerts/support.h"
#include "tests/support/doctest.h"

namespace alerts {
namespace {

constexpr std::int64_t kSecondMs = 1000;
constexpr std::int64_t kForMs = 60 * kSecondMs;
constexpr std::int64_t kKeepFiringMs = 120 * kSecondMs;
constexpr std::int64_t kStaysMs = 210 * kSecondMs;  // the daemon's, after the end

slo::Judgement open_incident(std::int64_t detected_ms) {
  slo::Judgement judgement = down(0);
  judgement.open_incident->detected_ms = detected_ms;
  return judgement;
}

struct Scene {
  AlertingSpec spec;
  Evaluator evaluator{spec};

  bool fires(std::int64_t ms, const slo::Judgement& judgement) {
    slo::Snapshot now = snapshot({judgement});
    now.now_ms = ms;
    const auto alerts = evaluator.evaluate(now, moment(ms));
    return std::ranges::any_of(alerts, &Alert::firing);
  }
};

// What the rule says, one evaluation after the other.
class TargetRule {
 public:
  bool fires(bool open, std::int64_t ms) {
    if (open) {
      if (!active_since_ms_) active_since_ms_ = ms;
      ending_since_ms_.reset();
      if (ms - *active_since_ms_ >= kForMs) firing_ = true;
    } else if (firing_) {
      if (!ending_since_ms_) ending_since_ms_ = ms;
      if (ms - *ending_since_ms_ >= kKeepFiringMs) firing_ = false;
    }
    if (!open && !firing_) active_since_ms_.reset();
    return firing_;
  }

 private:
  std::optional<std::int64_t> active_since_ms_;
  std::optional<std::int64_t> ending_since_ms_;
  bool firing_ = false;
};

int number(std::mt19937& dice, int least, int most) {
  return std::uniform_int_distribution(least, most)(dice);
}

// A target that is probed every second. It is up too briefly to end an incident, or for so long
// that Prometheus cannot miss it, and down for seconds or minutes.
class Target {
 public:
  Target(std::mt19937& dice, int noticed)
      : dice_(dice),
        noticed_(noticed),
        rules_{.failures = number(dice, 1, 5), .successes = number(dice, 1, 3)},
        incidents_(1, rules_) {}

  void probe(std::int64_t ms) {
    if (--left_ <= 0) {
      up_ = !up_;
      const bool brief = number(dice_, 0, 1) == 0;
      if (!up_) {
        left_ = brief ? number(dice_, 1, 70) : number(dice_, 70, 300);
      } else if (brief && rules_.successes > 1) {
        left_ = number(dice_, 1, rules_.successes - 1);
      } else {
        left_ = rules_.successes + noticed_ + number(dice_, 0, brief ? 20 : 300);
      }
    }
    incidents_.observe(ms, up_ ? slo::State::kUp : slo::State::kDown, ms);
  }
  slo::Judgement judge() const {
    const slo::IncidentRecord* open = incidents_.open();
    return open != nullptr ? open_incident(open->detected_ms) : quiet();
  }

 private:
  std::mt19937& dice_;
  int noticed_;
  slo::IncidentRules rules_;
  slo::Incidents incidents_;
  bool up_ = true;
  int left_ = 0;
};

}  // namespace

TEST_CASE("an incident that ended and opens again has a minute of its own") {
  Scene scene;
  CHECK_FALSE(scene.fires(0, quiet()));
  CHECK_FALSE(scene.fires(1'000, open_incident(1'000)));
  CHECK_FALSE(scene.fires(50'000, open_incident(1'000)));
  CHECK_FALSE(scene.fires(51'000, quiet()));
  CHECK_FALSE(scene.fires(70'000, open_incident(1'000)));
  CHECK_FALSE(scene.fires(129'000, open_incident(1'000)));
  CHECK(scene.fires(130'000, open_incident(1'000)));
}

TEST_CASE("the minute goes on over a restart, also while nothing is known yet") {
  Scene scene;
  CHECK_FALSE(scene.fires(500'000, stale(open_incident(460'000))));
  CHECK(scene.evaluator.pending() == 1);
  CHECK_FALSE(scene.fires(501'000, open_incident(460'000)));
  CHECK_FALSE(scene.fires(519'000, open_incident(460'000)));
  CHECK(scene.fires(520'000, open_incident(460'000)));
}

TEST_CASE("what is unknown fires only when it is known again") {
  Scene scene;
  CHECK_FALSE(scene.fires(0, quiet()));
  CHECK_FALSE(scene.fires(1'000, open_incident(1'000)));
  CHECK_FALSE(scene.fires(90'000, stale(open_incident(1'000))));
  CHECK(scene.fires(91'000, open_incident(1'000)));
}

TEST_CASE("the daemon and the rule of Prometheus begin within one scrape and one evaluation") {
  std::mt19937 dice(20'261'126);
  int together = 0;
  int again = 0;
  for (int script = 0; script < 40; ++script) {
    const int scrape = number(dice, 1, 15);
    const int evaluation = std::array{1, 2, 5, 10, 15}[static_cast<std::size_t>(script) % 5];
    Target target(dice, scrape + evaluation);
    Scene scene;
    TargetRule rule;
    bool scraped = false;
    bool theirs = false;
    bool ours = false;
    bool kept = false;  // ours, from an incident before this one
    bool was_open = false;
    std::int64_t apart = 0;
    std::int64_t closed_ms = -kStaysMs;
    for (std::int64_t ms = 0; ms < 1'800'000; ms += kSecondMs) {
      target.probe(ms);
      const slo::Judgement judgement = target.judge();
      const bool open = judgement.open_incident.has_value();
      if (open && !was_open) {
        kept = ours;
        again += ms - closed_ms < kForMs ? 1 : 0;
      }
      if (was_open && !open) closed_ms = ms;
      was_open = open;
      ours = scene.fires(ms, judgement);
      if (ms / kSecondMs % scrape == 0) scraped = open;
      if (ms / kSecondMs % evaluation == 0) theirs = rule.fires(scraped, ms);
      // Ours stays on purpose until theirs must be gone.
      const bool stays = ours && (open ? kept : ms - closed_ms < kStaysMs);
      apart = ours == theirs || (stays && !theirs) ? 0 : apart + 1;
      REQUIRE(apart <= scrape + evaluation);
      together += ours && theirs ? 1 : 0;
    }
  }
  CHECK(together > 5'000);
  CHECK(again > 20);  // opened again within the minute
}

}  // namespace alerts
