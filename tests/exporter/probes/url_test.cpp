#include "exporter/probes/url.h"

#include <string>

#include "tests/support/doctest.h"

namespace exporter {
namespace {

std::string error_of(std::string_view url) {
  const auto checked = check_url(url);
  return checked ? "accepted" : checked.error().message;
}

TEST_CASE("a URL gives the host, port and encryption that are used") {
  const auto f = [](std::string_view url, std::string_view host, int port, bool tls) {
    CAPTURE(std::string(url));
    const auto checked = check_url(url);
    REQUIRE(checked);
    CHECK(checked->host == host);
    CHECK(checked->port == port);
    CHECK(checked->tls == tls);
  };
  f("http://example.com", "example.com", 80, false);
  f("https://example.com/healthz?full=1#top", "example.com", 443, true);
  f("HTTPS://Example.COM:8443/", "example.com", 8443, true);
  f("http://127.0.0.1:9090/-/healthy", "127.0.0.1", 9090, false);
  f("http://[2001:DB8::1]:8080/", "2001:db8::1", 8080, false);
  f("http://2130706433/", "127.0.0.1", 80, false);
  f("http://xn--bcher-kva.example/", "xn--bcher-kva.example", 80, false);
  f("http://db_primary.internal./", "db_primary.internal.", 80, false);
}

TEST_CASE("a refused URL says what is wrong with it") {
  const auto f = [](std::string_view url, std::string_view message) {
    CAPTURE(std::string(url));
    CHECK(error_of(url) == message);
  };
  f("", "the URL is empty");
  f("example.com", "example.com: does not start with http:// or https://");
  f("ftp://example.com/", "ftp://example.com/: the scheme is 'ftp', not http or https");
  f("file:///etc/passwd", "file:///etc/passwd: the scheme is 'file', not http or https");
  f("http://example.com:0/", "http://example.com:0/: port 0 cannot be connected to");
  f("http:///path", "http:///path: has no host name");
  f("http://a..b/", "http://a..b/: the host is no valid name");
  f("http://[fe80::1%25eth0]/",
    "http://[fe80::1%25eth0]/: an IPv6 address with a zone (%) is not supported");
  f("http://169.254.169.254/latest/meta-data",
    "http://169.254.169.254/latest/meta-data: is a cloud metadata address; set allow_metadata to "
    "probe it");
}

TEST_CASE("URLs that libcurl refuses are refused in its words") {
  for (const char* url : {"http://", "http://example.com:99999/", "http://example.com:http/",
                          "http://[::1/", "http://exa{mple}.com/"}) {
    CAPTURE(std::string(url));
    CHECK(error_of(url).starts_with(std::string(url) + ": "));
  }
}

TEST_CASE("only visible ASCII may stand in a URL") {
  for (const char* url : {"http://example.com/a b", "http://example.com/\r\nX: y",
                          "http://b\xC3\xBC"
                          "cher.example/",
                          "http://example.com/\x7F"}) {
    CHECK(error_of(url).contains("only visible ASCII"));
  }
  CHECK(error_of("http://b%C3%BCcher.example/") != "accepted");
}

TEST_CASE("a password in a URL is refused and not repeated") {
  const std::string message = error_of("http://admin:hunter2@example.com/");
  CHECK(message ==
        "***@example.com/: user name and password do not belong in the URL; use a header");
  CHECK_FALSE(error_of("http://admin:hunter2@exa mple.com/").contains("hunter2"));
}

TEST_CASE("names and URLs have a length limit") {
  CHECK(error_of("http://" + std::string(63, 'a') + ".example/") == "accepted");
  CHECK(error_of("http://" + std::string(64, 'a') + ".example/")
            .ends_with("the host is no valid name"));
  CHECK(error_of("http://example.com/" + std::string(5000, 'a')).contains("longer than 4096"));
  const std::string grows = "http://example.com?";  // the path "/" is added
  CHECK(error_of(grows + std::string(kMaxUrlBytes - grows.size(), 'a')).contains("longer than"));
}

TEST_CASE("metadata addresses pass when they are allowed, in whatever form they are written") {
  for (const char* url :
       {"http://169.254.169.254/", "http://[::ffff:169.254.169.254]/", "http://[fd00:ec2::254]/",
        "http://2852039166/", "http://100.100.100.200/"}) {
    CAPTURE(std::string(url));
    CHECK_FALSE(check_url(url));
    CHECK(check_url(url, true));
  }
}

}  // namespace
}  // namespace exporter
