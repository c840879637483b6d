// host1/port_state: "Online", host1/port_name: "0x500143802426baf2"
// host1/statistics/tx_frames: "0x64"; 0xffffffffffffffff where the adapter does not count.
#include "exporter/host/fibrechannel.h"

#include <array>

#include "exporter/host/hardware.h"

namespace exporter {
namespace {

constexpr Family kInfo{
    "node_fibrechannel_info",
    "State and names of a Fibre Channel adapter; always 1.",
    MetricType::kGauge,
    {"dev_loss_tmo", "fabric_name", "fc_host", "port_id", "port_name", "port_state", "port_type",
     "speed", "supported_classes", "supported_speeds", "symbolic_name"}};

constexpr Family counter(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kCounter, {"fc_host"}};
}

struct Output {
  Family family;
  std::string_view file;
};

constexpr std::array<Output, 14> kOutputs{{
    {counter("node_fibrechannel_dumped_frames_total", "Frames that were dumped."), "dumped_frames"},
    {counter("node_fibrechannel_error_frames_total", "Frames with an error."), "error_frames"},
    {counter("node_fibrechannel_fcp_packet_aborts_total", "Packets that were aborted."),
     "fcp_packet_aborts"},
    {counter("node_fibrechannel_invalid_crc_total", "Frames with a wrong checksum."),
     "invalid_crc_count"},
    {counter("node_fibrechannel_invalid_tx_words_total", "Invalid words that came in."),
     "invalid_tx_word_count"},
    {counter("node_fibrechannel_link_failure_total", "Failures of the link."),
     "link_failure_count"},
    {counter("node_fibrechannel_loss_of_signal_total", "Times that the signal was lost."),
     "loss_of_signal_count"},
    {counter("node_fibrechannel_loss_of_sync_total", "Times that synchronisation was lost."),
     "loss_of_sync_count"},
    {counter("node_fibrechannel_nos_total", "Not-operational sequences that came in."),
     "nos_count"},
    {counter("node_fibrechannel_rx_frames_total", "Frames received."), "rx_frames"},
    {counter("node_fibrechannel_rx_words_total", "Words received."), "rx_words"},
    {counter("node_fibrechannel_seconds_since_last_reset_total",
             "Seconds since the adapter's counters were reset."),
     "seconds_since_last_reset"},
    {counter("node_fibrechannel_tx_frames_total", "Frames sent."), "tx_frames"},
    {counter("node_fibrechannel_tx_words_total", "Words sent."), "tx_words"},
}};

std::optional<Number> parse_count(std::string_view text) {
  const auto value = to_value(text);
  const bool counts_not = value && !value->is_real() && value->whole() == ~std::uint64_t{0};
  return counts_not ? std::optional<Number>(Number::nan()) : value;
}

void discover(const std::string& directory, HardwarePlan& plan) {
  for (const std::string& host : plan.list(directory)) {
    const std::string base = directory + "/" + host + "/";
    const auto file = [&base](std::string_view name) {
      return LabelSource::file(base + std::string(name), "0x");
    };
    std::vector<LabelSource> labels;
    labels.push_back(file("dev_loss_tmo"));
    labels.push_back(file("fabric_name"));
    labels.push_back(LabelSource::text(host));
    for (const std::string_view name : {"port_id", "port_name", "port_state", "port_type", "speed",
                                        "supported_classes", "supported_speeds", "symbolic_name"}) {
      labels.push_back(file(name));
    }
    plan.info(kInfo, std::move(labels));
    for (const Output& output : kOutputs) {
      plan.number(output.family, base + "statistics/" + std::string(output.file), {host}, {},
                  parse_count);
    }
  }
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const std::string directory = context.roots.sysfs + "/class/fc_host";
  return make_hardware_collector(
      context, {.name = "fibrechannel",
                .places = {directory},
                .discover = [directory](HardwarePlan& plan) { discover(directory, plan); },
                .may_block = true,
                .no_device = NoDevice::kFineInPlace});
}

}  // namespace

CollectorRow fibrechannel_row() {
  return {"fibrechannel", true, "Fibre Channel adapters (/sys/class/fc_host)", {}, make};
}

}  // namespace exporter
