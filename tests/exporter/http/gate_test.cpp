#include "exporter/http/gate.h"

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/exporter/http/gate_fixture.h"

namespace exporter {
namespace {

using test::ask;
using test::await;
using test::body_of;
using test::Client;
using test::GateFixture;
using test::kGet;
using test::status_of;

TEST_CASE("a request is answered and its connection closed") {
  GateFixture f;
  const std::string response = ask(f.port, kGet);
  CHECK(status_of(response) == 200);
  CHECK(body_of(response) == "hello");
  CHECK(f.await_active(0));
  CHECK(f.gate.statistics().accepted == 1);
  CHECK(f.gate.statistics().responses[2] == 1);
  CHECK(f.gate.statistics().bytes_written == response.size());
}

TEST_CASE("a kept connection takes one request after another until it idles too long") {
  GateFixture f({.keep_alive_ms = 60'000});
  Client client(f.port);
  const GateReply expected = test::page("hello");
  for (int turn = 1; turn <= 3; ++turn) {
    client.send(kGet);
    const std::string response = client.read(expected.head.size() + 5);
    CHECK(status_of(response) == 200);
    CHECK(body_of(response) == "hello");
    f.clock.advance_ms(20'000);
  }
  CHECK(f.gate.statistics().accepted == 1);
  CHECK(f.gate.statistics().responses[2] == 3);
  f.clock.advance_ms(50'000);
  const std::string close = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  CHECK(status_of(ask(f.port, close)) == 200);  // the gate has seen the time
  CHECK(client.read() == "");
  CHECK(f.gate.statistics().request_timeouts == 0);
}

TEST_CASE("of a kept connection, too, a request must be complete at its deadline") {
  GateFixture f({.keep_alive_ms = 60'000});
  Client client(f.port);
  client.send(kGet);
  CHECK(status_of(client.read(test::page("hello").head.size() + 5)) == 200);
  f.clock.advance_ms(30'000);
  client.send("GET ");
  CHECK(status_of(ask(f.port, "GET / HTTP/1.0\r\n\r\n")) == 200);  // the gate has seen it begin
  REQUIRE(await([&] {
    f.clock.advance_ms(1'000);
    return client.is_closed();
  }));
  CHECK(f.gate.statistics().request_timeouts == 1);
}

TEST_CASE("who says close, speaks HTTP/1.0 or sends ahead gets one response and the end") {
  GateFixture f({.keep_alive_ms = 60'000});
  const std::string get(kGet);
  for (const std::string& request :
       {std::string("GET / HTTP/1.1\r\nHost: x\r\nConnection: te, Close\r\n\r\n"),
        std::string("GET / HTTP/1.0\r\n\r\n"), get + get, get + "x"}) {
    CAPTURE(request);
    const std::string response = ask(f.port, request);
    CHECK(status_of(response) == 200);
    CHECK(response.rfind("HTTP/1.1") == 0);
  }
  CHECK(f.await_active(0));
}

TEST_CASE("stopping closes connections that idle") {
  GateFixture f({.keep_alive_ms = 60'000});
  Client client(f.port);
  client.send(kGet);
  CHECK(status_of(client.read(test::page("hello").head.size() + 5)) == 200);
  f.gate.stop();
  CHECK(client.read() == "");
}

TEST_CASE("a request that comes byte by byte is answered") {
  GateFixture f;
  Client client(f.port);
  for (const char byte : kGet) client.send(std::string_view(&byte, 1));
  CHECK(status_of(client.read()) == 200);
}

TEST_CASE("a request must be complete at its deadline, counted from accept") {
  GateFixture f;
  Client idle(f.port);
  Client dripping(f.port);
  Client late(f.port);
  late.send(kGet.substr(0, 10));
  REQUIRE(f.await_active(3));
  for (int second = 0; second < 4; ++second) {
    f.clock.advance_ms(1'000);
    CHECK(dripping.send(kGet.substr(static_cast<std::size_t>(second), 1)));
  }
  f.clock.advance_ms(900);
  CHECK(status_of(ask(f.port, kGet)) == 200);  // the gate has seen the time
  late.send(kGet.substr(10));
  CHECK(status_of(late.read()) == 200);

  REQUIRE(f.await_active(2));
  f.clock.advance_ms(200);
  CHECK(idle.read() == "");
  CHECK(dripping.read() == "");
  CHECK(f.gate.statistics().request_timeouts == 2);
}

TEST_CASE("a body is read where the path takes one, and not elsewhere") {
  GateFixture f;
  Client client(f.port);
  client.send("POST /takes-body HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc");
  REQUIRE(f.await_active(1));
  client.send("def");
  CHECK(status_of(client.read()) == 200);
  CHECK(status_of(ask(f.port, "POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n")) ==
        200);
}

TEST_CASE("a second request on the same connection is ignored") {
  GateFixture f;
  const std::string response = ask(f.port, std::string(kGet) + std::string(kGet));
  CHECK(response.find("HTTP/1.1") == 0);
  CHECK(response.rfind("HTTP/1.1") == 0);
  CHECK(body_of(response) == "hello");
  CHECK(f.gate.statistics().responses[2] == 1);
}

TEST_CASE("a client that does not read is closed after the write deadline") {
  GateFixture f({}, test::body_of_size(32'000'000));
  Client client(f.port, nullptr, 4096);
  client.send(kGet);
  REQUIRE(await([&] { return f.gate.statistics().bytes_written > 0; }));
  CHECK(status_of(ask(f.port, "GET / HTTP/9.9\r\n\r\n")) == 505);  // others are served
  REQUIRE(f.await_active(1));
  // More than once: the kernel's buffers may still take a little when the clock moves first.
  CHECK(await([&] {
    f.clock.advance_ms(10'100);
    return f.gate.statistics().active == 0;
  }));
  CHECK(client.read().size() < 32'000'000);
  CHECK(f.gate.statistics().write_timeouts == 1);
}

TEST_CASE("a client that reads slowly gets everything") {
  GateFixture f({}, test::body_of_size(16'000'000));
  Client client(f.port, nullptr, 4096);
  client.send(kGet);
  std::size_t got = 0;
  for (int turn = 0; turn < 4; ++turn) {
    const std::uint64_t before = f.gate.statistics().bytes_written;
    got += client.read(3'000'000).size();
    REQUIRE(await([&] { return f.gate.statistics().bytes_written > before; }));
    f.clock.advance_ms(9'000);
  }
  got += client.read().size();
  CHECK(got > 16'000'000);
  CHECK(f.gate.statistics().write_timeouts == 0);
}

TEST_CASE("a full queue is answered 503 with Retry-After") {
  GateFixture f({.workers = 1, .queue_limit = 1});
  f.door.close();
  Client served(f.port);
  served.send(kGet);
  REQUIRE(f.door.await_inside(1));
  std::vector<Client> others;
  for (int i = 0; i < 3; ++i) others.emplace_back(f.port).send(kGet);
  REQUIRE(await([&] { return f.gate.statistics().queue_full == 2; }));
  f.door.open();
  CHECK(status_of(served.read()) == 200);
  int answered = 0;
  int turned_away = 0;
  for (Client& other : others) {
    const std::string response = other.read();
    answered += status_of(response) == 200;
    turned_away += status_of(response) == 503 && response.contains("\r\nRetry-After: 1\r\n");
  }
  CHECK(answered == 1);
  CHECK(turned_away == 2);
}

TEST_CASE("an error reaches a client that is still sending") {
  GateFixture f;
  Client client(f.port);
  client.send("GET / HTTP/1.1\r\nHost: x\r\n" + std::string(400'000, 'a'));
  const std::string response = client.read();
  CHECK(status_of(response) == 431);
  CHECK(body_of(response) == "431 Request Header Fields Too Large\n");
  CHECK_FALSE(client.was_reset());
  CHECK(f.gate.statistics().bad_requests == 1);
}

TEST_CASE("a client that lingers after an error is closed") {
  GateFixture f;
  Client silent(f.port);
  silent.send("nonsense\r\n\r\n");
  CHECK(status_of(silent.read()) == 400);
  REQUIRE(f.await_active(1));
  f.clock.advance_ms(1'100);
  CHECK(f.await_active(0));

  Client flood(f.port);
  flood.send("nonsense\r\n\r\n");
  const std::string junk(100'000, 'x');
  bool cut = false;
  for (int i = 0; i < 1'000 && !cut; ++i) cut = !flood.send(junk);
  CHECK(cut);
}

TEST_CASE("stopping lets a response finish and turns newcomers away") {
  std::optional<GateFixture> f(std::in_place);
  f->door.close();
  Client served(f->port);
  served.send(kGet);
  Client waiting(f->port);
  waiting.send("G");
  REQUIRE(f->door.await_inside(1));
  REQUIRE(f->await_active(2));
  std::jthread stopper([&] { f->gate.stop(); });
  CHECK(waiting.read() == "");
  CHECK(await([&] { return !Client(f->port).connected(); }));
  f->door.open();
  CHECK(body_of(served.read()) == "hello");
  stopper.join();
  CHECK(f->gate.statistics().active == 0);
}

TEST_CASE("stopping does not wait for a client that does not read") {
  GateFixture f({}, test::body_of_size(32'000'000));
  Client client(f.port, nullptr, 4096);
  client.send(kGet);
  REQUIRE(await([&] { return f.gate.statistics().bytes_written > 0; }));
  std::jthread stopper([&] { f.gate.stop(); });
  REQUIRE(await([&] { return !Client(f.port).connected(); }));
  f.clock.advance_ms(1'100);
  stopper.join();
  CHECK(f.gate.statistics().active == 0);
}

TEST_CASE("every address is served, and its port can be asked") {
  const test::ManualClock clock;
  Gate gate(
      {.listen_addresses = {"127.0.0.1:0", "127.0.0.1:0", "localhost:0"}}, clock,
      [](const HttpRequest& request) { return test::page(request.client_address); },
      [](std::string_view) { return false; });
  REQUIRE(gate.listen());
  REQUIRE(gate.ports().size() == 3);
  gate.start();
  for (const std::uint16_t port : gate.ports()) {
    CHECK(body_of(ask(port, kGet)) == "127.0.0.1");
  }
}

TEST_CASE("an address that cannot be had is an error of listen") {
  GateFixture f;
  const std::string taken = "127.0.0.1:" + std::to_string(f.port);
  Gate gate({.listen_addresses = {"127.0.0.1:0", taken}}, f.clock, {}, {});
  const auto listening = gate.listen();
  REQUIRE_FALSE(listening);
  CHECK(listening.error().kind == ErrorKind::kConflict);
  CHECK(listening.error().message == "--web.listen-address: " + taken + ": address already in use");
}

}  // namespace
}  // namespace exporter
