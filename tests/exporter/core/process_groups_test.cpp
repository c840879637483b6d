#include "exporter/core/process_groups.h"

#include <unistd.h>

#include <algorithm>

#include "exporter/core/kernel_file.h"
#include "exporter/core/process_record.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

std::string stat_line(const std::string& pid, const std::string& name, char state,
                      const std::string& flags = "4194560") {
  return pid + " (" + name + ") " + state + " 1 1 1 0 -1 " + flags +
         " 300 4 50 6 70 80 9 10 20 0 3 0 1234 8192000 250 18446744073709551615 1 1\n";
}

std::string group_of(const ProcessGroups& groups, std::string_view comm, std::string cmdline) {
  return std::string(groups.group_of(process_names(comm, cmdline)));
}

TEST_CASE("a process record is read whatever its name holds") {
  for (const std::string name : {"cat", "a) R 1 (b", "", "(((", "x\ny", "\xFF\xFE"}) {
    const std::string text = stat_line("17", name, 'D');
    const auto record = parse_process_record(text);
    REQUIRE_MESSAGE(record, name);
    CHECK(record->name == name);
    CHECK(record->state == 'D');
    CHECK(record->minor_faults == 300);
    CHECK(record->major_faults == 50);
    CHECK(record->user_ticks == 70);
    CHECK(record->system_ticks == 80);
    CHECK(record->threads == 3);
    CHECK(record->start_ticks == 1234);
    CHECK(record->virtual_bytes == 8'192'000);
    CHECK(record->resident_pages == 250);
    CHECK_FALSE(record->is_kernel_thread);
  }
  CHECK(parse_process_record(stat_line("2", "kthreadd", 'S', "2129984"))->is_kernel_thread);
}

TEST_CASE("what is no process record is not read") {
  for (const char* text : {"", "17", "17 (cat)", "17 (cat) S", "17 cat S 1 2", "17 )cat( S 1 1 1",
                           "17 (cat) SS 1 1 1 0 -1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
                           "17 (cat) S 1 1 1 0 -1 x 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"}) {
    CHECK_MESSAGE(!parse_process_record(text), text);
  }
}

TEST_CASE("without groups of its own a process belongs to its name") {
  const ProcessGroups groups;
  CHECK_FALSE(groups.needs_command_line());
  CHECK(group_of(groups, "nginx", "") == "nginx");
}

TEST_CASE("the first group of which every pattern fits has the process") {
  const auto groups = ProcessGroups::make({{"web", "^nginx$", "", ""},
                                           {"jobs", "python", "", "jobs\\.py( |$)"},
                                           {"tools", "", "^/opt/", ""}});
  REQUIRE(groups);
  CHECK(groups->needs_command_line());
  using std::string_literals::operator""s;
  CHECK(group_of(*groups, "nginx", "nginx: worker process") == "web");
  CHECK(group_of(*groups, "nginx-debug", "") == "nginx-debug");
  CHECK(group_of(*groups, "python3", "python3\0jobs.py\0-v\0"s) == "jobs");
  CHECK(group_of(*groups, "python3", "python3\0jobs.pyc\0"s) == "python3");
  CHECK(group_of(*groups, "ruby", "ruby\0jobs.py\0"s) == "ruby");
  CHECK(group_of(*groups, "x", "/opt/x\0/opt\0"s) == "tools");
  CHECK(group_of(*groups, "x", "/bin/x\0/opt/\0"s) == "x");
}

TEST_CASE("names are bytes: patterns meet what is no UTF-8") {
  const auto groups = ProcessGroups::make({{"odd", "^\\xff.$", "", ""}});
  REQUIRE(groups);
  CHECK_FALSE(groups->needs_command_line());
  CHECK(group_of(*groups, "\xFF\xFE", "") == "odd");
}

TEST_CASE("a pattern that does not compile and a group without any are refused by name") {
  CHECK(ProcessGroups::make({{"web", "(", "", ""}}).error().message.starts_with("web: comm: "));
  CHECK(ProcessGroups::make({{"web", "", "(", ""}}).error().message.starts_with("web: exe: "));
  CHECK(ProcessGroups::make({{"web", "", "", "("}}).error().message.starts_with("web: cmdline: "));
  CHECK(ProcessGroups::make({{"web", "", "", ""}}).error().message ==
        "web: needs one of comm, exe and cmdline");
}

TEST_CASE("members have a start; zombies, kernel threads and what cannot be read are none") {
  test::TempTree tree;
  tree.write("1/stat", stat_line("1", "init", 'S'));
  tree.write("2/stat", stat_line("2", "worker", 'S', "2129984"));
  tree.write("30/stat", stat_line("30", "worker", 'R'));
  tree.write("31/stat", stat_line("31", "worker", 'Z'));
  tree.write("32/stat", "garbage");
  tree.write("33/stat", stat_line("33", "worker", 'S'));
  tree.write("33/cmdline", std::string("worker\0--fast\0", 14));
  tree.write("34/cmdline", "gone");
  tree.write("uptime", "1 1");
  const auto count = [&](const ProcessGroups& groups, std::string_view group) {
    const auto members = process_starts(tree.root(), groups, group);
    REQUIRE(members);
    return members->size();
  };
  CHECK(count({}, "worker") == 2);
  CHECK(count({}, "init") == 1);
  CHECK(count({}, "none") == 0);
  const auto fast = ProcessGroups::make({{"fast", "", "", "--fast"}});
  REQUIRE(fast);
  CHECK(count(*fast, "fast") == 1);
  CHECK(count(*fast, "worker") == 1);
  const auto init = process_starts(tree.root(), {}, "init");
  REQUIRE(init);
  CHECK(*init == std::vector<std::uint64_t>{1234});
  CHECK(process_starts(tree.path("none"), {}, "x").error().kind == ErrorKind::kNotFound);
}

TEST_CASE("this very process is found") {
  const auto text = read_file("/proc/self/stat");
  REQUIRE(text);
  const auto record = parse_process_record(*text);
  const auto members = process_starts("/proc", {}, record->name);
  REQUIRE(members);
  CHECK(std::ranges::find(*members, record->start_ticks) != members->end());
}

}  // namespace
}  // namespace exporter
