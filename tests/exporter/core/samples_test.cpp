#include "exporter/core/samples.h"

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "tests/support/doctest.h"

namespace exporter {
namespace {

constexpr Family kPlain{"m_plain", "Plain."};
constexpr Family kLabelled{
    "m_labelled_total", "Counts\nof a \\.", MetricType::kCounter, {"a", "b"}};
constexpr Family kHistogram{"m_seconds", "Time.", MetricType::kHistogram, {"le"}};
constexpr Family kOfThings{"m_of_things_total", "Of things.", MetricType::kCounter, {"b"}};
constexpr Family kNamed{"m_", "Own name.", MetricType::kUntyped, {}, "_bytes"};

std::string render(const SampleBlock& block) {
  std::string out;
  block.render_text(out);
  return out;
}

std::string in_pieces(const SampleBlock& block, std::size_t room) {
  std::string all;
  std::string piece;
  for (std::size_t next = 0; next < block.size(); all += piece) {
    piece.clear();
    next = block.render_text(piece, next, room);
  }
  return all;
}

TEST_CASE("families, labels and values come out as the text format wants them") {
  SampleBlock block;
  SampleWriter out(block);
  out.family(kPlain);
  out.add(0.25);
  out.family(kLabelled);
  out.add(1, "x", "say \"hi\"\n");
  out.add(Number::fixed(250, 2), "y", "");
  out.family(kHistogram);
  out.add_suffixed("_bucket", 3, "+Inf");
  out.named(kNamed, {"Active", "_", "anon"}, 4096);
  out.finish();
  CHECK(render(block) ==
        "# HELP m_plain Plain.\n"
        "# TYPE m_plain gauge\n"
        "m_plain 0.25\n"
        "# HELP m_labelled_total Counts\\nof a \\\\.\n"
        "# TYPE m_labelled_total counter\n"
        "m_labelled_total{a=\"x\",b=\"say \\\"hi\\\"\\n\"} 1\n"
        "m_labelled_total{a=\"y\",b=\"\"} 2.5\n"
        "# HELP m_seconds Time.\n"
        "# TYPE m_seconds histogram\n"
        "m_seconds_bucket{le=\"+Inf\"} 3\n"
        "# HELP m_Active_anon_bytes Own name.\n"
        "# TYPE m_Active_anon_bytes untyped\n"
        "m_Active_anon_bytes 4096\n");
  CHECK(block.size() == 5);
}

TEST_CASE("a family whose name has a part of its own may have labels") {
  constexpr static Family kNode{"m_numa_", "Per node.", MetricType::kGauge, {"node"}, "_kb"};
  SampleBlock block;
  const auto write = [&](std::string_view second_name) {
    SampleWriter out(block);
    out.named_family(kNode, {"Active", "(anon"});
    out.add(1, "0");
    out.add(2, "1");
    out.named_family(kNode, {second_name});
    out.add(3, "0");
    out.family(kPlain);
    out.add(4);
    out.finish();
    return render(block);
  };
  const std::string first =
      "# HELP m_numa_Active_anon_kb Per node.\n"
      "# TYPE m_numa_Active_anon_kb gauge\n"
      "m_numa_Active_anon_kb{node=\"0\"} 1\n"
      "m_numa_Active_anon_kb{node=\"1\"} 2\n";
  const std::string last = "# HELP m_plain Plain.\n# TYPE m_plain gauge\nm_plain 4\n";
  const auto second = [](const std::string& name) {
    return "# HELP " + name + " Per node.\n# TYPE " + name + " gauge\n" + name + "{node=\"0\"} 3\n";
  };
  CHECK(write("Dirty") == first + second("m_numa_Dirty_kb") + last);
  CHECK(write("Dirty") == first + second("m_numa_Dirty_kb") + last);
  CHECK(write("Mapped") == first + second("m_numa_Mapped_kb") + last);
}

TEST_CASE("a family without samples leaves no trace") {
  SampleBlock block;
  SampleWriter out(block);
  out.family(kLabelled);
  out.family(kPlain);
  out.add(1);
  out.family(kHistogram);
  out.finish();
  CHECK(render(block) == "# HELP m_plain Plain.\n# TYPE m_plain gauge\nm_plain 1\n");
}

TEST_CASE("a sample that stood before is rendered once, and again after the next scrape") {
  SampleBlock block;
  std::string pages[2];
  for (std::string& page : pages) {
    SampleWriter out(block);
    out.family(kLabelled);
    out.add(1, "x", "y");
    out.add(2, "x", "y");
    out.add(3, "x", "z");
    out.named(kNamed, {"n"}, 4);
    out.named(kNamed, {"n"}, 5);
    out.finish();
    page = render(block);
    CHECK(block.duplicates() == 2);
  }
  CHECK(pages[0] == pages[1]);
  CHECK(pages[0].find("} 1\n") != std::string::npos);
  CHECK(pages[0].find("} 2\n") == std::string::npos);
  CHECK(pages[0].find("} 3\n") != std::string::npos);
  CHECK(pages[0].find("m_n_bytes 5\n") == std::string::npos);
}

TEST_CASE("label texts that only differ in where they are divided are different samples") {
  SampleBlock block;
  for (const auto& [a, b] : {std::pair{"ab", "c"}, std::pair{"a", "bc"}, std::pair{"", "abc"}}) {
    SampleWriter out(block);
    out.family(kLabelled);
    out.add(1, a, b);
    out.finish();
    CHECK(render(block).ends_with("{a=\"" + std::string(a) + "\",b=\"" + b + "\"} 1\n"));
  }
}

TEST_CASE("odd label values stay one line of valid text each") {
  SampleBlock block;
  SampleWriter out(block);
  out.family(kLabelled);
  out.add(1, "\xFF\xFE", "a\nb");
  out.add(2, std::string(10000, 'x'), "\"\\");
  out.add(3, std::string_view("nul\0byte", 8), "");
  out.finish();
  const std::string page = render(block);
  CHECK(std::ranges::count(page, '\n') == 5);
  CHECK(page.find("{a=\"\xEF\xBF\xBD\",b=\"a\\nb\"} 1\n") != std::string::npos);
  CHECK(page.size() < 3000);
}

// What a scrape writes, as data.
struct Call {
  int kind;
  std::string a;
  std::string b;
  std::uint64_t value;
};

std::vector<Call> random_calls(std::mt19937& random) {
  const std::vector<std::string> texts{
      "",     "a",           "sda",        "longer-than-eight",
      "eth0", "0123456789",  "\xFF",       std::string(40, 'm'),
      "a\nb", "say \"quote", "0123456788", std::string(39, 'm') + "n"};
  std::vector<Call> calls(random() % 12);
  for (Call& call : calls) {
    call = {static_cast<int>(random() % 5), texts[random() % texts.size()],
            texts[random() % texts.size()], random() % 100};
  }
  // A family's samples stand together.
  std::ranges::stable_sort(calls, {}, &Call::kind);
  return calls;
}

// Some have the same text, and are other things.
const SharedLabels& thing(std::size_t number) {
  static std::array<SharedLabels, 6> things;
  SharedLabels& labels = things[number % things.size()];
  if (labels.number() == 0) {
    labels.add("id", std::string(number % 3 * 30, 'i'));
    labels.seal();
  }
  return labels;
}

void write(SampleBlock& block, const std::vector<Call>& calls) {
  SampleWriter out(block);
  int open = -1;
  const Family* families[] = {&kPlain, &kLabelled, &kHistogram, nullptr, &kOfThings};
  for (const Call& call : calls) {
    if (call.kind == 3) {
      out.named(kNamed, {call.a, "_", call.b}, call.value);
      continue;
    }
    if (open != call.kind) out.family(*families[call.kind]);
    open = call.kind;
    if (call.kind == 0) out.add(call.value);
    if (call.kind == 1) out.add(call.value, call.a, call.b);
    if (call.kind == 4) out.add_of(thing(call.a.size()), call.value, call.b);
    if (call.kind == 2) out.add_suffixed(call.a == "sda" ? "_sum" : "_bucket", call.value, call.b);
  }
  out.finish();
}

TEST_CASE("a block that was used before gives what a fresh one gives") {
  std::mt19937 random(11);
  SampleBlock used;
  std::vector<Call> calls;
  for (int i = 0; i < 3000; ++i) {
    // Half of the scrapes only have other values, as in a steady state; others change at one place.
    const auto change = random() % 4;
    if (change == 0 || calls.empty()) {
      calls = random_calls(random);
    } else if (change == 1) {
      calls.erase(calls.begin() + static_cast<std::ptrdiff_t>(random() % calls.size()));
    } else {
      for (Call& call : calls) call.value = random() % 100;
    }
    SampleBlock fresh;
    write(used, calls);
    write(fresh, calls);
    REQUIRE(render(used) == render(fresh));
    REQUIRE(in_pieces(used, random() % 200) == render(fresh));
    REQUIRE(used.duplicates() == fresh.duplicates());
  }
}

TEST_CASE("shared labels stand in front of a family's own, rendered once for all samples") {
  static constexpr Family kBare{"plain", "P."};
  static constexpr Family kByScope{"by_scope", "S.", MetricType::kCounter, {"scope"}};
  static constexpr Family kTimes{"times", "T.", MetricType::kHistogram, {"le"}};
  SharedLabels web;
  web.add("id", "/docker/1");
  web.add("name", "we\"b");
  web.seal();
  SampleBlock block;
  std::string page;
  const auto write = [&](const SharedLabels& labels) {
    SampleWriter out(block);
    out.family(kBare);
    out.add_of(labels, 1);
    out.family(kByScope);
    out.add_of(labels, 2, "own");
    out.family(kTimes);
    out.add_suffixed_of(labels, "_bucket", 3, "+Inf");
    out.add_suffixed_of(labels, "_count", 3);
    out.finish();
    page.clear();
    block.render_text(page);
  };
  write(web);
  CHECK(page ==
        "# HELP plain P.\n# TYPE plain gauge\nplain{id=\"/docker/1\",name=\"we\\\"b\"} 1\n"
        "# HELP by_scope S.\n# TYPE by_scope counter\n"
        "by_scope{id=\"/docker/1\",name=\"we\\\"b\",scope=\"own\"} 2\n"
        "# HELP times T.\n# TYPE times histogram\n"
        "times_bucket{id=\"/docker/1\",name=\"we\\\"b\",le=\"+Inf\"} 3\n"
        "times_count{id=\"/docker/1\",name=\"we\\\"b\"} 3\n");
  web.clear();
  web.add("id", "/docker/2");
  web.seal();
  write(web);
  CHECK(page ==
        "# HELP plain P.\n# TYPE plain gauge\nplain{id=\"/docker/2\"} 1\n"
        "# HELP by_scope S.\n# TYPE by_scope counter\nby_scope{id=\"/docker/2\",scope=\"own\"} 2\n"
        "# HELP times T.\n# TYPE times histogram\n"
        "times_bucket{id=\"/docker/2\",le=\"+Inf\"} 3\ntimes_count{id=\"/docker/2\"} 3\n");
}

TEST_CASE(
    "two things with the same labels are one sample, and labels of what went are given back") {
  static constexpr Family kBare{"plain", "P."};
  SampleBlock block;
  const auto write = [&](std::initializer_list<const char*> names) {
    SampleWriter out(block);
    out.family(kBare);
    for (const char* name : names) {
      SharedLabels labels;
      labels.add("name", name);
      labels.seal();
      out.add_of(labels, 1);
    }
    out.finish();
    return render(block);
  };
  const std::string meta = "# HELP plain P.\n# TYPE plain gauge\n";
  CHECK(write({"a", "b", "a"}) == meta + "plain{name=\"a\"} 1\nplain{name=\"b\"} 1\n");
  CHECK(block.duplicates() == 1);
  for (int i = 0; i < 100; ++i) {
    CHECK(write({"a", "c"}) == meta + "plain{name=\"a\"} 1\nplain{name=\"c\"} 1\n");
  }
}

}  // namespace
}  // namespace exporter
