#include "exporter/host/ipvs.h"

#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

constexpr const char* kServers =
    "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
    "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n"
    "TCP  C0A80016:0CEA wlc\n"
    "  -> C0A85216:0CEA      Tunnel  100    248        2\n"
    "  -> C0A85318:0CEB      Tunnel  50     1          1\n"
    "UDP  [2001:0db8:0000:0000:0000:0000:0000:0001]:0035 rr\n"
    "  -> [2001:0db8:0000:0000:0000:0000:0000:0003]:0035      Route   1      0          7\n"
    "FWM  10001000 wlc\n"
    "  -> C0A83215:0CEA      Route   20     0          2\n";

TEST_CASE("servers belong to the service above them") {
  std::vector<IpvsBackend> backends;
  LineErrors errors;
  parse_ipvs(kServers, backends, errors);
  CHECK(errors.count() == 0);
  REQUIRE(backends.size() == 4);
  CHECK(backends[0].local_address == "192.168.0.22");
  CHECK(backends[0].local_port == "3306");
  CHECK(backends[1].remote_address == "192.168.83.24");
  CHECK(backends[1].weight == 50);
  CHECK(backends[2].remote_address == "2001:db8::3");
  CHECK(backends[2].proto == "UDP");
  CHECK(backends[3].local_mark == "10001000");
  CHECK(backends[3].local_address.empty());
}

TEST_CASE("lines of another form cost themselves, and servers of a bad service are left out") {
  std::vector<IpvsBackend> backends;
  LineErrors errors;
  parse_ipvs(
      "TCP  XYZ wlc\n  -> C0A85216:0CEA Tunnel 1 2 3\nTCP  C0A80016:0001 wlc\n"
      "  -> C0A85216 Tunnel 1 2 3\n  -> C0A85216:0CEA Tunnel 1 2\n"
      "  -> C0A85216:0CEA Tunnel 1 2 3\n",
      backends, errors);
  CHECK(backends.size() == 1);
  CHECK(errors.count() == 3);
}

TEST_CASE("totals are the third line, in hexadecimal") {
  const auto totals = parse_ipvs_stats(" a\n b\n 16AA370 E33656E5 0 51D8C8883AB3 A\n");
  REQUIRE(totals);
  CHECK((*totals)[0] == 0x16AA370);
  CHECK((*totals)[4] == 10);
  for (const char* text : {"", "a\nb\n", "a\nb\n1 2 3 4\n", "a\nb\n1 2 3 4 x\n"}) {
    CHECK_FALSE(parse_ipvs_stats(text));
  }
}

TEST_CASE("servers that share the wanted labels are added up") {
  Machine machine("ipvs");
  machine.context().options["ipvs.backend-labels"] = "proto,local_address";
  machine.file("proc/net/ip_vs_stats", "a\nb\n1 2 3 4 5\n").file("proc/net/ip_vs", kServers);
  machine.scrape();
  CHECK(machine.has("node_ipvs_connections_total 1"));
  CHECK(machine.has("node_ipvs_backend_weight{local_address=\"192.168.0.22\",proto=\"TCP\"} 150"));
  CHECK(machine.samples() == 5 + 9);
}

TEST_CASE("a label that does not exist is refused") {
  HostContext context = make_host_context({});
  context.options["ipvs.backend-labels"] = "proto,colour";
  const auto made = ipvs_row().make(context);
  REQUIRE_FALSE(made);
  CHECK(made.error().message == "--collector.ipvs.backend-labels: no such label: colour");
}

TEST_CASE("a machine that balances nothing has no data, a corrupt file is an error") {
  Machine machine("ipvs");
  machine.scrape();
  CHECK(machine.result().error().kind == ErrorKind::kNotFound);
  machine.file("proc/net/ip_vs_stats", "short\n");
  machine.scrape(10);
  CHECK(machine.result().error().kind == ErrorKind::kParse);
}

}  // namespace
}  // namespace exporter
