#include <fcntl.h>
#include <sys/resource.h>

#include <deque>
#include <string>

#include "tests/exporter/http/gate_fixture.h"

namespace exporter {
namespace {

using test::await;
using test::Client;
using test::GateFixture;
using test::kGet;
using test::status_of;

// Lowers the number of descriptors the process may have, for the length of a test.
class DescriptorLimit {
 public:
  DescriptorLimit() { getrlimit(RLIMIT_NOFILE, &before_); }
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  // Descriptors below the first free one do not count: they are taken.
  int allow_more(int count) {
    rlimit lower = before_;
    lower.rlim_cur = static_cast<rlim_t>(first_free()) + static_cast<rlim_t>(count);
    setrlimit(RLIMIT_NOFILE, &lower);
    return static_cast<int>(lower.rlim_cur);
  }

 private:
  static int first_free() {
    const FileDescriptor probe(open("/dev/null", O_RDONLY | O_CLOEXEC));
    return probe.get();
  }

  rlimit before_{};
};

// The kernel hands a client over when it has sent something, so whoever waits has begun a request.
void begin(Client& client) { client.send(kGet.substr(0, 1)); }

bool answered(Client& client) {
  client.send(kGet.substr(1));
  return status_of(client.read()) == 200;
}

TEST_CASE("when all places are taken the one that waits longest makes room") {
  GateFixture f({.max_connections = 4});
  // From other addresses, so that the cap of one address does not matter.
  std::deque<Client> clients;
  for (const char* from : {"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"}) {
    begin(clients.emplace_back(f.port, from));
  }
  REQUIRE(f.await_active(4));
  Client newest(f.port);
  begin(newest);
  CHECK(answered(newest));
  CHECK(clients[0].read() == "");
  for (std::size_t i = 1; i < 4; ++i) CHECK(answered(clients[i]));
  CHECK(f.gate.statistics().evicted == 1);
}

TEST_CASE("a connection being served is never evicted") {
  GateFixture f({.max_connections = 2});
  f.door.close();
  Client served(f.port, "127.0.0.2");
  served.send(kGet);
  REQUIRE(f.door.await_inside(1));
  Client waiting(f.port, "127.0.0.3");
  begin(waiting);
  REQUIRE(f.await_active(2));
  Client newer(f.port, "127.0.0.4");
  begin(newer);
  CHECK(waiting.read() == "");
  f.door.open();
  CHECK(status_of(served.read()) == 200);
  CHECK(answered(newer));
}

TEST_CASE("a connection kept for further requests is the first to make room") {
  GateFixture f({.max_connections = 2, .keep_alive_ms = 60'000});
  Client waiting(f.port, "127.0.0.2");
  begin(waiting);
  REQUIRE(f.await_active(1));
  f.clock.advance_ms(1'000);
  Client kept(f.port, "127.0.0.3");
  kept.send(test::kGet);
  CHECK(status_of(kept.read(test::page("hello").head.size() + 5)) == 200);
  Client newer(f.port, "127.0.0.4");
  begin(newer);
  CHECK(kept.read() == "");
  CHECK(f.gate.statistics().evicted == 1);
  CHECK_FALSE(waiting.is_closed());
}

TEST_CASE("while all are being served a newcomer waits and is then answered") {
  GateFixture f({.max_connections = 2, .workers = 1});
  f.door.close();
  std::deque<Client> clients;
  for (int i = 0; i < 6; ++i) clients.emplace_back(f.port).send(kGet);
  REQUIRE(f.door.await_inside(1));
  REQUIRE(f.await_active(2));
  f.door.open();
  for (Client& client : clients) CHECK(status_of(client.read()) == 200);
  CHECK(f.gate.statistics().evicted == 0);
  CHECK(f.gate.statistics().refused == 0);
}

TEST_CASE("where none waits, the writer whose client takes nothing makes room") {
  GateFixture f({.max_connections = 2}, test::body_of_size(32'000'000));
  Client stalled_longer(f.port, "127.0.0.2", 4096);
  stalled_longer.send(kGet);
  REQUIRE(await([&] { return f.gate.statistics().bytes_written > 0; }));
  f.clock.advance_ms(1'000);
  const std::uint64_t before = f.gate.statistics().bytes_written;
  Client stalled(f.port, "127.0.0.3", 4096);
  stalled.send(kGet);
  REQUIRE(await([&] { return f.gate.statistics().bytes_written > before; }));

  Client newest(f.port, "127.0.0.4");
  newest.send(kGet);
  REQUIRE(await([&] {
    f.clock.advance_ms(1);
    return f.gate.statistics().evicted == 1;
  }));
  CHECK(newest.read().size() > 32'000'000);
  CHECK(stalled_longer.read().size() < 32'000'000);
  CHECK(stalled.read().size() > 32'000'000);
}

TEST_CASE("an address at its cap evicts its own oldest and nobody else's") {
  GateFixture f({.max_connections = 8});
  Client stranger(f.port, "127.0.0.2");
  begin(stranger);
  REQUIRE(f.await_active(1));
  std::deque<Client> own;
  for (int i = 0; i < 6; ++i) begin(own.emplace_back(f.port));  // three quarters of 8
  REQUIRE(f.await_active(7));
  Client scraper(f.port);
  begin(scraper);
  CHECK(answered(scraper));
  CHECK(own[0].read() == "");
  CHECK(f.gate.statistics().evicted_own == 1);
  CHECK(answered(own[1]));
  CHECK(answered(stranger));
}

TEST_CASE("incomplete requests hold a bounded number of bytes together") {
  GateFixture f({.max_buffered_bytes = 64 * 1024});
  const std::string half = "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(14'000, 'a');
  std::deque<Client> clients;
  for (int i = 0; i < 6; ++i) {
    clients.emplace_back(f.port).send(half);
    if (i < 4) REQUIRE(f.await_active(static_cast<std::uint64_t>(i) + 1));
  }
  CHECK(clients[0].read() == "");
  CHECK(clients[1].read() == "");
  for (std::size_t i = 2; i < 6; ++i) {
    clients[i].send("\r\n\r\n");
    CHECK(status_of(clients[i].read()) == 200);
  }
  CHECK(f.gate.statistics().evicted_buffers == 2);
}

TEST_CASE("out of descriptors, the one that waits longest gives up its own") {
  DescriptorLimit limit;
  GateFixture f({.reserved_descriptors = 0}, "hello", false);
  std::deque<Client> clients;
  for (int i = 0; i < 4; ++i) begin(clients.emplace_back(f.port));
  limit.allow_more(2);
  f.gate.start();
  CHECK(clients[0].read() == "");
  CHECK(clients[1].read() == "");
  CHECK(answered(clients[2]));
  CHECK(answered(clients[3]));
}

TEST_CASE("out of descriptors with none to give up, clients wait until there is one again") {
  DescriptorLimit limit;
  GateFixture f({.reserved_descriptors = 0}, "hello", false);
  Client first(f.port);
  begin(first);
  Client second(f.port);
  begin(second);
  std::deque<FileDescriptor> others;
  for (int i = 0; i < 3; ++i) others.emplace_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
  limit.allow_more(0);
  f.gate.start();
  REQUIRE(await([&] { return f.gate.statistics().pauses == 1; }));
  CHECK(f.gate.statistics().accepted == 0);
  others.clear();
  f.clock.advance_ms(1'000);  // longer than it pauses, shorter than a request may take
  REQUIRE(await([&] { return f.gate.statistics().accepted == 2; }));
  CHECK(answered(first));
  CHECK(answered(second));
  CHECK(f.gate.statistics().refused == 0);
}

TEST_CASE("the last descriptors are left to the rest of the daemon") {
  DescriptorLimit limit;
  GateFixture f({.reserved_descriptors = 16}, "hello", false);
  std::deque<Client> clients;
  for (int i = 0; i < 6; ++i) begin(clients.emplace_back(f.port));
  limit.allow_more(16 + 3);
  f.gate.start();
  for (std::size_t i = 0; i < 3; ++i) CHECK(clients[i].read() == "");
  std::deque<FileDescriptor> others;
  for (int i = 0; i < 16; ++i) others.emplace_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
  for (const FileDescriptor& other : others) CHECK(other);
  for (std::size_t i = 3; i < 6; ++i) CHECK(answered(clients[i]));
}

TEST_CASE(
    "the cap is half of the descriptors the process may have, three quarters for one address") {
  DescriptorLimit limit;
  GateFixture f({.reserved_descriptors = 0}, "hello", false);
  std::deque<Client> clients;
  for (int i = 0; i < 100; ++i) begin(clients.emplace_back(f.port));
  const int per_address = limit.allow_more(100) / 2 * 3 / 4;
  REQUIRE(per_address < 100);
  f.gate.start();
  CHECK(await([&] {
    return f.gate.statistics().evicted_own == static_cast<std::uint64_t>(100 - per_address);
  }));
  CHECK(f.await_active(static_cast<std::uint64_t>(per_address)));
}

}  // namespace
}  // namespace exporter
