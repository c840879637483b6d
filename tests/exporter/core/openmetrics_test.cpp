#include "exporter/core/openmetrics.h"

#include "tests/support/doctest.h"

namespace exporter {
namespace {

std::string converted(std::string_view page) {
  std::string out;
  append_openmetrics(out, page);
  return out;
}

TEST_CASE("a counter's family goes by its name without _total, its samples keep theirs") {
  CHECK(converted("# HELP a_total Of a.\n# TYPE a_total counter\na_total{b=\"c\"} 1\n") ==
        "# HELP a Of a.\n# TYPE a counter\na_total{b=\"c\"} 1\n# EOF\n");
}

TEST_CASE("a counter without _total is unknown, so that its samples keep their name") {
  CHECK(converted("# HELP a Of a.\n# TYPE a counter\na 1\n") ==
        "# HELP a Of a.\n# TYPE a unknown\na 1\n# EOF\n");
  CHECK(converted("# HELP _total T.\n# TYPE _total counter\n_total 1\n") ==
        "# HELP _total T.\n# TYPE _total unknown\n_total 1\n# EOF\n");
}

TEST_CASE("a counter whose short name another family has, before or after it, is unknown") {
  const std::string gauge = "# HELP a A.\n# TYPE a gauge\na 1\n";
  const std::string counter = "# HELP a_total A.\n# TYPE a_total counter\na_total 1\n";
  const std::string unknown = "# HELP a_total A.\n# TYPE a_total unknown\na_total 1\n";
  CHECK(converted(gauge + counter) == gauge + unknown + "# EOF\n");
  CHECK(converted(counter + gauge) == unknown + gauge + "# EOF\n");
}

TEST_CASE("untyped is called unknown, and gauges that end in _info or _total stay gauges") {
  CHECK(converted("# HELP a A.\n# TYPE a untyped\na 1\n") ==
        "# HELP a A.\n# TYPE a unknown\na 1\n# EOF\n");
  for (const std::string name : {"a_info", "a_total"}) {
    const std::string page = "# HELP " + name + " A.\n# TYPE " + name + " gauge\n" + name + " 1\n";
    CHECK(converted(page) == page + "# EOF\n");
  }
}

TEST_CASE("double quotes in HELP are escaped, what was escaped before stays so") {
  CHECK(converted("# HELP a Says \"b\\n\\\\\".\n# TYPE a gauge\na 1\n") ==
        "# HELP a Says \\\"b\\n\\\\\\\".\n# TYPE a gauge\na 1\n# EOF\n");
  CHECK(converted("# HELP a \n# TYPE a gauge\na 1\n") == "# HELP a \n# TYPE a gauge\na 1\n# EOF\n");
}

TEST_CASE("bounds of buckets and quantiles are floating point numbers, other labels are not") {
  const std::string meta = "# HELP h H.\n# TYPE h histogram\n";
  const auto bucket = [&](const std::string& labels) {
    const std::string page = converted(meta + "h_bucket{" + labels + "} 1\n");
    return page.substr(meta.size(), page.find("} 1\n") - meta.size());
  };
  CHECK(bucket("le=\"1\"") == "h_bucket{le=\"1.0\"");
  CHECK(bucket("le=\"0.5\"") == "h_bucket{le=\"0.5\"");
  CHECK(bucket("le=\"-3\"") == "h_bucket{le=\"-3.0\"");
  CHECK(bucket("le=\"1000000\"") == "h_bucket{le=\"1e+06\"");
  CHECK(bucket("le=\"+Inf\"") == "h_bucket{le=\"+Inf\"");
  CHECK(bucket("a=\",le=\\\"7\\\"\",file=\"2\",le=\"2\"") ==
        "h_bucket{a=\",le=\\\"7\\\"\",file=\"2\",le=\"2.0\"");
  CHECK(bucket("file=\"2\"") == "h_bucket{file=\"2\"");
  CHECK(converted("# HELP s S.\n# TYPE s summary\ns{quantile=\"1\"} 2\n") ==
        "# HELP s S.\n# TYPE s summary\ns{quantile=\"1.0\"} 2\n# EOF\n");
  CHECK(converted("# HELP g G.\n# TYPE g gauge\ng{le=\"1\"} 2\n") ==
        "# HELP g G.\n# TYPE g gauge\ng{le=\"1\"} 2\n# EOF\n");
}

TEST_CASE("a line that begins with what looks like a bound stays as it is") {
  const std::string page = "# HELP h H.\n# TYPE h histogram\nle=\"1\n";
  CHECK(converted(page) == page + "# EOF\n");
}

TEST_CASE("an empty page is nothing but its end") { CHECK(converted("") == "# EOF\n"); }

TEST_CASE("OpenMetrics is for those who ask for nothing else by name") {
  const auto check = [](std::string_view accept, bool wanted) {
    CHECK_MESSAGE(wants_openmetrics(accept) == wanted, accept);
  };
  check("application/openmetrics-text", true);
  check("application/openmetrics-text; version=1.0.0; charset=utf-8", true);
  check("Application/OpenMetrics-Text;VERSION=1.0.0", true);
  check("application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1", true);
  check("application/openmetrics-text, text/plain;q=0", true);
  check("application/json, application/openmetrics-text", true);
  check("", false);
  check("*/*", false);
  check("text/plain", false);
  check("application/json", false);
  check("application/openmetrics-text;version=0.0.1", false);
  check("application/openmetrics-text;q=0", false);
  check("application/openmetrics-text, text/plain", false);
  check("application/openmetrics-text, text/*;q=0.1", false);
  check("application/openmetrics-text, */*", false);
  check(
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
      "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      false);
}

}  // namespace
}  // namespace exporter
