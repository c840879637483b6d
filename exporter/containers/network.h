// Traffic of containers. It belongs to a network namespace, which several containers may share (a
// Kubernetes pod, "container:X", the host's), so each namespace is read once and told for one
// group: the pod's sandbox or the owner where that is known, else the first. Namespaces are told
// apart by the inode of /proc/PID/net/dev, which needs no right over the process. The host's own
// traffic is told for the root group alone. Used under the scrape lock.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/containers/group.h"
#include "exporter/core/samples.h"

namespace exporter {

// Fills entries from their front and returns how many there are; names and room of entries are used
// again. Leaves out lo, and the host's ends of containers' links.
std::size_t parse_container_net_dev(std::string_view text, std::vector<NetworkCounts>& entries);

// From P/PID/net/sockstat and sockstat6, each with its own counts.
void parse_sockstat(std::string_view text, SocketCounts& counts);

class ContainerNetworks {
 public:
  ContainerNetworks(std::string procfs, bool with_sockets);

  // Sets Group::network_count and network of each.
  void read(std::span<Group* const> groups, ReadBuffer& buffer);

  static void write(std::span<Group* const> groups, SampleWriter& out);

 private:
  struct Claim {
    std::uint64_t inode;
    int rank;  // the least tells
    std::size_t order;
    Group* group;
    auto operator<=>(const Claim&) const = default;
  };

  std::uint64_t inode_of(std::uint32_t process) const;
  void read_one(Group& group, std::uint32_t process, ReadBuffer& buffer);

  std::string procfs_;
  bool with_sockets_;
  std::uint64_t host_inode_;
  std::vector<Claim> claims_;
};

}  // namespace exporter
