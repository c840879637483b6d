#include "app/web_series.h"

#include <array>
#include <string_view>

namespace app {
namespace {

using exporter::Family;
using exporter::MetricType;

constexpr Family kConnections{"fournines_http_connections_total", "Connections accepted.",
                              MetricType::kCounter};
constexpr Family kActive{"fournines_http_connections", "Connections open now."};
constexpr Family kCut{
    "fournines_http_connections_cut_total",
    "Connections that were closed without an answer, by reason: evicted (for a newer one), "
    "evicted_own (its address had too many), evicted_buffers (incomplete requests held too much "
    "memory), refused (no descriptor left), request_timeout, write_timeout.",
    MetricType::kCounter,
    {"reason"}};
constexpr Family kPauses{
    "fournines_http_accept_pauses_total",
    "Times when new connections had to wait: no descriptor was left, or all places were in use.",
    MetricType::kCounter};
constexpr Family kResponses{"fournines_http_responses_total",
                            "Responses by class of status.",
                            MetricType::kCounter,
                            {"code"}};
constexpr Family kBytes{"fournines_http_response_bytes_total", "Bytes written to clients.",
                        MetricType::kCounter};

constexpr std::array<std::string_view, 6> kClasses{"", "1xx", "2xx", "3xx", "4xx", "5xx"};

}  // namespace

void write_web_series(const exporter::GateStatistics& gate, exporter::SampleWriter& out) {
  out.family(kConnections);
  out.add(gate.accepted.load());
  out.family(kActive);
  out.add(gate.active.load());
  out.family(kCut);
  out.add(gate.evicted.load(), "evicted");
  out.add(gate.evicted_own.load(), "evicted_own");
  out.add(gate.evicted_buffers.load(), "evicted_buffers");
  out.add(gate.refused.load(), "refused");
  out.add(gate.request_timeouts.load(), "request_timeout");
  out.add(gate.write_timeouts.load(), "write_timeout");
  out.family(kPauses);
  out.add(gate.pauses.load());
  out.family(kResponses);
  for (std::size_t digit = 1; digit < gate.responses.size(); ++digit) {
    out.add(gate.responses[digit].load(), kClasses[digit]);
  }
  out.family(kBytes);
  out.add(gate.bytes_written.load());
}

}  // namespace app
