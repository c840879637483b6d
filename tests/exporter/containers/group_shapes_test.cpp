// Trees with every form of path that runtimes use, and with every file of a group missing or
// broken, on each version of control groups.
#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/exporter/containers/container_driver.h"
#include "tests/exporter/containers/machine_tree.h"
#include "tests/exporter/containers/path_cases.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

constexpr std::array kVersions{CgroupVersion::kOne, CgroupVersion::kTwo, CgroupVersion::kHybrid};

// As in a label's value.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') result += '\\';
    result += c;
  }
  return result;
}

void add_with_parents(MachineTree& machine, std::string_view path) {
  for (std::size_t end = path.find('/', 1); end != std::string_view::npos;
       end = path.find('/', end + 1)) {
    machine.add_group(std::string(path.substr(0, end)), 2);
  }
  if (path != "/") machine.add_group(std::string(path), 2);
}

// What lies inside a container and is none itself is part of it.
bool is_part_of_a_container(const path_cases::Case& c) {
  if (c.kind == GroupKind::kContainer) return false;
  for (std::size_t end = c.path.find('/', 1); end != std::string_view::npos;
       end = c.path.find('/', end + 1)) {
    if (identify(c.path.substr(0, end)).kind == GroupKind::kContainer) return true;
  }
  return false;
}

TEST_CASE("a group of every form of path has its series and its name on each version") {
  for (const CgroupVersion version : kVersions) {
    CAPTURE(static_cast<int>(version));
    MachineTree machine(version);
    for (const path_cases::Case& c : path_cases::kCases) add_with_parents(machine, c.path);
    ContainerDriver driver(machine.roots());
    driver.scrape();
    REQUIRE(driver.result());
    for (const path_cases::Case& c : path_cases::kCases) {
      CAPTURE(c.path);
      const std::string start =
          "{id=\"" + escaped(c.path) + "\",name=\"" + std::string(c.name) + "\"";
      const bool shown = c.kind != GroupKind::kIgnored && !is_part_of_a_container(c);
      for (const char* family :
           {"container_last_seen", "container_memory_rss", "container_cpu_user_seconds_total"}) {
        CHECK(driver.has(family + start) == shown);
      }
      CHECK(driver.has("\"" + escaped(c.path) + "\"") == shown);
    }
  }
}

std::set<std::string> lines_with(const std::string& page, const std::string& words) {
  std::set<std::string> lines;
  for (std::size_t start = 0; start < page.size();) {
    const std::size_t end = std::min(page.find('\n', start), page.size());
    const std::string line = page.substr(start, end - start);
    if (line.find(words) != std::string::npos) lines.insert(line);
    start = end + 1;
  }
  return lines;
}

// Paths below the tree's root of all files of a group.
std::vector<std::string> files_of(const MachineTree& machine, const std::string& group) {
  std::vector<std::string> files;
  const std::filesystem::path root = machine.files().root();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "sys/fs/cgroup")) {
    const std::string path = entry.path().lexically_relative(root).string();
    if (entry.is_regular_file() && path.find(group + "/") != std::string::npos) {
      files.push_back(path);
    }
  }
  std::ranges::sort(files);
  return files;
}

TEST_CASE("a file that is missing, empty or full of noise takes its own series along, no more") {
  const std::string broken = "/docker/" + container_id("b1");
  const std::string sound = "/docker/" + container_id("c1");
  for (const CgroupVersion version : kVersions) {
    MachineTree machine(version);
    machine.add_group("/docker", 3);
    machine.add_group(broken, 2);
    machine.add_group(sound, 4);
    std::string page = ContainerDriver(machine.roots()).scrape();
    const std::set<std::string> before = lines_with(page, broken);
    const std::set<std::string> beside = lines_with(page, sound);
    const std::vector<std::string> files = files_of(machine, broken);
    REQUIRE(files.size() >= 18);
    std::set<std::string> lost;
    for (const std::string& file : files) {
      CAPTURE(file);
      const auto text = *read_file(machine.files().path(file));
      for (const char* noise :
           {"", "18446744073709551616\n", "lots 1 2 3\n\xff\xfe \x01=:\n\nb b b\n8:0 Read x\n"}) {
        CAPTURE(noise);
        machine.files().write(file, noise);
        ContainerDriver driver(machine.roots());
        page = driver.scrape();
        CHECK(driver.result());
        const std::set<std::string> after = lines_with(page, broken);
        for (const std::string& line : after) CHECK_MESSAGE(before.contains(line), line);
        CHECK(after.size() + 12 >= before.size());
        CHECK(lines_with(page, "container_last_seen{id=\"" + broken).size() == 1);
        CHECK(lines_with(page, sound) == beside);
        std::ranges::set_difference(before, after, std::inserter(lost, lost.end()));
      }
      // Without cgroup.procs, or without a directory, there is no group in that hierarchy.
      if (!file.ends_with("/cgroup.procs")) {
        machine.files().remove(file);
        ContainerDriver driver(machine.roots());
        page = driver.scrape();
        const std::set<std::string> after = lines_with(page, broken);
        for (const std::string& line : after) CHECK_MESSAGE(before.contains(line), line);
        CHECK(lines_with(page, sound) == beside);
      }
      machine.files().write(file, text);
    }
    // Every value of a file was lost with it: none is made up.
    for (const std::string& line : before) {
      const bool always = line.starts_with("container_last_seen") ||
                          line.starts_with("container_start_time_seconds") ||
                          line.starts_with("container_health_state");
      CHECK_MESSAGE(lost.contains(line) != always, line);
    }
  }
}

}  // namespace
}  // namespace exporter
