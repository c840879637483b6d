// Whatever a source answers: no more series and values than the text can hold, times that are
// times, and the reason that is logged is printable and bounded.
#include "app/prometheus_answer.h"

#include <algorithm>

#include "exporter/core/text.h"
#include "tests/fuzz/fuzz.h"

void fuzz_prometheus_answer(std::string_view input) {
  constexpr std::size_t kMaxReasonBytes = 1024;
  const auto tracks = app::parse_answer(input);
  if (!tracks) {
    const std::string& reason = tracks.error().message;
    FUZZ_CHECK(reason.size() <= kMaxReasonBytes);
    FUZZ_CHECK(exporter::is_valid_utf8(reason));
    FUZZ_CHECK(std::ranges::none_of(reason, [](char character) {
      const auto byte = static_cast<unsigned char>(character);
      return byte < 0x20 || byte == 0x7F;
    }));
    return;
  }
  std::size_t samples = 0;
  for (const slo::Track& track : *tracks) {
    samples += track.samples.size();
    for (const auto& sample : track.samples) FUZZ_CHECK(sample.utc_ms >= 0);
  }
  FUZZ_CHECK(tracks->size() + samples <= input.size());
  // The judge takes all of it.
  slo::RecordSpec spec;
  spec.interval_ms = 1'000;
  spec.slice_ms = 2'000;
  FUZZ_CHECK(slo::judge_slices(spec, {0, 10'000}, *tracks, *tracks).size() == 5);
}
