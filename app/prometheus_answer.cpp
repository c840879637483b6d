#include "app/prometheus_answer.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "exporter/core/json_text.h"
#include "exporter/core/text.h"

namespace app {
namespace {

using exporter::ErrorKind;
using exporter::fail;
using exporter::Result;
using nlohmann::json;

constexpr double kLatestSeconds = 253'402'300'800;  // the year 10000
constexpr std::size_t kMaxErrorBytes = 300;

const json* member(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

const std::string* text_member(const json& object, const char* key) {
  const json* value = member(object, key);
  return value != nullptr && value->is_string() ? &value->get_ref<const std::string&>() : nullptr;
}

// "3", "1e+06", "NaN", "+Inf", "-Inf"
std::optional<double> number_of(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// [1767225600.781, "3"]
std::optional<slo::Track::Sample> sample_of(const json& pair) {
  if (!pair.is_array() || pair.size() != 2) return std::nullopt;
  if (!pair[0].is_number() || !pair[1].is_string()) return std::nullopt;
  const double seconds = pair[0].get<double>();
  if (!(seconds >= 0 && seconds < kLatestSeconds)) return std::nullopt;
  const auto value = number_of(pair[1].get_ref<const std::string&>());
  if (!value) return std::nullopt;
  return slo::Track::Sample{std::llround(seconds * 1000), *value};
}

bool read_labels(const json& series, slo::Track& track) {
  const json* metric = member(series, "metric");
  if (metric == nullptr || !metric->is_object()) return false;
  for (const auto& [name, value] : metric->items()) {
    if (!value.is_string()) return false;
    track.labels.emplace(name, value.get_ref<const std::string&>());
  }
  return true;
}

bool read_series(const json& series, slo::Track& track) {
  if (!read_labels(series, track)) return false;
  if (const json* value = member(series, "value")) {
    const auto sample = sample_of(*value);
    if (sample) track.samples.push_back(*sample);
    return sample.has_value();
  }
  const json* values = member(series, "values");
  if (values == nullptr) return true;
  if (!values->is_array()) return false;
  track.samples.reserve(values->size());
  for (const json& pair : *values) {
    const auto sample = sample_of(pair);
    if (!sample) return false;
    track.samples.push_back(*sample);
  }
  return true;
}

}  // namespace

Result<std::vector<slo::Track>> parse_answer(std::string_view body) {
  const auto refuse = [] {
    return fail(ErrorKind::kParse, "the answer is not that of a Prometheus query API");
  };
  const json answer = exporter::parse_json(body);
  const std::string* status = text_member(answer, "status");
  if (status == nullptr) return refuse();
  if (*status == "error") {
    const std::string* error = text_member(answer, "error");
    if (error == nullptr) return refuse();
    return fail(ErrorKind::kInvalid, exporter::printable(*error, kMaxErrorBytes));
  }
  const json* data = member(answer, "data");
  if (*status != "success" || data == nullptr) return refuse();
  const std::string* type = text_member(*data, "resultType");
  const json* result = member(*data, "result");
  if (type == nullptr || result == nullptr || !result->is_array()) return refuse();
  std::vector<slo::Track> tracks;
  if (*type == "scalar") {
    const auto sample = sample_of(*result);
    if (!sample) return refuse();
    tracks.emplace_back().samples.push_back(*sample);
    return tracks;
  }
  if (*type != "matrix" && *type != "vector") return refuse();
  tracks.reserve(result->size());
  for (const json& series : *result) {
    if (!read_series(series, tracks.emplace_back())) return refuse();
  }
  return tracks;
}

}  // namespace app
