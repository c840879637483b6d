#include "exporter/host/arp.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "tests/exporter/host/driver.h"
#include "tests/exporter/host/netlink_answers.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

constexpr std::string_view kHead = "IP address HW type Flags HW address Mask Device\n";

std::string neighbour(int index, std::uint16_t state) {
  ndmsg body{};
  body.ndm_family = AF_INET;
  body.ndm_ifindex = index;
  body.ndm_state = state;
  return test::bytes_of(body);
}

TEST_CASE("arp counts lines per device, in order of appearance") {
  LineErrors errors;
  std::vector<ArpCount<std::string_view>> counts;
  const std::string text = std::string(kHead) +
                           "10.0.0.1 0x1 0x2 02:00:00:00:00:01 * eth1\n"
                           "10.0.0.2 0x1 0x2 02:00:00:00:00:02 * eth0\n"
                           "10.0.0.3 0x1 0x0 00:00:00:00:00:00 * eth1\n";
  parse_arp(text, counts, errors);
  CHECK(errors.count() == 0);
  REQUIRE(counts.size() == 2);
  CHECK(counts[0].device == "eth1");
  CHECK(counts[0].entries == 2);
  CHECK(counts[1].entries == 1);
}

TEST_CASE("a corrupt line of arp costs only itself") {
  LineErrors errors;
  std::vector<ArpCount<std::string_view>> counts;
  parse_arp(std::string(kHead) + "10.0.0.1 0x1\n\n10.0.0.2 0x1 0x2 m * eth0\n", counts, errors);
  CHECK(errors.count() == 2);
  CHECK(counts.size() == 1);
}

TEST_CASE("neighbours that need no hardware address are not counted") {
  std::vector<ArpCount<std::uint32_t>> counts;
  CHECK(count_neighbour(neighbour(2, NUD_REACHABLE), counts));
  CHECK(count_neighbour(neighbour(2, NUD_NOARP), counts));
  CHECK(count_neighbour(neighbour(2, NUD_STALE), counts));
  REQUIRE(counts.size() == 1);
  CHECK(counts[0].entries == 2);
  CHECK_FALSE(count_neighbour("short", counts));
}

TEST_CASE("arp asks by netlink, and reads the file where that is refused or switched off") {
  test::TempTree tree;
  tree.write("net/arp", std::string(kHead) + "10.0.0.1 0x1 0x2 m * from_file\n");
  HostContext context = make_host_context({.procfs = tree.root()});
  context.ioctl = test::naming({"lo", "eth0"});
  context.open_socket = test::answering(
      {{NETLINK_ROUTE, test::NetlinkAnswers({{{RTM_NEWNEIGH, neighbour(2, NUD_REACHABLE)},
                                              {RTM_NEWNEIGH, neighbour(9, NUD_REACHABLE)}}})}});
  Driver driver(context, {"arp"});
  CHECK(driver.scrape().find("\nnode_arp_entries{device=\"eth0\"} 1\n") != std::string::npos);
  const std::string second = driver.scrape();
  CHECK(second.find("\nnode_arp_entries{device=\"eth0\"} 1\n") != std::string::npos);
  CHECK(second.find("from_file") == std::string::npos);

  context.options["arp.netlink"] = "false";
  CHECK(Driver(context, {"arp"}).scrape().find("from_file") != std::string::npos);
  context.options["arp.netlink"] = "true";
  context.open_socket = test::answering(
      {{NETLINK_ROUTE, test::NetlinkAnswers({{{NLMSG_ERROR, test::error_body(EPERM)}}})}});
  CHECK(Driver(context, {"arp"}).scrape().find("from_file") != std::string::npos);
  context.options["arp.device-exclude"] = "file";
  CHECK(Driver(context, {"arp"}).scrape().empty());
  context.options["arp.device-include"] = "(";
  CHECK(Driver(context, {"arp"}).size() == 0);
}

TEST_CASE("a machine with neither is not found") {
  test::TempTree tree;
  Driver driver(make_host_context({.procfs = tree.root()}), {"arp"});
  driver.scrape();
  CHECK(driver.result("arp").error().kind == ErrorKind::kNotFound);
}

}  // namespace
}  // namespace exporter
