//    sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid ...
//   101: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0 ...
//
// To make this text, if only of the head, the kernel walks a table whose size goes by the memory of
// the machine: the dearest read of all. Where sockstat says that no UDP socket is in use, it is
// not asked.
#include "exporter/host/udp_queues.h"

#include "exporter/core/scan.h"
#include "exporter/host/sockstat.h"

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
      : ipv4_{KernelFile(network_file(context.roots, "udp"), FileShape::kShortRecords),
              context.sockstat_file, "UDP:", "v4"},
        ipv6_{KernelFile(network_file(context.roots, "udp6"), FileShape::kShortRecords),
              context.sockstat6_file, "UDP6:", "v6"} {}

  std::string_view name() const override { return "udp_queues"; }

  // A machine may lack one of them.
  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    out.family(kQueues);
    const Result<void> ipv4 = collect_one(ipv4_, scrape, out);
    const Result<void> ipv6 = collect_one(ipv6_, scrape, out);
    if (!ipv4_.is_there && !ipv6_.is_there) {
      return fail(ErrorKind::kNotFound, ipv4_.file.path() + ": no such file");
    }
    return ipv4 ? ipv6 : ipv4;
  }

 private:
  struct Version {
    KernelFile file;
    std::shared_ptr<SharedFile> sockstat;
    std::string_view protocol;  // in sockstat
    std::string_view label;
    bool is_there = false;  // the file, when it was last asked for
  };

  static Result<void> collect_one(Version& version, const Scrape& scrape, SampleWriter& out) {
    UdpQueues queues;
    LineErrors errors;
    if (!version.is_there || !is_unused(version, scrape)) {
      const auto text = version.file.read_if_there(scrape.buffer);
      version.is_there = !text || *text;
      if (!text) return std::unexpected(text.error());
      if (!*text) return {};
      queues = parse_udp(**text, errors);
    }
    out.add(queues.transmit, version.label, "tx");
    out.add(queues.receive, version.label, "rx");
    return errors.result(version.file.path());
  }

  static bool is_unused(const Version& version, const Scrape& scrape) {
    const auto sockstat = version.sockstat->read(scrape);
    return sockstat && has_no_sockets(*sockstat, version.protocol);
  }

  Version ipv4_;
  Version ipv6_;
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
