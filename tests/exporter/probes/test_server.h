// A server for probes to talk to: accepts on 127.0.0.1 and hands every connection to the test's
// handler on a thread of its own. Ends when it goes out of scope, also while a handler blocks in
// recv() or wait().
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "exporter/core/kernel_file.h"

namespace exporter {

class TestServer {
 public:
  class Connection {
   public:
    Connection(int fd, TestServer& server) : fd_(fd), server_(server) {}
    int fd() const { return fd_; }
    // The head of a request, up to and including the empty line; what came when the peer is gone.
    std::string request() const;
    // False when the peer is gone.
    bool send(std::string_view bytes) const;
    // Blocks until the server ends.
    void wait() const { server_.wait_for_end(); }
    bool ending() const { return server_.is_ending(); }

   private:
    int fd_;
    TestServer& server_;
  };
  using Handler = std::function<void(const Connection&)>;

  explicit TestServer(Handler handler);
  ~TestServer();

  int port() const { return port_; }
  std::string url(std::string_view path = "/") const;
  int connections() const;

 private:
  void accept_all();
  void wait_for_end();
  bool is_ending() const;

  Handler handler_;
  int port_ = 0;
  FileDescriptor listener_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  bool ending_ = false;
  struct Session {
    FileDescriptor fd;
    std::jthread thread;
  };
  std::list<Session> sessions_;
  std::jthread acceptor_;
};

// A whole answer that closes the connection.
std::string http_answer(int status, std::string_view body, std::string_view extra_headers = {});

// A handler that reads the request and gives the answer.
TestServer::Handler answer_with(std::string answer);

// A port of 127.0.0.1 on which nobody listens.
int refused_port();

}  // namespace exporter
