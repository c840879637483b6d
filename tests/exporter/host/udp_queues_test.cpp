#include "exporter/host/udp_queues.h"

#include "tests/exporter/host/driven.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

constexpr std::string_view kUdp =
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
    "  101: 00000000:0044 00000000:0000 07 00000010:000000FF 00:00000000 00000000     0\n"
    "  102: 00000000:0045 00000000:0000 07 00000001:00000001 00:00000000 00000000     0\n";

TEST_CASE("queues of UDP sockets are summed; a machine may lack IPv6 or IPv4") {
  test::TempTree tree;
  Driven udp(make_host_context({.procfs = tree.root()}), "udp_queues");
  CHECK(udp.error() == ErrorKind::kNotFound);
  tree.write("net/udp", kUdp);
  const std::string v4 =
      "node_udp_queues{ip=\"v4\",queue=\"tx\"} 17\nnode_udp_queues{ip=\"v4\",queue=\"rx\"} 256\n";
  CHECK(udp.scrape() == v4);
  CHECK(udp.result());
  tree.write("net/udp6", "head\n");
  CHECK(udp.scrape() == v4 + "node_udp_queues{ip=\"v6\",queue=\"tx\"} 0\n"
                             "node_udp_queues{ip=\"v6\",queue=\"rx\"} 0\n");
  CHECK(udp.result());
  test::TempTree only_ipv6;
  only_ipv6.write("net/udp6", "head\n");
  Driven six(make_host_context({.procfs = only_ipv6.root()}), "udp_queues");
  six.scrape();
  CHECK(six.result());
}

TEST_CASE(
    "the table of UDP sockets is not read where none is in use, and missed where it is gone") {
  test::TempTree tree;
  tree.write("net/udp", kUdp);
  tree.write("net/sockstat", "UDP: inuse 2 mem 1\n");
  Driven udp(make_host_context({.procfs = tree.root()}), "udp_queues");
  const std::string some =
      "node_udp_queues{ip=\"v4\",queue=\"tx\"} 17\nnode_udp_queues{ip=\"v4\",queue=\"rx\"} 256\n";
  const std::string none =
      "node_udp_queues{ip=\"v4\",queue=\"tx\"} 0\nnode_udp_queues{ip=\"v4\",queue=\"rx\"} 0\n";
  CHECK(udp.scrape() == some);
  tree.write("net/sockstat", "UDP: inuse 0 mem 0\n");
  CHECK(udp.scrape() == none);  // though the table of this tree still has two
  CHECK(udp.result());
  tree.write("net/sockstat", "UDP: broken\n");
  CHECK(udp.scrape() == some);
  test::TempTree without;
  without.write("net/sockstat", "UDP: inuse 0 mem 0\n");
  Driven absent(make_host_context({.procfs = without.root()}), "udp_queues");
  CHECK(absent.error() == ErrorKind::kNotFound);
}

TEST_CASE("a corrupt line of udp costs only its socket") {
  LineErrors errors;
  const auto queues = parse_udp(
      std::string(kUdp) + "103: a b 07\n104: a b 07 1\n105: a b 07 1:\n106: a b 07 1:x\n\n",
      errors);
  CHECK(errors.count() == 5);
  CHECK(queues.receive == 256);
  CHECK(queues.transmit == 17);
}

}  // namespace
}  // namespace exporter
