// Is all well? One answer and one line, for `fournines status`, the status page and the API. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "slo/judgement.h"
#include "slo/store.h"

namespace app {

struct Health {
  enum class Answer : std::uint8_t { kYes, kNo, kInconclusive };
  Answer answer = Answer::kInconclusive;
  std::string text;  // "2 objectives are up and within budget"
};

// No: something is down, or a budget is overspent, in that order. Inconclusive: nothing of that,
// but the state of an objective is unknown. A history that is not durable is said behind the
// answer.
Health judge_health(const slo::Snapshot& snapshot, const slo::StoreStatus& store);

// "website" when service and objective have one name, else "shop/website".
std::string display_name(const slo::SloSpec& spec);

}  // namespace app
