// net 18628 0 18628 6                       packets, UDP, TCP, connections
// rpc 4329785 0 4338291                     calls, retransmissions, refreshed credentials
// proc3 22 1 4084749 29200 94754 …          number of columns, calls of each method
#include "exporter/host/nfs.h"

#include "exporter/core/scan.h"
#include "exporter/host/hardware.h"
#include "exporter/host/nfs_methods.h"

namespace exporter {
namespace {

constexpr Family counter(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kCounter, {}};
}

constexpr Family kPackets{"node_nfs_packets_total",
                          "Packets of the NFS client by the protocol that carried them.",
                          MetricType::kCounter,
                          {"protocol"}};
constexpr Family kConnections =
    counter("node_nfs_connections_total", "TCP connections that the NFS client made.");
constexpr Family kCalls = counter("node_nfs_rpcs_total", "Calls that the NFS client made.");
constexpr Family kRetransmissions =
    counter("node_nfs_rpc_retransmissions_total", "Calls that the NFS client made again.");
constexpr Family kRefreshes = counter("node_nfs_rpc_authentication_refreshes_total",
                                      "Times that the NFS client refreshed its credentials.");
constexpr Family kRequests{"node_nfs_requests_total",
                           "Calls of the NFS client by version and method.",
                           MetricType::kCounter,
                           {"method", "proto"}};

template <class Methods>
void write_requests(const RpcLine& line, const Methods& methods, std::string_view proto,
                    SampleList& out) {
  for (std::size_t i = 0; i < methods.size(); ++i) {
    out.add(kRequests, line.values[i + 1], methods[i], proto);
  }
}

bool write_line(const RpcLine& line, SampleList& out) {
  if (line.name == "net") {
    if (line.count < 4) return false;
    out.add(kPackets, line.values[1], "udp");
    out.add(kPackets, line.values[2], "tcp");
    out.add(kConnections, line.values[3]);
  }
  if (line.name == "rpc") {
    if (line.count < 3) return false;
    out.add(kCalls, line.values[0]);
    out.add(kRetransmissions, line.values[1]);
    out.add(kRefreshes, line.values[2]);
  }
  if (line.name == "proc2") write_requests(line, kNfs2Methods, "2", out);
  if (line.name == "proc3") write_requests(line, kNfs3Methods, "3", out);
  if (line.name == "proc4") write_requests(line, kNfs4ClientMethods, "4", out);
  return true;
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const std::string path = context.roots.procfs + "/net/rpc/nfs";
  return make_hardware_collector(
      context, {.name = "nfs", .places = {path}, .discover = [path](HardwarePlan& plan) {
                  plan.lines(path, parse_nfs, FileShape::kManyRecords);
                }});
}

}  // namespace

void parse_nfs(std::string_view text, SampleList& out, LineErrors& errors) {
  std::string_view line;
  RpcLine parsed;
  while (next_line(text, line)) {
    if (!parse_rpc_line(line, parsed) || !write_line(parsed, out)) errors.add(line);
  }
}

CollectorRow nfs_row() {
  return {"nfs", true, "calls of the NFS client (/proc/net/rpc/nfs)", {}, make};
}

}  // namespace exporter
