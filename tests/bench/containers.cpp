// What a container costs in a scrape, on this machine's real control groups: makes 10, 100 and
// 1,000 groups shaped like Docker's below one of its own, a sleeping process in each, and removes
// them at the end. Prints CPU time per container beyond what the machine's other groups cost,
// kernel memory of kept descriptors as the control group of this process is charged, resident
// memory, and page size. Needs root. Figures in JSON, one line per number of groups.
//
// Names and inodes that the kernel merely caches hide what descriptors pin, and asking for memory
// back does not always take them. --drop-caches does, for the whole machine: in a guest of one's
// own.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "exporter/containers/cgroup_layout.h"
#include "tests/exporter/containers/container_driver.h"
#include "tests/exporter/containers/machine_tree.h"

namespace {

using exporter::CgroupLayout;
using exporter::ContainerDriver;

constexpr char kParent[] = "/fournines-bench";

double cpu_us() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

bool write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  return static_cast<bool>(file);
}

std::uint64_t read_number(const std::string& path) {
  std::uint64_t value = 0;
  std::ifstream(path) >> value;
  return value;
}

// Groups in every hierarchy, each with one process that sleeps until the end.
class Groups {
 public:
  Groups(const CgroupLayout& layout, bool drop_caches)
      : layout_(layout), drop_caches_(drop_caches) {
    make(kParent);
    make(std::string(kParent) + "/self");
    make(std::string(kParent) + "/docker");
    enter(std::string(kParent) + "/self", getpid());
  }
  Groups(const Groups&) = delete;
  Groups& operator=(const Groups&) = delete;
  ~Groups() {
    for (const pid_t child : children_) kill(child, SIGKILL);
    for (const pid_t child : children_) waitpid(child, nullptr, 0);
    enter("", getpid());
    for (auto path = made_.rbegin(); path != made_.rend(); ++path) {
      for (const auto& hierarchy : layout_.hierarchies) {
        for (int attempt = 0; attempt < 100; ++attempt) {
          if (rmdir((hierarchy.path + *path).c_str()) == 0 || errno == ENOENT) break;
          usleep(10'000);
        }
      }
    }
  }

  void add_until(std::size_t count) {
    while (children_.size() < count) {
      const std::string path = std::string(kParent) + "/docker/" +
                               exporter::container_id(std::to_string(children_.size()) + "f");
      make(path);
      const pid_t child = fork();
      if (child == 0) {
        for (;;) pause();
      }
      children_.push_back(child);
      enter(path, child);
    }
  }

  // What is pinned: names and inodes that the kernel only caches are given back first, and what is
  // freed late is waited for.
  std::uint64_t own_kernel_memory() const {
    constexpr std::uint64_t kStill = 32 << 10;
    std::uint64_t least = UINT64_MAX;
    for (int still = 0, i = 0; still < 5 && i < 100; ++i) {
      give_back();
      usleep(20'000);
      const std::uint64_t now = kernel_memory();
      still = now + kStill < least ? 0 : still + 1;
      least = std::min(least, now);
    }
    return least;
  }

 private:
  int memory1() const { return layout_.index(exporter::Controller::kMemory); }
  std::string self() const {
    const auto hierarchy = static_cast<std::size_t>(std::max(memory1(), 0));
    return layout_.hierarchies[hierarchy].path + kParent + "/self/";
  }
  // The second fails when there is no more to give back.
  void give_back() const {
    if (drop_caches_) write_file("/proc/sys/vm/drop_caches", "2");
    if (memory1() >= 0) {
      write_file(self() + "memory.force_empty", "0");
    } else {
      write_file(self() + "memory.reclaim", "1G");
    }
  }
  std::uint64_t kernel_memory() const {
    if (memory1() >= 0) return read_number(self() + "memory.kmem.usage_in_bytes");
    std::ifstream stat(self() + "memory.stat");
    std::string key;
    std::uint64_t value = 0;
    while (stat >> key >> value) {
      if (key == "kernel") return value;
    }
    return 0;
  }

  void make(const std::string& path) {
    for (const auto& hierarchy : layout_.hierarchies) {
      mkdir((hierarchy.path + path).c_str(), 0755);
      const std::string above = hierarchy.path + path.substr(0, path.rfind('/'));
      if (!layout_.version2()) continue;
      for (const char* controller : {"+cpu", "+memory", "+io", "+pids"}) {
        write_file(above + "/cgroup.subtree_control", controller);
      }
    }
    made_.push_back(path);
  }
  void enter(const std::string& path, pid_t process) {
    for (const auto& hierarchy : layout_.hierarchies) {
      write_file(hierarchy.path + path + "/cgroup.procs", std::to_string(process));
    }
  }

  const CgroupLayout& layout_;
  const bool drop_caches_;
  std::vector<std::string> made_;
  std::vector<pid_t> children_;
};

// CPU time of one scrape, the median of some.
double scrape_us(ContainerDriver& driver) {
  std::vector<double> times;
  for (int i = 0; i < 15; ++i) {
    const double start = cpu_us();
    driver.scrape();
    times.push_back(cpu_us() - start);
  }
  std::ranges::nth_element(times, times.begin() + 7);
  return times[7];
}

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  statm >> pages >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

int main(int argc, char** argv) {
  const bool drop_caches = argc > 1 && std::string_view(argv[1]) == "--drop-caches";
  rlimit limits{};
  getrlimit(RLIMIT_NOFILE, &limits);
  limits.rlim_cur = limits.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limits);
  const auto layout = exporter::find_cgroups("/sys");
  if (!layout) {
    std::fprintf(stderr, "%s\n", layout.error().message.c_str());
    return 1;
  }
  Groups groups(*layout, drop_caches);
  for (const std::size_t count : {10U, 100U, 1000U}) {
    double others = 0;
    {
      auto options = exporter::parse_container_options(
          {{"containers.cgroup-exclude", std::string("^") + kParent + "/docker/"}});
      ContainerDriver driver({}, std::move(*options));
      others = scrape_us(driver);
    }
    groups.add_until(count);
    const std::uint64_t before = groups.own_kernel_memory();
    ContainerDriver driver({});
    driver.scrape();
    driver.scrape();
    const double us = (scrape_us(driver) - others) / static_cast<double>(count);
    std::printf(
        "{\"groups\": %zu, \"us_per_group\": %.1f, \"others_us\": %.0f, \"kernel_bytes\": %lld, "
        "\"resident_bytes\": %zu, \"page_bytes\": %zu}\n",
        count, us, others,
        static_cast<long long>(groups.own_kernel_memory()) - static_cast<long long>(before),
        resident_bytes(), driver.scrape().size());
    std::fflush(stdout);
  }
  return 0;
}
