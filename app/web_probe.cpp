#include "app/web_probe.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "app/answers.h"
#include "exporter/core/openmetrics.h"
#include "exporter/core/text.h"
#include "exporter/probes/board.h"
#include "exporter/probes/collector.h"

namespace app {
namespace {

using exporter::ErrorKind;
using exporter::fail;
using exporter::HttpRequest;
using exporter::HttpResponse;
using exporter::ProbeResult;
using exporter::ProbeSpec;
using exporter::Result;

constexpr std::string_view kDefaultModule = "http_2xx";
constexpr std::int64_t kAnswerMarginMs = 500;  // before the scraper gives up
constexpr std::size_t kMaxTargetBytes = 4096;

// The one value of a parameter.
Result<std::string> only_value(const HttpRequest& request, std::string_view name,
                               std::string_view otherwise) {
  const auto values = request.values(name);
  if (values.size() > 1)
    return fail(ErrorKind::kInvalid, std::string(name).append(": given twice"));
  if (!values.empty()) return std::string(values[0]);
  if (otherwise.empty()) return fail(ErrorKind::kInvalid, std::string(name).append(": is missing"));
  return std::string(otherwise);
}

// What Prometheus leaves; 0: it did not say.
std::int64_t scraper_patience_ms(const HttpRequest& request) {
  const std::string_view text = request.header("x-prometheus-scrape-timeout-seconds");
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool good =
      error == std::errc{} && end == text.data() + text.size() && seconds > 0 && seconds < 3600;
  return good ? static_cast<std::int64_t>(seconds * 1000) : 0;
}

std::string page_of(const ProbeSpec& spec, const std::string& module, ProbeResult result) {
  exporter::ProbeStatus status;
  status.labels = exporter::series_labels(module);
  status.kind = exporter::kind_name(spec.target);
  status.hold_ms = exporter::kMaxIntervalMs;
  const std::int64_t now_ns = result.done.boot_ns;
  // Whoever asks here wants an answer: what says nothing about the target is no success.
  if (result.outcome == exporter::ProbeOutcome::kUnknown) {
    result.outcome = exporter::ProbeOutcome::kBad;
  }
  status.last = std::move(result);
  exporter::SampleBlock block;
  exporter::SampleWriter writer(block);
  exporter::write_probe_gauges({&status, 1}, now_ns, writer);
  writer.finish();
  std::string page;
  block.render_text(page);
  return page;
}

}  // namespace

Result<ProbeSpec> read_probe_query(const HttpRequest& request, const ProbeModules& modules) {
  const auto name = only_value(request, "module", kDefaultModule);
  if (!name) return std::unexpected(name.error());
  const auto target = only_value(request, "target", {});
  if (!target) return std::unexpected(target.error());
  const ProbeModule* module = modules.find(*name);
  if (module == nullptr) {
    return fail(ErrorKind::kInvalid,
                "module: there is none called '" + exporter::printable(*name, 64) + "'");
  }
  if (target->size() > kMaxTargetBytes || !allows(*module, *target)) {
    return fail(ErrorKind::kConflict, "target: the module does not allow it");
  }
  auto spec = probe_of_module(*module, *target);
  if (!spec) return std::unexpected(spec.error());
  if (const std::int64_t patience_ms = scraper_patience_ms(request); patience_ms > 0) {
    const std::int64_t most_ms = std::max<std::int64_t>(patience_ms - kAnswerMarginMs, 1);
    spec->timeout_ms = std::min(spec->effective_timeout_ms(), most_ms);
  }
  return spec;
}

HttpResponse answer_probe(const HttpRequest& request, const ProbeModules& modules,
                          const ProbeOnce& probe_once) {
  auto spec = read_probe_query(request, modules);
  if (!spec) {
    const int status = spec.error().kind == ErrorKind::kConflict ? 403 : 400;
    return plain_answer(status, spec.error().message + "\n");
  }
  auto result = probe_once(*spec);
  if (!result) {
    const int status = result.error().kind == ErrorKind::kUnavailable ? 503 : 400;
    return plain_answer(status, result.error().message + "\n");
  }
  const std::string module = spec->name.substr(0, spec->name.find('/'));
  return answer(200, exporter::kTextFormat, page_of(*spec, module, std::move(*result)));
}

}  // namespace app
