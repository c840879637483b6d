// The whole page of each fixture machine, as the registry makes it.
#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "exporter/core/clock.h"
#include "exporter/core/registry.h"
#include "exporter/host/table.h"
#include "tests/exporter/host/ethtool_answers.h"
#include "tests/exporter/host/netlink_messages.h"
#include "tests/support/golden.h"
#include "tests/support/stand_in_bus.h"

namespace exporter {
namespace {

const std::string kTests = FOURNINES_TESTS;

class FixedClock final : public Clock {
 public:
  Moment now() const override {
    return {.boot_ns = 86'400'000'000'000,
            .mono_ns = 86'400'000'000'000,
            .real_ns = 1'795'635'921'250'000'000};
  }
};

int fixture_uname(utsname& to) {
  std::strcpy(to.sysname, "Linux");
  std::strcpy(to.nodename, "fixture");
  std::strcpy(to.release, "6.1.0");
  std::strcpy(to.version, "#1 SMP PREEMPT_DYNAMIC");
  std::strcpy(to.machine, "x86_64");
  std::strcpy(to.domainname, "(none)");
  return 0;
}

// Sizes that differ from mount to mount, and one server that lost our file handle.
int fixture_statfs(const char* path, struct statfs& to) {
  if (std::strcmp(path, "/mnt/dead") == 0) return ESTALE;
  const auto length = static_cast<std::uint64_t>(std::strlen(path));
  to.f_bsize = 4096;
  to.f_blocks = 1'000'000 * length;
  to.f_bfree = 300'000 * length;
  to.f_bavail = 250'000 * length;
  to.f_files = 65'536 * length;
  to.f_ffree = 60'000 * length;
  return 0;
}

// A service, a socket, a timer, and somebody who works at the machine.
void furnish(test::StandInBus& bus) {
  const std::string systemd = "org.freedesktop.systemd1.";
  const std::string login = "org.freedesktop.login1.Session.";
  bus.set("/org/freedesktop/systemd1", systemd + "Manager.Version", "252.39-1~deb12u2");
  bus.set("/org/freedesktop/systemd1", systemd + "Manager.Virtualization", "kvm");
  bus.set("/org/freedesktop/systemd1", systemd + "Manager.SystemState", "degraded");
  bus.set_units({{"web.service", "loaded", "active", "/u/web"},
                 {"bad.service", "loaded", "failed", "/u/bad"},
                 {"web.socket", "loaded", "active", "/u/socket"},
                 {"backup.timer", "loaded", "active", "/u/timer"}});
  bus.set("/u/web", systemd + "Service.Type", "notify");
  bus.set("/u/socket", systemd + "Socket.NAccepted", std::uint32_t{11});
  bus.set("/u/socket", systemd + "Socket.NConnections", std::uint32_t{2});
  bus.set("/u/timer", systemd + "Timer.LastTriggerUSec", std::uint64_t{1'795'600'000'500'000});
  bus.set_seats({"seat0"});
  bus.set_sessions({{"seat0", "/s/1"}});
  bus.set("/s/1", login + "Remote", false);
  bus.set("/s/1", login + "Type", "tty");
  bus.set("/s/1", login + "Class", "user");
}

int fixture_adjtimex(timex& to, int& state) {
  to.offset = -1'234'567;
  to.freq = -3'276'800;
  to.maxerror = 16'500;
  to.esterror = 120;
  to.status = STA_NANO | STA_PLL;
  to.constant = 7;
  to.tick = 10'000;
  to.tai = 37;
  state = TIME_OK;
  return 0;
}

// What the small virtual machine's kernel answers: sockets, a queueing discipline, routes, a
// driver.
void connect_fixture(HostContext& context) {
  const test::NetlinkAnswers sockets({{{TCPDIAG_GETSOCK, test::socket_in(10, 0, 0)},
                                       {TCPDIAG_GETSOCK, test::socket_in(1, 17, 4096)},
                                       {TCPDIAG_GETSOCK, test::socket_in(6, 0, 0)}}});
  const test::NetlinkAnswers qdiscs(
      {{{RTM_NEWQDISC, test::qdisc(1, TC_H_ROOT, "noqueue", false)},
        {RTM_NEWQDISC, test::qdisc(2, TC_H_ROOT, "fq_codel", false)}}});
  const test::NetlinkAnswers routes(
      {{{RTM_NEWROUTE, test::route(RTN_UNICAST, 0,
                                   test::attribute(RTA_GATEWAY, test::address("10.0.0.1")) +
                                       test::attribute(RTA_OIF, test::raw(2)))},
        {RTM_NEWROUTE,
         test::route(RTN_UNICAST, 64,
                     test::attribute(RTA_DST, test::address("2001:db8::")) +
                         test::attribute(RTA_MULTIPATH, test::way(2, 0, "fe80::1") +
                                                            test::way(2, 1, "fe80::2")))}}});
  // Collectors open their sockets in the order of their names: network_route, qdisc.
  const auto answers =
      std::make_shared<std::vector<test::NetlinkAnswers>>(std::vector{sockets, routes, qdiscs});
  context.open_socket = [answers, opened = std::make_shared<std::size_t>(0)](int domain, int,
                                                                             int protocol) {
    if (domain != AF_NETLINK) return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    return answers->at(protocol == NETLINK_SOCK_DIAG ? 0 : ++*opened).open();
  };
  context.ioctl =
      [names = test::naming({"lo", "eth0"}),
       drivers = test::driven_by(
           {{"eth0",
             {.driver = "virtio_net",
              .names = {"rx_bytes", "rx_queue_0_drops", "tx_queue_0_xdp_tx"},
              .values = {146103256, 3, 0},
              .supported = {ETHTOOL_LINK_MODE_1000baseT_Full_BIT, ETHTOOL_LINK_MODE_TP_BIT},
              .advertised = {ETHTOOL_LINK_MODE_1000baseT_Full_BIT}}}})](
          int fd, unsigned long request, void* argument) {
        return request == SIOCETHTOOL ? drivers(fd, request, argument)
                                      : names(fd, request, argument);
      };
}

std::string page_of(const std::string& machine, bool on_by_default) {
  const std::string root = kTests + "/fixtures/" + machine;
  HostContext context = make_host_context({.procfs = root + "/proc",
                                           .sysfs = root + "/sys",
                                           .rootfs = root + "/root",
                                           .udev = root + "/udev"});
  context.uname = fixture_uname;
  context.statfs = [skip = (root + "/root").size()](const char* path, struct statfs& to) {
    return fixture_statfs(path + skip, to);
  };
  context.adjtimex = fixture_adjtimex;
  context.options["sysctl.include"] = "kernel.threads-max\nnet.ipv4.tcp_rmem:min,default,max";
  context.options["sysctl.include-info"] = "kernel.core_pattern";
  if (machine == "vm" && !on_by_default) connect_fixture(context);
  context.page_bytes = 4096;
  context.patience = std::chrono::seconds(60);
  std::optional<test::StandInBus> bus;
  context.system_bus = "unix:path=" + root + "/no-bus";
  if (machine == "vm" && !on_by_default) {
    furnish(bus.emplace());
    context.system_bus = bus->address();
  }
  const FixedClock clock;
  Registry registry(clock);
  registry.hide_process_metrics();
  for (const CollectorRow& row : host_collectors()) {
    if (row.on_by_default != on_by_default) continue;
    auto collector = row.make(context);
    REQUIRE_MESSAGE(collector, row.name);
    registry.add(std::move(*collector), CollectorGroup::kNode);
  }
  std::string first;
  std::string second;
  registry.scrape(registry.all(), first);
  registry.scrape(registry.all(), second);
  CHECK(first == second);
  // Some labels are paths.
  for (std::size_t at = 0; (at = first.find(root, at)) != std::string::npos;) {
    first.erase(at, root.size());
  }
  return first;
}

// The collectors that are on by default, and those that are not.
void check_machine(const std::string& machine) {
  test::check_golden(kTests + "/golden/" + machine + ".prom", page_of(machine, true));
  test::check_golden(kTests + "/golden/" + machine + "-opt-in.prom", page_of(machine, false));
}

TEST_CASE("the page of a small virtual machine") { check_machine("vm"); }
TEST_CASE("the page of a server with odd names, a dead mount and a CPU switched off") {
  check_machine("server");
}
TEST_CASE("the page of a bare machine with files that are missing or corrupt") {
  check_machine("bare");
}

}  // namespace
}  // namespace exporter
