// Whatever an Alertmanager, or what stands in its place, answers: the reason that is logged and
// shown is printable and bounded.
#include <algorithm>

#include "alerts/wire.h"
#include "exporter/core/text.h"
#include "tests/fuzz/fuzz.h"

void fuzz_alertmanager_answer(std::string_view input) {
  constexpr std::size_t kMaxReasonBytes = 1024;
  const std::string reason = alerts::answer_reason(input);
  FUZZ_CHECK(reason.size() <= kMaxReasonBytes);
  FUZZ_CHECK(exporter::is_valid_utf8(reason));
  FUZZ_CHECK(std::ranges::none_of(reason, [](char character) {
    const auto byte = static_cast<unsigned char>(character);
    return byte < 0x20 || byte == 0x7F;
  }));
  if (const auto states = alerts::alert_states(input)) FUZZ_CHECK(states->size() <= input.size());
}
