// Good and bad events of a source that keeps series, slice by slice: what slo/record_rule.h says,
// for events. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "slo/record_rule.h"

namespace slo {

// The slices of [begin, end), whole ones. Of counters the tracks begin at asked.begin_ms: what grew
// from there to the end of a slice; one that fell began anew at 0, one that is new grows from its
// first value on. Nothing of `part` while there is a total: none of that kind, if they are the bad
// ones; if they are the good ones, nothing is known.
std::vector<CountedSlice> count_slices(const RecordSpec& spec, const Period& asked,
                                       const std::vector<Track>& part,
                                       const std::vector<Track>& total,
                                       const std::vector<Track>& alive);

// A classic histogram as counters: the bucket whose bound is the threshold, and all. `buckets` has
// a series for each bound, by its label le. kInvalid when there is no such bound, with those that
// there are.
exporter::Result<EventQueries> classic_queries(const EventQueries& latency,
                                               const std::vector<Track>& buckets);
// A native one, which has no bounds: shares of its growth within a slice, interpolated.
EventQueries native_queries(const EventQueries& latency, std::int64_t slice_ms);

// http_seconds{job="api"} as http_seconds_bucket{job="api",le="0.4"}
std::string derived_selector(const std::string& selector, const std::string& suffix,
                             const std::string& matcher = "");

}  // namespace slo
