// A snapshot for tests, made by the real engine: one probed objective that went up and down.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "slo/judgement.h"

namespace app::test {

// One sample a second from second 1 on, true is good; judged when the last one has settled. The
// host's objective is the second one.
slo::Snapshot judged(const std::string& service, const std::string& name,
                     const std::vector<bool>& samples);

}  // namespace app::test
