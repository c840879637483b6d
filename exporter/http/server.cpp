// One request through cpp-httplib:
//
//   HttpRequest -> text of allow-listed fields -> process_request() on a stream in memory
//               -> pre-routing handler: exact route, our handler -> head of the response
//
// The pre-routing handler answers everything, so none of the library's regular expressions, file
// serving, ranges or body readers is ever reached. The library writes the head; the body is
// attached beside it, so a page is not copied for each client.
#include "exporter/http/server.h"

#include <httplib.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace exporter {
namespace {

std::string_view allowed_methods(const HttpRoute& route) {
  if (!route.post) return "GET, HEAD";
  return route.get ? "GET, HEAD, POST" : "POST";
}

HttpResponse run_route(const HttpRoutes& routes, const HttpRequest& request) {
  const auto at = routes.find(request.path);
  if (at == routes.end()) return error_response(404);
  const HttpHandler& handler = request.method == "POST" ? at->second.post : at->second.get;
  if (handler) return handler(request);
  HttpResponse response = error_response(405);
  response.headers = {{"Allow", std::string(allowed_methods(at->second))}};
  return response;
}

// What the library is given: no query, no body, only the headers that passed the gate.
std::string rebuilt_text(const HttpRequest& request) {
  std::string text = request.method + ' ' + request.path + " HTTP/1.1\r\n";
  for (const auto& [name, value] : request.headers) {
    if (name == "accept-encoding") continue;  // the library would compress, with brotli first
    text.append(name).append(": ").append(value).append("\r\n");
  }
  return text += "\r\n";
}

// Which of these are virtual depends on the release of the library.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsuggest-override"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winconsistent-missing-override"
#endif
class MemoryStream final : public httplib::Stream {
 public:
  MemoryStream(std::string input, std::string client)
      : input_(std::move(input)), client_(std::move(client)) {}

  std::string take_output() { return std::move(output_); }

  bool is_readable() const override { return true; }
  bool is_writable() const { return true; }    // earlier releases
  bool wait_readable() const { return true; }  // later ones, with the two below
  bool wait_writable() const { return true; }
  time_t duration() const { return 0; }
  ssize_t read(char* to, size_t size) override {
    const std::size_t n = std::min(size, input_.size() - taken_);
    std::memcpy(to, input_.data() + taken_, n);
    taken_ += n;
    return static_cast<ssize_t>(n);
  }
  ssize_t write(const char* from, size_t size) override {
    output_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = client_;
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override { return INVALID_SOCKET; }

 private:
  const std::string input_;
  const std::string client_;
  std::size_t taken_ = 0;
  std::string output_;
};
#pragma GCC diagnostic pop

struct Exchange {
  const HttpRequest& request;
  HttpResponse response = error_response(500);
};

// Whoever made a mistake is done with.
bool is_kept(const HttpRequest& request, int status) { return request.keep_alive && status < 400; }

// The library's handlers get its own request only; each worker has one exchange at a time.
thread_local Exchange* current_exchange = nullptr;

}  // namespace

class HttpServer::Front final : public httplib::Server {
 public:
  explicit Front(const HttpRoutes& routes) : routes_(routes) {
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& out) {
      current_exchange->response = run_route(routes_, current_exchange->request);
      describe(current_exchange->response, out);
      return HandlerResponse::Handled;
    });
    set_exception_handler(
        [](const httplib::Request&, httplib::Response& out, const std::exception_ptr&) {
          current_exchange->response = error_response(500);
          out.headers.clear();
          describe(current_exchange->response, out);
        });
    set_post_routing_handler([](const httplib::Request&, httplib::Response& out) {
      out.headers.erase("Accept-Ranges");
      if (is_kept(current_exchange->request, out.status)) out.headers.erase("Connection");
      for (const auto& [name, value] : security_headers()) out.set_header(name, value);
      if (current_exchange->request.path.starts_with("/api/")) {
        out.set_header("Cache-Control", "no-store");
      }
    });
  }

  GateReply answer(const HttpRequest& request) {
    Exchange exchange{request};
    current_exchange = &exchange;
    MemoryStream stream(rebuilt_text(request), request.client_address);
    const bool written = process(stream, request.client_address);
    if (!written || !exchange.response.shared_body) return error_reply(500);

    GateReply reply;
    reply.status = exchange.response.status;
    reply.keep_alive = is_kept(request, reply.status);
    reply.head = stream.take_output();
    if (request.method != "HEAD") reply.body = std::move(exchange.response.shared_body);
    return reply;
  }

 private:
  // Everything of the response but its body.
  static void describe(HttpResponse& response, httplib::Response& out) {
    if (!response.shared_body) {
      response.shared_body = std::make_shared<const std::string>(std::move(response.body));
    }
    out.status = response.status;
    out.set_header("Content-Type", response.content_type);
    out.set_header("Content-Length", std::to_string(response.shared_body->size()));
    if (response.already_gzipped) {
      out.set_header("Content-Encoding", "gzip");
      out.set_header("Vary", "Accept-Encoding");
    }
    for (const auto& [name, value] : response.headers) out.set_header(name, value);
  }

  // Later releases want the addresses as arguments instead of asking the stream.
  template <class Stream>
  bool process(Stream& stream, const std::string& client) {
    const std::function<void(httplib::Request&)> no_setup;
    bool closed = false;
    try {
      if constexpr (requires { this->process_request(stream, true, closed, no_setup); }) {
        return process_request(stream, true, closed, no_setup);
      } else {
        return this->process_request(stream, client, 0, std::string(), 0, true, closed, no_setup);
      }
    } catch (...) {
      return false;
    }
  }

  const HttpRoutes& routes_;
};

namespace {

GateOptions with_slow_routes(GateOptions options, const HttpRoutes& routes) {
  options.is_slow = [&routes](std::string_view path) {
    const auto at = routes.find(path);
    return at != routes.end() && at->second.slow;
  };
  return options;
}

}  // namespace

HttpServer::HttpServer(GateOptions options, const Clock& clock)
    : front_(std::make_unique<Front>(routes_)),
      gate_(
          with_slow_routes(std::move(options), routes_), clock,
          [this](const HttpRequest& request) { return front_->answer(request); },
          [this](std::string_view path) {
            const auto at = routes_.find(path);
            return at != routes_.end() && at->second.post != nullptr;
          }) {}

HttpServer::~HttpServer() = default;

void HttpServer::get(std::string path, HttpHandler handler) {
  routes_[std::move(path)].get = std::move(handler);
}

void HttpServer::get_slow(std::string path, HttpHandler handler) {
  routes_[std::move(path)] = {.get = std::move(handler), .post = {}, .slow = true};
}

void HttpServer::post(std::string path, HttpHandler handler) {
  routes_[std::move(path)].post = std::move(handler);
}

}  // namespace exporter
