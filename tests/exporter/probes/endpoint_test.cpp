#include "exporter/probes/endpoint.h"

#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("an endpoint is a name or an address, and a port") {
  const auto shown = [](std::string_view text, std::uint16_t port = 0) {
    const auto endpoint = parse_endpoint(text, port);
    return endpoint ? endpoint->host + " " + std::to_string(endpoint->port)
                    : "error " + endpoint.error().message;
  };
  CHECK(shown("Db.Example:5432") == "db.example 5432");
  CHECK(shown("192.0.2.1:53") == "192.0.2.1 53");
  CHECK(shown("[2001:db8::1]:443") == "2001:db8::1 443");
  CHECK(shown("2001:db8::1", 53) == "2001:db8::1 53");
  CHECK(shown("names.example", 53) == "names.example 53");
  CHECK(shown("db.example") == "error db.example: has no port; it is written host:port");
  CHECK(shown("db.example:0").contains("the port is not a number"));
  CHECK(shown("db.example:65536").contains("the port is not a number"));
  CHECK(shown("db.example:5x").contains("the port is not a number"));
  CHECK(shown("[2001:db8::1:443").contains("']' is missing"));
  CHECK(shown("user@host:1").contains("neither a host name nor an address"));
  CHECK(shown(":1").contains("neither a host name nor an address"));
  CHECK(shown("fe80::1%eth0", 1).contains("zone"));
}

TEST_CASE("metadata addresses are refused unless allowed") {
  CHECK_FALSE(parse_endpoint("169.254.169.254:80"));
  CHECK(parse_endpoint("169.254.169.254:80", 0, true));
  CHECK_FALSE(check_host("fd00:ec2::254"));
}

}  // namespace
}  // namespace exporter
