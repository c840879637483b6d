// A raw TCP client for tests: sends any bytes, half-closes, does not read, reads to the end.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

#include "exporter/core/clock.h"
#include "exporter/core/kernel_file.h"

namespace exporter::test {

// Stands still until it is told to advance. Any thread.
class ManualClock final : public Clock {
 public:
  Moment now() const override { return {now_ns_, now_ns_, now_ns_}; }
  void advance_ms(std::int64_t ms) { now_ns_ += ms * 1'000'000; }

 private:
  std::atomic<std::int64_t> now_ns_ = 1'000'000'000;
};

// Waits until something that other threads bring about is so. False after 20 s: a failed test.
template <class Condition>
bool await(Condition condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

class Client {
 public:
  // from: the loopback address to connect from, such as 127.0.0.2.
  explicit Client(std::uint16_t port, const char* from = nullptr, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer != 0) {
      setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (from != nullptr) {
      inet_pton(AF_INET, from, &address.sin_addr);
      connected_ = bind(fd_.get(), as_sockaddr(address), sizeof address) == 0;
    }
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_.get(), as_sockaddr(address), sizeof address) == 0;
  }

  bool connected() const { return connected_; }

  // False when the other side has closed before it took everything.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  void send_end() { shutdown(fd_.get(), SHUT_WR); }

  // What came by the time max_bytes are there or the other side closed.
  std::string read(std::size_t max_bytes = SIZE_MAX) {
    std::string out;
    char buffer[64 * 1024];
    while (out.size() < max_bytes) {
      pollfd ready{.fd = fd_.get(), .events = POLLIN, .revents = 0};
      if (poll(&ready, 1, 20'000) <= 0) return out + "[nothing came for 20 s]";
      const ssize_t n = recv(fd_.get(), buffer, std::min(sizeof buffer, max_bytes - out.size()), 0);
      was_reset_ = n < 0;
      if (n <= 0) return out;
      out.append(buffer, static_cast<std::size_t>(n));
    }
    return out;
  }

  bool was_reset() const { return was_reset_; }

  // Closed by the other side, as far as is known now.
  bool is_closed() {
    char byte = 0;
    const ssize_t n = recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN);
  }

 private:
  static const sockaddr* as_sockaddr(const sockaddr_in& address) {
    return reinterpret_cast<const sockaddr*>(&address);
  }

  FileDescriptor fd_;
  bool connected_ = false;
  bool was_reset_ = false;
};

inline std::string ask(std::uint16_t port, std::string_view request) {
  Client client(port);
  client.send(request);
  return client.read();
}

inline constexpr std::string_view kGet = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

inline int status_of(std::string_view response) {
  return response.starts_with("HTTP/1.1 ") && response.size() > 12
             ? std::stoi(std::string(response.substr(9, 3)))
             : 0;
}

inline std::string_view body_of(std::string_view response) {
  const std::size_t end = response.find("\r\n\r\n");
  return end == std::string_view::npos ? std::string_view() : response.substr(end + 4);
}

}  // namespace exporter::test
