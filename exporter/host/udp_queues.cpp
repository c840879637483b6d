//    sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid ...
//   101: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0 ...
#include "exporter/host/udp_queues.h"

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family kQueues{"node_udp_queues",
                         "Bytes waiting in the queues of UDP sockets.",
                         MetricType::kGauge,
                         {"ip", "queue"}};

// Lines of IPv4 are padded to 128 bytes, those of IPv6 have some 210 at most.
class UdpQueuesCollector final : public Collector {
 public:
  explicit UdpQueuesCollector(const HostContext& context)
      : ipv4_(network_file(context.roots, "udp"), FileShape::kShortRecords),
        ipv6_(network_file(context.roots, "udp6"), FileShape::kShortRecords) {}

  std::string_view name() const override { return "udp_queues"; }

  // A machine may lack one of them.
  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    found_ = false;
    out.family(kQueues);
    const Result<void> ipv4 = collect_one(ipv4_, "v4", scrape, out);
    const Result<void> ipv6 = collect_one(ipv6_, "v6", scrape, out);
    if (!found_) return fail(ErrorKind::kNotFound, ipv4_.path() + ": no such file");
    return ipv4 ? ipv6 : ipv4;
  }

 private:
  Result<void> collect_one(KernelFile& file, std::string_view ip, const Scrape& scrape,
                           SampleWriter& out) {
    const auto text = file.read_if_there(scrape.buffer);
    if (!text) found_ = true;
    if (!text) return std::unexpected(text.error());
    if (!*text) return {};
    found_ = true;
    LineErrors errors;
    const UdpQueues queues = parse_udp(**text, errors);
    out.add(queues.transmit, ip, "tx");
    out.add(queues.receive, ip, "rx");
    return errors.result(file.path());
  }

  bool found_ = false;  // at least one
  KernelFile ipv4_;
  KernelFile ipv6_;
};

}  // namespace

UdpQueues parse_udp(std::string_view text, LineErrors& errors) {
  UdpQueues queues;
  std::string_view line;
  next_line(text, line);
  while (next_line(text, line)) {
    std::string_view rest = line;
    for (int column = 0; column < 4; ++column) next_word(rest);
    const auto transmit = next_number<std::uint64_t>(rest, 16);
    const bool colon = rest.starts_with(':');
    if (colon) rest.remove_prefix(1);
    const auto receive = next_number<std::uint64_t>(rest, 16);
    if (!transmit || !colon || !receive) {
      errors.add(line);
      continue;
    }
    queues.transmit += *transmit;
    queues.receive += *receive;
  }
  return queues;
}

CollectorRow udp_queues_row() {
  return {"udp_queues",
          true,
          "bytes waiting in UDP sockets (/proc/net/udp, udp6)",
          {},
          make_collector<UdpQueuesCollector>};
}

}  // namespace exporter
