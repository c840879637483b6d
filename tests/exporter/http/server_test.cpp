#include "exporter/http/server.h"

#include <stdexcept>
#include <string>

#include "tests/exporter/http/client.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

using test::ask;
using test::body_of;
using test::status_of;

struct ServerFixture {
  ServerFixture() {
    server.get("/metrics", [this](const HttpRequest& request) {
      HttpResponse response;
      response.content_type = "text/plain; version=0.0.4; charset=utf-8";
      response.shared_body = page;
      response.already_gzipped = request.accepts_gzip;
      return response;
    });
    server.get("/api/v1/query", [](const HttpRequest& request) {
      HttpResponse response;
      response.body = request.method + '|' + request.client_address;
      for (const auto& [name, value] : request.params) {
        response.body.append("|").append(name).append("=").append(value);
      }
      response.headers = {{"X-Kind", "test"}};
      return response;
    });
    server.get("/throws", [](const HttpRequest&) -> HttpResponse {
      throw std::runtime_error("secret path /etc/shadow");
    });
    server.get("/missing", [](const HttpRequest&) { return error_response(404); });
    server.post("/-/reload", [](const HttpRequest& request) {
      HttpResponse response;
      response.body = "got " + request.body;
      return response;
    });
    REQUIRE(server.listen());
    server.start();
    port = server.ports()[0];
  }

  std::string request(const std::string& line, const std::string& headers = "") const {
    return ask(port, line + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
  }

  std::shared_ptr<const std::string> page = std::make_shared<const std::string>("up 1\n");
  test::ManualClock clock;
  HttpServer server{GateOptions{.listen_addresses = {"127.0.0.1:0"}}, clock};
  std::uint16_t port = 0;
};

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + 1)) {
    ++n;
  }
  return n;
}

TEST_CASE("a kept connection is not told that it is closed") {
  const test::ManualClock clock;
  HttpServer server(GateOptions{.listen_addresses = {"127.0.0.1:0"}, .keep_alive_ms = 60'000},
                    clock);
  server.get("/page", [](const HttpRequest&) {
    HttpResponse response;
    response.body = "up 1\n";
    return response;
  });
  REQUIRE(server.listen());
  server.start();
  test::Client client(server.ports()[0]);
  client.send("GET /page HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string text = client.read(17);
  client.send("GET /none HTTP/1.1\r\nHost: x\r\n\r\n");
  text += client.read();
  CHECK(status_of(text) == 200);
  CHECK(count(text, "HTTP/1.1 404 ") == 1);
  CHECK(count(text, "Connection: ") == 1);  // of the error
  CHECK(count(text, "Connection: close\r\n") == 1);
  CHECK(count(text, "Keep-Alive") == 0);
}

TEST_CASE("a route answers GET with its page, type, length and the security headers") {
  const ServerFixture f;
  const std::string response = f.request("GET /metrics");
  CHECK(status_of(response) == 200);
  CHECK(body_of(response) == "up 1\n");
  for (const char* line : {"\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n",
                           "\r\nContent-Length: 5\r\n", "\r\nConnection: close\r\n",
                           "\r\nX-Content-Type-Options: nosniff\r\n",
                           "\r\nX-Frame-Options: DENY\r\n", "\r\nReferrer-Policy: no-referrer\r\n",
                           "\r\nContent-Security-Policy: default-src 'self'; style-src 'self';"}) {
    CAPTURE(line);
    CHECK(count(response, line) == 1);
  }
  for (const char* absent : {"Accept-Ranges", "Content-Encoding", "Keep-Alive", "Cache-Control"}) {
    CAPTURE(absent);
    CHECK(count(response, absent) == 0);
  }
}

TEST_CASE("the page is shared, not copied") {
  const ServerFixture f;
  CHECK(body_of(f.request("GET /metrics")) == "up 1\n");
  CHECK(test::await([&] { return f.page.use_count() == 1; }));
}

TEST_CASE("HEAD gets the head of GET and nothing more") {
  const ServerFixture f;
  const std::string get = f.request("GET /metrics");
  CHECK(f.request("HEAD /metrics") + "up 1\n" == get);
  CHECK(status_of(f.request("HEAD /nowhere")) == 404);
  CHECK(body_of(f.request("HEAD /nowhere")) == "");
}

TEST_CASE("gzip is announced where the handler has done it") {
  const ServerFixture f;
  const std::string response = f.request("GET /metrics", "Accept-Encoding: br, gzip\r\n");
  CHECK(count(response, "\r\nContent-Encoding: gzip\r\n") == 1);
  CHECK(count(response, "\r\nVary: Accept-Encoding\r\n") == 1);
  CHECK(body_of(response) == "up 1\n");
}

TEST_CASE("parameters, client address and own headers pass through, the API is not stored") {
  const ServerFixture f;
  const std::string response = f.request("GET /api/v1/query?collect[]=a&collect%5B%5D=b%20c");
  CHECK(body_of(response) == "GET|127.0.0.1|collect[]=a|collect[]=b c");
  CHECK(count(response, "\r\nCache-Control: no-store\r\n") == 1);
  CHECK(count(response, "\r\nX-Kind: test\r\n") == 1);
}

TEST_CASE("an unknown path is 404, whatever the method, and is not echoed") {
  const ServerFixture f;
  for (const char* line : {"GET /nowhere", "GET /metrics/", "GET /%6detrics", "GET //metrics",
                           "GET /METRICS", "GET /metrics/../metrics", "GET /"}) {
    CAPTURE(line);
    const std::string response = f.request(line);
    CHECK(status_of(response) == 404);
    CHECK(body_of(response) == "404 Not Found\n");
  }
  CHECK(status_of(f.request("POST /nowhere", "Content-Length: 0\r\n")) == 404);
  CHECK(body_of(f.request("GET /missing")) == "404 Not Found\n");
}

TEST_CASE("a method that a route does not have is 405 and Allow says which it has") {
  const ServerFixture f;
  const auto allow = [](const std::string& response) {
    CHECK(status_of(response) == 405);
    const std::size_t at = response.find("\r\nAllow: ") + 9;
    return response.substr(at, response.find("\r\n", at) - at);
  };
  CHECK(allow(f.request("POST /metrics", "Content-Length: 0\r\n")) == "GET, HEAD");
  CHECK(allow(f.request("GET /-/reload")) == "POST");
  CHECK(allow(f.request("DELETE /metrics")) == "GET, HEAD");
  CHECK(allow(f.request("OPTIONS /metrics")) == "GET, HEAD");
}

TEST_CASE("POST brings its body to a route that takes one") {
  const ServerFixture f;
  CHECK(body_of(f.request("POST /-/reload", "Content-Length: 0\r\n")) == "got ");
  CHECK(
      body_of(ask(f.port, "POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")) ==
      "got abc");
}

TEST_CASE("an exception in a handler is 500 without its text") {
  const ServerFixture f;
  const std::string response = f.request("GET /throws");
  CHECK(status_of(response) == 500);
  CHECK(body_of(response) == "500 Internal Server Error\n");
  CHECK(count(response, "secret") == 0);
  CHECK(count(response, "EXCEPTION") == 0);
  CHECK(status_of(f.request("GET /metrics")) == 200);
}

TEST_CASE("responses are counted by class") {
  const ServerFixture f;
  f.request("GET /metrics");
  f.request("GET /nowhere");
  f.request("GET nowhere");
  f.request("GET /throws");
  CHECK(f.server.statistics().responses[2] == 1);
  CHECK(f.server.statistics().responses[4] == 2);
  CHECK(f.server.statistics().responses[5] == 1);
  CHECK(f.server.statistics().bad_requests == 1);
}

}  // namespace
}  // namespace exporter
