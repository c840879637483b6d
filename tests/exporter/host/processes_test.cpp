#include "exporter/host/processes.h"

#include "tests/exporter/host/driven.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

std::string stat(std::string_view name, char state, int threads) {
  return "1 (" + std::string(name) + ") " + state +
         " 0 1 1 0 -1 4194560 3034 4837 31 43 9 20 4 8 20 0 " + std::to_string(threads) +
         " 0 9 10000\n";
}

TEST_CASE("state and threads of a process stand behind its name, whatever that is") {
  const auto plain = parse_process_stat(stat("init", 'S', 3));
  REQUIRE(plain);
  CHECK(plain->state == 'S');
  CHECK(plain->threads == 3);
  const auto odd = parse_process_stat(stat(") R 1 (\n\xff", 'Z', 1));
  REQUIRE(odd);
  CHECK(odd->state == 'Z');
  for (const char* bad : {"", "1 (init", "1 (init) S", "1 (init) SS 0 1", "no name at all"}) {
    CHECK_FALSE_MESSAGE(parse_process_stat(bad), bad);
  }
}

TEST_CASE("processes and threads are counted by state; one that is gone is passed over") {
  test::TempTree tree;
  tree.write("1/stat", stat("init", 'S', 1));
  tree.write("7/stat", stat("web", 'S', 3));
  tree.write("7/task/7/stat", stat("web", 'S', 3));
  tree.write("7/task/8/stat", stat("web", 'R', 3));
  tree.write("7/task/9/comm", "gone\n");
  tree.write("8/comm", "gone\n");
  tree.write("9/stat", stat("dead", 'Z', 1));
  tree.write("self/stat", stat("not a number", 'R', 1));
  tree.write("sys/kernel/threads-max", "192587\n");
  tree.write("sys/kernel/pid_max", "4194304\n");
  Driven processes(make_host_context({.procfs = tree.root()}), "processes");
  CHECK(processes.scrape() ==
        "node_processes_pids 3\n"
        "node_processes_threads 5\n"
        "node_processes_max_threads 192587\n"
        "node_processes_max_processes 4194304\n"
        "node_processes_state{state=\"S\"} 2\n"
        "node_processes_state{state=\"Z\"} 1\n"
        "node_processes_threads_state{thread_state=\"R\"} 1\n"
        "node_processes_threads_state{thread_state=\"S\"} 2\n"
        "node_processes_threads_state{thread_state=\"Z\"} 1\n");
  CHECK(processes.result());
  tree.remove("9");
  tree.write("7/stat", "7 (broken\n");
  const std::string lines = processes.scrape();
  CHECK(lines.find("node_processes_pids 1\n") != std::string::npos);
  CHECK(processes.result().error().message.find("/7/stat") != std::string::npos);
}

TEST_CASE("without a procfs there are no processes, without limits no limits") {
  test::TempTree tree;
  CHECK(Driven(make_host_context({.procfs = tree.path("none")}), "processes").error() ==
        ErrorKind::kNotFound);
  Driven processes(make_host_context({.procfs = tree.root()}), "processes");
  CHECK(processes.scrape() == "node_processes_pids 0\nnode_processes_threads 0\n");
  CHECK_FALSE(processes.result());
}

}  // namespace
}  // namespace exporter
