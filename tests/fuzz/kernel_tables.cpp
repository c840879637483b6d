// The parsers of the kernel's tables and netlink messages, over the same bytes: none may read
// outside them, the names it hands out lie in them, and what it cannot read is said.
#include <string>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/core/text.h"
#include "exporter/host/arp.h"
#include "exporter/host/buddyinfo.h"
#include "exporter/host/cgroups.h"
#include "exporter/host/conntrack.h"
#include "exporter/host/cpu_columns.h"
#include "exporter/host/cpu_vulnerabilities.h"
#include "exporter/host/ethtool.h"
#include "exporter/host/interface_addresses.h"
#include "exporter/host/interrupts.h"
#include "exporter/host/lnstat.h"
#include "exporter/host/meminfo_numa.h"
#include "exporter/host/mountstats.h"
#include "exporter/host/network_route.h"
#include "exporter/host/os.h"
#include "exporter/host/pressure.h"
#include "exporter/host/processes.h"
#include "exporter/host/qdisc.h"
#include "exporter/host/schedstat.h"
#include "exporter/host/selinux.h"
#include "exporter/host/slabinfo.h"
#include "exporter/host/softnet.h"
#include "exporter/host/swap.h"
#include "exporter/host/sysctl.h"
#include "exporter/host/tcpstat.h"
#include "exporter/host/udp_queues.h"
#include "exporter/host/xfrm.h"
#include "exporter/host/zoneinfo.h"
#include "tests/fuzz/fuzz.h"

namespace {

using fuzz::check_errors;
using fuzz::check_within;
using namespace exporter;

// A parser that fills a vector of structs; `names` are members that view the text.
template <class Row, class Parse, class... Name>
void fuzz_rows(std::string_view input, Parse parse, Name Row::*... names) {
  LineErrors errors;
  std::vector<Row> rows;
  parse(input, rows, errors);
  for (const Row& row : rows) (check_within(row.*names, input), ...);
  check_errors(errors);
}

void fuzz_named_rows(std::string_view input) {
  using Arp = ArpCount<std::string_view>;
  fuzz_rows<Arp>(input, parse_arp, &Arp::device);
  fuzz_rows<BuddyZone>(input, parse_buddyinfo, &BuddyZone::node, &BuddyZone::zone);
  fuzz_rows<CgroupController>(input, parse_cgroups, &CgroupController::name);
  fuzz_rows<CpuSchedule>(input, parse_schedstat, &CpuSchedule::cpu);
  fuzz_rows<MemoryZone>(input, parse_zoneinfo, &MemoryZone::node, &MemoryZone::zone);
  fuzz_rows<NodeField>(input, parse_node_meminfo, &NodeField::name, &NodeField::part);
  fuzz_rows<NodeField>(input, parse_numastat, &NodeField::name);
  fuzz_rows<SoftnetCpu>(input, parse_softnet);
  fuzz_rows<SwapArea>(input, parse_swaps, &SwapArea::device, &SwapArea::type);
  LineErrors errors;
  OrderedFilter all{NameFilter()};
  std::vector<Slab> slabs;
  parse_slabinfo(input, all, slabs, errors);
  for (const Slab& slab : slabs) check_within(slab.name, input);
  check_errors(errors);
}

void fuzz_tables(std::string_view input) {
  LineErrors errors;
  CpuColumns columns;
  parse_cpu_columns(input, columns, errors);
  FUZZ_CHECK(columns.values.size() == columns.rows.size() * columns.cpus.size());
  for (std::size_t i = 0; i < columns.rows.size(); ++i) {
    FUZZ_CHECK(columns.of(i).size() == columns.cpus.size());
    interrupt_details(columns.rows[i].name, columns.rows[i].rest);
  }
  LnstatTable table;
  parse_lnstat(input, table, errors);
  FUZZ_CHECK(table.values.size() == table.cpus * table.columns.size());
  std::vector<NfsMount> mounts;
  const std::size_t count = parse_mountstats(input, mounts, errors);
  FUZZ_CHECK(count <= mounts.size());
  for (const NfsMount& mount : mounts) check_within(mount.mount_point, input);
  check_within(mount_address(input), input);
  parse_conntrack(input, errors);
  parse_pressure(input, errors);
  parse_udp(input, errors);
  check_errors(errors);
}

void fuzz_names(std::string_view input) {
  const auto release = parse_os_release(input);
  for (const auto& [key, value] : release) {
    os_version(value);
    support_end(value);
  }
  support_end(input);
  os_version(input);
  parse_process_stat(input);
  parse_selinux_config(input);
  check_within(parse_vulnerability(input).mitigation, input);
  FUZZ_CHECK(parse_sysctl_spec(input).name.size() <= input.size());
  FUZZ_CHECK(sysctl_path(input).size() == input.size());
  xfrm_name(input);
  for (const char c : ethtool_metric_name(input)) {
    FUZZ_CHECK(c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'));
  }
}

void fuzz_messages(std::string_view input) {
  std::string_view rest = input;
  nlmsghdr head{};
  std::string_view body;
  while (next_message(rest, head, body)) check_within(body, input);
  rest = input;
  std::uint16_t type = 0;
  while (next_attribute(rest, type, body)) check_within(body, input);
  std::vector<ArpCount<std::uint32_t>> neighbours;
  count_neighbour(input, neighbours);
  TcpSockets sockets;
  count_socket(input, sockets);
  Qdisc qdisc;
  parse_qdisc(input, qdisc);
  FUZZ_CHECK(qdisc.kind.size() <= input.size());
  std::vector<InterfaceAddress> addresses;
  parse_interface_address(input, addresses);
  for (const InterfaceAddress& address : addresses) FUZZ_CHECK(address.text.back() == '\0');
  std::vector<RouteHop> hops;
  parse_route(input, hops);
  for (const RouteHop& hop : hops) {
    FUZZ_CHECK(hop.destination.back() == '\0' && hop.gateway.back() == '\0');
  }
}

}  // namespace

void fuzz_kernel_tables(std::string_view input) {
  for (const auto fuzz : {fuzz_named_rows, fuzz_tables, fuzz_names, fuzz_messages}) fuzz(input);
}
