#include "exporter/http/request_head.h"

#include <string>
#include <string_view>

#include "exporter/http/query.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

// 0 when the head is accepted.
int status(std::string_view head) {
  const auto parsed = parse_request_head(head);
  return parsed ? 0 : parsed.error();
}

std::string with_lines(std::string_view lines) {
  return "GET / HTTP/1.1\r\nHost: x\r\n" + std::string(lines) + "\r\n";
}

std::string post(std::string_view lines) {
  return "POST /-/reload HTTP/1.1\r\nHost: x\r\n" + std::string(lines) + "\r\n";
}

TEST_CASE("what Prometheus sends is read") {
  const auto request = parse_request_head(
      "GET /metrics?collect[]=cpu&collect%5B%5D=meminfo HTTP/1.1\r\n"
      "Host: db1:9999\r\n"
      "User-Agent: Prometheus/2.42.0\r\n"
      "Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5\r\n"
      "Accept-Encoding: gzip\r\n"
      "X-Prometheus-Scrape-Timeout-Seconds: 10\r\n\r\n");
  REQUIRE(request);
  CHECK(request->method == "GET");
  CHECK(request->path == "/metrics");
  CHECK(request->values("collect[]") == std::vector<std::string_view>{"cpu", "meminfo"});
  CHECK(request->values("exclude[]").empty());
  CHECK(request->header("host") == "db1:9999");
  CHECK(request->header("x-prometheus-scrape-timeout-seconds") == "10");
  CHECK(request->accepts_gzip);
  CHECK(request->content_length == 0);
}

TEST_CASE("every method, version and blank that RFC 9112 allows and we serve is accepted") {
  CHECK(status("GET / HTTP/1.0\r\n\r\n") == 0);
  CHECK(status("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n") == 0);
  CHECK(status(post("Content-Length: 0\r\n")) == 0);
  CHECK(status(post("Content-Length: 1048576\r\n")) == 0);
  CHECK(status(with_lines("Content-Length: 0\r\n")) == 0);
  CHECK(status(with_lines("A:\r\nB: \t value \t\r\n")) == 0);
  CHECK(status("GET / HTTP/1.1\r\nhOsT: [::1]:9999\r\n\r\n") == 0);
  CHECK(status("GET / HTTP/1.1\r\nHost:\r\n\r\n") == 0);
}

TEST_CASE("a connection is kept by HTTP/1.1 unless the client says close, and never after a POST") {
  const auto kept = [](std::string_view head) { return parse_request_head(head)->keep_alive; };
  CHECK(kept(with_lines("")));
  CHECK(kept(with_lines("Connection: keep-alive, x-closed\r\n")));
  CHECK_FALSE(kept(with_lines("Connection: close\r\n")));
  CHECK_FALSE(kept(with_lines("CONNECTION: TE , Close\r\n")));
  CHECK_FALSE(kept(with_lines("Connection: te\r\nConnection: close\r\n")));
  CHECK_FALSE(kept("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  CHECK_FALSE(kept(post("Content-Length: 0\r\n")));
}

TEST_CASE("a request line that is not exactly method, target and version is refused") {
  const auto line = [](std::string_view text) {
    return status(std::string(text) + "\r\nHost: x\r\n\r\n");
  };
  for (const std::string_view bad : {"GET",
                                     "GET /",
                                     "GET  / HTTP/1.1",
                                     "GET /  HTTP/1.1",
                                     " GET / HTTP/1.1",
                                     "GET / HTTP/1.1 ",
                                     "GET / http/1.1",
                                     "GET / HTTP/11",
                                     "GET / HTTP/1.x",
                                     "GET / HTTP/1.10",
                                     "GET\t/ HTTP/1.1",
                                     "GET / /x HTTP/1.1",
                                     "GET metrics HTTP/1.1",
                                     "GET * HTTP/1.1",
                                     "G(T / HTTP/1.1",
                                     "GET http://x/ HTTP/1.1",
                                     "GET /\xc3\xa4 HTTP/1.1",
                                     "GET /a#b HTTP/1.1",
                                     "GET /?a=%zz HTTP/1.1",
                                     "GET /?a=%0d%0a HTTP/1.1",
                                     "GET /?a=%ff HTTP/1.1"}) {
    CAPTURE(bad);
    CHECK(line(bad) == 400);
  }
  CHECK(line("GET / HTTP/2.0") == 505);
  CHECK(line("GET / HTTP/9.9") == 505);
  CHECK(line("DELETE / HTTP/1.1") == 405);
  CHECK(line("get / HTTP/1.1") == 405);
  CHECK(line("OPTIONS / HTTP/1.1") == 405);
  CHECK(line("PRI / HTTP/1.1") == 405);
}

TEST_CASE("a target of 2 KB is the longest") {
  const auto target = [](std::size_t bytes) {
    return status("GET /" + std::string(bytes - 1, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n");
  };
  CHECK(target(kMaxTargetBytes) == 0);
  CHECK(target(kMaxTargetBytes + 1) == 414);
  CHECK(target(kMaxTargetBytes * 4) == 414);
}

TEST_CASE("line ends other than CR LF, control characters and folded lines are refused") {
  CHECK(status("GET / HTTP/1.1\nHost: x\n\n") == 400);
  CHECK(status("GET / HTTP/1.1\rHost: x\r\r") == 400);
  CHECK(status(with_lines("A: b\nC: d\r\n")) == 400);
  CHECK(status(with_lines("A: b\r\r\n")) == 400);
  CHECK(status(with_lines("A: b\r\n folded\r\n")) == 400);
  CHECK(status(with_lines("A: b\r\n\tfolded\r\n")) == 400);
  CHECK(status(with_lines(std::string_view("A: b\0c\r\n", 8))) == 400);
  CHECK(status(with_lines("A: b\x1b[31m\r\n")) == 400);
  CHECK(status(with_lines("A: b\x7f\r\n")) == 400);
  CHECK(status(with_lines("A: b\tc\r\n")) == 400);
  CHECK(status("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n") == 400);
}

TEST_CASE("a header name is a token with the colon right behind it") {
  for (const std::string_view bad :
       {"A : b\r\n", ": b\r\n", "no colon\r\n", "A(b): c\r\n", "\xc3\xa4: b\r\n", "A b: c\r\n"}) {
    CAPTURE(bad);
    CHECK(status(with_lines(bad)) == 400);
  }
}

TEST_CASE("HTTP/1.1 has exactly one host, HTTP/1.0 at most one") {
  CHECK(status("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(status(with_lines("Host: y\r\n")) == 400);
  CHECK(status("GET / HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nHost: x/y\r\n\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nHost: x y\r\n\r\n") == 400);
}

TEST_CASE("a body has one plain length, and only POST has one") {
  CHECK(status(post("")) == 411);
  CHECK(status(post("Transfer-Encoding: chunked\r\n")) == 411);
  CHECK(status(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")) == 411);
  CHECK(status(post("Content-Length: 5\r\nContent-Encoding: gzip\r\n")) == 411);
  CHECK(status(with_lines("Transfer-Encoding: identity\r\n")) == 411);
  CHECK(status(post("Content-Length: 5\r\nContent-Length: 5\r\n")) == 400);
  CHECK(status(post("Content-Length: 5, 5\r\n")) == 400);
  CHECK(status(post("Content-Length: -1\r\n")) == 400);
  CHECK(status(post("Content-Length: +1\r\n")) == 400);
  CHECK(status(post("Content-Length: 0x5\r\n")) == 400);
  CHECK(status(post("Content-Length:\r\n")) == 400);
  CHECK(status(post("Content-Length: 1048577\r\n")) == 413);
  CHECK(status(post("Content-Length: 99999999999999999999999\r\n")) == 413);
  CHECK(status(with_lines("Content-Length: 5\r\n")) == 400);
  CHECK(status("HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n") == 400);
}

TEST_CASE("100 header lines and 16 KB are the most") {
  const auto lines = [](int count) {
    std::string text;
    for (int i = 1; i < count; ++i) text += "A: b\r\n";  // and Host
    return status(with_lines(text));
  };
  CHECK(lines(100) == 0);
  CHECK(lines(101) == 431);
  const auto sized = [](std::size_t bytes) {
    const std::size_t frame = with_lines("A: \r\n").size();
    return status(with_lines("A: " + std::string(bytes - frame, 'b') + "\r\n"));
  };
  CHECK(sized(kMaxHeadBytes) == 0);
  CHECK(sized(kMaxHeadBytes + 1) == 431);
}

TEST_CASE("only allow-listed headers are kept") {
  const auto request = parse_request_head(with_lines(
      "Range: bytes=0-1\r\nExpect: 100-continue\r\nUpgrade: h2c\r\nConnection: keep-alive\r\n"
      "X-Forwarded-For: 6.6.6.6\r\nREMOTE_ADDR: 6.6.6.6\r\nCookie: a=b\r\n"
      "If-None-Match: \"1\"\r\nAuthorization: Basic YTpi\r\n"));
  REQUIRE(request);
  std::string names;
  for (const auto& [name, value] : request->headers) names += name + ' ';
  CHECK(names == "host if-none-match authorization ");
}

TEST_CASE("a value with a percent sign or beyond ASCII is dropped") {
  const auto request =
      parse_request_head(with_lines("User-Agent: a%0d%0aEvil: 1\r\nAccept: \xc3\xa4\r\n"));
  REQUIRE(request);
  CHECK(request->header("user-agent").empty());
  CHECK(request->header("accept").empty());
}

TEST_CASE("Accept may be repeated, what must be single may not") {
  const auto request = parse_request_head(with_lines("Accept: a/b\r\nACCEPT: c/d\r\n"));
  REQUIRE(request);
  CHECK(request->header("accept") == "a/b, c/d");
  CHECK(status(with_lines("Authorization: Basic YTpi\r\nAuthorization: Basic YTpj\r\n")) == 400);
}

TEST_CASE("only gzip that is not refused counts as an offer of gzip") {
  const auto gzip = [](std::string_view value) {
    const auto request =
        parse_request_head(with_lines("Accept-Encoding: " + std::string(value) + "\r\n"));
    return request && request->accepts_gzip;
  };
  CHECK(gzip("gzip"));
  CHECK(gzip("deflate, gzip, br, zstd"));
  CHECK(gzip("br;q=1.0, GZIP ; q=0.5"));
  CHECK(gzip("gzip;q=0.001"));
  CHECK_FALSE(gzip("gzip;q=0"));
  CHECK_FALSE(gzip("gzip; q=0.000"));
  CHECK_FALSE(gzip("br"));
  CHECK_FALSE(gzip("x-gzip2"));
  CHECK_FALSE(gzip("*"));
  CHECK_FALSE(gzip(""));
}

TEST_CASE("what is no complete head is refused") {
  CHECK(status("") == 400);
  CHECK(status("GET / HTTP/1.1\r\nHost: x\r\n") == 400);
  CHECK(status(with_lines("") + "GET /") == 400);
}

TEST_CASE("scanning byte by byte finds the same as scanning at once") {
  for (const std::string& text : {with_lines("A: b\r\n") + "body", with_lines("A: b\x01\r\n"),
                                  "GET /" + std::string(5'000, 'a'), std::string("\r\n\r\n"),
                                  with_lines(std::string(20'000, 'a')), std::string("GET /\rx")}) {
    HeadScanner at_once;
    const HeadState expected = at_once.scan(text);
    HeadScanner stepwise;
    HeadState state = HeadState::kIncomplete;
    for (std::size_t n = 1; n <= text.size() && state == HeadState::kIncomplete; ++n) {
      state = stepwise.scan(std::string_view(text).substr(0, n));
    }
    CHECK(state == expected);
    CHECK(stepwise.status() == at_once.status());
    CHECK(stepwise.head_bytes() == at_once.head_bytes());
  }
}

TEST_CASE("control characters and over-long lines are refused before the head is complete") {
  HeadScanner tls;
  CHECK(tls.scan("\x16\x03\x01\x02") == HeadState::kRefused);
  CHECK(tls.status() == 400);
  CHECK(tls.scan("GET / HTTP/1.1\r\n\r\n") == HeadState::kRefused);
  HeadScanner target;
  CHECK(target.scan("GET /" + std::string(3'000, 'a')) == HeadState::kRefused);
  CHECK(target.status() == 414);
}

TEST_CASE("a query is decoded pair by pair") {
  const auto one = [](std::string_view query) -> std::string {
    const auto params = decode_query(query);
    if (!params) return "refused";
    std::string text;
    for (const auto& [name, value] : *params) {
      text.append(name).append("=").append(value).append(";");
    }
    return text;
  };
  CHECK(one("") == "");
  CHECK(one("a=1&a=2&b") == "a=1;a=2;b=;");
  CHECK(one("collect%5B%5D=cpu+info&=x&&c=d=e") == "collect[]=cpu info;=x;c=d=e;");
  CHECK(one("n=%c3%A4%26%3d") == "n=\xc3\xa4&=;");
  for (const std::string_view bad :
       {"%", "%4", "a=%4", "a=%g0", "a=%00", "a=%0a", "a=%ff", "a=%c3", "a=%ed%a0%80", "%7f=1"}) {
    CAPTURE(bad);
    CHECK(one(bad) == "refused");
  }
  std::string many = "a";
  for (std::size_t i = 1; i < kMaxParams; ++i) many += "&a";
  CHECK(one(many) != "refused");
  CHECK(one(many + "&a") == "refused");
}

}  // namespace
}  // namespace exporter
