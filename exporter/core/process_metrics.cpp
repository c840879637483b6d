// /proc/self/statm: "3401 2250 1500 120 0 700 0", in pages: size, resident, shared, ...
// /proc/self/stat: "812 (fournines) S ...", field 22 is the start in ticks of 1/100 s after boot
// (Documentation/filesystems/proc.rst). The name in parentheses may hold anything, so counting
// starts behind the last ')'.
#include "exporter/core/process_metrics.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family kCpu{"process_cpu_seconds_total",
                      "CPU time this process has used, user and system.", MetricType::kCounter};
constexpr Family kResident{"process_resident_memory_bytes",
                           "Memory of this process that is in RAM."};
constexpr Family kVirtual{"process_virtual_memory_bytes", "Address space this process has mapped."};
constexpr Family kVirtualMax{"process_virtual_memory_max_bytes",
                             "Most address space this process may map."};
constexpr Family kOpenFds{"process_open_fds", "File descriptors this process holds open."};
constexpr Family kMaxFds{"process_max_fds", "Most file descriptors this process may hold open."};
constexpr Family kStart{"process_start_time_seconds", "When this process began, in Unix time."};

std::uint64_t cpu_nanoseconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<std::uint64_t>(used.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(used.tv_nsec);
}

std::uint64_t counted_descriptors() {
  std::uint64_t count = 0;
  if (DIR* directory = ::opendir("/proc/self/fd")) {
    while (const dirent* entry = ::readdir(directory)) {
      if (entry->d_name[0] != '.') ++count;
    }
    ::closedir(directory);
    --count;  // the one just used for listing
  }
  return count;
}

Number limit(int resource) {
  rlimit limits{};
  if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &limits) != 0) return Number::nan();
  return {std::uint64_t{limits.rlim_cur}};
}

double start_unix_seconds(const Moment& now) {
  const auto text = read_file("/proc/self/stat");
  if (!text) return 0;
  std::string_view rest(*text);
  rest.remove_prefix(rest.rfind(')') + 1);
  for (int field = 3; field < 22; ++field) next_word(rest);
  const auto ticks = next_number<std::uint64_t>(rest);
  if (!ticks) return 0;
  const double boot = static_cast<double>(now.real_ns - now.boot_ns) / 1e9;
  return boot + static_cast<double>(*ticks) / 100;
}

}  // namespace

// Since Linux 6.2 the size of the directory is the number of descriptors; before it is 0. What is
// open needs no look-up of its path.
std::uint64_t ProcessMetrics::open_descriptors() {
  if (!descriptors_) {
    descriptors_.reset(::open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  struct stat status{};
  if (::fstat(descriptors_.get(), &status) == 0 && status.st_size > 0) {
    return static_cast<std::uint64_t>(status.st_size);
  }
  return counted_descriptors();
}

void ProcessMetrics::write(const Scrape& scrape, SampleWriter& out) {
  out.family(kCpu);
  out.add(Number::fixed(cpu_nanoseconds(), 9));
  if (const auto text = statm_.read(scrape.buffer)) {
    static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    std::string_view rest = *text;
    const auto size = next_number<std::uint64_t>(rest);
    const auto resident = next_number<std::uint64_t>(rest);
    if (size && resident) {
      out.family(kVirtual);
      out.add(*size * page);
      out.family(kResident);
      out.add(*resident * page);
    }
  }
  out.family(kVirtualMax);
  out.add(limit(RLIMIT_AS));
  out.family(kOpenFds);
  out.add(open_descriptors());
  out.family(kMaxFds);
  out.add(limit(RLIMIT_NOFILE));
  if (start_seconds_ == 0) start_seconds_ = start_unix_seconds(scrape.now);
  out.family(kStart);
  out.add(start_seconds_);
}

}  // namespace exporter
