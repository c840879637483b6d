#include "exporter/host/exposition_text.h"

#include <cmath>

#include "exporter/host/exposition_line.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

std::vector<TextFamily> parsed(std::string_view text) {
  auto families = parse_exposition(text, 1000);
  REQUIRE_MESSAGE(families, (families ? "" : families.error().message));
  return std::move(*families);
}

std::string refusal(std::string_view text) {
  const auto families = parse_exposition(text, 1000);
  return families ? std::string() : families.error().message;
}

TEST_CASE("a family has its HELP, its TYPE and its samples") {
  const auto families = parsed(
      "# HELP jobs_total Jobs \\\\ done.\\nYes.\n# TYPE jobs_total counter\n"
      "jobs_total{queue=\"b\\\"\\n\\\\\",a=\"1\",} 7\njobs_total 1.5e3\n");
  REQUIRE(families.size() == 1);
  CHECK(families[0].name == "jobs_total");
  CHECK(*families[0].help == "Jobs \\ done.\nYes.");
  CHECK(families[0].type == MetricType::kCounter);
  REQUIRE(families[0].samples.size() == 2);
  CHECK(families[0].samples[0].labels == TextLabels{{"a", "1"}, {"queue", "b\"\n\\"}});
  CHECK(families[0].samples[0].value.whole() == 7);
  CHECK(families[0].samples[1].labels.empty());
  CHECK(families[0].samples[1].value.as_double() == 1500);
}

TEST_CASE(
    "text format 0.0.4 leaves room: blanks, empty lines, comments, no meta lines, any order") {
  const auto families = parsed(
      "\n# a comment\n#\n  a { x = \"1\" , y=\"2\" }\t3  \n#TYPE  b  gauge\nb 1\n"
      "a{x=\"2\"} 4\n"
      "c_total 5\n");
  REQUIRE(families.size() == 3);
  CHECK(families[0].samples.size() == 2);
  CHECK(families[0].type == MetricType::kUntyped);
  CHECK_FALSE(families[0].help);
  CHECK(families[1].type == MetricType::kGauge);
  CHECK(families[2].name == "c_total");
}

TEST_CASE(
    "histograms and summaries keep the endings of their samples and their bounds in one form") {
  const auto families = parsed(
      "# TYPE h histogram\nh_bucket{le=\"0.50\"} 1\nh_bucket{le=\"+inf\"} 2\nh_sum 3\nh_count 2\n"
      "# TYPE s summary\ns{quantile=\"0.9\"} 1\ns_sum 2\ns_count 3\nh_max 4\n");
  REQUIRE(families.size() == 3);
  CHECK(families[0].type == MetricType::kHistogram);
  REQUIRE(families[0].samples.size() == 4);
  CHECK(families[0].samples[0].name == "h_bucket");
  CHECK(families[0].samples[0].labels[0].second == "0.5");
  CHECK(families[0].samples[1].labels[0].second == "+Inf");
  CHECK(families[1].samples.size() == 3);
  CHECK(families[2].name == "h_max");
}

TEST_CASE("values are read as Prometheus reads them") {
  const auto is = [](std::string_view text, double wanted) {
    const auto value = parse_value(text);
    CHECK_MESSAGE((value && value->as_double() == wanted), text);
  };
  is("0", 0);
  is("-3", -3);
  is("+4", 4);
  is(".5", 0.5);
  is("1e-3", 0.001);
  is("-Inf", -INFINITY);
  is("+inf", INFINITY);
  CHECK(std::signbit(parse_value("-0")->as_double()));
  CHECK(std::isnan(parse_value("NaN")->as_double()));
  CHECK(parse_value("18446744073709551615")->whole() == 18446744073709551615U);
  for (const char* bad : {"", "1_000", "0x10", "nan(1)", "+-1", "1 ", "one", "1e"}) {
    CHECK_MESSAGE(!parse_value(bad), bad);
  }
}

TEST_CASE("a bad line refuses the whole text and is named") {
  CHECK(refusal("a 1\nb{ 2\n").starts_with("line 2: "));
  for (const char* bad : {"a\n",
                          "a{x=\"1\"}\n",
                          "a{x=1} 1\n",
                          "a{x=\"1} 1\n",
                          "a{=\"1\"} 1\n",
                          "a{x=\"\\t\"} 1\n",
                          "a{x=\"1\",x=\"2\"} 1\n",
                          "a{__name__=\"b\"} 1\n",
                          "a{x=\"\xFF\"} 1\n",
                          "a{x:y=\"1\"} 1\n",
                          "a{x=\"1\" y=\"2\"} 1\n",
                          "a{,} 1\n",
                          "a b\n",
                          "a 1 b\n",
                          "1a 1\n",
                          "{x=\"1\"} 1\n",
                          "a-b 1\n",
                          "# TYPE a thing\na 1\n",
                          "# TYPE a gauge\n# TYPE a gauge\n",
                          "# HELP a b\n# HELP a b\n",
                          "a 1\n# TYPE a gauge\n",
                          "# TYPE 1a gauge\n",
                          "# TYPE a\na 1\n",
                          "a 1",
                          "a\r 1\n",
                          "a 1\r\n",
                          "# TYPE h histogram\nh 1\n",
                          "# TYPE h histogram\nh_bucket 1\n",
                          "# TYPE h histogram\nh_bucket{le=\"x\"} 1\n",
                          "# TYPE s summary\ns 1\n",
                          "# TYPE s summary\ns_bucket{le=\"1\"} 1\n# TYPE s_bucket gauge\n"}) {
    CHECK_MESSAGE(!refusal(bad).empty(), bad);
  }
}

TEST_CASE("time stamps are refused by name") {
  CHECK(refusal("a 1 1395066363000\n") == "line 1: time stamps are not allowed");
  CHECK(refusal("# TYPE a gauge\na 1 1.5\n# EOF\n") == "line 2: time stamps are not allowed");
}

TEST_CASE("samples are bounded in number") {
  CHECK(parse_exposition("a 1\nb 1\n", 2));
  CHECK(parse_exposition("a 1\nb 1\nc 1\n", 2).error().message == "line 3: too many samples");
}

TEST_CASE("OpenMetrics families get the names they have in text format 0.0.4") {
  const auto families = parsed(
      "# TYPE a counter\n# UNIT a things\n# HELP a Of \\\"a\\\".\na_total 1 # {id=\"7\"} 0.5\n"
      "a_created 1.7e9\n"
      "# TYPE b info\nb_info{v=\"1\"} 1\n# TYPE c stateset\nc{c=\"on\"} 1\n# TYPE d unknown\nd 1\n"
      "# TYPE e gaugehistogram\ne_bucket{le=\"1.0\"} 1\ne_gcount 2\ne_gsum 3\n"
      "# TYPE f histogram\nf_bucket{le=\"1.0\"} 1\nf_count 2\nf_sum 3\nf_created 4\ng 5\n# EOF\n");
  std::string names;
  for (const TextFamily& family : families) names += family.name + " ";
  CHECK(names == "a_total a_created b_info c d e_bucket e_gcount e_gsum f f_created g ");
  CHECK(families[0].type == MetricType::kCounter);
  CHECK(*families[0].help == "Of \"a\".");
  CHECK(families[1].type == MetricType::kGauge);
  CHECK(families[2].type == MetricType::kGauge);
  CHECK(families[4].type == MetricType::kUntyped);
  CHECK(families[8].type == MetricType::kHistogram);
  CHECK(families[8].samples.size() == 3);
  CHECK(families[8].samples[0].labels[0].second == "1");
  CHECK(families[10].type == MetricType::kUntyped);
}

TEST_CASE("OpenMetrics is read strictly") {
  CHECK(refusal("# TYPE a counter\na_total 1\n# EOF") == "");
  CHECK(refusal("# EOF\n") == "");
  for (const char* bad : {"\n# EOF\n", "# comment\n# EOF\n", "# EOF\na 1\n# EOF\n",
                          "# TYPE a counter\na 1\n# EOF\n", "# TYPE a untyped\na 1\n# EOF\n",
                          "# TYPE a gauge\na_total 1\n# TYPE a_total gauge\n# EOF\n",
                          "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\na{x=\"1\"} 1\n# EOF\n",
                          "# TYPE a gauge\n# TYPE b gauge\n# HELP a A.\n# EOF\n"}) {
    CHECK_MESSAGE(!refusal(bad).empty(), bad);
  }
  // Without the mark the same is text format 0.0.4, where a counter may be called so.
  CHECK(refusal("# TYPE a counter\na 1\n") == "");
}

}  // namespace
}  // namespace exporter
