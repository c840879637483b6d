// Slices of own series against an oracle that keeps every page ever seen and counts from the
// definitions.
#include "slo/series_rule.h"

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/support/doctest.h"
#include "tests/support/scripts.h"

using namespace slo;  // the subject of this file

namespace {

constexpr std::int64_t kNs = 1'000'000'000;

Selector selector(const char* text) { return Selector::parse(text).value(); }

std::vector<std::string> matched(const char* wanted, const std::string& page) {
  std::vector<std::string> found;
  selector(wanted).each(page, [&](std::string_view labels, double value) {
    found.push_back(std::string(labels) + "=" + std::to_string(static_cast<int>(value)));
  });
  return found;
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("a selector takes the samples of its metric whose labels fit") {
  const std::string page =
      "# HELP a_total a{b=\"c\"} 1\n# TYPE a_total counter\n"
      "a_total{code=\"200\",path=\"/x\"} 5\na_total{code=\"503\",path=\"/a\\\"}b\"} 2\n"
      "a_total_more{code=\"200\"} 7\na_total 9\nb 1e3\n";
  CHECK(matched("a_total", page) ==
        Strings{"code=\"200\",path=\"/x\"=5", "code=\"503\",path=\"/a\\\"}b\"=2", "=9"});
  CHECK(matched("a_total{code=~\"5..\"}", page) == Strings{"code=\"503\",path=\"/a\\\"}b\"=2"});
  CHECK(matched("a_total{path='/a\"}b'}", page) == Strings{"code=\"503\",path=\"/a\\\"}b\"=2"});
  CHECK(matched("a_total{ code != \"200\" , path !~ \"/.+\" }", page) == Strings{"=9"});
  CHECK(matched("a_total{code=~\"20\"}", page).empty());  // anchored
  CHECK(matched("a_total{nothing=\"\"}", page).size() == 3);
  CHECK(matched("b{}", page) == Strings{"=1000"});
  CHECK(matched("c", page).empty());
  for (const char* bad : {"", "{a=\"b\"}", "a{", "a{b}", "a{b=c}", "a{b=\"c\"", "a{b=\"c\",}",
                          "a{b=~\"(\"}", "a[5m]", "sum(a)", "a{b=\"c\"} 5", "1a"}) {
    CAPTURE(bad);
    CHECK(!Selector::parse(bad));
  }
}

TEST_CASE("slices of samples and of counters, recounted") {
  for (const std::uint64_t seed : test::seeds(1, 400)) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const auto pick = [&](std::int64_t below) {
      return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(below));
    };
    SeriesSpec spec;
    spec.interval_ms = 1000 * (1 + pick(5));
    const std::int64_t per_slice = 1 + pick(6);
    spec.slice_ms = spec.interval_ms * per_slice;
    const std::int64_t targets[] = {500'000'000, 900'000'000, 999'000'000, kBillion};
    spec.target_ppb = targets[pick(4)];
    spec.when_absent = static_cast<WhenAbsent>(pick(3));
    const bool counters = pick(2) == 0;
    if (counters) {
      spec.kind = SeriesSpec::Kind::kEvents;
      spec.part_is_good = pick(2) == 0;
      spec.part = selector(spec.part_is_good ? "n{ok=\"y\"}" : "n{ok=\"n\"}");
      spec.total = selector("n");
    } else {
      spec.metric = selector("g{a=\"1\"}");
      spec.value = 5;
      spec.counted = pick(2) == 0;
    }
    // series by labels; absent series are not in the map.
    std::map<std::string, double> now;
    struct Seen {
      std::int64_t grid;  // which evaluation of the boot clock's grid
      std::map<std::string, double> values;
    };
    std::vector<Seen> all;
    std::vector<SliceEvent> told;
    SeriesRule rule(spec);
    const std::int64_t interval_ns = spec.interval_ms * 1'000'000;
    const std::int64_t first = 1000 + pick(100);
    std::int64_t grid = first;
    while (grid < first + 200) {
      if (counters) {
        for (const char* labels : {"ok=\"y\",i=\"1\"", "ok=\"y\",i=\"2\"", "ok=\"n\",i=\"1\""}) {
          const std::int64_t lot = pick(40);
          if (lot == 0) now.erase(labels);
          if (lot == 1) now[labels] = static_cast<double>(pick(5));  // began anew
          if (lot == 2 || now.contains(labels))
            now[labels] += static_cast<double>(pick(3) * pick(20));
        }
      } else {
        for (const char* labels : {"a=\"1\"", "a=\"1\",b=\"2\"", "a=\"2\""}) {
          if (pick(8) == 0) now.erase(labels);
          if (pick(4) == 0) now[labels] = static_cast<double>(pick(9));
          if (pick(60) == 0) now[labels] = std::nan("");
        }
      }
      std::string page;
      for (const auto& [labels, value] : now) {
        page += std::string(counters ? "n{" : "g{") + labels + "} " +
                (std::isnan(value) ? "NaN" : std::to_string(value)) + "\n";
      }
      const std::int64_t late_ns = pick(interval_ns);
      for (const SliceEvent& event : rule.evaluate(grid * interval_ns + late_ns, page))
        told.push_back(event);
      all.push_back({grid, now});
      grid += pick(25) == 0 ? 1 + pick(3 * per_slice) : 1;  // the thread was held up
    }

    const auto seen_at = [&](std::int64_t at) -> const Seen* {
      for (const Seen& seen : all) {
        if (seen.grid == at) return &seen;
      }
      return nullptr;
    };
    // What must be told of each slice that was seen from its first to its last point.
    const std::int64_t slice_ns = spec.slice_ms * 1'000'000;
    std::map<std::int64_t, State> verdicts;
    std::map<std::int64_t, EventCount> counts;
    for (const SliceEvent& event : told) {
      CHECK(event.begin_boot_ns % slice_ns == 0);
      if (event.count) {
        CHECK(event.end_boot_ns - event.begin_boot_ns == slice_ns);
        counts[event.begin_boot_ns / slice_ns] = *event.count;
      }
      if (event.state) verdicts[event.begin_boot_ns / slice_ns] = *event.state;
    }
    for (std::int64_t slice = first / per_slice; slice <= grid / per_slice; ++slice) {
      const std::int64_t begin = slice * per_slice;
      const std::int64_t end = begin + per_slice;
      const auto got = verdicts.find(slice);
      if (seen_at(begin) == nullptr || seen_at(end) == nullptr) {
        // Not seen whole: never known.
        CHECK_FALSE(counts.contains(slice));
        if (got != verdicts.end()) CHECK(got->second == State::kUnknown);
        continue;
      }
      std::int64_t looked = 0;
      std::int64_t without = 0;
      double good = 0;
      double total = 0;
      for (std::size_t i = 1; i < all.size(); ++i) {
        if (all[i].grid <= begin || all[i].grid > end) continue;
        ++looked;
        if (!counters) {
          std::int64_t samples = 0;
          for (const auto& [labels, value] : all[i].values) {
            if (labels == "a=\"2\"" || std::isnan(value)) continue;
            ++samples;
            good += value <= 5 ? 1 : 0;
          }
          if (samples == 0 && spec.when_absent == WhenAbsent::kUnknown) ++without;
          if (samples == 0 && spec.when_absent == WhenAbsent::kGood) good += 1;
          if (samples == 0 && spec.when_absent != WhenAbsent::kUnknown) samples = 1;
          total += static_cast<double>(samples);
          continue;
        }
        const auto has = [&](const Seen& seen, bool part) {
          for (const auto& [labels, value] : seen.values) {
            if (!part || labels.find(spec.part_is_good ? "ok=\"y\"" : "ok=\"n\"") == 0) return true;
          }
          return false;
        };
        const auto usable = [&](const Seen& seen) {
          return has(seen, false) && (!spec.part_is_good || has(seen, true));
        };
        if (!usable(all[i]) || !usable(all[i - 1])) {
          ++without;
          continue;
        }
        double part = 0;
        double grown = 0;
        for (const auto& [labels, value] : all[i].values) {
          // As it was when it was last seen.
          std::size_t last = i;
          while (last > 0 && !all[last - 1].values.contains(labels)) --last;
          if (last == 0) continue;
          const double old = all[last - 1].values.at(labels);
          const double more = value < old ? value : value - old;
          grown += more;
          if (labels.find(spec.part_is_good ? "ok=\"y\"" : "ok=\"n\"") == 0) part += more;
        }
        total += grown;
        good += spec.part_is_good ? part : grown - part;
      }
      State want = State::kUnknown;
      if (2 * looked >= per_slice && 2 * (looked - without) >= per_slice) {
        if (total > 0) {
          want = good * 1e9 >= total * static_cast<double>(spec.target_ppb) ? State::kUp
                                                                            : State::kDown;
        } else if (counters) {
          want = spec.when_absent == WhenAbsent::kGood  ? State::kUp
                 : spec.when_absent == WhenAbsent::kBad ? State::kDown
                                                        : State::kUnknown;
        }
      }
      if (spec.counted && want != State::kUnknown) {
        const auto samples = static_cast<std::int64_t>(good);
        REQUIRE(counts.contains(slice));
        CHECK(counts[slice] == EventCount{samples, static_cast<std::int64_t>(total) - samples});
        continue;
      }
      REQUIRE(got != verdicts.end());
      CHECK(got->second == want);
    }
  }
}

TEST_CASE("what is missing is said in words") {
  SeriesSpec spec;
  spec.kind = SeriesSpec::Kind::kEvents;
  spec.part = selector("h_bucket");
  spec.part_bound = 0.4;
  spec.total = selector("h_count");
  SeriesRule rule(spec);
  rule.evaluate(
      60 * kNs,
      "h_bucket{le=\"0.1\"} 1\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 2\nh_count 2\n");
  CHECK(rule.problem().find("0.1 1") != std::string::npos);
  rule.evaluate(75 * kNs, "other 1\n");
  CHECK(rule.problem().find("h_count") != std::string::npos);
  rule.evaluate(90 * kNs, "h_bucket{le=\"0.4\"} 1\nh_count 2\n");
  CHECK(rule.problem().empty());
}
