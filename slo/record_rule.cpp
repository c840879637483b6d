#include "slo/record_rule.h"

#include <cmath>
#include <optional>
#include <tuple>

namespace slo {
namespace {

struct Point {
  std::int64_t good = 0;
  std::int64_t total = 0;
  bool is_alive = false;
};

// The number of the evaluation that a value is of.
std::optional<std::size_t> place_of(const RecordSpec& spec, const Period& asked,
                                    std::int64_t utc_ms) {
  if (utc_ms <= asked.begin_ms || utc_ms > asked.end_ms) return std::nullopt;
  const std::int64_t passed_ms = utc_ms - asked.begin_ms;
  if (passed_ms % spec.interval_ms != 0) return std::nullopt;
  return static_cast<std::size_t>(passed_ms / spec.interval_ms - 1);
}

CountedSlice count(const RecordSpec& spec, std::int64_t begin_ms, const Point* points) {
  CountedSlice slice{{begin_ms, begin_ms + spec.slice_ms}};
  const std::int64_t count = spec.slice_ms / spec.interval_ms;
  std::int64_t seen = 0;
  std::int64_t good = 0;
  std::int64_t total = 0;
  for (const Point* point = points; point != points + count; ++point) {
    const bool speaks = point->total > 0;
    if (!point->is_alive || (!speaks && spec.when_absent == WhenAbsent::kUnknown)) continue;
    ++seen;
    good += speaks ? point->good : (spec.when_absent == WhenAbsent::kGood ? 1 : 0);
    total += speaks ? point->total : 1;
  }
  slice.is_known = 2 * seen >= count && total > 0;
  if (!slice.is_known) return slice;
  slice.good = static_cast<double>(good);
  slice.bad = static_cast<double>(total - good);
  return slice;
}

}  // namespace

ToldSlice judge_counted(const RecordSpec& spec, const CountedSlice& slice) {
  ToldSlice told{slice.period, State::kUnknown, Cause::kNoData};
  if (!slice.is_known) return told;
  const double total = slice.good + slice.bad;
  std::tie(told.state, told.cause) = total <= 0
                                         ? judged_without_events(spec.when_absent)
                                         : judged_by_share(slice.good, total, spec.target_ppb);
  return told;
}

std::vector<CountedSlice> count_samples(const RecordSpec& spec, const Period& asked,
                                        const std::vector<Track>& tracks,
                                        const std::vector<Track>& alive) {
  const std::int64_t slices = std::max<std::int64_t>(0, asked.length_ms() / spec.slice_ms);
  std::vector<Point> points(static_cast<std::size_t>(slices * (spec.slice_ms / spec.interval_ms)));
  const auto each = [&](const std::vector<Track>& all, auto act) {
    for (const Track& track : all) {
      for (const Track::Sample& sample : track.samples) {
        const auto place = place_of(spec, asked, sample.utc_ms);
        if (place && *place < points.size()) act(points[*place], sample.value);
      }
    }
  };
  each(tracks, [&](Point& point, double value) {
    if (std::isnan(value)) return;
    ++point.total;
    if (holds(value, spec.comparison, spec.value)) ++point.good;
  });
  each(alive, [](Point& point, double) { point.is_alive = true; });
  std::vector<CountedSlice> counted;
  counted.reserve(static_cast<std::size_t>(slices));
  for (std::int64_t i = 0; i < slices; ++i) {
    counted.push_back(count(spec, asked.begin_ms + i * spec.slice_ms,
                            points.data() + i * (spec.slice_ms / spec.interval_ms)));
  }
  return counted;
}

std::vector<ToldSlice> judge_slices(const RecordSpec& spec, const Period& asked,
                                    const std::vector<Track>& tracks,
                                    const std::vector<Track>& alive) {
  std::vector<ToldSlice> told;
  for (const CountedSlice& slice : count_samples(spec, asked, tracks, alive)) {
    told.push_back(judge_counted(spec, slice));
  }
  return told;
}

}  // namespace slo
