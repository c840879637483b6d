#include "exporter/host/namedprocess.h"

#include <unistd.h>

#include "exporter/host/process_files.h"
#include "exporter/host/process_group.h"
#include "tests/exporter/host/driver.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

bool holds(const std::string& page, std::string_view text) {
  return page.find(text) != std::string::npos;
}

struct Numbers {
  std::string name = "web";
  char state = 'S';
  int minor = 10;
  int major = 1;
  int user = 100;
  int system = 50;
  int threads = 2;
  int start = 1000;
  int pages = 250;
  bool kernel = false;
};

// A procfs that a test makes up.
class Processes {
 public:
  Processes() { tree_.write("stat", "cpu 0\nbtime 1700000000\nprocesses 1\n"); }

  void set(int pid, const Numbers& n) {
    const auto field = [](int value) { return std::to_string(value) + " "; };
    file(pid, "stat",
         std::to_string(pid) + " (" + n.name + ") " + n.state + " 1 1 1 0 -1 " +
             (n.kernel ? "2129984 " : "4194560 ") + field(n.minor) + "0 " + field(n.major) + "0 " +
             field(n.user) + field(n.system) + "0 0 20 0 " + field(n.threads) + "0 " +
             field(n.start) + "8192000 " + field(n.pages) + "0\n");
  }
  void io(int pid, int read, int written) {
    file(pid, "io",
         "rchar: 9\nwchar: 9\nsyscr: 9\nsyscw: 9\nread_bytes: " + std::to_string(read) +
             "\nwrite_bytes: " + std::to_string(written) + "\ncancelled_write_bytes: 7\n");
  }
  void status(int pid, int voluntary, int involuntary, int swap_kb = 0) {
    file(pid, "status",
         "Name:\tx\nVmSwap:\t" + std::to_string(swap_kb) + " kB\nvoluntary_ctxt_switches:\t" +
             std::to_string(voluntary) + "\nnonvoluntary_ctxt_switches:\t" +
             std::to_string(involuntary) + "\n");
  }
  void descriptors(int pid, int count, const std::string& limit) {
    for (int i = 0; i < count; ++i) file(pid, "fd/" + std::to_string(i), "");
    file(pid, "limits",
         "Limit                     Soft Limit           Hard Limit           Units     \n"
         "Max open files            " +
             limit + "                 4096                 files     \n");
  }
  void file(int pid, const std::string& name, std::string_view text) {
    tree_.write(std::to_string(pid) + "/" + name, text);
  }
  void end(int pid) { tree_.remove(std::to_string(pid)); }
  const std::string& root() const { return tree_.root(); }

  HostContext context() const {
    HostContext context = make_host_context({.procfs = tree_.root()});
    context.patience = std::chrono::minutes(1);
    context.page_bytes = 4096;
    return context;
  }

 private:
  test::TempTree tree_;
};

std::string of(const std::string& series, const std::string& group,
               const std::string& labels = "") {
  return "\nnamedprocess_namegroup_" + series + "{groupname=\"" + group + "\"" +
         (labels.empty() ? "" : "," + labels) + "} ";
}

TEST_CASE("what is read of a process: good, missing, corrupt") {
  CHECK(parse_process_io("rchar: 1\nread_bytes: 20\nwrite_bytes: 30\ncancelled_write_bytes: 4\n")
            ->write_bytes == 30);
  CHECK_FALSE(parse_process_io(""));
  CHECK_FALSE(parse_process_io("cancelled_write_bytes: 4\nread_bytes: x\n"));
  const auto status = parse_process_status(
      "VmSwap:\t  12 kB\nvoluntary_ctxt_switches:\t3\nnonvoluntary_ctxt_switches:\t4\n");
  REQUIRE(status);
  CHECK(status->swapped_bytes == 12 * 1024);
  CHECK(status->voluntary_switches == 3);
  CHECK(status->involuntary_switches == 4);
  CHECK_FALSE(parse_process_status("nonvoluntary_ctxt_switches:\t4\n"));
  CHECK(*parse_open_files_limit("Max open files            1024    4096   files\n") == 1024);
  CHECK(*parse_open_files_limit("Max open files            unlimited  unlimited files\n") ==
        18446744073709551615U);
  CHECK_FALSE(parse_open_files_limit("Max open files            many\n"));
  const auto memory = parse_smaps_rollup(
      "55-7f ---p 00000000 00:00 0 [rollup]\nRss:   900 kB\nPss:   512 kB\nPss_Dirty: 3 kB\n"
      "SwapPss:   8 kB\n");
  REQUIRE(memory);
  CHECK(memory->resident_bytes == 512 * 1024);
  CHECK(memory->swapped_bytes == 8 * 1024);
  CHECK_FALSE(parse_smaps_rollup("Rss: 1 kB\n"));
}

TEST_CASE("members are added up under process-exporter's names") {
  Processes processes;
  processes.set(10, {.state = 'R', .start = 2000});
  processes.io(10, 1000, 2000);
  processes.status(10, 5, 6, 8);
  processes.descriptors(10, 3, "10");
  processes.set(11, {.start = 1000});
  processes.io(11, 1, 2);
  processes.status(11, 7, 8);
  processes.descriptors(11, 1, "10");
  processes.set(12, {.name = "zombie", .state = 'Z', .pages = 0});
  Driver driver(processes.context(), {"namedprocess"});
  const std::string page = driver.scrape();
  CHECK(driver.result("namedprocess"));
  for (const auto& [series, value] : std::vector<std::pair<std::string, std::string>>{
           {of("num_procs", "web"), "2"},
           {of("num_threads", "web"), "4"},
           {of("states", "web", "state=\"Running\""), "1"},
           {of("states", "web", "state=\"Sleeping\""), "1"},
           {of("states", "web", "state=\"Zombie\""), "0"},
           {of("states", "zombie", "state=\"Zombie\""), "1"},
           {of("memory_bytes", "web", "memtype=\"resident\""), "2048000"},
           {of("memory_bytes", "web", "memtype=\"virtual\""), "16384000"},
           {of("memory_bytes", "web", "memtype=\"swapped\""), "8192"},
           {of("open_filedesc", "web"), "4"},
           {of("worst_fd_ratio", "web"), "0.3"},
           {of("oldest_start_time_seconds", "web"), "1700000010"},
           {of("cpu_seconds_total", "web", "mode=\"user\""), "2"},
           {of("cpu_seconds_total", "web", "mode=\"system\""), "1"},
           {of("read_bytes_total", "web"), "1001"},
           {of("write_bytes_total", "web"), "2002"},
           {of("major_page_faults_total", "web"), "2"},
           {of("minor_page_faults_total", "web"), "20"},
           {of("context_switches_total", "web", "ctxswitchtype=\"voluntary\""), "12"},
           {of("context_switches_total", "web", "ctxswitchtype=\"nonvoluntary\""), "14"},
           {"\nnamedprocess_scrape_errors ", "0"},
       }) {
    CHECK_MESSAGE(holds(page, series + value + "\n"), series);
  }
  CHECK_FALSE(holds(page, "\"other\""));
  CHECK_FALSE(holds(page, "proportionalResident"));
}

TEST_CASE("counters of a group never go back when members come and end") {
  Processes processes;
  const std::string user = of("cpu_seconds_total", "web", "mode=\"user\"");
  processes.set(10, {.user = 100});
  processes.set(11, {.user = 200});
  Driver driver(processes.context(), {"namedprocess"});
  CHECK(holds(driver.scrape(), user + "3\n"));
  processes.set(10, {.user = 150});
  processes.end(11);
  CHECK(holds(driver.scrape(), user + "3.5\n"));
  processes.set(12, {.user = 30, .start = 5000});  // what a new one has used counts whole
  CHECK(holds(driver.scrape(), user + "3.8\n"));
  processes.set(12, {.user = 10, .start = 6000});  // the number again, another process
  CHECK(holds(driver.scrape(), user + "3.9\n"));
  processes.end(10);
  processes.end(12);
  const std::string page = driver.scrape();
  CHECK(holds(page, user + "3.9\n"));
  CHECK(holds(page, of("num_procs", "web") + "0\n"));
  CHECK_FALSE(holds(page, "oldest_start_time"));
}

TEST_CASE("a process that runs another program takes along nothing it has used before") {
  Processes processes;
  processes.set(10, {.name = "bash", .user = 100});
  Driver driver(processes.context(), {"namedprocess"});
  driver.scrape();
  processes.set(10, {.name = "make", .user = 130});
  const std::string page = driver.scrape();
  CHECK(holds(page, of("cpu_seconds_total", "bash", "mode=\"user\"") + "1\n"));
  CHECK(holds(page, of("cpu_seconds_total", "make", "mode=\"user\"") + "0.3\n"));
  CHECK(holds(page, of("num_procs", "bash") + "0\n"));
}

TEST_CASE("context switches of a process that uses no CPU arrive within eight scrapes") {
  Processes processes;
  processes.set(10, {});
  processes.status(10, 5, 5);
  Driver driver(processes.context(), {"namedprocess"});
  const std::string switches = of("context_switches_total", "web", "ctxswitchtype=\"voluntary\"");
  CHECK(holds(driver.scrape(), switches + "5\n"));
  processes.status(10, 9, 5);
  std::string page;
  for (int i = 0; i < 8; ++i) page = driver.scrape();
  CHECK(holds(page, switches + "9\n"));
  processes.set(10, {.user = 101});
  processes.status(10, 12, 5);
  CHECK(holds(driver.scrape(), switches + "12\n"));
}

TEST_CASE("configured groups come first, and their command lines are read") {
  Processes processes;
  processes.set(10, {.name = "python3"});
  processes.file(10, "cmdline", std::string("python3\0jobs.py\0", 16));
  processes.set(11, {.name = "python3"});
  HostContext context = processes.context();
  context.process_groups = *ProcessGroups::make({{"jobs", "", "", "jobs\\.py"}});
  Driver driver(context, {"namedprocess"});
  std::string page = driver.scrape();
  CHECK(holds(page, of("num_procs", "jobs") + "1\n"));
  CHECK(holds(page, of("num_procs", "python3") + "1\n"));
  CHECK(holds(page, of("cpu_seconds_total", "jobs", "mode=\"user\"") + "1\n"));
  CHECK(driver.scrape() == page);
  processes.set(11, {.name = "python3", .start = 7000});  // another process under the number
  processes.file(11, "cmdline", std::string("python3\0jobs.py\0", 16));
  driver.scrape();
  CHECK(holds(driver.scrape(), of("num_procs", "jobs") + "2\n"));
}

TEST_CASE("kernel threads are left out unless they are asked for") {
  Processes processes;
  processes.set(2, {.name = "kthreadd", .kernel = true});
  processes.set(3, {.name = "kworker/0:1", .kernel = true});
  processes.set(10, {});
  Driver without(processes.context(), {"namedprocess"});
  CHECK_FALSE(holds(without.scrape(), "kthreadd"));
  HostContext context = processes.context();
  context.options["namedprocess.kernel-threads"] = "true";
  Driver with(context, {"namedprocess"});
  CHECK(holds(with.scrape(), of("num_procs", "kthreadd") + "2\n"));
  // A number that was a kernel thread's is looked at again in time.
  processes.set(3, {.name = "late"});
  std::string page;
  for (int i = 0; i < 17; ++i) page = without.scrape();
  CHECK(holds(page, of("num_procs", "late") + "1\n"));
}

TEST_CASE("a process that cannot be read costs itself only") {
  Processes processes;
  processes.set(10, {});
  processes.file(11, "stat", "no such line");
  processes.file(12, "other", "");
  Driver driver(processes.context(), {"namedprocess"});
  const std::string page = driver.scrape();
  CHECK(holds(page, of("num_procs", "web") + "1\n"));
  CHECK(holds(page, "\nnamedprocess_scrape_procread_errors 1\n"));
  CHECK_FALSE(holds(page, "open_filedesc"));
}

TEST_CASE("without a procfs the collector fails and goes on when there is one") {
  test::TempTree tree;
  HostContext context = make_host_context({.procfs = tree.path("none")});
  Driver driver(context, {"namedprocess"});
  CHECK(holds(driver.scrape(), "\nnamedprocess_scrape_errors 1\n"));
  CHECK(driver.result("namedprocess").error().kind == ErrorKind::kNotFound);
}

TEST_CASE("groups are bounded: an empty one makes room, else new ones are counted as other") {
  ProcessGroupTable table;
  table.begin_scan(1);
  for (std::size_t i = 1; i < ProcessGroupTable::kMaxGroups; ++i) {
    const std::size_t place = table.place_of("g" + std::to_string(i));
    CHECK(place == i);
  }
  CHECK(table.place_of("more") == table.place_of(ProcessGroupTable::kOther));
  table.begin_scan(2);
  for (std::size_t i = 1; i < ProcessGroupTable::kMaxGroups; ++i) {
    if (i != 7) table[i].last_seen = 2;
  }
  table.begin_scan(3);
  const std::size_t place = table.place_of("more");
  CHECK(place == 7);
  CHECK(table[place].name == "more");
  CHECK(table[place].used.values[0] == 0);
  CHECK(table.place_of("g7") == 0);
  CHECK(table.order().size() == ProcessGroupTable::kMaxGroups);
}

TEST_CASE("this process is found with real values, its proportional memory soon after") {
  HostContext context = make_host_context({});
  context.options["namedprocess.proportional"] = "true";
  Driver driver(context, {"namedprocess"});
  std::string page;
  const std::string pss = of("memory_bytes", "test_host", "memtype=\"proportionalResident\"");
  for (int i = 0; i < 10'000 && !holds(page, pss); ++i) {
    page = driver.scrape();
    ::usleep(1000);
  }
  CHECK(holds(page, pss));
  CHECK_FALSE(holds(page, of("num_procs", "test_host") + "0\n"));
  CHECK_FALSE(holds(page, of("open_filedesc", "test_host") + "0\n"));
}

}  // namespace
}  // namespace exporter
