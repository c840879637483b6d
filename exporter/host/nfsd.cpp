// rc 0 6 18622                              reply cache: hits, misses, not cached
// fh 0 0 0 0 0                              file handles: stale, then nothing any more
// io 157286400 0                            bytes read, written
// th 8 0 0.000 …                            threads, then nothing any more
// ra 32 0 0 0 0 0 0 0 0 0 0 0               read ahead: size, …, not found
// net 18628 0 18628 6                       packets, UDP, TCP, connections
// rpc 18628 0 0 0 0                         calls, bad, of these: format, authentication, client
// proc3 22 2 112 0 2719 …                   number of columns, calls of each method
// proc4ops 59 0 0 0 1098 2 …                number of columns, operations
// wdeleg_getattr 0
#include "exporter/host/nfsd.h"

#include <span>

#include "exporter/core/scan.h"
#include "exporter/host/hardware.h"
#include "exporter/host/nfs_methods.h"

namespace exporter {
namespace {

constexpr Family counter(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kCounter, {}};
}

constexpr Family kHits =
    counter("node_nfsd_reply_cache_hits_total", "Calls that came again and were answered alike.");
constexpr Family kMisses =
    counter("node_nfsd_reply_cache_misses_total", "Calls that were new to the reply cache.");
constexpr Family kNoCache =
    counter("node_nfsd_reply_cache_nocache_total", "Calls whose answers need no reply cache.");
constexpr Family kStale =
    counter("node_nfsd_file_handles_stale_total", "Calls for files that are gone.");
constexpr Family kRead = counter("node_nfsd_disk_bytes_read_total", "Bytes that clients read.");
constexpr Family kWritten =
    counter("node_nfsd_disk_bytes_written_total", "Bytes that clients wrote.");
constexpr Family kThreads{"node_nfsd_server_threads", "Threads that serve.", MetricType::kGauge};
constexpr Family kAheadSize{"node_nfsd_read_ahead_cache_size_blocks",
                            "Size of the read-ahead cache, twice the number of threads.",
                            MetricType::kGauge};
constexpr Family kAheadMissed = counter("node_nfsd_read_ahead_cache_not_found_total",
                                        "Reads that the read-ahead cache knew nothing of.");
constexpr Family kPackets{"node_nfsd_packets_total",
                          "Packets of the NFS server by the protocol that carried them.",
                          MetricType::kCounter,
                          {"proto"}};
constexpr Family kConnections =
    counter("node_nfsd_connections_total", "TCP connections that clients made.");
constexpr Family kCalls = counter("node_nfsd_server_rpcs_total", "Calls that came in.");
constexpr Family kErrors{"node_nfsd_rpc_errors_total",
                         "Calls that were refused: bad format, bad credentials, bad client.",
                         MetricType::kCounter,
                         {"error"}};
constexpr Family kRequests{"node_nfsd_requests_total",
                           "Calls that came in, by version and method.",
                           MetricType::kCounter,
                           {"method", "proto"}};

// The columns from the second on are methods; one without a name, and Null, are not reported.
void write_requests(const RpcLine& line, std::span<const std::string_view> methods,
                    std::string_view proto, SampleList& out) {
  for (std::size_t i = 0; i < methods.size(); ++i) {
    if (methods[i].empty() || methods[i] == "Null") continue;
    out.add(kRequests, line.values[i + 1], methods[i], proto);
  }
}

using WriteLine = void (*)(const RpcLine& line, SampleList& out);
struct Line {
  std::string_view name;
  std::size_t columns;  // at least
  WriteLine write;
};

constexpr Line kLines[] = {
    {"rc", 3,
     [](const RpcLine& line, SampleList& out) {
       out.add(kHits, line.values[0]);
       out.add(kMisses, line.values[1]);
       out.add(kNoCache, line.values[2]);
     }},
    {"fh", 1, [](const RpcLine& line, SampleList& out) { out.add(kStale, line.values[0]); }},
    {"io", 2,
     [](const RpcLine& line, SampleList& out) {
       out.add(kRead, line.values[0]);
       out.add(kWritten, line.values[1]);
     }},
    {"th", 1, [](const RpcLine& line, SampleList& out) { out.add(kThreads, line.values[0]); }},
    {"ra", 12,
     [](const RpcLine& line, SampleList& out) {
       out.add(kAheadSize, line.values[0]);
       out.add(kAheadMissed, line.values[11]);
     }},
    {"net", 4,
     [](const RpcLine& line, SampleList& out) {
       out.add(kPackets, line.values[1], "udp");
       out.add(kPackets, line.values[2], "tcp");
       out.add(kConnections, line.values[3]);
     }},
    {"rpc", 5,
     [](const RpcLine& line, SampleList& out) {
       out.add(kCalls, line.values[0]);
       out.add(kErrors, line.values[2], "fmt");
       out.add(kErrors, line.values[3], "auth");
       out.add(kErrors, line.values[4], "cInt");
     }},
    {"proc2", 1,
     [](const RpcLine& line, SampleList& out) { write_requests(line, kNfs2Methods, "2", out); }},
    {"proc3", 1,
     [](const RpcLine& line, SampleList& out) { write_requests(line, kNfs3Methods, "3", out); }},
    {"proc4ops", 1,
     [](const RpcLine& line, SampleList& out) {
       write_requests(line, kNfs4ServerOperations, "4", out);
     }},
    {"wdeleg_getattr", 1,
     [](const RpcLine& line, SampleList& out) {
       out.add(kRequests, line.values[0], "WdelegGetattr", "4");
     }},
};

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const std::string path = context.roots.procfs + "/net/rpc/nfsd";
  return make_hardware_collector(
      context, {.name = "nfsd", .places = {path}, .discover = [path](HardwarePlan& plan) {
                  plan.lines(path, parse_nfsd, FileShape::kManyRecords);
                }});
}

}  // namespace

void parse_nfsd(std::string_view text, SampleList& out, LineErrors& errors) {
  std::string_view line;
  RpcLine parsed;
  while (next_line(text, line)) {
    if (!parse_rpc_line(line, parsed)) {
      errors.add(line);
      continue;
    }
    for (const Line& known : kLines) {
      if (known.name != parsed.name) continue;
      if (parsed.count < known.columns) {
        errors.add(line);
      } else {
        known.write(parsed, out);
      }
    }
  }
}

CollectorRow nfsd_row() {
  return {"nfsd", true, "work of the NFS server (/proc/net/rpc/nfsd)", {}, make};
}

}  // namespace exporter
