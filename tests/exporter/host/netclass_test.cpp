#include "exporter/host/netclass.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <cstring>

#include "exporter/core/scan.h"
#include "exporter/host/netclass_netlink.h"
#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("an interface read from files") {
  Machine machine("netclass");
  machine.context().options["netclass.ignored-devices"] = "^veth";
  machine.files("sys/class/net", {{"bonding_masters", "\n"},
                                  {"eth0/address", "02:fc:00:00:00:01\n"},
                                  {"eth0/flags", "0x1003\n"},
                                  {"eth0/operstate", "up\n"},
                                  {"eth0/speed", "-1\n"},
                                  {"eth0/duplex", "full\n"},
                                  {"eth0/ifalias", "up\"link\n"},
                                  {"eth0/dev_id", "0x10\n"},
                                  {"eth0/mtu", "1500\n"},
                                  {"veth1/mtu", "1500\n"}});
  machine.scrape();
  CHECK(machine.has("node_network_up{device=\"eth0\"} 1"));
  CHECK(machine.has(
      "node_network_info{address=\"02:fc:00:00:00:01\",adminstate=\"up\",broadcast=\"\","
      "device=\"eth0\",duplex=\"full\",ifalias=\"up\\\"link\",operstate=\"up\"} 1"));
  CHECK(machine.has("node_network_speed_bytes{device=\"eth0\"} -125000"));
  CHECK(machine.has("node_network_flags{device=\"eth0\"} 4099"));
  CHECK(machine.has("node_network_device_id{device=\"eth0\"} 16"));
  CHECK(machine.samples() == 6);
}

TEST_CASE("interfaces come and go without being an error, a corrupt file is one") {
  Machine machine("netclass");
  machine.context().options["netclass.ignore-invalid-speed"] = "true";
  machine.files("sys/class/net", {{"a/operstate", "down"}, {"a/speed", "-1"}});
  machine.scrape();
  CHECK(machine.samples() == 2);
  machine.file("sys/class/net/b/mtu", "huge\n");
  machine.tree().remove("sys/class/net/a");
  machine.scrape();
  CHECK(machine.samples() == 2);
  CHECK(machine.result().error().kind == ErrorKind::kParse);
  machine.tree().remove("sys/class/net/b");
  machine.scrape();
  CHECK(machine.result().error().kind == ErrorKind::kNotFound);
}

// Puts a message of one interface together.
class Message {
 public:
  Message(int index, unsigned flags, std::uint16_t type = RTM_NEWLINK, std::uint32_t sequence = 7) {
    nlmsghdr head{};
    head.nlmsg_type = type;
    head.nlmsg_seq = sequence;
    bytes_.append(reinterpret_cast<const char*>(&head), sizeof head);
    ifinfomsg info{};
    info.ifi_type = 1;
    info.ifi_index = index;
    info.ifi_flags = flags;
    bytes_.append(reinterpret_cast<const char*>(&info), sizeof info);
  }
  Message& text(std::uint16_t type, std::string_view value) {
    const nlattr head{.nla_len = static_cast<std::uint16_t>(sizeof head + value.size()),
                      .nla_type = type};
    bytes_.append(reinterpret_cast<const char*>(&head), sizeof head);
    bytes_ += value;
    bytes_.resize((bytes_.size() + 3) & ~std::size_t{3});
    return *this;
  }
  template <class T>
  Message& number(std::uint16_t type, T value) {
    return text(type, {reinterpret_cast<const char*>(&value), sizeof value});
  }
  std::string bytes() {
    const auto length = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(bytes_.data(), &length, sizeof length);
    return bytes_;
  }

 private:
  std::string bytes_;
};

TEST_CASE("a message of the dump is what the files say") {
  const std::string bytes = Message(5, IFF_UP | IFF_RUNNING)
                                .text(IFLA_IFNAME, std::string_view("eth0\0", 5))
                                .text(IFLA_ADDRESS, std::string_view("\x02\xfc\0\0\0\x01", 6))
                                .number(IFLA_OPERSTATE, std::uint8_t{6})
                                .number(IFLA_CARRIER, std::uint8_t{1})
                                .number(IFLA_MTU, std::uint32_t{1400})
                                .number(IFLA_CARRIER_CHANGES, std::uint32_t{2})
                                .bytes();
  std::vector<NetworkLink> links;
  bool news = false;
  CHECK(parse_link_dump(bytes, 7, links, news) == LinkDump::kMore);
  REQUIRE(links.size() == 1);
  CHECK(links[0].name == "eth0");
  CHECK(links[0].address == "02:fc:00:00:00:01");
  CHECK(links[0].operstate == "up");
  CHECK(links[0].is_up);
  CHECK(links[0].carrier == 1);
  CHECK(links[0].dormant == 0);
  CHECK(links[0].iface_link == 5);
  CHECK(links[0].mtu_bytes == 1400);
  CHECK(links[0].carrier_changes == 2);
  CHECK_FALSE(news);
}

TEST_CASE("an interface that is switched off has neither carrier nor dormant") {
  const std::string bytes = Message(5, 0)
                                .text(IFLA_IFNAME, "x")
                                .number(IFLA_CARRIER, std::uint8_t{1})
                                .number(IFLA_LINK, std::uint32_t{9})
                                .number(IFLA_OPERSTATE, std::uint8_t{99})
                                .bytes();
  std::vector<NetworkLink> links;
  bool news = false;
  parse_link_dump(bytes, 7, links, news);
  REQUIRE(links.size() == 1);
  CHECK_FALSE(links[0].carrier);
  CHECK_FALSE(links[0].dormant);
  CHECK(links[0].iface_link == 9);
  CHECK(links[0].operstate == "unknown");
}

TEST_CASE("other names stand in a list of their own") {
  const std::string list = Message(0, 0)
                               .text(IFLA_ALT_IFNAME, "enp1s0")
                               .bytes()
                               .substr(sizeof(nlmsghdr) + sizeof(ifinfomsg));
  const std::string bytes =
      Message(5, 0).text(IFLA_IFNAME, "x").text(IFLA_PROP_LIST | NLA_F_NESTED, list).bytes();
  std::vector<NetworkLink> links;
  bool news = false;
  parse_link_dump(bytes, 7, links, news);
  REQUIRE(links.size() == 1);
  CHECK(links[0].altnames == std::vector<std::string>{"enp1s0"});
}

TEST_CASE("what was announced during a dump is news, an end ends it, cut bytes fail it") {
  std::vector<NetworkLink> links;
  bool news = false;
  const std::string other = Message(5, 0, RTM_NEWLINK, 0).text(IFLA_IFNAME, "x").bytes();
  CHECK(parse_link_dump(other, 7, links, news) == LinkDump::kMore);
  CHECK(news);
  CHECK(links.empty());
  CHECK(parse_link_dump(Message(0, 0, NLMSG_DONE).bytes(), 7, links, news) == LinkDump::kDone);
  CHECK(parse_link_dump(Message(0, 0, NLMSG_ERROR).bytes(), 7, links, news) == LinkDump::kFailed);
  const std::string whole = Message(5, 0).text(IFLA_IFNAME, "eth0").bytes();
  for (std::size_t length = 16; length < whole.size(); ++length) {
    CHECK(parse_link_dump(whole.substr(0, length), 7, links, news) == LinkDump::kFailed);
  }
}

TEST_CASE("netlink and files say the same of this machine") {
  HostContext netlink = make_host_context({});
  HostContext files = make_host_context({.sysfs = "/sys/."});
  netlink.patience = files.patience = std::chrono::seconds(60);
  Driver by_netlink(netlink, {"netclass"});
  Driver by_files(files, {"netclass"});
  const auto samples = [](const std::string& page) {
    std::vector<std::string> lines;
    std::string_view rest = page;
    std::string_view line;
    while (next_line(rest, line)) {
      if (!line.starts_with('#')) lines.emplace_back(line);
    }
    std::ranges::sort(lines);
    return lines;
  };
  // Others may add and remove interfaces meanwhile.
  bool same = false;
  for (int attempt = 0; attempt < 20 && !same; ++attempt) {
    same = samples(by_netlink.scrape()) == samples(by_files.scrape());
  }
  CHECK(same);
  CHECK(by_netlink.result("netclass"));
}

TEST_CASE("after a dump there is no news until something changes") {
  LinkSocket socket;
  CHECK(socket.open());
  ReadBuffer buffer;
  std::vector<NetworkLink> links;
  bool quiet = false;
  for (int attempt = 0; attempt < 20 && !quiet; ++attempt) {
    REQUIRE(socket.dump(buffer, links));
    quiet = !socket.has_news();
  }
  CHECK(quiet);
  CHECK(std::ranges::find(links, "lo", &NetworkLink::name) != links.end());
}

}  // namespace
}  // namespace exporter
