// A gate on a free port whose clock stands still and whose handler can be held.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "exporter/http/gate.h"
#include "tests/exporter/http/client.h"
#include "tests/support/doctest.h"

namespace exporter::test {

// More than the kernel's buffers hold, when it is tens of megabytes.
inline std::string body_of_size(std::size_t bytes) {
  std::string body;
  body.resize(bytes, 'x');
  return body;
}

inline GateReply page(std::string body) {
  GateReply reply{.status = 200,
                  .head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
                          "\r\nConnection: close\r\n\r\n",
                  .body = nullptr};
  reply.body = std::make_shared<const std::string>(std::move(body));
  return reply;
}

// Handlers pass through; closed, they stay inside until it opens again.
class Door {
 public:
  void close() { set(false); }
  void open() { set(true); }
  void pass() {
    std::unique_lock lock(mutex_);
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    --inside_;
  }
  bool await_inside(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return inside_ == count; });
  }

 private:
  void set(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int inside_ = 0;
};

struct GateFixture {
  explicit GateFixture(GateOptions options = {}, std::string body = "hello", bool started = true)
      : gate(
            prepared(std::move(options)), clock,
            [this, body = std::move(body)](const HttpRequest& request) {
              door.pass();
              GateReply reply = page(body);
              reply.keep_alive = request.keep_alive;
              return reply;
            },
            [](std::string_view path) { return path == "/takes-body"; }) {
    const auto listening = gate.listen();
    REQUIRE(listening);
    port = gate.ports()[0];
    if (started) gate.start();
  }
  ~GateFixture() {
    door.open();
    clock.advance_ms(100'000);
    gate.stop();
  }

  static GateOptions prepared(GateOptions options) {
    options.listen_addresses = {"127.0.0.1:0"};
    options.sweep_ms = 2;
    return options;
  }

  bool await_active(std::uint64_t count) {
    return await([&] { return gate.statistics().active == count; });
  }

  ManualClock clock;
  Door door;
  Gate gate;
  std::uint16_t port = 0;
};

}  // namespace exporter::test
