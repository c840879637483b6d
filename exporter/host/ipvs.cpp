// ip_vs_stats, third line (hexadecimal):
//   16AA370 E33656E5        0     51D8C8883AB3        0
// ip_vs:
//   TCP  C0A80016:0CEA wlc
//     -> C0A85216:0CEA      Tunnel  100    248        2
//   UDP  [2620:0000:0000:0000:0000:0000:0000:0001]:0050 wlc
//     -> [2620:0000:0000:0000:0000:0000:0000:0003]:0050      Route   0      0          0
//   FWM  10001000 wlc
#include "exporter/host/ipvs.h"

#include <arpa/inet.h>

#include <algorithm>

#include "exporter/core/scan.h"
#include "exporter/host/hardware.h"

namespace exporter {
namespace {

constexpr Family counter(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kCounter, {}};
}

constexpr std::array<Family, 5> kTotals{{
    counter("node_ipvs_connections_total", "Connections that were balanced."),
    counter("node_ipvs_incoming_packets_total", "Packets to servers."),
    counter("node_ipvs_outgoing_packets_total", "Packets from servers."),
    counter("node_ipvs_incoming_bytes_total", "Bytes to servers."),
    counter("node_ipvs_outgoing_bytes_total", "Bytes from servers."),
}};

// The labels of a server, in their order in the families.
struct BackendLabel {
  std::string_view name;
  std::string IpvsBackend::* text;
};
constexpr std::array<BackendLabel, 6> kLabels{{
    {"local_address", &IpvsBackend::local_address},
    {"local_mark", &IpvsBackend::local_mark},
    {"local_port", &IpvsBackend::local_port},
    {"proto", &IpvsBackend::proto},
    {"remote_address", &IpvsBackend::remote_address},
    {"remote_port", &IpvsBackend::remote_port},
}};

struct Output {
  std::string_view name;
  std::string_view help;
  std::uint64_t IpvsBackend::* value;
};
constexpr std::array<Output, 3> kOutputs{{
    {"node_ipvs_backend_connections_active", "Connections to a server that are open.",
     &IpvsBackend::active},
    {"node_ipvs_backend_connections_inactive", "Connections to a server that are closing.",
     &IpvsBackend::inactive},
    {"node_ipvs_backend_weight", "Share of new connections that a server is to get.",
     &IpvsBackend::weight},
}};

constexpr CollectorOption kOptions[] = {
    {"ipvs.backend-labels", "local_address,local_port,remote_address,remote_port,proto,local_mark",
     "labels of servers, separated by commas; servers that share them are added up"},
};

// "C0A80016" or "[2620:0000:…:0001]".
bool parse_address(std::string_view text, std::string& address) {
  std::array<char, INET6_ADDRSTRLEN> printed{};
  if (text.starts_with('[')) {
    if (!text.ends_with(']') || text.size() > INET6_ADDRSTRLEN) return false;
    const std::string inner(text.substr(1, text.size() - 2));
    in6_addr parsed{};
    if (::inet_pton(AF_INET6, inner.c_str(), &parsed) != 1) return false;
    ::inet_ntop(AF_INET6, &parsed, printed.data(), printed.size());
  } else {
    const auto parsed = next_number<std::uint32_t>(text, 16);
    if (!parsed || !text.empty()) return false;
    const in_addr network{.s_addr = htonl(*parsed)};
    ::inet_ntop(AF_INET, &network, printed.data(), printed.size());
  }
  address = printed.data();
  return true;
}

bool parse_endpoint(std::string_view text, std::string& address, std::string& port) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string_view digits = text.substr(colon + 1);
  const auto number = next_number<std::uint16_t>(digits, 16);
  if (!number || !digits.empty() || !parse_address(text.substr(0, colon), address)) return false;
  port = std::to_string(*number);
  return true;
}

bool parse_service(std::string_view proto, std::string_view rest, IpvsBackend& service) {
  service = {};
  service.proto = proto;
  const std::string_view where = next_word(rest);
  if (proto != "FWM") return parse_endpoint(where, service.local_address, service.local_port);
  service.local_mark = where;
  service.local_port = "0";
  return !where.empty();
}

bool parse_server(std::string_view rest, IpvsBackend& server) {
  if (!parse_endpoint(next_word(rest), server.remote_address, server.remote_port)) return false;
  next_word(rest);  // how packets get there
  const auto weight = next_number<std::uint64_t>(rest);
  const auto active = next_number<std::uint64_t>(rest);
  const auto inactive = next_number<std::uint64_t>(rest);
  if (!weight || !active || !inactive) return false;
  server.weight = *weight;
  server.active = *active;
  server.inactive = *inactive;
  return true;
}

// Which labels are wanted, and the families that have just those.
struct Shape {
  std::vector<BackendLabel> labels;
  std::array<Family, kOutputs.size()> families;
};

Result<Shape> make_shape(std::string_view list) {
  Shape shape;
  std::vector<std::string_view> wanted;
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(','));
    list.remove_prefix(std::min(name.size() + 1, list.size()));
    if (name.empty()) continue;
    if (std::ranges::find(kLabels, name, &BackendLabel::name) == kLabels.end()) {
      return fail(ErrorKind::kInvalid,
                  "--collector.ipvs.backend-labels: no such label: " + std::string(name));
    }
    wanted.push_back(name);
  }
  for (std::size_t i = 0; i < kOutputs.size(); ++i) {
    shape.families[i] = {kOutputs[i].name, kOutputs[i].help, MetricType::kGauge, {}};
  }
  for (const BackendLabel& label : kLabels) {
    if (std::ranges::find(wanted, label.name) == wanted.end()) continue;
    for (Family& family : shape.families) family.labels[shape.labels.size()] = label.name;
    shape.labels.push_back(label);
  }
  return shape;
}

// Adds up what has the same wanted labels; few servers, so each looks for its like.
void merge(const Shape& shape, std::vector<IpvsBackend>& backends) {
  if (shape.labels.size() == kLabels.size()) return;
  std::vector<IpvsBackend> merged;
  for (IpvsBackend& backend : backends) {
    const auto same = std::ranges::find_if(merged, [&](const IpvsBackend& other) {
      return std::ranges::all_of(shape.labels, [&](const BackendLabel& label) {
        return other.*label.text == backend.*label.text;
      });
    });
    if (same == merged.end()) {
      merged.push_back(std::move(backend));
      continue;
    }
    for (const Output& output : kOutputs) (*same).*output.value += backend.*output.value;
  }
  backends = std::move(merged);
}

void write_backends(const Shape& shape, const std::vector<IpvsBackend>& backends, SampleList& out) {
  std::array<std::string_view, kLabels.size()> labels;
  for (const IpvsBackend& backend : backends) {
    for (std::size_t i = 0; i < shape.labels.size(); ++i) {
      labels[i] = backend.*shape.labels[i].text;
    }
    for (std::size_t i = 0; i < kOutputs.size(); ++i) {
      out.add_labels(shape.families[i], backend.*kOutputs[i].value,
                     std::span(labels.data(), shape.labels.size()));
    }
  }
}

void discover(const std::string& directory, const std::shared_ptr<const Shape>& shape,
              HardwarePlan& plan) {
  const std::string stats = directory + "/ip_vs_stats";
  plan.file(
      stats,
      [stats](std::string_view text, SampleList& out, FileErrors& errors) {
        const auto totals = parse_ipvs_stats(text);
        if (!totals) return errors.add(stats, text);
        for (std::size_t i = 0; i < kTotals.size(); ++i) out.add(kTotals[i], (*totals)[i]);
      },
      FileShape::kManyRecords);
  plan.lines(
      directory + "/ip_vs",
      [shape, backends = std::vector<IpvsBackend>()](std::string_view text, SampleList& out,
                                                     LineErrors& errors) mutable {
        parse_ipvs(text, backends, errors);
        merge(*shape, backends);
        write_backends(*shape, backends, out);
      },
      FileShape::kManyRecords);
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  auto shape = make_shape(context.option("ipvs.backend-labels"));
  if (!shape) return std::unexpected(shape.error());
  const std::string directory = context.roots.procfs + "/net";
  return make_hardware_collector(
      context, {.name = "ipvs",
                .places = {directory + "/ip_vs_stats"},
                .discover = [directory, shape = std::make_shared<const Shape>(std::move(*shape))](
                                HardwarePlan& plan) { discover(directory, shape, plan); }});
}

}  // namespace

std::optional<std::array<std::uint64_t, 5>> parse_ipvs_stats(std::string_view text) {
  std::string_view line;
  for (int i = 0; i < 3; ++i) {
    if (!next_line(text, line)) return std::nullopt;
  }
  std::array<std::uint64_t, 5> totals{};
  for (std::uint64_t& total : totals) {
    const auto value = next_number<std::uint64_t>(line, 16);
    if (!value) return std::nullopt;
    total = *value;
  }
  return totals;
}

void parse_ipvs(std::string_view text, std::vector<IpvsBackend>& backends, LineErrors& errors) {
  backends.clear();
  IpvsBackend service;
  bool in_service = false;
  std::string_view line;
  while (next_line(text, line)) {
    std::string_view rest = line;
    const std::string_view first = next_word(rest);
    if (first == "TCP" || first == "UDP" || first == "SCTP" || first == "FWM") {
      in_service = parse_service(first, rest, service);
      if (!in_service) errors.add(line);
    } else if (first == "->" && in_service) {
      IpvsBackend server = service;
      if (parse_server(rest, server)) {
        backends.push_back(std::move(server));
      } else {
        errors.add(line);
      }
    }
  }
}

CollectorRow ipvs_row() {
  return {"ipvs", true, "the kernel's load balancer (/proc/net/ip_vs, ip_vs_stats)", kOptions,
          make};
}

}  // namespace exporter
