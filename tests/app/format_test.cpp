#include "app/format.h"

#include <cmath>
#include <limits>

#include "app/html.h"
#include "app/nearest.h"
#include "tests/support/doctest.h"

namespace app {

TEST_CASE("durations are written as people say them") {
  const auto f = [](double seconds, const char* want) { CHECK(duration_words(seconds) == want); };
  f(0, "0s");
  f(0.25, "0.25s");
  f(1, "1s");
  f(12.04, "12s");
  f(59.96, "1m");
  f(259.2, "4m19.2s");
  f(43'200, "12h");
  f(90'061, "1d1h1m1s");
  f(-41.8, "-41.8s");
  f(std::nan(""), "unknown");
  f(std::numeric_limits<double>::infinity(), "never");
}

TEST_CASE("percents keep what matters beside 100") {
  CHECK(percent_words(1) == "100%");
  CHECK(percent_words(0.9999) == "99.99%");
  CHECK(percent_words(0.99990123) == "99.9901%");
  CHECK(percent_words(-0.161) == "-16.1%");
  CHECK(percent_words(std::nan("")) == "unknown");
}

TEST_CASE("times are UTC to the second") {
  CHECK(utc_words(0) == "1970-01-01 00:00:00 UTC");
  CHECK(utc_words(1'795'637'611'979) == "2026-11-25 20:13:31 UTC");
}

TEST_CASE("markup in outside text is text") {
  std::string out;
  append_html(out, "<img src=x onerror='a(\"b\")'>&\xff");
  CHECK(out == "&lt;img src=x onerror=&#39;a(&quot;b&quot;)&#39;&gt;&amp;\xEF\xBF\xBD");
}

TEST_CASE("the nearest name is found, and none when all are far") {
  CHECK(nearest("objectiv", {"name", "objective", "window"}) == "objective");
  CHECK(nearest("xyz", {"name", "objective"}).empty());
}

}  // namespace app
