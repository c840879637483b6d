#include "exporter/host/netdev.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <cstring>

#include "exporter/host/netdev_netlink.h"
#include "tests/exporter/host/driver.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

constexpr std::string_view kHeader =
    "Inter-|   Receive                          |  Transmit\n"
    " face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo "
    "colls carrier compressed\n";

TEST_CASE("an interface of /proc/net/dev has sixteen counts") {
  LineErrors errors;
  std::vector<NetworkDevice> devices;
  parse_net_dev(std::string(kHeader) +
                    "  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
                    "lo:21 0 0 0 0 0 0 0 0 0 0 0 0 0 0 22\n",
                devices, errors);
  CHECK(errors.count() == 0);
  REQUIRE(devices.size() == 2);
  CHECK(devices[0].name == "eth0");
  CHECK(devices[0].receive_bytes == 1);
  CHECK(devices[0].receive_multicast == 8);
  CHECK(devices[0].transmit_colls == 14);
  CHECK(devices[0].transmit_compressed == 16);
  CHECK_FALSE(devices[0].receive_nohandler);
  CHECK(devices[1].name == "lo");
  CHECK(devices[1].receive_bytes == 21);
}

TEST_CASE("corrupt interface lines are counted and the others are kept") {
  LineErrors errors;
  std::vector<NetworkDevice> devices;
  parse_net_dev(std::string(kHeader) +
                    "eth0 1 2\neth1: 1 2 3\n: 1 2 3 4 5 6 7 8 9 1 1 1 1 1 1 1\n\n"
                    "eth2: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
                devices, errors);
  CHECK(devices.size() == 1);
  CHECK(errors.count() == 4);
  parse_net_dev("", devices, errors);
  CHECK(devices.empty());
}

// One RTM_NEWSTATS message as the kernel makes it.
std::string stats_message(std::int32_t index, const rtnl_link_stats64& stats, std::size_t bytes,
                          std::uint32_t sequence = 1) {
  const nlattr attribute{static_cast<std::uint16_t>(sizeof(nlattr) + bytes), IFLA_STATS_LINK_64};
  if_stats_msg body{};
  body.ifindex = static_cast<std::uint32_t>(index);
  nlmsghdr head{};
  head.nlmsg_len = static_cast<std::uint32_t>(sizeof head + sizeof body + sizeof attribute + bytes);
  head.nlmsg_type = RTM_NEWSTATS;
  head.nlmsg_seq = sequence;
  std::string message;
  message.append(reinterpret_cast<const char*>(&head), sizeof head);
  message.append(reinterpret_cast<const char*>(&body), sizeof body);
  message.append(reinterpret_cast<const char*>(&attribute), sizeof attribute);
  message.append(reinterpret_cast<const char*>(&stats), bytes);
  return message;
}

std::string end_message(std::uint16_t type, std::uint32_t sequence = 1) {
  nlmsghdr head{};
  head.nlmsg_len = sizeof head + sizeof(int);
  head.nlmsg_type = type;
  head.nlmsg_seq = sequence;
  return std::string(reinterpret_cast<const char*>(&head), sizeof head) + std::string(4, '\0');
}

rtnl_link_stats64 numbered_stats() {
  rtnl_link_stats64 stats{};
  std::uint64_t next = 1;
  for (std::size_t at = 0; at < sizeof stats; at += sizeof next, next *= 2) {
    std::memcpy(reinterpret_cast<char*>(&stats) + at, &next, sizeof next);
  }
  return stats;
}

TEST_CASE("what drivers tell apart is added up as /proc/net/dev does") {
  const rtnl_link_stats64 stats = numbered_stats();
  std::vector<IndexedDevice> devices;
  const std::string dump = stats_message(3, stats, sizeof stats) + end_message(NLMSG_DONE);
  CHECK(parse_stats_dump(dump, 1, devices) == DumpState::kDone);
  REQUIRE(devices.size() == 1);
  CHECK(devices[0].index == 3);
  const NetworkDevice& device = devices[0].device;
  CHECK(device.receive_packets == stats.rx_packets);
  CHECK(device.receive_drop == stats.rx_dropped + stats.rx_missed_errors);
  CHECK(device.receive_frame == stats.rx_length_errors + stats.rx_over_errors +
                                    stats.rx_crc_errors + stats.rx_frame_errors);
  CHECK(device.transmit_carrier == stats.tx_aborted_errors + stats.tx_carrier_errors +
                                       stats.tx_heartbeat_errors + stats.tx_window_errors);
  CHECK(device.receive_nohandler == stats.rx_nohandler);
}

TEST_CASE("an old kernel's shorter counters lack only their end") {
  const rtnl_link_stats64 stats = numbered_stats();
  std::vector<IndexedDevice> devices;
  const std::string dump = stats_message(1, stats, offsetof(rtnl_link_stats64, rx_nohandler));
  CHECK(parse_stats_dump(dump, 1, devices) == DumpState::kMore);
  REQUIRE(devices.size() == 1);
  CHECK(devices[0].device.transmit_compressed == stats.tx_compressed);
  CHECK_FALSE(devices[0].device.receive_nohandler);
}

TEST_CASE("an answer to an older question is passed over, a refusal and cut bytes are failures") {
  const rtnl_link_stats64 stats{};
  std::vector<IndexedDevice> devices;
  CHECK(parse_stats_dump(stats_message(1, stats, 8, 7) + end_message(NLMSG_DONE, 7), 8, devices) ==
        DumpState::kMore);
  CHECK(devices.empty());
  CHECK(parse_stats_dump(end_message(NLMSG_ERROR), 1, devices) == DumpState::kFailed);
  const std::string whole = stats_message(1, stats, sizeof stats);
  for (std::size_t cut = 1; cut < whole.size(); ++cut) {
    const std::string copy =
        whole.substr(0, cut);  // of its own size, so that ASan sees a step too far
    const DumpState state = parse_stats_dump(copy, 1, devices);
    CHECK(state == (cut < sizeof(nlmsghdr) ? DumpState::kMore : DumpState::kFailed));
  }
}

TEST_CASE("netlink and /proc/net/dev tell the same of this machine's interfaces") {
  LinkStatsSocket socket;
  ReadBuffer buffer;
  std::vector<NetworkDevice> by_netlink;
  if (const auto read = socket.read(buffer, by_netlink); !read) {
    MESSAGE("netlink is denied here: " << read.error().message);
    return;
  }
  const auto text = read_file("/proc/net/dev");
  REQUIRE(text);
  LineErrors errors;
  std::vector<NetworkDevice> by_file;
  parse_net_dev(*text, by_file, errors);
  REQUIRE(by_file.size() == by_netlink.size());
  for (const NetworkDevice& device : by_file) {
    const auto same = std::ranges::find(by_netlink, device.name, &NetworkDevice::name);
    REQUIRE_MESSAGE(same != by_netlink.end(), device.name);
    CHECK(same->receive_bytes <= device.receive_bytes);
    CHECK(same->receive_drop <= device.receive_drop);
    CHECK(same->receive_nohandler);
  }
}

TEST_CASE("interfaces of another procfs are read from its file") {
  test::TempTree tree;
  tree.write("net/dev", std::string(kHeader) + "wan\xFF: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
  Driver driver(make_host_context({.procfs = tree.root()}), {"netdev"});
  const std::string& page = driver.scrape();
  CHECK(driver.result("netdev"));
  CHECK(page.find("\nnode_network_receive_bytes_total{device=\"wan\xEF\xBF\xBD\"} 1\n") !=
        std::string::npos);
  CHECK(page.find("nohandler") == std::string::npos);
}

TEST_CASE(
    "an interface's alias is a label when it is asked for, and no label where there is none") {
  test::TempTree tree;
  tree.write("proc/net/dev", std::string(kHeader) +
                                 "eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
                                 "eth1: 2 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
                                 "eth2: 3 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
                                 "eth3: 4 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
  tree.write("sys/class/net/eth0/ifalias", "up\"link\n");
  tree.write("sys/class/net/eth1/ifalias", "\n");
  tree.write("sys/class/net/eth3/ifalias", std::string(10'000, 'a'));  // no kernel has this
  HostContext context =
      make_host_context({.procfs = tree.root() + "/proc", .sysfs = tree.root() + "/sys"});
  Driver plain(context, {"netdev"});
  CHECK(plain.scrape().find("ifalias") == std::string::npos);
  context.options["netdev.label-ifalias"] = "true";
  Driver driver(context, {"netdev"});
  const auto has = [&](const std::string& labels) {
    return driver.scrape().contains("\nnode_network_receive_bytes_total{device=\"" + labels + "\n");
  };
  CHECK(has("eth0\",ifalias=\"up\\\"link\"} 1"));
  CHECK(has("eth1\"} 2"));
  CHECK(has("eth2\"} 3"));
  CHECK(has("eth3\"} 4"));
  tree.write("sys/class/net/eth1/ifalias", "down\n");
  CHECK(has("eth1\",ifalias=\"down\"} 2"));
}

TEST_CASE("interfaces can be chosen, and netlink can be switched off") {
  HostContext context = make_host_context({});
  context.options["netdev.netlink"] = "false";
  context.options["netdev.device-include"] = "^lo$";
  Driver driver(context, {"netdev"});
  const std::string& page = driver.scrape();
  CHECK(page.find("\nnode_network_receive_bytes_total{device=\"lo\"} ") != std::string::npos);
  CHECK(page.find("nohandler") == std::string::npos);
  context.options["netdev.device-exclude"] = "x";
  CHECK(netdev_row().make(context).error().kind == ErrorKind::kInvalid);
}

TEST_CASE("a machine without net/dev has nothing to report") {
  Driver driver(make_host_context({.procfs = "/nonexistent"}), {"netdev"});
  CHECK(driver.scrape().empty());
  CHECK(driver.result("netdev").error().kind == ErrorKind::kNotFound);
}

}  // namespace
}  // namespace exporter
