#include "app/prometheus_answer.h"

#include <cmath>
#include <string>

#include "tests/support/doctest.h"

using app::parse_answer;
using exporter::ErrorKind;

namespace {

std::string success(const std::string& type, const std::string& result) {
  return R"({"status":"success","data":{"resultType":")" + type + R"(","result":)" + result + "}}";
}

}  // namespace

TEST_SUITE("prometheus answer") {
  TEST_CASE(
      "a matrix gives series with labels, times to the millisecond, and every form of value") {
    const auto tracks = parse_answer(success("matrix", R"([{"metric":{"__name__":"up","job":"shop"},
          "values":[[1767225600.781,"3"],[1767225601,"NaN"],[1767225602,"+Inf"],[1767225603,"1e-3"]]},
          {"metric":{},"values":[]}])"));
    REQUIRE(tracks.has_value());
    REQUIRE(tracks->size() == 2);
    const auto& [labels, samples] = tracks->front();
    CHECK(labels.at("job") == "shop");
    REQUIRE(samples.size() == 4);
    CHECK(samples[0].utc_ms == 1'767'225'600'781);
    CHECK(samples[0].value == 3);
    CHECK(std::isnan(samples[1].value));
    CHECK(std::isinf(samples[2].value));
    CHECK(samples[3].value == 0.001);
    CHECK(tracks->back().samples.empty());
  }

  TEST_CASE("a vector has one value a series, a scalar is a series without labels") {
    const auto vector =
        parse_answer(success("vector", R"([{"metric":{"le":"0.4"},"value":[5,"12"]}])"));
    REQUIRE(vector.has_value());
    CHECK(vector->front().labels.at("le") == "0.4");
    CHECK(vector->front().samples.front().value == 12);
    const auto scalar = parse_answer(success("scalar", R"([5,"7"])"));
    REQUIRE(scalar.has_value());
    CHECK(scalar->front().samples.front().value == 7);
  }

  TEST_CASE("native histograms are series without values") {
    const auto tracks = parse_answer(
        success("matrix", R"([{"metric":{"a":"b"},"histograms":[[5,{"count":"1","sum":"2"}]]}])"));
    REQUIRE(tracks.has_value());
    CHECK(tracks->front().samples.empty());
  }

  TEST_CASE("a refused query is told in the server's words") {
    const auto answer =
        parse_answer(R"({"status":"error","errorType":"bad_data","error":"parse error\nat 5"})");
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().kind == ErrorKind::kInvalid);
    CHECK(answer.error().message == "parse error\\x0aat 5");
  }

  TEST_CASE("anything else is no answer") {
    const std::string bad[] = {
        "",
        "<html>",
        "[]",
        R"({"status":"success"})",
        R"({"status":"error"})",
        success("matrix", "{}"),
        success("string", R"([5,"text"])"),
        success("matrix", R"([{"values":[[1,"2"]]}])"),
        success("matrix", R"([{"metric":{"a":1},"values":[[1,"2"]]}])"),
        success("matrix", R"([{"metric":{},"values":[["1","2"]]}])"),
        success("matrix", R"([{"metric":{},"values":[[1,2]]}])"),
        success("matrix", R"([{"metric":{},"values":[[1,"two"]]}])"),
        success("matrix", R"([{"metric":{},"values":[[-1,"2"]]}])"),
        success("matrix", R"([{"metric":{},"values":[[1e300,"2"]]}])"),
        std::string(1000, '['),
    };
    for (const std::string& text : bad) {
      CAPTURE(text);
      const auto answer = parse_answer(text);
      REQUIRE_FALSE(answer.has_value());
      CHECK(answer.error().kind == ErrorKind::kParse);
    }
  }
}
