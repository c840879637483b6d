#include "app/health.h"

#include <vector>

#include "app/format.h"

namespace app {
namespace {

using slo::Judgement;

double seconds(std::int64_t ms) { return static_cast<double>(ms) / 1000; }

std::string count(std::size_t n) {
  return std::to_string(n) + (n == 1 ? " objective" : " objectives");
}

// "website is down for 12.0s (connect)", and how many more are.
std::string down_text(const std::vector<const Judgement*>& down) {
  const Judgement& first = *down.front();
  const std::int64_t since =
      first.open_incident ? first.open_incident->start_ms : first.state_since_ms;
  std::string text = display_name(*first.spec) + " is down for " +
                     duration_words(seconds(first.settled_ms - since));
  if (!slo::name(first.cause).empty()) text += " (" + std::string(slo::name(first.cause)) + ")";
  if (down.size() > 1) text += ", and " + std::to_string(down.size() - 1) + " more";
  return text;
}

std::string overspent_text(const Judgement& slo) {
  return display_name(*slo.spec) + " has overspent its error budget by " +
         duration_words(-slo.budget.remaining_seconds);
}

}  // namespace

std::string display_name(const slo::SloSpec& spec) {
  return spec.service == spec.name ? spec.name : spec.service + "/" + spec.name;
}

Health judge_health(const slo::Snapshot& snapshot, const slo::StoreStatus& store) {
  std::vector<const Judgement*> down;
  std::vector<const Judgement*> overspent;
  std::vector<const Judgement*> unknown;
  for (const Judgement& slo : snapshot.slos) {
    if (slo.state == slo::State::kDown) down.push_back(&slo);
    if (slo.verdict == slo::Verdict::kViolated) overspent.push_back(&slo);
    if (slo.state == slo::State::kUnknown) unknown.push_back(&slo);
  }
  Health health;
  if (!down.empty()) {
    health = {Health::Answer::kNo, down_text(down)};
  } else if (!overspent.empty()) {
    health = {Health::Answer::kNo, overspent_text(*overspent.front())};
  } else if (!unknown.empty()) {
    health = {Health::Answer::kInconclusive,
              display_name(*unknown.front()->spec) + " is unknown (" +
                  std::string(slo::name(unknown.front()->cause)) + ")"};
  } else {
    const bool one = snapshot.slos.size() == 1;
    health = {Health::Answer::kYes,
              count(snapshot.slos.size()) +
                  (one ? " is up and within its budget" : " are up and within their budgets")};
  }
  if (!store.durable) health.text += "; history is not durable: " + store.last_error;
  return health;
}

}  // namespace app
