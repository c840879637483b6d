// What stops or misleads a common HTTP library (cpp-httplib 0.11.4), sent to ours. The names say
// what it is about: the CVE of the library, or the fault where it has none.
#include <deque>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/http/server.h"
#include "tests/exporter/http/client.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

using test::ask;
using test::body_of;
using test::Client;
using test::kGet;
using test::status_of;

constexpr std::size_t kPageBytes = 57'000;

struct Target {
  Target() {
    server.get("/metrics", [](const HttpRequest&) {
      HttpResponse response;
      response.body = std::string(kPageBytes, 'm');
      return response;
    });
    server.get("/echo", [](const HttpRequest& request) {
      HttpResponse response;
      response.body = "from " + request.client_address + '\n';
      for (const auto& [name, value] : request.headers) {
        response.body.append(name).append("=").append(value).append("\n");
      }
      return response;
    });
    server.get("/throws", [](const HttpRequest&) -> HttpResponse {
      throw std::runtime_error("secret path /etc/shadow");
    });
    server.post("/takes-body", [](const HttpRequest& request) {
      HttpResponse response;
      response.body = std::to_string(request.body.size());
      return response;
    });
    REQUIRE(server.listen());
    server.start();
    port = server.ports()[0];
  }

  bool serves() const { return body_of(ask(port, kGet)).size() == kPageBytes; }

  test::ManualClock clock;
  HttpServer server{GateOptions{.listen_addresses = {"127.0.0.1:0"}, .sweep_ms = 2}, clock};
  std::uint16_t port = 0;
};

std::string repeat(std::string_view part, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += part;
  return text;
}

struct Attack {
  std::string name;
  std::string request;
  std::string flood;     // sent after it over and over ...
  std::size_t flood_mb;  // ... until so much is out or the other side closes
  int status;
  std::string never_answered;  // text that must not come back
};

std::vector<Attack> attacks() {
  const std::string post = "POST /takes-body HTTP/1.1\r\nHost: x\r\n";
  const std::string echo = "GET /echo HTTP/1.1\r\nHost: x\r\n";
  const std::string get = "GET /metrics HTTP/1.1\r\nHost: x\r\n";
  const std::string junk(4096, 'x');
  const std::string second = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string multipart = "--b\r\nContent-Disposition: form-data; name=\"a\"; filename*=\"" +
                                std::string(1'000'000, 'a') + "\"\r\n";
  return {
      {"CVE-2025-46728: chunked body without end", post + "Transfer-Encoding: chunked\r\n\r\n",
       "1000\r\n" + junk + "\r\n", 20, 411, ""},
      {"CVE-2025-53629: body without length", post + "\r\n", junk, 20, 411, ""},
      {"CVE-2026-45352: chunk size of -2",
       post + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffe\r\n", junk, 20, 411, ""},
      {"body over the limit", post + "Content-Length: 209715200\r\n\r\n", junk, 20, 413, ""},
      {"length over 64 bits", post + "Content-Length: 18446744073709551617\r\n\r\n", junk, 1, 413,
       ""},
      {"CVE-2025-53628: header line without end", get + "A: ", junk, 20, 431, ""},
      {"request line without end", "GET /", junk, 20, 414, ""},
      {"CVE-2025-52887: 100,000 headers", get + repeat("A: b\r\n", 100'000) + "\r\n", "", 0, 431,
       ""},
      {"CVE-2026-22776: compressed body",
       post + "Content-Encoding: gzip\r\nContent-Length: 300000\r\n\r\n", junk, 1, 411, ""},
      {"CVE-2025-66570: client address from a header",
       echo + "REMOTE_ADDR: 6.6.6.6\r\nX-Forwarded-For: 6.6.6.6\r\nLOCAL_ADDR: 6.6.6.6\r\n\r\n", "",
       0, 200, "6.6.6.6"},
      {"CVE-2026-45372: line break hidden in a value",
       echo + "User-Agent: a%0d%0aEvil: 1\r\nAccept: b%0D%0ASet-Cookie: c\r\n\r\n", "", 0, 200,
       "Evil"},
      {"line break in the query", "GET /echo?a=%0d%0aEvil:1 HTTP/1.1\r\nHost: x\r\n\r\n", "", 0,
       400, "Evil"},
      {"CVE-2026-34441: request in the body of a GET",
       get + "Content-Length: " + std::to_string(second.size()) + "\r\n\r\n" + second, "", 0, 400,
       ""},
      {"smuggling by length and chunks",
       post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + second, "", 0,
       411, ""},
      {"smuggling by two lengths", post + "Content-Length: 4\r\nContent-Length: 0\r\n\r\n" + second,
       "", 0, 400, ""},
      {"smuggling behind a body", post + "Content-Length: 4\r\n\r\nabcd" + second, "", 0, 200, ""},
      {"CVE-2026-28434: text of an exception", "GET /throws HTTP/1.1\r\nHost: x\r\n\r\n", "", 0,
       500, "secret"},
      {"1,500 ranges", get + "Range: bytes=" + repeat("0-,", 1'500) + "0-\r\n\r\n", "", 0, 200,
       "Content-Range"},
      {"path against a regular expression",
       "GET /api/v1/" + std::string(2'000, 'a') + "! HTTP/1.1\r\nHost: x\r\n\r\n", "", 0, 404,
       "aaaa"},
      {"CVE-2026-29076: multipart file name",
       post + "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: " +
           std::to_string(multipart.size()) + "\r\n\r\n" + multipart,
       "", 0, 200, "aaaa"},
      {"brotli at 50 ms a page", get + "Accept-Encoding: br\r\n\r\n", "", 0, 200,
       "Content-Encoding"},
      {"100 Continue before the response",
       post + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx", "", 0, 200, "100 Continue"},
      {"upgrade to HTTP/2", get + "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n", "",
       0, 200, "101"},
      {"HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "", 0, 400, ""},
      {"TLS to a plain port", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), "",
       0, 400, ""},
      {"absolute target as to a proxy", "GET http://169.254.169.254/ HTTP/1.1\r\nHost: x\r\n\r\n",
       "", 0, 400, "169"},
      {"markup in the path", "GET /<script>alert(1)</script> HTTP/1.1\r\nHost: x\r\n\r\n", "", 0,
       404, "script>"},
  };
}

TEST_CASE("each known attack gets one response, which gives nothing away, and harms nobody else") {
  const Target target;
  for (const Attack& attack : attacks()) {
    CAPTURE(attack.name);
    Client client(target.port);
    bool open = client.send(attack.request);
    const std::size_t bytes = attack.flood_mb * 1'000'000;
    for (std::size_t sent = 0; open && sent < bytes; sent += attack.flood.size()) {
      open = client.send(attack.flood);
    }
    const std::string response = client.read();
    // Who goes on sending megabytes after the response is cut off and may lose it.
    if (bytes == 0 || !response.empty()) {
      CHECK(status_of(response) == attack.status);
      CHECK(response.rfind("HTTP/1.1 ") == 0);
      CHECK(response.size() < kPageBytes + 1'000);
    }
    if (!attack.never_answered.empty()) CHECK_FALSE(response.contains(attack.never_answered));
    CHECK(target.serves());
  }
  CHECK(target.server.statistics().evicted_buffers == 0);
}

TEST_CASE("a hidden line break becomes no header, and the rest arrives as it was sent") {
  const Target target;
  CHECK(body_of(ask(target.port,
                    "GET /echo HTTP/1.1\r\nHost: x\r\nUser-Agent: a%0d%0aEvil: 1\r\n"
                    "REMOTE_ADDR: 6.6.6.6\r\nAccept: text/plain\r\n\r\n")) ==
        "from 127.0.0.1\nhost=x\naccept=text/plain\n");
}

TEST_CASE("clients that do nothing do not use up the threads") {
  const Target target;
  std::deque<Client> idle;
  for (int i = 0; i < 100; ++i) idle.emplace_back(target.port);
  for (Client& client : idle) client.send("GET /metrics HT");
  for (int i = 0; i < 10; ++i) CHECK(target.serves());
}

// One honest request, damaged in one to six places.
std::string damaged(std::mt19937& random) {
  static const std::vector<std::string> kTokens = {std::string(1, '\0'),
                                                   "\r\n",
                                                   "\n",
                                                   "\r",
                                                   "Content-Length: -1\r\n",
                                                   "Content-Length: 5\r\n",
                                                   "Transfer-Encoding: chunked\r\n",
                                                   "HTTP/9.9",
                                                   " ",
                                                   ":",
                                                   "%",
                                                   "%0d%0a",
                                                   "\xff",
                                                   "\xc3",
                                                   std::string(9'000, 'A'),
                                                   "Host: y\r\n",
                                                   "Range: bytes=0-,-1\r\n",
                                                   "POST ",
                                                   "/../",
                                                   "?a=%00&",
                                                   "\r\n\r\n",
                                                   "Expect: 100-continue\r\n",
                                                   "Accept-Encoding: br\r\n",
                                                   "\t",
                                                   "18446744073709551616"};
  std::string text =
      random() % 4 == 0
          ? "POST /takes-body HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
          : "GET /echo?collect[]=cpu&b=%20 HTTP/1.1\r\nHost: 127.0.0.1:9999\r\nUser-Agent: "
            "Prometheus/2.42.0\r\nAccept: text/plain;q=0.5\r\nAccept-Encoding: gzip\r\n\r\n";
  for (auto n = 1 + random() % 6; n > 0 && !text.empty(); --n) {
    const std::size_t at = random() % text.size();
    switch (random() % 4) {
      case 0: text.insert(at, kTokens[random() % kTokens.size()]); break;
      case 1: text.erase(at, 1 + random() % 8); break;
      case 2:
        text[at] = static_cast<char>(text[at] ^ static_cast<char>(1 << (random() % 8)));
        break;
      default:
        if (random() % 4 == 0) text.resize(at);
    }
  }
  return text;
}

TEST_CASE("10,000 damaged requests are each answered once or closed, and the server lives") {
  const Target target;
  std::mt19937 random(20'240'229);
  for (int i = 0; i < 10'000; ++i) {
    const std::string request = damaged(random);
    Client client(target.port);
    client.send(request);
    client.send_end();
    const std::string response = client.read();
    const int status = status_of(response);
    const bool sound = response.empty() || (status >= 200 && status <= 505);
    const bool single = response.empty() || response.rfind("HTTP/1.1 ") == 0;
    if (!sound || !single) {
      CAPTURE(i);
      CAPTURE(request);
      FAIL_CHECK(response);
    }
    if (i % 1'000 == 0) CHECK(target.serves());
  }
  CHECK(target.serves());
  CHECK(test::await([&] { return target.server.statistics().active == 0; }));
}

}  // namespace
}  // namespace exporter
