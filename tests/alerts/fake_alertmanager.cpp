#include "tests/alerts/fake_alertmanager.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "tests/support/doctest.h"

namespace alerts {
namespace {

// The length of the first whole request in the input, 0 while it is not all there.
std::size_t request_length(const std::string& input) {
  const std::size_t head = input.find("\r\n\r\n");
  if (head == std::string::npos) return 0;
  constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t field = input.find(kLength);
  if (field == std::string::npos || field > head) return head + 4;
  const auto body = static_cast<std::size_t>(std::atoll(input.c_str() + field + kLength.size()));
  const std::size_t whole = head + 4 + body;
  return input.size() < whole ? 0 : whole;
}

}  // namespace

void FakeAlertmanager::start() {
  waker_ = eventfd(0, EFD_CLOEXEC);
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port_);
  socklen_t size = sizeof address;
  REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(listen(listener_, 16) == 0);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void FakeAlertmanager::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  eventfd_write(waker_, 1);
  thread_.join();
  close(listener_);
  close(waker_);
}

void FakeAlertmanager::answer(std::optional<std::string> bytes) {
  const std::scoped_lock lock(mutex_);
  answer_ = std::move(bytes);
}

void FakeAlertmanager::answer(int status, const std::string& body, const std::string& headers) {
  answer("HTTP/1.1 " + std::to_string(status) + " As told\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body);
}

std::vector<std::string> FakeAlertmanager::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

void FakeAlertmanager::run(const std::stop_token& stop) {
  std::vector<Connection> connections;
  while (!stop.stop_requested()) {
    std::vector<pollfd> fds = {{waker_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const Connection& connection : connections) fds.push_back({connection.fd, POLLIN, 0});
    poll(fds.data(), fds.size(), -1);
    std::vector<Connection> kept;
    for (std::size_t i = 0; i < connections.size(); ++i) {
      if (fds[i + 2].revents == 0 || serve(connections[i])) {
        kept.push_back(std::move(connections[i]));
      } else {
        close(connections[i].fd);
      }
    }
    connections = std::move(kept);
    if (fds[1].revents != 0) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) connections.push_back({.fd = fd, .input = {}});
    }
  }
  for (const Connection& connection : connections) close(connection.fd);
}

bool FakeAlertmanager::serve(Connection& connection) {
  std::array<char, 65'536> buffer;
  const ssize_t got = recv(connection.fd, buffer.data(), buffer.size(), 0);
  if (got <= 0) return false;
  connection.input.append(buffer.data(), static_cast<std::size_t>(got));
  const std::size_t length = request_length(connection.input);
  if (length == 0) return true;
  std::optional<std::string> bytes;
  {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(connection.input.substr(0, length));
    bytes = answer_;
  }
  connection.input.erase(0, length);
  if (!bytes) return true;
  // A client that gives up while we write is what some tests are about.
  return send(connection.fd, bytes->data(), bytes->size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes->size());
}

}  // namespace alerts
