#include "exporter/http/listener.h"

#include <netinet/tcp.h>

#include "tests/exporter/http/client.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("an address is a host and a port, or a port alone") {
  const auto parts = [](const std::string& text) {
    const auto address = parse_listen_address(text);
    return address ? address->host + "|" + address->port : std::string("refused");
  };
  CHECK(parts("127.0.0.1:9999") == "127.0.0.1|9999");
  CHECK(parts(":9999") == "|9999");
  CHECK(parts("[::1]:0") == "::1|0");
  CHECK(parts("db1.example:65535") == "db1.example|65535");
  for (const char* bad : {"", "9999", "127.0.0.1", "x:", "x:y", ":65536", ":-1", "::1:9999", "[]:1",
                          "[x]:1", "[::1:1", "x]:1", "[::1]", ":99 "}) {
    CAPTURE(bad);
    CHECK(parts(bad) == "refused");
  }
}

TEST_CASE("a refusal names the flag, the address and the reason") {
  const auto first = listen_on("127.0.0.1:0");
  REQUIRE(first);
  const std::string address = "127.0.0.1:" + std::to_string(first->port);
  const auto second = listen_on(address);
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::kConflict);
  CHECK(second.error().message == "--web.listen-address: " + address + ": address already in use");

  const auto elsewhere = listen_on("192.0.2.1:0");
  REQUIRE_FALSE(elsewhere);
  CHECK(elsewhere.error().kind == ErrorKind::kUnavailable);
  CHECK(elsewhere.error().message ==
        "--web.listen-address: 192.0.2.1:0: cannot assign requested address");

  const auto nonsense = listen_on("999.1.1.1:0");
  REQUIRE_FALSE(nonsense);
  CHECK(nonsense.error().kind == ErrorKind::kInvalid);
  CHECK(nonsense.error().message.starts_with("--web.listen-address: 999.1.1.1:0: "));
}

TEST_CASE("a client is handed over with its first bytes") {
  const auto listener = listen_on("127.0.0.1:0");
  REQUIRE(listener);
  int seconds = 0;
  socklen_t length = sizeof seconds;
  REQUIRE(getsockopt(listener->fd.get(), IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, &length) == 0);
  CHECK(seconds > 0);
}

TEST_CASE("a port alone takes IPv4 clients") {
  const auto everywhere = listen_on(":0");
  REQUIRE(everywhere);
  CHECK(everywhere->port != 0);
  CHECK(test::Client(everywhere->port).connected());
}

}  // namespace
}  // namespace exporter
