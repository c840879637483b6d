#include "alerts/wire.h"

#include "exporter/core/text.h"
#include "tests/alerts/support.h"
#include "tests/support/doctest.h"

namespace alerts {

TEST_CASE("a body is what Alertmanager's API asks for") {
  Message message;
  message.alert.labels = {{"alertname", "SLOBurnPage"}};
  message.alert.annotations = {{"summary", "It \"burns\".\n"}};
  message.alert.starts_at_ms = kStartUnixMs;
  message.alert.generator_url = "http://host:9999/?service=shop";
  message.ends_at_ms = kStartUnixMs + 240'000;
  CHECK(alerts_body({message}) ==
        R"([{"annotations":{"summary":"It \"burns\".\n"},"endsAt":"2025-11-25T19:50:26.123Z",)"
        R"("generatorURL":"http://host:9999/?service=shop","labels":{"alertname":"SLOBurnPage"},)"
        R"("startsAt":"2025-11-25T19:46:26.123Z"}])");
}

TEST_CASE("an empty generatorURL is left out, as it would be no URI") {
  CHECK(alerts_body({Message{}}).find("generatorURL") == std::string::npos);
}

TEST_CASE("whatever the texts hold, a body is UTF-8") {
  Message message;
  message.alert.annotations = {{"summary", "\xff"}};
  CHECK(exporter::is_valid_utf8(alerts_body({message})));
}

TEST_CASE("the reason of an answer is found in its two forms, else the answer is the reason") {
  CHECK(answer_reason(R"({"code":601,"message":"generatorURL must be a URI"})") ==
        "generatorURL must be a URI");
  CHECK(answer_reason(R"("start time must be before end time")") ==
        "start time must be before end time");
  CHECK(answer_reason("upstream is \x1b[31mgone\n") == "upstream is \\x1b[31mgone\\x0a");
  CHECK(answer_reason(R"({"message":7})") == R"({"message":7})");
  CHECK(answer_reason("").empty());
}

TEST_CASE("an answer that is nested without end is taken as text") {
  CHECK(answer_reason(std::string(200'000, '[')).starts_with("[[["));
}

}  // namespace alerts
