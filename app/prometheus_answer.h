// What a Prometheus-compatible query API answers to /api/v1/query and /api/v1/query_range:
//
//   {"status":"success","data":{"resultType":"matrix","result":[
//     {"metric":{"job":"shop"},"values":[[1767225600,"3"],[1767225615.5,"NaN"]]}]}}
//   {"status":"error","errorType":"bad_data","error":"parse error: ..."}
//
// Untrusted text: checked here, clean behind. Any thread.
#pragma once

#include <string_view>
#include <vector>

#include "exporter/core/error.h"
#include "slo/record_rule.h"

namespace app {

// The series of a matrix, a vector (one value each) or a scalar (one series without labels); native
// histograms have no values and give series without samples. kInvalid with the server's words when
// it refused the query, kParse when it is no such answer.
exporter::Result<std::vector<slo::Track>> parse_answer(std::string_view body);

}  // namespace app
