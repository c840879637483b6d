#include "exporter/host/textfile.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exporter/core/registry.h"
#include "exporter/host/textfile_merge.h"
#include "exporter/host/textfile_reader.h"
#include "tests/exporter/host/driver.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

constexpr char kNoError[] = "\nnode_textfile_scrape_error 0\n";
constexpr char kError[] = "\nnode_textfile_scrape_error 1\n";

bool holds(const std::string& page, std::string_view text) {
  return page.find(text) != std::string::npos;
}

HostContext context_for(const std::string& directories) {
  HostContext context = make_host_context({});
  context.options["textfile.directory"] = directories;
  context.patience = std::chrono::minutes(1);
  return context;
}

std::shared_ptr<const TextFile> file(const std::string& path, std::string_view text) {
  auto families = parse_exposition(text, 1000);
  REQUIRE(families);
  return std::make_shared<const TextFile>(TextFile{path, 0, "", std::move(*families)});
}

std::string text_of(const TextPage& page) {
  SampleBlock block;
  SampleWriter out(block);
  for (const auto& sample : page.samples) out.prepared(sample.head, sample.value);
  out.finish();
  std::string text;
  block.render_text(text);
  return text;
}

TEST_CASE("files of several directories come out sorted by family, with their times") {
  test::TempTree tree;
  tree.write("a/jobs.prom", "# HELP jobs Jobs.\n# TYPE jobs gauge\njobs{queue=\"x\"} 3\n");
  tree.write("b/1.prom", "beans 1.50\n");
  tree.write("b/ignored.txt", "not a metric");
  tree.write("b/om.prom", "# TYPE tea counter\ntea_total 2\n# EOF\n");
  const timespec times[2] = {{1'700'000'000, 0}, {1'700'000'000, 999'999'999}};
  REQUIRE(::utimensat(AT_FDCWD, tree.path("a/jobs.prom").c_str(), times, 0) == 0);
  Driver driver(context_for(tree.path("a") + "\n" + tree.path("b")), {"textfile"});
  const std::string page = driver.scrape();
  CHECK(page.starts_with("# HELP beans Metric read from " + tree.path("b/1.prom") +
                         "\n# TYPE beans untyped\nbeans 1.5\n# HELP jobs Jobs.\n# TYPE jobs gauge\n"
                         "jobs{queue=\"x\"} 3\n"));
  CHECK(holds(page, "# TYPE tea_total counter\ntea_total 2\n"));
  CHECK(holds(page, "\nnode_textfile_mtime_seconds{file=\"" + tree.path("a/jobs.prom") +
                        "\"} 1700000000\n"));
  CHECK(holds(page, kNoError));
  CHECK(driver.result("textfile"));
  CHECK(driver.scrape() == page);
}

TEST_CASE("a glob stands for all directories that fit it") {
  test::TempTree tree;
  tree.write("x1/a.prom", "a 1\n");
  tree.write("x2/b.prom", "b 1\n");
  tree.write("y/c.prom", "c 1\n");
  Driver driver(context_for(tree.path("x*")), {"textfile"});
  const std::string& page = driver.scrape();
  CHECK(holds(page, "\na 1\n"));
  CHECK(holds(page, "\nb 1\n"));
  CHECK_FALSE(holds(page, "\nc 1\n"));
}

TEST_CASE("without a directory there is no error, with one that is missing there is") {
  Driver without(context_for(""), {"textfile"});
  CHECK(without.scrape().ends_with(kNoError));
  CHECK_FALSE(holds(without.scrape(), "mtime"));
  test::TempTree tree;
  tree.write("a.prom", "a 1\n");
  Driver missing(context_for(tree.path("none") + "\n" + tree.root()), {"textfile"});
  CHECK(holds(missing.scrape(), kError));
  CHECK(holds(missing.scrape(), "\na 1\n"));
  CHECK(missing.result("textfile"));
}

TEST_CASE("a bad file hides no other and does not look fresh; repaired it is back") {
  test::TempTree tree;
  tree.write("bad.prom", "a 1\nb{ 2\n");
  tree.write("good.prom", "c 3\n");
  tree.write("stamped.prom", "d 4 1700000000000\n");
  Driver driver(context_for(tree.root()), {"textfile"});
  std::string page = driver.scrape();
  CHECK(holds(page, "\nc 3\n"));
  CHECK_FALSE(holds(page, "\na 1\n"));
  CHECK_FALSE(holds(page, "\nd 4"));
  CHECK_FALSE(holds(page, "bad.prom"));
  CHECK(holds(page, kError));
  tree.write("bad.prom", "a 1\nb 2 \n");
  tree.remove("stamped.prom");
  page = driver.scrape();
  CHECK(holds(page, "\na 1\n"));
  CHECK(holds(page, "bad.prom"));
  CHECK(holds(page, kNoError));
}

TEST_CASE("a file is read again when it changed, and gone when it is gone") {
  test::TempTree tree;
  tree.write("a.prom", "a 1\n");
  Driver driver(context_for(tree.root()), {"textfile"});
  CHECK(holds(driver.scrape(), "\na 1\n"));
  tree.write("new", "a 20\n");
  REQUIRE(::rename(tree.path("new").c_str(), tree.path("a.prom").c_str()) == 0);
  CHECK(holds(driver.scrape(), "\na 20\n"));
  tree.remove("a.prom");
  CHECK_FALSE(holds(driver.scrape(), "\na "));
  CHECK(holds(driver.scrape(), kNoError));
}

TEST_CASE("what is no plain file of the directory is refused") {
  test::TempTree tree;
  tree.write("outside", "secret 1\n");
  tree.write("in/real", "inside 1\n");
  tree.write("in/good.prom", "good 1\n");
  REQUIRE(::symlink("../outside", tree.path("in/out.prom").c_str()) == 0);
  REQUIRE(::symlink("real", tree.path("in/link.prom").c_str()) == 0);
  REQUIRE(::mkfifo(tree.path("in/pipe.prom").c_str(), 0600) == 0);
  REQUIRE(::mkdir(tree.path("in/folder.prom").c_str(), 0700) == 0);
  Driver driver(context_for(tree.path("in")), {"textfile"});
  const std::string page = driver.scrape();
  CHECK(holds(page, "\ngood 1\n"));
  CHECK(holds(page, "\ninside 1\n"));
  CHECK_FALSE(holds(page, "secret"));
  CHECK(holds(page, kError));
}

TEST_CASE("a file beyond the limit is refused, one just below is not") {
  test::TempTree tree;
  const std::string metric = "a 1\n";
  tree.write("full.prom",
             metric + "#" + std::string(kMaxTextFileBytes - metric.size() - 2, '-') + "\n");
  Driver driver(context_for(tree.root()), {"textfile"});
  CHECK(holds(driver.scrape(), "\na 1\n"));
  tree.write("full.prom",
             metric + "#" + std::string(kMaxTextFileBytes - metric.size() - 1, '-') + "\n");
  CHECK_FALSE(holds(driver.scrape(), "\na 1\n"));
  CHECK(holds(driver.scrape(), kError));
}

TEST_CASE("one family of several files is merged") {
  const TextPage page =
      merge_text_files({file("1", "# HELP a A.\na{x=\"1\"} 1\n"), file("2", "a{y=\"2\"} 2\nb 1\n"),
                        file("3", "b{z=\"\"} 2\n")},
                       {});
  CHECK(text_of(page) ==
        "# HELP a A.\n# TYPE a untyped\na{x=\"1\",y=\"\"} 1\na{x=\"\",y=\"2\"} 2\n"
        "# HELP b Metric read from 2, 3\n# TYPE b untyped\nb{z=\"\"} 1\n");
  REQUIRE(page.conflicts.size() == 1);  // b without labels and with an empty one are one series
  CHECK(page.conflicts[0] == "3: b{z=\"\"} stands twice");
}

TEST_CASE("of two files that disagree on HELP or TYPE the later one's family is left out") {
  const TextPage page = merge_text_files(
      {file("1", "# HELP a A.\n# TYPE b gauge\na 1\nb 1\n"),
       file("2", "# HELP a Else.\n# TYPE b counter\na{x=\"2\"} 2\nb{x=\"2\"} 2\nc 3\n")},
      {});
  CHECK(text_of(page) ==
        "# HELP a A.\n# TYPE a untyped\na 1\n# HELP b Metric read from 1\n# TYPE b gauge\nb 1\n"
        "# HELP c Metric read from 2\n# TYPE c untyped\nc 3\n");
  CHECK(page.conflicts == std::vector<std::string>{"2: a has another HELP than before",
                                                   "2: b has another TYPE than before"});
}

TEST_CASE("series that stand twice are served once, the buckets of a histogram are no doubles") {
  const TextPage page = merge_text_files(
      {file("1",
            "a 1\na 2\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\n"
            "h_count 2\n")},
      {});
  CHECK(text_of(page) ==
        "# HELP a Metric read from 1\n# TYPE a untyped\na 1\n"
        "# HELP h Metric read from 1\n# TYPE h histogram\nh_bucket{le=\"1\"} "
        "1\nh_bucket{le=\"+Inf\"} 2\n"
        "h_sum 3\nh_count 2\n");
  CHECK(page.conflicts == std::vector<std::string>{"1: a stands twice"});
}

TEST_CASE("families of the exporter itself cannot be had from files, whoever has them first") {
  test::TempTree tree;
  tree.write("proc/loadavg", "0.50 0.25 0.10 1/2 3\n");
  tree.write(
      "text/a.prom",
      "node_load1 9\nfournines_x 9\nnode_textfile_scrape_error 9\nprocess_open_fds 9\nb 1\n");
  HostContext context = context_for(tree.path("text"));
  context.roots.procfs = tree.path("proc");
  const SystemClock clock;
  Registry registry(clock);
  for (const std::string_view name : {"textfile", "loadavg"}) {
    const auto row = std::ranges::find(host_collectors(), name, &CollectorRow::name);
    auto collector = row->make(context);
    REQUIRE(collector);
    registry.add(std::move(*collector), CollectorGroup::kNode);
  }
  std::string page;
  registry.scrape(registry.all(), page);
  CHECK(holds(page, "\nnode_load1 0.5\n"));
  CHECK(holds(page, "\nb 1\n"));
  CHECK(holds(page, kError));
  CHECK_FALSE(holds(page, " 9\n"));
  // The page of some collectors only serves the same.
  page.clear();
  registry.scrape(*registry.select({"textfile"}, {}), page);
  CHECK(holds(page, "\nb 1\n"));
  CHECK_FALSE(holds(page, " 9\n"));
}

}  // namespace
}  // namespace exporter
