// How close the thirteen collectors come to what the kernel alone takes. Floor: one pread of every
// kernel file they read, on kept descriptors, with the same netlink dump, names of interfaces,
// statfs, poll, stat and uname, and nothing done with the bytes. Ours: collect and render. And what
// keeping descriptors is good for: the same files opened, read to their end and closed in each
// pass, the list of mounts and the netlink socket among them, as exporters do that keep none. All
// three take turns in one process, in CPU time of all its threads; every turn's ratios are printed.
#include <dirent.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "exporter/core/clock.h"
#include "exporter/core/kernel_file.h"
#include "tests/exporter/host/driver.h"

namespace {

using exporter::FileDescriptor;

double cpu_us() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// Both ways to read the same.
class Floor {
 public:
  explicit Floor(std::vector<std::string> mounts) : mounts_(std::move(mounts)) {
    for (const char* path :
         {"/proc/stat", "/proc/meminfo", "/proc/loadavg", "/proc/vmstat", "/proc/diskstats",
          "/proc/net/netstat", "/proc/net/snmp", "/proc/net/snmp6", "/proc/net/sockstat",
          "/proc/net/sockstat6", "/sys/devices/system/cpu/online"}) {
      open(path);
    }
    file_nr_ = FileDescriptor(::open(kFileNr, O_RDONLY | O_CLOEXEC));
    const std::string clocks = "/sys/devices/system/clocksource/";
    for (const std::string& entry : exporter::list_directory(clocks)) {
      open(clocks + entry + "/available_clocksource");
      open(clocks + entry + "/current_clocksource");
    }
    const std::string cpus = "/sys/devices/system/cpu/";
    for (const std::string& entry : exporter::list_directory(cpus)) {
      open(cpus + entry + "/thermal_throttle/core_throttle_count");
      open(cpus + entry + "/thermal_throttle/package_throttle_count");
    }
    mountinfo_ = FileDescriptor(::open(kMounts, O_RDONLY | O_CLOEXEC));
    netlink_ = netlink_socket();
  }

  void pass() {
    for (const FileDescriptor& file : files_) {
      if (::pread(file.get(), buffer_.data(), buffer_.size(), 0) < 0) std::perror("pread");
    }
    // Below /proc/sys the kernel clears as many bytes as there is room for.
    if (::pread(file_nr_.get(), buffer_.data(), 256, 0) < 0) std::perror("pread");
    dump_links(netlink_);
    pollfd mounts{.fd = mountinfo_.get(), .events = POLLPRI, .revents = 0};
    ::poll(&mounts, 1, 0);
    ask_for_the_rest();
  }

  void open_read_close() {
    for (const std::string& path : paths_) read_to_end(path.c_str(), buffer_.size());
    read_to_end(kFileNr, 256);
    read_to_end(kMounts, buffer_.size());
    dump_links(netlink_socket());
    ask_for_the_rest();
  }

  std::size_t files() const { return files_.size() + 1; }

 private:
  static constexpr const char* kFileNr = "/proc/sys/fs/file-nr";
  static constexpr const char* kMounts = "/proc/1/mountinfo";

  static FileDescriptor netlink_socket() {
    return FileDescriptor(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  }

  void open(const std::string& path) {
    FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return;
    files_.push_back(std::move(file));
    paths_.push_back(path);
  }

  void read_to_end(const char* path, std::size_t room) {
    const FileDescriptor file(::open(path, O_RDONLY | O_CLOEXEC));
    ssize_t got = 1;
    while (got > 0) got = ::read(file.get(), buffer_.data(), room);
    if (got < 0) std::perror(path);
  }

  void ask_for_the_rest() const {
    struct statfs room{};
    for (const std::string& mount : mounts_) ::statfs(mount.c_str(), &room);
    struct stat udev{};
    ::stat("/run/udev/data", &udev);
    utsname names{};
    ::uname(&names);
  }

  void dump_links(const FileDescriptor& netlink) {
    struct {
      nlmsghdr head;
      if_stats_msg body;
    } request{};
    request.head.nlmsg_len = sizeof request;
    request.head.nlmsg_type = RTM_GETSTATS;
    request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.body.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
    ::send(netlink.get(), &request, sizeof request, 0);
    for (;;) {
      const ssize_t received = ::recv(netlink.get(), buffer_.data(), buffer_.size(), 0);
      auto left = static_cast<std::uint32_t>(std::max<ssize_t>(received, 0));
      for (auto* message = reinterpret_cast<nlmsghdr*>(buffer_.data()); NLMSG_OK(message, left);
           message = NLMSG_NEXT(message, left)) {
        if (message->nlmsg_type != RTM_NEWSTATS) return;
        ifreq name{};
        name.ifr_ifindex =
            static_cast<int>(static_cast<if_stats_msg*>(NLMSG_DATA(message))->ifindex);
        ::ioctl(netlink.get(), SIOCGIFNAME, &name);
      }
      if (received <= 0) return;
    }
  }

  std::vector<FileDescriptor> files_;
  std::vector<std::string> paths_;
  FileDescriptor file_nr_;
  FileDescriptor mountinfo_;
  FileDescriptor netlink_;
  std::vector<std::string> mounts_;
  std::vector<char> buffer_ = std::vector<char>(64 * 1024);
};

// The mount points that the filesystem collector reports.
std::vector<std::string> mount_points(const std::string& page) {
  std::vector<std::string> points;
  for (std::size_t at = 0; (at = page.find("\nnode_filesystem_size_bytes{", at)) != page.npos;
       ++at) {
    const std::size_t start = page.find("mountpoint=\"", at) + std::strlen("mountpoint=\"");
    points.push_back(page.substr(start, page.find('"', start) - start));
  }
  return points;
}

void print_ratios(const char* name, const std::vector<double>& ratios) {
  std::printf(", \"%s\": %.3f, \"every_%s\": [", name, median(ratios), name);
  for (std::size_t i = 0; i < ratios.size(); ++i) {
    std::printf("%s%.3f", i == 0 ? "" : ", ", ratios[i]);
  }
  std::printf("]");
}

template <class Pass>
double cpu_us_per_pass(Pass pass) {
  constexpr int kPasses = 200;
  const double start = cpu_us();
  for (int i = 0; i < kPasses; ++i) pass();
  return (cpu_us() - start) / kPasses;
}

}  // namespace

int main() {
  const exporter::SystemClock clock;
  exporter::Driver driver(exporter::make_host_context({}),
                          {"cpu", "meminfo", "loadavg", "stat", "vmstat", "diskstats", "netdev",
                           "netstat", "sockstat", "filesystem", "filefd", "time", "uname"});
  for (int i = 0; i < 50; ++i) driver.scrape(clock.now());
  const std::string page = driver.scrape(clock.now());
  Floor floor(mount_points(page));
  for (int i = 0; i < 50; ++i) floor.pass();

  std::vector<double> floors;
  std::vector<double> ours;
  std::vector<double> opened;
  std::vector<double> to_floor;
  std::vector<double> to_opened;
  for (int turn = 0; turn < 21; ++turn) {
    floors.push_back(cpu_us_per_pass([&] { floor.pass(); }));
    ours.push_back(cpu_us_per_pass([&] { driver.scrape(clock.now()); }));
    opened.push_back(cpu_us_per_pass([&] { floor.open_read_close(); }));
    to_floor.push_back(ours.back() / floors.back());
    to_opened.push_back(ours.back() / opened.back());
  }
  std::printf(
      "{\"collectors\": %zu, \"files\": %zu, \"page_bytes\": %zu, \"floor_us\": %.1f, "
      "\"open_read_close_us\": %.1f, \"collect_and_render_us\": %.1f",
      driver.size(), floor.files(), page.size(), median(floors), median(opened), median(ours));
  print_ratios("ratio", to_floor);
  print_ratios("to_open_read_close", to_opened);
  std::printf("}\n");
  return 0;
}
