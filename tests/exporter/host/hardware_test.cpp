#include "exporter/host/hardware.h"

#include <sys/stat.h>

#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>

#include "exporter/core/deadline_worker.h"
#include "exporter/host/attribute.h"
#include "tests/exporter/host/machine.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

constexpr Family kValue{"value", "V.", MetricType::kGauge, {"device"}};
constexpr Family kInfo{"info", "I.", MetricType::kGauge, {"device", "state"}};

// A collector of S/class/toy/NAME/{value,state}, scraped by hand.
class Toy {
 public:
  explicit Toy(
      bool may_block = false, std::function<void()> before = [] {},
      NoDevice no_device = NoDevice::kAbsent) {
    context_ = make_host_context({.sysfs = tree.root()});
    context_.patience = std::chrono::seconds(60);
    const std::string directory = tree.path("class/toy");
    collector_ = make_hardware_collector(context_, {.name = "toy",
                                                    .places = {directory},
                                                    .discover =
                                                        [=, this](HardwarePlan& plan) {
                                                          ++discoveries;
                                                          before();
                                                          discover(directory, plan);
                                                        },
                                                    .may_block = may_block,
                                                    .no_device = no_device});
  }

  std::string scrape(std::int64_t seconds = 0) {
    const Scrape scrape{++id_, {.mono_ns = seconds * 1'000'000'000}, buffer_};
    collector_->prepare(scrape);
    SampleWriter out(block_);
    result = collector_->collect(scrape, out);
    out.finish();
    std::string page;
    block_.render_text(page);
    return page;
  }
  bool is_stale() const { return collector_->stale(); }

  test::TempTree tree;
  Result<void> result;
  int discoveries = 0;

 private:
  static void discover(const std::string& directory, HardwarePlan& plan) {
    for (const std::string& device : plan.list(directory)) {
      plan.number(kValue, directory + "/" + device + "/value", {device}, {2, 1});
      std::vector<LabelSource> labels;
      labels.push_back(LabelSource::text(device));
      labels.push_back(LabelSource::file(directory + "/" + device + "/state", "0x"));
      plan.info(kInfo, std::move(labels));
    }
  }

  HostContext context_;
  std::unique_ptr<Collector> collector_;
  SampleBlock block_;
  ReadBuffer buffer_;
  std::uint64_t id_ = 0;
};

bool contains(const std::string& page, std::string_view line) {
  return page.find("\n" + std::string(line) + "\n") != std::string::npos;
}

TEST_CASE("a class without devices is a success where node_exporter calls it one") {
  const auto f = [](NoDevice no_device, bool without_class, bool with_empty_class) {
    Toy toy(false, [] {}, no_device);
    CHECK(toy.scrape().empty());
    CHECK(toy.result.has_value() == without_class);
    std::filesystem::create_directories(toy.tree.path("class/toy"));
    CHECK(toy.scrape(11).empty());
    CHECK(toy.result.has_value() == with_empty_class);
  };
  f(NoDevice::kAbsent, false, false);
  f(NoDevice::kFine, true, true);
  f(NoDevice::kFineInPlace, false, true);
}

TEST_CASE("numbers are scaled, info is read anew, and nothing is discovered twice") {
  Toy toy;
  toy.tree.write("class/toy/a/value", "21\n");
  toy.tree.write("class/toy/a/state", "0xup\n");
  CHECK(contains(toy.scrape(), "value{device=\"a\"} 4.2"));
  toy.tree.write("class/toy/a/value", "-3\n");
  toy.tree.write("class/toy/a/state", "down\n");
  const std::string page = toy.scrape();
  CHECK(contains(page, "value{device=\"a\"} -0.6"));
  CHECK(contains(page, "info{device=\"a\",state=\"down\"} 1"));
  CHECK(toy.discoveries == 1);
}

TEST_CASE("a device that comes, goes or is replaced is noticed at the next scrape") {
  Toy toy;
  toy.tree.write("class/toy/a/value", "1");
  toy.scrape();
  toy.tree.write("class/toy/b/value", "2");
  CHECK(contains(toy.scrape(), "value{device=\"b\"} 0.4"));
  toy.tree.remove("class/toy/a");
  CHECK(toy.scrape().find("device=\"a\"") == std::string::npos);
  CHECK(toy.result);
  CHECK(toy.discoveries == 3);
}

std::uint64_t inode_of(const std::string& path) {
  struct stat info{};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_ino;
}

TEST_CASE("another name on another inode is noticed also when both differ in the same bits") {
  const test::TempTree tree;
  tree.write("seen/other", "");
  // Of files made one after another, two have inodes that differ as 'a' and 'b' do.
  std::map<std::uint64_t, std::string> made;
  std::string of_a;
  std::string of_b;
  for (int i = 0; i < 4096 && of_a.empty(); ++i) {
    const std::string path = tree.path("made/" + std::to_string(i));
    tree.write("made/" + std::to_string(i), "");
    const std::uint64_t inode = inode_of(path);
    const auto partner = made.find(inode ^ std::uint64_t{'a' ^ 'b'});
    if (partner != made.end()) {
      of_a = partner->second;
      of_b = path;
    }
    made[inode] = path;
  }
  REQUIRE(!of_a.empty());
  std::filesystem::rename(of_a, tree.path("seen/a"));
  DirectoryWatch watch(tree.path("seen"));
  CHECK(!watch.changed());
  std::filesystem::rename(tree.path("seen/a"), of_a);
  std::filesystem::rename(of_b, tree.path("seen/b"));
  CHECK(watch.changed());
  CHECK(!watch.changed());
}

TEST_CASE("absence is remembered for ten seconds and then looked into again") {
  Toy toy;
  CHECK(toy.scrape(100).empty());
  REQUIRE_FALSE(toy.result);
  CHECK(toy.result.error().kind == ErrorKind::kNotFound);
  toy.tree.write("class/toy/a/value", "1");
  CHECK(toy.scrape(109).empty());
  CHECK(toy.discoveries == 0);
  CHECK_FALSE(toy.scrape(110).empty());
  toy.tree.remove("class/toy");
  CHECK(toy.scrape(111).empty());
  CHECK(toy.result.error().kind == ErrorKind::kNotFound);
}

TEST_CASE("a corrupt file costs itself, an empty or vanished one is no error") {
  Toy toy;
  toy.tree.write("class/toy/a/value", "not a number\n");
  toy.tree.write("class/toy/b/value", "5\n");
  toy.tree.write("class/toy/c/value", "\n");
  CHECK(contains(toy.scrape(), "value{device=\"b\"} 1"));
  REQUIRE_FALSE(toy.result);
  CHECK(toy.result.error().kind == ErrorKind::kParse);
  CHECK(toy.result.error().message ==
        toy.tree.path("class/toy/a/value") + ": cannot read 'not a number'");
  toy.tree.remove("class/toy/a");
  toy.scrape();
  CHECK(toy.result);
}

TEST_CASE("names of any bytes stay labels") {
  Toy toy;
  const std::string odd = "q\"\n\xff";
  const std::string lengthy(200, 'n');
  toy.tree.write("class/toy/" + odd + "/value", "5");
  toy.tree.write("class/toy/" + lengthy + "/value", "5");
  toy.tree.write("class/toy/" + lengthy + "/state", std::string(10'000, 's'));
  const std::string page = toy.scrape();
  CHECK(contains(page, "value{device=\"q\\\"\\n\xEF\xBF\xBD\"} 1"));
  CHECK(contains(page, "info{device=\"" + lengthy + "\",state=\"" +
                           std::string(kMaxValueBytes, 's') + "\"} 1"));
}

TEST_CASE("what may block is read on another thread, and a scrape that waits sees it") {
  Toy toy(true);
  CHECK(toy.scrape(0).empty());
  toy.tree.write("class/toy/a/value", "5");
  CHECK(contains(toy.scrape(20), "value{device=\"a\"} 1"));
  toy.tree.write("class/toy/a/value", "10");
  CHECK(contains(toy.scrape(21), "value{device=\"a\"} 2"));
  CHECK_FALSE(toy.is_stale());
}

TEST_CASE("more files than descriptors are kept are read all the same") {
  Toy toy;
  constexpr int kDevices = Attribute::kMaxKept + 50;
  for (int i = 0; i < kDevices; ++i) {
    toy.tree.write("class/toy/d" + std::to_string(i) + "/value", std::to_string(5 * i));
  }
  for (int round = 0; round < 2; ++round) {
    const std::string page = toy.scrape();
    for (int i = 0; i < kDevices; ++i) {
      CHECK(contains(page, "value{device=\"d" + std::to_string(i) + "\"} " + std::to_string(i)));
    }
  }
}

// The first reading waits until it is let go.
struct Gate {
  std::mutex lock;
  std::condition_variable changed;
  bool open = false;

  void pass() {
    std::unique_lock held(lock);
    changed.wait(held, [this] { return open; });
  }
  void let_go() {
    const std::lock_guard held(lock);
    open = true;
    changed.notify_all();
  }
};

TEST_CASE("a driver that hangs fails its collector, which comes back with the driver") {
  const auto gate = std::make_shared<Gate>();
  Machine machine("thermal_zone");
  HostContext context = machine.context();
  context.patience = std::chrono::milliseconds(20);
  machine.file("sys/class/toy/a/value", "5");
  const std::string directory = machine.tree().path("sys/class/toy");
  const auto collector =
      make_hardware_collector(context, {.name = "toy",
                                        .places = {directory},
                                        .discover =
                                            [gate, directory](HardwarePlan& plan) {
                                              gate->pass();
                                              plan.list(directory);
                                              plan.number(kValue, directory + "/a/value", {"a"});
                                            },
                                        .may_block = true});
  ReadBuffer buffer;
  SampleBlock block;
  std::uint64_t id = 0;
  const auto scrape = [&](std::int64_t seconds) {
    const Scrape now{++id, {.mono_ns = seconds * 1'000'000'000}, buffer};
    collector->prepare(now);
    SampleWriter out(block);
    const auto result = collector->collect(now, out);
    out.finish();
    return result;
  };
  for (int i = 0; i < 3; ++i) {
    const auto result = scrape(i);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::kUnavailable);
  }
  gate->let_go();
  Result<void> result = scrape(10);
  for (int i = 0; i < 1000 && !result; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    result = scrape(10 + i);
  }
  CHECK(result);
  std::string page;
  block.render_text(page);
  CHECK(contains(page, "value{device=\"a\"} 5"));
}

TEST_CASE("values are whole, signed, hexadecimal or fractions") {
  CHECK(to_value("42")->whole() == 42);
  CHECK(to_value("18446744073709551615")->whole() == ~std::uint64_t{0});
  CHECK(to_value("-7")->as_double() == -7);
  CHECK(to_value("0x1003")->whole() == 0x1003);
  CHECK(to_value("98.5")->as_double() == 98.5);
  for (const char* text : {"", "0x", "12 kB", "a", "1e999", "nan", "inf", "--1"}) {
    CHECK_FALSE(to_value(text));
  }
}

TEST_CASE("sizes have units of powers of 1024") {
  CHECK(to_size("512")->as_double() == 512);
  CHECK(to_size("12.5k")->as_double() == 12800);
  CHECK(to_size("-4.0M")->as_double() == -4194304);
  CHECK(to_size("1.5 GiB")->as_double() == 1610612736);
  CHECK(to_size("7 B")->as_double() == 7);
  for (const char* text : {"", "k", "12.5q", "1 kilo", "1.5.2k"}) CHECK_FALSE(to_size(text));
}

TEST_CASE("a number that is scaled stays exact where it can") {
  CHECK(scaled(Number(2'400'000), {1000, 0}).whole() == 2'400'000'000);
  CHECK(scaled(Number(~std::uint64_t{0}), {1, 9}).decimals() == 9);
  CHECK(scaled(Number(~std::uint64_t{0}), {1000, 0}).is_real());
  CHECK(scaled(Number(-1500), {1, 3}).as_double() == -1.5);
}

}  // namespace
}  // namespace exporter
