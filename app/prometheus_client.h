// Asks one Prometheus-compatible query API, over libcurl: POST {url}/api/v1/query and
// /api/v1/query_range. Blocks its caller, at most for the source's timeout, name look-up included,
// or until the stop token asks to end. Answers of bounded size; no redirects, no proxy; credentials
// are read from their files at each request. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "app/source_spec.h"
#include "exporter/core/error.h"
#include "slo/record_rule.h"

namespace app {

class PrometheusClient {
 public:
  // More than this is refused: ask for fewer points or fewer series.
  static constexpr std::size_t kMaxAnswerBytes = std::size_t{4} << 20;

  explicit PrometheusClient(const SourceSpec& spec);
  ~PrometheusClient();
  PrometheusClient(const PrometheusClient&) = delete;
  PrometheusClient& operator=(const PrometheusClient&) = delete;

  // Values at begin, begin + step, ..., end (Unix milliseconds).
  struct Range {
    std::int64_t begin_ms = 0;
    std::int64_t end_ms = 0;
    std::int64_t step_ms = 0;
  };
  // kUnavailable: it cannot be asked now; kInvalid: it refuses the query; kParse: it answers
  // something else. Messages begin with "source NAME: ".
  exporter::Result<std::vector<slo::Track>> range(const std::string& query, const Range& range,
                                                  const std::stop_token& stop);
  exporter::Result<std::vector<slo::Track>> instant(const std::string& query, std::int64_t at_ms,
                                                    const std::stop_token& stop);

 private:
  struct Transfer;
  using Field = std::pair<const char*, std::string>;

  exporter::Result<std::vector<slo::Track>> ask(const std::string& path,
                                                const std::vector<Field>& fields,
                                                const std::stop_token& stop);

  const SourceSpec spec_;
  std::unique_ptr<Transfer> transfer_;
};

}  // namespace app
