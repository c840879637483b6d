#include "tests/exporter/probes/test_server.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>

namespace exporter {
namespace {

// Bound to a free port of 127.0.0.1.
FileDescriptor bound_socket(int& port) {
  FileDescriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    std::abort();
  }
  port = ntohs(address.sin_port);
  return fd;
}

}  // namespace

TestServer::TestServer(Handler handler)
    : handler_(std::move(handler)), listener_(bound_socket(port_)) {
  if (listen(listener_.get(), 128) != 0) std::abort();
  acceptor_ = std::jthread([this] { accept_all(); });
}

TestServer::~TestServer() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    for (const Session& session : sessions_) shutdown(session.fd.get(), SHUT_RDWR);
  }
  ended_.notify_all();
  shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  sessions_.clear();
}

void TestServer::accept_all() {
  while (true) {
    const int fd = accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    if (ending_) {
      FileDescriptor(fd).reset();
      return;
    }
    sessions_.push_back({FileDescriptor(fd), {}});
    sessions_.back().thread = std::jthread([this, fd] {
      handler_(Connection(fd, *this));
      shutdown(fd, SHUT_RDWR);
    });
  }
}

void TestServer::wait_for_end() {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return ending_; });
}

bool TestServer::is_ending() const {
  const std::lock_guard lock(mutex_);
  return ending_;
}

int TestServer::connections() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(sessions_.size());
}

std::string TestServer::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

std::string TestServer::Connection::request() const {
  std::string text;
  std::array<char, 1024> buffer{};
  while (!text.contains("\r\n\r\n")) {
    const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

bool TestServer::Connection::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string http_answer(int status, std::string_view body, std::string_view extra_headers) {
  return "HTTP/1.1 " + std::to_string(status) +
         " x\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(extra_headers) + "\r\n" + std::string(body);
}

TestServer::Handler answer_with(std::string answer) {
  return [answer = std::move(answer)](const TestServer::Connection& connection) {
    connection.request();
    connection.send(answer);
  };
}

int refused_port() {
  int port = 0;
  const FileDescriptor unused = bound_socket(port);
  return port;
}

}  // namespace exporter
