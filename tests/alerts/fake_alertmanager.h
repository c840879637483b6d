// A server on a loopback port that records requests and answers as it is told, also badly. Its own
// thread; all functions from the test's.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace alerts {

class FakeAlertmanager {
 public:
  FakeAlertmanager() { start(); }
  ~FakeAlertmanager() { stop(); }
  FakeAlertmanager(const FakeAlertmanager&) = delete;
  FakeAlertmanager& operator=(const FakeAlertmanager&) = delete;

  // A restart keeps the port; connections are lost.
  void start();
  void stop();

  // What comes back on a request from now on; nothing: the server hangs.
  void answer(std::optional<std::string> bytes);
  void answer(int status, const std::string& body = "", const std::string& headers = "");

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // Whole requests, head and body as they came.
  std::vector<std::string> requests() const;

 private:
  struct Connection {
    int fd;
    std::string input;
  };

  void run(const std::stop_token& stop);
  bool serve(Connection& connection);  // false: close it

  std::uint16_t port_ = 0;
  int listener_ = -1;
  int waker_ = -1;
  mutable std::mutex mutex_;  // guards the two below
  std::optional<std::string> answer_ = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  std::vector<std::string> requests_;
  std::jthread thread_;
};

}  // namespace alerts
