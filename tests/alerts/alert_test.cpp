#include "alerts/alert.h"

#include "exporter/core/text.h"
#include "tests/support/doctest.h"

namespace alerts {

TEST_CASE("good labels stay what they are") {
  const Labels labels = {{"alertname", "SLOBurnPage"}, {"service", "shöp \"x\"\n"}};
  CHECK(clean_labels(labels) == labels);
}

TEST_CASE("no label can have a whole array of alerts refused") {
  CHECK(clean_labels({{"team-a", "web"}}) == Labels{{"team_a", "web"}});
  CHECK(clean_labels({{"1st", "web"}}) == Labels{{"_1st", "web"}});
  CHECK(clean_labels({{"", "web"}}) == Labels{{"_", "web"}});
  CHECK(clean_labels({{"team", ""}}).empty());
  CHECK(clean_labels({{"team", "\xff\xfe"}}) == Labels{{"team", "\xEF\xBF\xBD"}});
}

TEST_CASE("a long value is cut between characters") {
  const std::string clean = clean_labels({{"path", "x" + std::string(2000, 'a') + "é"}})["path"];
  CHECK(clean.size() == exporter::kMaxLabelValueBytes);
  std::string umlauts;
  for (int i = 0; i < 1000; ++i) umlauts += "ü";
  const std::string cut = clean_labels({{"path", "x" + umlauts}})["path"];
  CHECK(cut.size() == exporter::kMaxLabelValueBytes - 1);
  CHECK(exporter::is_valid_utf8(cut));
}

TEST_CASE("an identity names every label and quotes values") {
  CHECK(identity({{"b", "x\"y"}, {"a", "1"}}) == R"({a="1",b="x\"y"})");
  CHECK(identity({}) == "{}");
}

}  // namespace alerts
