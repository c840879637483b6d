#include "app/web_series.h"

#include <string>

#include "app/own_series.h"

namespace app {

using prometheus::MetricType;

void append_web_series(const exporter::GateStatistics& gate,
                       std::vector<prometheus::MetricFamily>& families) {
  const auto value = [](const std::atomic<std::uint64_t>& counter) {
    return static_cast<double>(counter.load(std::memory_order_relaxed));
  };
  families.push_back(make_family("fournines_http_connections_total", "Connections accepted.",
                                 MetricType::Counter, "", {{"", value(gate.accepted)}}));
  families.push_back(make_family("fournines_http_connections", "Connections open now.",
                                 MetricType::Gauge, "", {{"", value(gate.active)}}));
  families.push_back(make_family(
      "fournines_http_connections_cut_total",
      "Connections that were closed without an answer, by reason: evicted (for a newer one), "
      "evicted_own (its address had too many), evicted_buffers (incomplete requests held too much "
      "memory), refused (no descriptor left), request_timeout, write_timeout.",
      MetricType::Counter, "reason",
      {{"evicted", value(gate.evicted)},
       {"evicted_own", value(gate.evicted_own)},
       {"evicted_buffers", value(gate.evicted_buffers)},
       {"refused", value(gate.refused)},
       {"request_timeout", value(gate.request_timeouts)},
       {"write_timeout", value(gate.write_timeouts)}}));
  std::vector<std::pair<std::string, double>> by_class;
  for (std::size_t digit = 1; digit < gate.responses.size(); ++digit) {
    by_class.emplace_back(std::to_string(digit) + "xx", value(gate.responses[digit]));
  }
  families.push_back(make_family("fournines_http_responses_total", "Responses by class of status.",
                                 MetricType::Counter, "code", by_class));
  families.push_back(make_family("fournines_http_response_bytes_total", "Bytes written to clients.",
                                 MetricType::Counter, "", {{"", value(gate.bytes_written)}}));
}

}  // namespace app
