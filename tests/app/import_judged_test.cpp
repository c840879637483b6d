// From other tools' files through the importer into the loader.
#include <string>

#include "app/config.h"
#include "app/import.h"
#include "tests/support/doctest.h"

namespace app {
namespace {

std::string imported(const std::string& text) {
  ConfigErrors errors;
  return import_text(import_documents(YamlValue::parse_all(text, "f.yml", errors)));
}

std::string pyrra(const std::string& indicator) {
  return R"(
apiVersion: pyrra.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: web}
spec:
  target: "99.5"
  window: 4w
  indicator: )" +
         indicator + "\n";
}

}  // namespace

TEST_CASE("what was imported is judged as it is written") {
  const std::string sloth = R"(
version: prometheus/v1
service: shop
slos:
  - name: availability
    objective: 99.9
    sli:
      events:
        error_query: sum(rate(http_total{code=~"5.."}[{{.window}}]))
        total_query: sum(rate(http_total[{{.window}}]))
)";
  const std::string threshold = R"(
apiVersion: openslo/v1
kind: SLO
metadata: {name: lag}
spec:
  service: shop
  indicator: {spec: {thresholdMetric: {metricSource: {type: Prometheus, spec: {query: max(lag)}}}}}
  timeWindow: [{duration: 4w, isRolling: true}]
  budgetingMethod: Timeslices
  objectives: [{op: lte, value: 100, target: 0.99, timeSliceTarget: 0.95, timeSliceWindow: 5m}]
)";
  for (const std::string& file :
       {sloth, threshold, pyrra("{ratio: {errors: {metric: e}, total: {metric: t}}}"),
        pyrra("{latency: {success: {metric: 's_bucket{le=\"1\"}'}, total: {metric: s_count}}}"),
        pyrra("{latencyNative: {latency: 1s, total: {metric: s}}}"),
        pyrra("{bool_gauge: {metric: up}}")}) {
    CAPTURE(file);
    const std::string text = imported(file);
    CAPTURE(text);
    ConfigErrors errors;
    const auto config = load_config(text, "output", errors);
    CHECK(errors.lines().empty());
    REQUIRE(config.has_value());
    REQUIRE(config->slos.front().series.has_value());
    CHECK(config->slos.front().series->record.has_value());
  }
}

}  // namespace app
