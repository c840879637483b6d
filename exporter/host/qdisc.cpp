// tcmsg, then attributes: TCA_KIND "fq_codel\0", TCA_STATS2 with TCA_STATS_BASIC and
// TCA_STATS_QUEUE inside, and since Linux 5.5 TCA_STATS_PKT64 where 32 bits do not hold the
// packets.
#include "exporter/host/qdisc.h"

#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "exporter/host/options.h"

namespace exporter {
namespace {

constexpr Family per_qdisc(MetricType type, std::string_view name, std::string_view help) {
  return {name, help, type, {"device", "kind"}};
}

struct Output {
  Family family;
  std::uint64_t Qdisc::* value;
};

constexpr Output kOutputs[] = {
    {per_qdisc(MetricType::kCounter, "node_qdisc_bytes_total", "Bytes sent."), &Qdisc::bytes},
    {per_qdisc(MetricType::kCounter, "node_qdisc_packets_total", "Packets sent."), &Qdisc::packets},
    {per_qdisc(MetricType::kCounter, "node_qdisc_drops_total", "Packets dropped."), &Qdisc::drops},
    {per_qdisc(MetricType::kCounter, "node_qdisc_requeues_total",
               "Packets put back because the device was busy."),
     &Qdisc::requeues},
    {per_qdisc(MetricType::kCounter, "node_qdisc_overlimits_total",
               "Times that a limit held packets back."),
     &Qdisc::overlimits},
    {per_qdisc(MetricType::kGauge, "node_qdisc_current_queue_length", "Packets queued."),
     &Qdisc::queue_length},
    {per_qdisc(MetricType::kGauge, "node_qdisc_backlog", "Bytes queued."), &Qdisc::backlog},
};

constexpr CollectorOption kOptions[] = {
    {"qdisc.device-include", "", "interfaces to report"},
    {"qdisc.device-exclude", "", "interfaces to leave out"},
};

class QdiscCollector final : public Collector {
 public:
  QdiscCollector(const HostContext& context, NameFilter filter)
      : socket_(NETLINK_ROUTE, context.open_socket),
        ioctl_(context.ioctl),
        filter_(std::move(filter)) {}

  std::string_view name() const override { return "qdisc"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    count_ = 0;
    const Result<void> asked = socket_.dump(RTM_GETQDISC, tcmsg{}, scrape.buffer,
                                            [this](std::uint16_t type, std::string_view body) {
                                              return type != RTM_NEWQDISC || take(body);
                                            });
    if (!asked) return asked;
    name_devices();
    for (const Output& output : kOutputs) {
      out.family(output.family);
      for (const Row& row : std::span(rows_).first(count_)) {
        if (row.passes) out.add(row.qdisc.*output.value, row.device, row.qdisc.kind);
      }
    }
    return {};
  }

 private:
  // Rows are used again by the next scrape, so their texts keep their memory.
  struct Row {
    Qdisc qdisc;
    std::string device;
    bool passes = false;
  };

  bool take(std::string_view body) {
    if (count_ == rows_.size()) rows_.emplace_back();
    const QdiscPart part = parse_qdisc(body, rows_[count_].qdisc);
    if (part == QdiscPart::kRoot) ++count_;
    return part != QdiscPart::kNone;
  }

  void name_devices() {
    filter_.restart();
    for (Row& row : std::span(rows_).first(count_)) {
      row.device = interface_name(ioctl_, socket_.descriptor(), row.qdisc.interface);
      row.passes = !row.device.empty() && filter_.passes(row.device);
    }
  }

  NetlinkSocket socket_;
  Ioctl ioctl_;
  OrderedFilter filter_;
  std::vector<Row> rows_;
  std::size_t count_ = 0;
};

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  auto filter = filter_option(context, "qdisc.device-include", "qdisc.device-exclude");
  if (!filter) return std::unexpected(filter.error());
  return std::make_unique<QdiscCollector>(context, std::move(*filter));
}

void parse_stats(std::string_view stats, Qdisc& qdisc) {
  std::uint16_t type = 0;
  std::string_view value;
  bool has_long_packets = false;
  while (next_attribute(stats, type, value)) {
    if (type == TCA_STATS_BASIC) {
      const auto basic = as_struct<gnet_stats_basic>(value);
      qdisc.bytes = basic.bytes;
      if (!has_long_packets) qdisc.packets = basic.packets;
    } else if (type == TCA_STATS_PKT64) {
      qdisc.packets = as_struct<std::uint64_t>(value);
      has_long_packets = true;
    } else if (type == TCA_STATS_QUEUE) {
      const auto queue = as_struct<gnet_stats_queue>(value);
      qdisc.queue_length = queue.qlen;
      qdisc.backlog = queue.backlog;
      qdisc.drops = queue.drops;
      qdisc.requeues = queue.requeues;
      qdisc.overlimits = queue.overlimits;
    }
  }
}

}  // namespace

QdiscPart parse_qdisc(std::string_view body, Qdisc& qdisc) {
  tcmsg head{};
  if (!take_struct(body, head)) return QdiscPart::kNone;
  if (head.tcm_parent != TC_H_ROOT) return QdiscPart::kInner;
  std::string kind = std::move(qdisc.kind);
  kind.clear();
  qdisc = {};
  qdisc.interface = static_cast<std::uint32_t>(head.tcm_ifindex);
  std::uint16_t type = 0;
  std::string_view value;
  while (next_attribute(body, type, value)) {
    if (type == TCA_KIND) kind = value.substr(0, value.find('\0'));
    if (type == TCA_STATS2) parse_stats(value, qdisc);
  }
  qdisc.kind = std::move(kind);
  return body.empty() ? QdiscPart::kRoot : QdiscPart::kNone;
}

CollectorRow qdisc_row() {
  return {"qdisc", false, "queueing disciplines of interfaces (netlink)", kOptions, make};
}

}  // namespace exporter
