//   eth0: 1024 8 0 0 0 0 0 0 2048 16 0 0 0 0 0 0
//         bytes packets errs drop fifo frame compressed multicast, received, then sent
#include "exporter/containers/network.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family counter(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kCounter, {"interface"}};
}

struct Row {
  Family family;
  std::uint64_t NetworkCounts::* count;
};

constexpr std::array<Row, 8> kRows{{
    {counter("container_network_receive_bytes_total", "Bytes received."),
     &NetworkCounts::receive_bytes},
    {counter("container_network_receive_packets_total", "Packets received."),
     &NetworkCounts::receive_packets},
    {counter("container_network_receive_errors_total", "Packets received with an error."),
     &NetworkCounts::receive_errors},
    {counter("container_network_receive_packets_dropped_total",
             "Packets that arrived and were dropped."),
     &NetworkCounts::receive_dropped},
    {counter("container_network_transmit_bytes_total", "Bytes sent."),
     &NetworkCounts::transmit_bytes},
    {counter("container_network_transmit_packets_total", "Packets sent."),
     &NetworkCounts::transmit_packets},
    {counter("container_network_transmit_errors_total", "Packets that failed to be sent."),
     &NetworkCounts::transmit_errors},
    {counter("container_network_transmit_packets_dropped_total",
             "Packets dropped before they were sent."),
     &NetworkCounts::transmit_dropped},
}};

constexpr Family kTcp{"container_network_tcp_usage_total",
                      "TCP sockets in the network namespace: in use (IPv4), and waiting out their "
                      "end.",
                      MetricType::kGauge,
                      {"tcp_state"}};
constexpr Family kTcp6{"container_network_tcp6_usage_total",
                       "TCP sockets in use in the network namespace (IPv6).",
                       MetricType::kGauge,
                       {"tcp_state"}};
constexpr Family kUdp6{"container_network_udp6_usage_total",
                       "UDP sockets in use in the network namespace (IPv6).",
                       MetricType::kGauge,
                       {"udp_state"}};
constexpr Family kUdp{"container_network_udp_usage_total",
                      "UDP sockets in use in the network namespace (IPv4).",
                      MetricType::kGauge,
                      {"udp_state"}};

bool is_left_out(std::string_view interface) {
  constexpr std::array<std::string_view, 3> kPrefixes{"veth", "docker", "nerdctl"};
  const auto starts = [&](std::string_view prefix) {
    return interface.size() >= prefix.size() &&
           std::ranges::equal(prefix, interface.substr(0, prefix.size()),
                              [](char a, char b) { return a == (b | 0x20); });
  };
  return interface == "lo" || std::ranges::any_of(kPrefixes, starts);
}

std::string_view read_proc(const std::string& procfs, std::uint32_t process, const char* file,
                           ReadBuffer& buffer) {
  std::array<char, 512> path;
  std::snprintf(path.data(), path.size(), "%s/%u/net/%s", procfs.c_str(), process, file);
  const FileDescriptor fd(::open(path.data(), O_RDONLY | O_CLOEXEC));
  if (!fd) return {};
  std::size_t length = 0;
  while (length < buffer.size()) {
    const ssize_t n = ::read(fd.get(), buffer.data() + length, buffer.size() - length);
    if (n <= 0) break;
    length += static_cast<std::size_t>(n);
  }
  return {buffer.data(), length};
}

// Who speaks for a namespace that several share.
int rank(const Group& group) {
  if (group.network_role == NetworkRole::kSandbox) return 0;
  return group.network_role == NetworkRole::kGuest ? 2 : 1;
}

}  // namespace

std::size_t parse_container_net_dev(std::string_view text, std::vector<NetworkCounts>& entries) {
  std::size_t count = 0;
  std::string_view line;
  while (next_line(text, line)) {
    const std::size_t colon = line.rfind(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = trimmed(line.substr(0, colon));
    std::string_view rest = line.substr(colon + 1);
    std::array<std::uint64_t, 16> counts{};
    if (name.empty() || is_left_out(name) || next_numbers(rest, counts) < 12) continue;
    if (count == entries.size()) entries.emplace_back();
    NetworkCounts& entry = entries[count++];
    entry.interface = name;
    entry.receive_bytes = counts[0];
    entry.receive_packets = counts[1];
    entry.receive_errors = counts[2];
    entry.receive_dropped = counts[3];
    entry.transmit_bytes = counts[8];
    entry.transmit_packets = counts[9];
    entry.transmit_errors = counts[10];
    entry.transmit_dropped = counts[11];
  }
  return count;
}

// TCP: inuse 5 orphan 0 tw 2 alloc 6 mem 1
// TCP6: inuse 3
void parse_sockstat(std::string_view text, SocketCounts& counts) {
  std::string_view line;
  while (next_line(text, line)) {
    const std::string_view protocol = next_word(line);
    for (std::string_view key = next_word(line); !key.empty(); key = next_word(line)) {
      const Count value = next_number<std::uint64_t>(line);
      if (protocol == "TCP:" && key == "inuse") counts.tcp_in_use = value;
      if (protocol == "TCP:" && key == "tw") counts.tcp_time_wait = value;
      if (protocol == "UDP:" && key == "inuse") counts.udp_in_use = value;
      if (protocol == "TCP6:" && key == "inuse") counts.tcp6_in_use = value;
      if (protocol == "UDP6:" && key == "inuse") counts.udp6_in_use = value;
    }
  }
}

ContainerNetworks::ContainerNetworks(std::string procfs, bool with_sockets)
    : procfs_(std::move(procfs)), with_sockets_(with_sockets), host_inode_(inode_of(1)) {}

std::uint64_t ContainerNetworks::inode_of(std::uint32_t process) const {
  std::array<char, 512> path;
  std::snprintf(path.data(), path.size(), "%s/%u/net/dev", procfs_.c_str(), process);
  struct stat status{};
  return ::stat(path.data(), &status) == 0 ? static_cast<std::uint64_t>(status.st_ino) : 0;
}

void ContainerNetworks::read_one(Group& group, std::uint32_t process, ReadBuffer& buffer) {
  group.network_count =
      parse_container_net_dev(read_proc(procfs_, process, "dev", buffer), group.network);
  if (with_sockets_) {
    parse_sockstat(read_proc(procfs_, process, "sockstat", buffer), group.sockets);
    parse_sockstat(read_proc(procfs_, process, "sockstat6", buffer), group.sockets);
  }
}

void ContainerNetworks::read(std::span<Group* const> groups, ReadBuffer& buffer) {
  claims_.clear();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    Group& group = *groups[i];
    group.network_count = 0;
    group.sockets = {};
    if (group.parent == nullptr) read_one(group, 1, buffer);
    if (group.identity.kind != GroupKind::kContainer || group.first_process == 0) continue;
    if (group.network_process != group.first_process) {
      group.network_process = group.first_process;
      group.network_inode = inode_of(group.first_process);
    }
    if (group.network_inode == 0 || group.network_inode == host_inode_) continue;
    claims_.push_back({group.network_inode, rank(group), i, &group});
  }
  std::ranges::sort(claims_);
  std::uint64_t told = 0;
  for (const Claim& claim : claims_) {
    if (claim.inode == told) continue;
    told = claim.inode;
    read_one(*claim.group, claim.group->first_process, buffer);
  }
}

void ContainerNetworks::write(std::span<Group* const> groups, SampleWriter& out) {
  for (const Row& row : kRows) {
    out.family(row.family);
    for (const Group* group : groups) {
      for (std::size_t i = 0; i < group->network_count; ++i) {
        out.add_of(group->labels, group->network[i].*row.count, group->network[i].interface);
      }
    }
  }
  const auto write_sockets = [&](const Family& family, Count SocketCounts::* in_use,
                                 Count SocketCounts::* time_wait) {
    out.family(family);
    for (const Group* group : groups) {
      const SocketCounts& sockets = group->sockets;
      if (sockets.*in_use) out.add_of(group->labels, *(sockets.*in_use), "inuse");
      if (time_wait != nullptr && sockets.*time_wait) {
        out.add_of(group->labels, *(sockets.*time_wait), "timewait");
      }
    }
  };
  write_sockets(kTcp, &SocketCounts::tcp_in_use, &SocketCounts::tcp_time_wait);
  write_sockets(kTcp6, &SocketCounts::tcp6_in_use, nullptr);
  write_sockets(kUdp, &SocketCounts::udp_in_use, nullptr);
  write_sockets(kUdp6, &SocketCounts::udp6_in_use, nullptr);
}

}  // namespace exporter
