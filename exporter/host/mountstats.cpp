#include "exporter/host/mountstats.h"

#include <unistd.h>

#include <algorithm>
#include <span>
#include <string>

#include "exporter/core/number_text.h"
#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family per_mount(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kCounter, {"export", "mountaddr", "protocol"}};
}

constexpr Family per_transport(MetricType type, std::string_view name, std::string_view help) {
  return {name, help, type, {"export", "mountaddr", "protocol", "transport"}};
}

constexpr Family per_operation(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kCounter, {"export", "mountaddr", "operation", "protocol"}};
}

constexpr Family kMountPoint{"node_mountstats_nfs_mountpoint_info",
                             "Where the export is mounted; always 1.",
                             MetricType::kGauge,
                             {"export", "mountaddr", "mountpoint", "protocol"}};
constexpr Family kAge =
    per_mount("node_mountstats_nfs_age_seconds_total", "Time since it was mounted.");

constexpr Family kBytes[] = {
    per_mount("node_mountstats_nfs_read_bytes_total", "Bytes read by programs."),
    per_mount("node_mountstats_nfs_write_bytes_total", "Bytes written by programs."),
    per_mount("node_mountstats_nfs_direct_read_bytes_total", "Bytes read past the cache."),
    per_mount("node_mountstats_nfs_direct_write_bytes_total", "Bytes written past the cache."),
    per_mount("node_mountstats_nfs_total_read_bytes_total", "Bytes read from the server."),
    per_mount("node_mountstats_nfs_total_write_bytes_total", "Bytes written to the server."),
    per_mount("node_mountstats_nfs_read_pages_total", "Pages read by mapping."),
    per_mount("node_mountstats_nfs_write_pages_total", "Pages written by mapping."),
};

constexpr Family kEvent{"node_mountstats_nfs_event_",
                        "Events of this kind on the mount.",
                        MetricType::kCounter,
                        {"export", "mountaddr", "protocol"},
                        "_total"};
// In the order of the line; a nameless one is not reported.
constexpr std::string_view kEventNames[] = {"inode_revalidate",
                                            "dnode_revalidate",
                                            "data_invalidate",
                                            "attribute_invalidate",
                                            "vfs_open",
                                            "vfs_lookup",
                                            "vfs_access",
                                            "vfs_update_page",
                                            "vfs_read_page",
                                            "vfs_read_pages",
                                            "vfs_write_page",
                                            "vfs_write_pages",
                                            "vfs_getdents",
                                            "vfs_setattr",
                                            "vfs_flush",
                                            "vfs_fsync",
                                            "vfs_lock",
                                            "vfs_file_release",
                                            "",
                                            "truncation",
                                            "write_extension",
                                            "silly_rename",
                                            "short_read",
                                            "short_write",
                                            "jukebox_delay",
                                            "pnfs_read",
                                            "pnfs_write"};
static_assert(std::size(kEventNames) == std::tuple_size_v<decltype(NfsMount::events)>);

struct TransportOutput {
  Family family;
  NfsTransport::Column column;
};
constexpr TransportOutput kTransports[] = {
    {per_transport(MetricType::kCounter, "node_mountstats_nfs_transport_bind_total",
                   "Times a local port was bound."),
     NfsTransport::kBind},
    {per_transport(MetricType::kCounter, "node_mountstats_nfs_transport_connect_total",
                   "Times it connected."),
     NfsTransport::kConnect},
    {per_transport(MetricType::kGauge, "node_mountstats_nfs_transport_idle_time_seconds",
                   "Time without a call."),
     NfsTransport::kIdleTime},
    {per_transport(MetricType::kCounter, "node_mountstats_nfs_transport_sends_total",
                   "Calls sent."),
     NfsTransport::kSends},
    {per_transport(MetricType::kCounter, "node_mountstats_nfs_transport_receives_total",
                   "Answers received."),
     NfsTransport::kReceives},
    {per_transport(MetricType::kCounter, "node_mountstats_nfs_transport_bad_transaction_ids_total",
                   "Answers to no call."),
     NfsTransport::kBadIds},
    {per_transport(MetricType::kCounter, "node_mountstats_nfs_transport_backlog_queue_total",
                   "Calls in the backlog, summed at each call."),
     NfsTransport::kBacklog},
    {per_transport(MetricType::kGauge, "node_mountstats_nfs_transport_maximum_rpc_slots",
                   "Most calls under way at once."),
     NfsTransport::kMaxSlots},
    {per_transport(MetricType::kCounter, "node_mountstats_nfs_transport_sending_queue_total",
                   "Calls waiting to be sent, summed at each call."),
     NfsTransport::kSendingQueue},
    {per_transport(MetricType::kCounter, "node_mountstats_nfs_transport_pending_queue_total",
                   "Calls waiting for an answer, summed at each call."),
     NfsTransport::kPendingQueue},
};

struct OperationOutput {
  Family family;
  std::uint8_t decimals = 0;
};
constexpr OperationOutput kOperations[] = {
    {per_operation("node_mountstats_nfs_operations_requests_total", "Calls of this operation.")},
    {per_operation("node_mountstats_nfs_operations_transmissions_total",
                   "Times such calls were sent.")},
    {per_operation("node_mountstats_nfs_operations_major_timeouts_total",
                   "Such calls that timed out.")},
    {per_operation("node_mountstats_nfs_operations_sent_bytes_total", "Bytes of such calls.")},
    {per_operation("node_mountstats_nfs_operations_received_bytes_total",
                   "Bytes of their answers.")},
    {per_operation("node_mountstats_nfs_operations_queue_time_seconds_total",
                   "Time such calls waited to be sent."),
     3},
    {per_operation("node_mountstats_nfs_operations_response_time_seconds_total",
                   "Time the server took for them."),
     3},
    {per_operation("node_mountstats_nfs_operations_request_time_seconds_total",
                   "Time they took in all."),
     3},
};
static_assert(std::size(kOperations) == std::tuple_size_v<decltype(NfsOperation::counts)>);

class MountstatsCollector final : public Collector {
 public:
  explicit MountstatsCollector(const HostContext& context)
      : MountstatsCollector(process(context.roots.procfs)) {}

  std::string_view name() const override { return "mountstats"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto text = mountstats_.read(text_);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    count_ = parse_mountstats(*text, mounts_, errors);
    if (count_ > 0) {
      find_addresses(scrape);
      write(out);
    }
    return errors.result(mountstats_.path());
  }

 private:
  explicit MountstatsCollector(const std::string& process)
      : mountstats_(process + "/mountstats", FileShape::kManyRecords),
        mountinfo_(process + "/mountinfo", FileShape::kManyRecords),
        text_(8192) {}

  // The first, whose mounts the filesystem collector reports too; its file is for its owner only.
  static std::string process(const std::string& procfs) {
    const bool readable = ::access((procfs + "/1/mountstats").c_str(), R_OK) == 0;
    return procfs + (readable ? "/1" : "/self");
  }

  struct Labels {
    std::string_view export_name;
    std::string_view address;
    std::string_view protocol;
    bool operator==(const Labels&) const = default;
  };

  // Both files list the same mounts in the same order.
  void find_addresses(const Scrape& scrape) {
    labels_.clear();
    const auto text = mountinfo_.read(scrape.buffer);
    std::string_view rest = text ? *text : std::string_view();
    std::string_view line;
    std::size_t next = 0;
    for (const NfsMount& mount : mounts()) {
      for (line = {}; next <= mount.number; ++next) {
        if (!next_line(rest, line)) line = {};
      }
      labels_.push_back({mount.export_name, mount_address(line),
                         mount.transports.empty() ? "" : mount.transports.front().protocol});
    }
  }

  std::span<const NfsMount> mounts() const { return std::span(mounts_).first(count_); }

  // An export that is mounted twice counts once.
  bool is_repeated(std::size_t mount) const {
    const auto end = labels_.begin() + static_cast<std::ptrdiff_t>(mount);
    return std::find(labels_.begin(), end, labels_[mount]) != end;
  }

  template <class Write>
  void for_each(SampleWriter& out, const Family& family, Write write) const {
    out.family(family);
    for_each(write);
  }

  template <class Write>
  void for_each(Write write) const {
    for (std::size_t i = 0; i < count_; ++i) {
      if (!is_repeated(i)) write(mounts_[i], labels_[i]);
    }
  }

  void write(SampleWriter& out) const {
    out.family(kMountPoint);
    for (std::size_t i = 0; i < count_; ++i) {
      out.add(1, labels_[i].export_name, labels_[i].address, mounts_[i].mount_point,
              labels_[i].protocol);
    }
    for_each(out, kAge, [&](const NfsMount& mount, const Labels& labels) {
      if (mount.age_seconds) add(out, *mount.age_seconds, labels);
    });
    for (std::size_t i = 0; i < std::size(kBytes); ++i) {
      for_each(out, kBytes[i], [&](const NfsMount& mount, const Labels& labels) {
        if (mount.has_bytes) add(out, mount.bytes[i], labels);
      });
    }
    for (std::size_t i = 0; i < std::size(kEventNames); ++i) {
      if (kEventNames[i].empty()) continue;
      out.named_family(kEvent, {kEventNames[i]});
      for_each([&](const NfsMount& mount, const Labels& labels) {
        if (mount.has_events) add(out, mount.events[i], labels);
      });
    }
    write_transports(out);
    write_operations(out);
  }

  static void add(SampleWriter& out, Number value, const Labels& labels) {
    out.add(value, labels.export_name, labels.address, labels.protocol);
  }

  void write_transports(SampleWriter& out) const {
    for (const TransportOutput& output : kTransports) {
      for_each(out, output.family, [&](const NfsMount& mount, const Labels& labels) {
        for (std::size_t i = 0; i < mount.transports.size(); ++i) {
          const auto& value = mount.transports[i].values[output.column];
          if (!value) continue;
          out.add(*value, labels.export_name, labels.address, labels.protocol, NumberText(i));
        }
      });
    }
  }

  void write_operations(SampleWriter& out) const {
    for (std::size_t i = 0; i < std::size(kOperations); ++i) {
      for_each(out, kOperations[i].family, [&](const NfsMount& mount, const Labels& labels) {
        for (const NfsOperation& operation : mount.operations) {
          out.add(Number::fixed(operation.counts[i], kOperations[i].decimals), labels.export_name,
                  labels.address, operation.name, labels.protocol);
        }
      });
    }
  }

  KernelFile mountstats_;
  KernelFile mountinfo_;
  ReadBuffer text_;
  std::vector<NfsMount> mounts_;
  std::size_t count_ = 0;
  std::vector<Labels> labels_;
};

}  // namespace

CollectorRow mountstats_row() {
  return {"mountstats",
          false,
          "what NFS mounts count (/proc/1/mountstats)",
          {},
          make_collector<MountstatsCollector>};
}

}  // namespace exporter
