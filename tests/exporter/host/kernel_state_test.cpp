// Collectors of a few numbers about the kernel: entropy, kernel_hung, pressure, selinux, timex.
#include "exporter/host/entropy.h"
#include "exporter/host/kernel_hung.h"
#include "exporter/host/pressure.h"
#include "exporter/host/selinux.h"
#include "exporter/host/timex.h"
#include "tests/exporter/host/driven.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

TEST_CASE("entropy gives what is there and what fits") {
  test::TempTree tree;
  Driven entropy(make_host_context({.procfs = tree.root()}), "entropy");
  CHECK(entropy.error() == ErrorKind::kNotFound);
  tree.write("sys/kernel/random/entropy_avail", "200\n");
  tree.write("sys/kernel/random/poolsize", "256\n");
  CHECK(entropy.scrape() == "node_entropy_available_bits 200\nnode_entropy_pool_size_bits 256\n");
  CHECK(entropy.result());
  tree.write("sys/kernel/random/poolsize", "256 bits\n");
  CHECK(entropy.scrape() == "node_entropy_available_bits 200\n");
  CHECK(entropy.error() == ErrorKind::kParse);
}

TEST_CASE("hung tasks are counted where the kernel counts them") {
  test::TempTree tree;
  Driven hung(make_host_context({.procfs = tree.root()}), "kernel_hung");
  CHECK(hung.error() == ErrorKind::kNotFound);
  tree.write("sys/kernel/hung_task_detect_count", "3\n");
  CHECK(hung.scrape() == "node_kernel_hung_tasks_total 3\n");
  tree.write("sys/kernel/hung_task_detect_count", "");
  CHECK(hung.error() == ErrorKind::kParse);
}

TEST_CASE("pressure is exact to the microsecond; an older kernel lacks that of interrupts") {
  test::TempTree tree;
  tree.write("pressure/cpu", "some avg10=11.85 total=8353754481\nfull avg10=0.00 total=7\n");
  tree.write("pressure/io", "some avg10=0.00 total=79346327\nfull avg10=0.00 total=11241324\n");
  tree.write("pressure/memory", "some avg10=0.00 total=0\nfull avg10=0.00 total=1\n");
  Driven pressure(make_host_context({.procfs = tree.root()}), "pressure");
  const std::string without_irq =
      "node_pressure_cpu_waiting_seconds_total 8353.754481\n"
      "node_pressure_io_waiting_seconds_total 79.346327\n"
      "node_pressure_io_stalled_seconds_total 11.241324\n"
      "node_pressure_memory_waiting_seconds_total 0\n"
      "node_pressure_memory_stalled_seconds_total 0.000001\n";
  CHECK(pressure.scrape() == without_irq);
  CHECK(pressure.result());
  tree.write("pressure/irq", "full avg10=0.00 total=5000000\n");
  CHECK(pressure.scrape() == without_irq + "node_pressure_irq_stalled_seconds_total 5\n");
}

TEST_CASE("pressure that is missing or corrupt costs only its own file or line") {
  test::TempTree tree;
  Driven pressure(make_host_context({.procfs = tree.root()}), "pressure");
  CHECK(pressure.error() == ErrorKind::kNotFound);
  tree.write("pressure/cpu", "some avg10=0.00\n");
  tree.write("pressure/io", "most total=1\nfull total=2 s\nsome total=\nfull avg10=1 total=3\n");
  CHECK(pressure.scrape() == "node_pressure_io_stalled_seconds_total 0.000003\n");
  CHECK(pressure.error() == ErrorKind::kParse);
  LineErrors errors;
  parse_pressure("most total=1\nfull total=2 s\nsome total=\n\nfull total=3\n", errors);
  CHECK(errors.count() == 4);
}

TEST_CASE("SELinux is off without its file system, and without a policy") {
  test::TempTree tree;
  HostContext context = make_host_context(
      {.procfs = tree.path("proc"), .sysfs = tree.path("sys"), .rootfs = tree.path("root")});
  Driven selinux(context, "selinux");
  CHECK(selinux.scrape() == "node_selinux_enabled 0\n");
  CHECK(selinux.result());
  tree.write("sys/fs/selinux/enforce", "1");
  tree.write("root/etc/selinux/config", "# SELINUX=disabled\nSELINUX=permissive\n");
  const std::string on =
      "node_selinux_enabled 1\nnode_selinux_config_mode 0\nnode_selinux_current_mode 1\n";
  CHECK(selinux.scrape() == on);
  tree.write("proc/self/attr/current", std::string_view("kernel\0", 7));
  CHECK(selinux.scrape() == "node_selinux_enabled 0\n");
  tree.write("proc/self/attr/current", "system_u:system_r:init_t:s0");
  CHECK(selinux.scrape() == on);
  tree.write("sys/fs/selinux/enforce", "yes");
  CHECK(selinux.error() == ErrorKind::kParse);
}

TEST_CASE("the mode SELinux starts in") {
  CHECK(parse_selinux_config("SELINUX=enforcing\n") == 1);
  CHECK(parse_selinux_config("  SELINUX= permissive \n") == 0);
  CHECK(parse_selinux_config("SELINUXTYPE=targeted\nSELINUX=disabled\n") == -1);
  CHECK(parse_selinux_config("") == -1);
}

TEST_CASE("timex scales what the kernel gives") {
  HostContext context = make_host_context({});
  context.adjtimex = [](timex& to, int& state) {
    to.offset = -1'500'000;
    to.freq = 65536 * 500;
    to.maxerror = 16'000'000;
    to.esterror = 16;
    to.status = STA_NANO | STA_PLL;
    to.constant = 7;
    to.tick = 10'000;
    to.jitter = 2'000;
    to.tai = 37;
    to.jitcnt = 4;
    state = TIME_OK;
    return 0;
  };
  const std::string page = Driven(context, "timex").page();
  for (const char* line :
       {"node_timex_offset_seconds -0.0015", "node_timex_frequency_adjustment_ratio 1.0005",
        "node_timex_maxerror_seconds 16", "node_timex_estimated_error_seconds 1.6e-05",
        "node_timex_status 8193", "node_timex_loop_time_constant 7", "node_timex_tick_seconds 0.01",
        "node_timex_pps_jitter_seconds 2e-06", "node_timex_tai_offset_seconds 37",
        "node_timex_sync_status 1", "# TYPE node_timex_pps_jitter_total counter",
        "node_timex_pps_jitter_total 4"}) {
    CHECK_MESSAGE(page.find("\n" + std::string(line) + "\n") != std::string::npos, line);
  }
}

TEST_CASE("without STA_NANO timex counts in microseconds; an error is the clock's state") {
  HostContext context = make_host_context({});
  context.adjtimex = [](timex& to, int& state) {
    to.offset = 1'500'000;
    state = TIME_ERROR;
    return 0;
  };
  Driven timex(context, "timex");
  const std::string lines = timex.scrape();
  CHECK(lines.find("node_timex_offset_seconds 1.5\n") != std::string::npos);
  CHECK(lines.find("node_timex_sync_status 0\n") != std::string::npos);
  context.adjtimex = [](auto&, int&) { return EPERM; };
  CHECK(Driven(context, "timex").error() == ErrorKind::kIo);
}

}  // namespace
}  // namespace exporter
