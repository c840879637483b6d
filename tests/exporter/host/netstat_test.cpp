#include "exporter/host/netstat.h"

#include "tests/exporter/host/driver.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

std::string picked(ColumnPairs& pairs, std::string_view text, LineErrors& errors) {
  std::vector<NameValue> values;
  pairs.parse(text, values, errors);
  std::string out;
  for (const NameValue& value : values) {
    out += std::string(value.name) + "=" +
           std::to_string(static_cast<std::int64_t>(value.value.as_double())) + " ";
  }
  return out;
}

std::string picked(ColumnPairs& pairs, std::string_view text) {
  LineErrors errors;
  const std::string out = picked(pairs, text, errors);
  CHECK(errors.count() == 0);
  return out;
}

TEST_CASE("wanted columns are picked from pairs of lines") {
  ColumnPairs pairs(NameFilter::make("^(Tcp_MaxConn|Tcp_OutSegs|Udp_.*)$", "").value());
  CHECK(picked(pairs,
               "Tcp: RtoMin MaxConn InSegs OutSegs\nTcp: 200 -1 30 40\n"
               "Udp: A\nUdp: 7\n") == "Tcp_MaxConn=-1 Tcp_OutSegs=40 Udp_A=7 ");
  CHECK(picked(pairs,
               "Tcp: RtoMin MaxConn InSegs OutSegs\nTcp: 200 5 30 41\n"
               "Udp: A\nUdp: 8\n") == "Tcp_MaxConn=5 Tcp_OutSegs=41 Udp_A=8 ");
}

TEST_CASE("another kernel's columns are chosen anew") {
  ColumnPairs pairs(NameFilter::make("Wanted", "").value());
  CHECK(picked(pairs, "T: Wanted X\nT: 1 2\n") == "T_Wanted=1 ");
  CHECK(picked(pairs, "T: X Wanted\nT: 1 2\n") == "T_Wanted=2 ");
  CHECK(picked(pairs, "U: X\nU: 1\nT: X Wanted\nT: 1 2\n") == "T_Wanted=2 ");
  CHECK(picked(pairs, "") == "");
}

TEST_CASE("a pair that cannot be read is named and the others are kept") {
  ColumnPairs pairs(NameFilter::make("", "").value());
  const auto check = [&](std::string_view text, std::string_view wanted, std::size_t bad) {
    LineErrors errors;
    CHECK(picked(pairs, text, errors) == wanted);
    CHECK(errors.count() == bad);
  };
  check("A: x y\nA: 1\nB: z\nB: 3\n", "A_x=1 B_z=3 ", 1);
  check("A: x y\nA: 1 two\nB: z\nB: 3\n", "A_x=1 B_z=3 ", 1);
  check("A: x\nA: 1x\nB: z\nB: 3\n", "B_z=3 ", 1);
  check("A: x\nB: z\nB: 3\n", "B_z=3 ", 1);
  check("B: z\nB: 3\nA: x\n", "B_z=3 ", 1);
  check("A:\nA:\nB: z\nB: 3\n", "B_z=3 ", 0);
  check("\n\n", "", 0);
}

TEST_CASE("netstat, snmp and snmp6 are reported as Protocol_Name, untyped") {
  test::TempTree tree;
  tree.write("net/netstat", "TcpExt: SyncookiesSent Other\nTcpExt: 3 4\n");
  tree.write("net/snmp", "Tcp: RtoMin MaxConn CurrEstab\nTcp: 200 -1 6\n");
  tree.write("net/snmp6", "Ip6InReceives  7\nIp6InOctets  8\nUdpLite6InErrors 9\nnosix 1\n");
  Driver driver(make_host_context({.procfs = tree.root()}), {"netstat"});
  const std::string& page = driver.scrape();
  CHECK(driver.result("netstat"));
  for (const char* line : {"node_netstat_TcpExt_SyncookiesSent 3", "node_netstat_Tcp_MaxConn -1",
                           "node_netstat_Tcp_CurrEstab 6", "node_netstat_Ip6_InOctets 8",
                           "node_netstat_UdpLite6_InErrors 9"}) {
    CHECK(page.find(std::string("untyped\n") + line + "\n") != std::string::npos);
  }
  CHECK(page.find("Other") == std::string::npos);
  CHECK(page.find("RtoMin") == std::string::npos);
  CHECK(page.find("InReceives") == std::string::npos);
}

TEST_CASE("a machine without IPv6 is no error, one without netstat is absent") {
  test::TempTree tree;
  tree.write("net/snmp", "Tcp: CurrEstab\nTcp: 6\n");
  Driver driver(make_host_context({.procfs = tree.root()}), {"netstat"});
  CHECK(driver.scrape().ends_with("node_netstat_Tcp_CurrEstab 6\n"));
  CHECK(driver.result("netstat").error().kind == ErrorKind::kNotFound);
  tree.write("net/netstat", "TcpExt: ListenDrops\nTcpExt: 1\n");
  driver.scrape();
  CHECK(driver.result("netstat"));
}

}  // namespace
}  // namespace exporter
