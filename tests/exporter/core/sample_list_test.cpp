#include "exporter/core/sample_list.h"

#include "exporter/core/family_table.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

constexpr Family kFan{"fan", "F.", MetricType::kGauge, {"chip"}};
constexpr Family kTemp{"temp", "T.", MetricType::kGauge, {"chip", "sensor"}};
constexpr Family kSparse{"sparse", "S.", MetricType::kGauge, {"a", "b"}, {}, EmptyLabels::kLeftOut};

std::string page_of(const SampleList& list) {
  SampleBlock block;
  SampleWriter out(block);
  list.write(out);
  out.finish();
  std::string page;
  block.render_text(page);
  return page;
}

TEST_CASE("samples added device by device are written family by family") {
  SampleList list;
  list.add(kFan, 1, "x");
  list.add(kTemp, 2, "x", "t1");
  list.add(kFan, 3, "y");
  list.finish();
  CHECK(page_of(list) ==
        "# HELP fan F.\n# TYPE fan gauge\nfan{chip=\"x\"} 1\nfan{chip=\"y\"} 3\n"
        "# HELP temp T.\n# TYPE temp gauge\ntemp{chip=\"x\",sensor=\"t1\"} 2\n");
}

TEST_CASE("families keep their order over the life of a list, and a copy writes the same") {
  SampleList list;
  list.add(kFan, 1, "x");
  list.add(kTemp, 2, "x", "t1");
  list.finish();
  list.clear();
  list.add(kTemp, 2, "x", "t1");
  list.add(kFan, 1, "x");
  list.finish();
  SampleList copy;
  copy.copy_samples(list);
  CHECK(page_of(copy) == page_of(list));
  CHECK(page_of(copy).starts_with("# HELP fan"));
  list.clear();
  list.finish();
  CHECK(page_of(list).empty());
  CHECK_FALSE(page_of(copy).empty());
}

TEST_CASE("a family that says so leaves empty labels out") {
  SampleList list;
  list.add(kSparse, 1, "", "");
  list.add(kSparse, 2, "", "v");
  list.add(kSparse, 3, "v", "");
  list.finish();
  CHECK(page_of(list).ends_with("\nsparse 1\nsparse{b=\"v\"} 2\nsparse{a=\"v\"} 3\n"));
}

TEST_CASE("a name of the kernel's becomes one family, clean and for good") {
  FamilyTable table;
  const Family* family = table.get("node_rapl_core-0_x", kFan);
  REQUIRE(family != nullptr);
  CHECK(family->name == "node_rapl_core_0_x");
  CHECK(family->label_count() == 1);
  CHECK(table.get("node_rapl_core.0.x", kFan) == family);
  CHECK(table.get("node_rapl_core_0_x", kTemp) == nullptr);
}

TEST_CASE("the number of the kernel's names is bounded") {
  FamilyTable table;
  for (std::size_t i = 0; i < FamilyTable::kMaxFamilies; ++i) {
    REQUIRE(table.get("n" + std::to_string(i), kFan) != nullptr);
  }
  CHECK(table.get("more", kFan) == nullptr);
  CHECK(table.get("n7", kFan) != nullptr);
}

}  // namespace
}  // namespace exporter
