#include "exporter/host/systemd.h"

#include "exporter/host/systemd_reading.h"
#include "tests/exporter/host/driver.h"
#include "tests/support/doctest.h"
#include "tests/support/stand_in_bus.h"

namespace exporter {
namespace {

using Units = std::vector<test::StandInBus::Unit>;

const std::string kRoot = "/org/freedesktop/systemd1";
const std::string kSystemd = "org.freedesktop.systemd1.";

bool holds(const std::string& page, std::string_view text) {
  return page.find(text) != std::string::npos;
}

HostContext context_for(const test::StandInBus& bus) {
  HostContext context = make_host_context({});
  context.system_bus = bus.address();
  context.patience = std::chrono::minutes(1);
  return context;
}

// A small machine: a service, a failed one, a socket, a timer, a mount, one that is not loaded.
void furnish(test::StandInBus& bus) {
  bus.set(kRoot, kSystemd + "Manager.Version", "252.39-1~deb12u2");
  bus.set(kRoot, kSystemd + "Manager.Virtualization", "kvm");
  bus.set(kRoot, kSystemd + "Manager.SystemState", "running");
  bus.set_units({{"web.service", "loaded", "active", "/u/web"},
                 {"bad.service", "loaded", "failed", "/u/bad"},
                 {"web.socket", "loaded", "active", "/u/socket"},
                 {"backup.timer", "loaded", "active", "/u/timer"},
                 {"data.mount", "loaded", "active", "/u/mount"},
                 {"gone.service", "not-found", "inactive", "/u/gone"},
                 {"odd.target", "loaded", "reloading", "/u/odd"}});
  bus.set("/u/web", kSystemd + "Service.Type", "notify");
  bus.set("/u/web", kSystemd + "Service.NRestarts", std::uint32_t{3});
  bus.set("/u/web", kSystemd + "Service.TasksCurrent", std::uint64_t{7});
  bus.set("/u/web", kSystemd + "Service.TasksMax", ~std::uint64_t{0});
  bus.set("/u/web", kSystemd + "Unit.ActiveEnterTimestamp", std::uint64_t{1'700'000'000'250'000});
  bus.set("/u/bad", kSystemd + "Service.Type", "simple");
  bus.set("/u/bad", kSystemd + "Unit.ActiveEnterTimestamp", std::uint64_t{1'600'000'000'000'000});
  bus.set("/u/socket", kSystemd + "Socket.NAccepted", std::uint32_t{11});
  bus.set("/u/socket", kSystemd + "Socket.NConnections", std::uint32_t{2});
  bus.set("/u/socket", kSystemd + "Socket.NRefused", std::uint32_t{1});
  bus.set("/u/timer", kSystemd + "Timer.LastTriggerUSec", std::uint64_t{1'700'000'001'000'000});
  bus.set("/u/mount", kSystemd + "Mount.Type", "ext4");
}

TEST_CASE("units, sockets, timers and systemd itself come out under node_exporter's names") {
  test::StandInBus bus;
  furnish(bus);
  Driver driver(context_for(bus), {"systemd"});
  const std::string page = driver.scrape();
  REQUIRE(driver.result("systemd"));
  for (const char* line :
       {"node_systemd_version{version=\"252.39-1~deb12u2\"} 252.39",
        "node_systemd_virtualization_info{virtualization_type=\"kvm\"} 1",
        "node_systemd_system_running 1", "node_systemd_units{state=\"active\"} 4",
        "node_systemd_units{state=\"failed\"} 1", "node_systemd_units{state=\"inactive\"} 1",
        "node_systemd_units{state=\"reloading\"} 1", "node_systemd_units{state=\"activating\"} 0",
        "node_systemd_unit_state{name=\"web.service\",state=\"active\",type=\"notify\"} 1",
        "node_systemd_unit_state{name=\"web.service\",state=\"failed\",type=\"notify\"} 0",
        "node_systemd_unit_state{name=\"bad.service\",state=\"failed\",type=\"simple\"} 1",
        "node_systemd_unit_state{name=\"odd.target\",state=\"active\",type=\"\"} 0",
        "node_systemd_socket_accepted_connections_total{name=\"web.socket\"} 11",
        "node_systemd_socket_current_connections{name=\"web.socket\"} 2",
        "node_systemd_socket_refused_connections_total{name=\"web.socket\"} 1",
        "node_systemd_timer_last_trigger_seconds{name=\"backup.timer\"} 1700000001",
        "# TYPE node_systemd_socket_refused_connections_total gauge"}) {
    CHECK_MESSAGE(holds(page, std::string("\n") + line + "\n"), line);
  }
  for (const char* absent :
       {"data.mount", "gone.service", "restart_total", "tasks", "start_time"}) {
    CHECK_MESSAGE(!holds(page, absent), absent);
  }
  CHECK(driver.scrape() == page);
}

TEST_CASE("restarts, start times and tasks are reported when they are asked for") {
  test::StandInBus bus;
  furnish(bus);
  HostContext context = context_for(bus);
  for (const char* option : {"restarts", "start-time", "task"}) {
    context.options["systemd.enable-" + std::string(option) + "-metrics"] = "true";
  }
  Driver driver(context, {"systemd"});
  const std::string page = driver.scrape();
  CHECK(holds(page, "\nnode_systemd_service_restart_total{name=\"web.service\"} 3\n"));
  CHECK(holds(page, "\nnode_systemd_unit_tasks_current{name=\"web.service\"} 7\n"));
  CHECK(
      holds(page, "\nnode_systemd_unit_start_time_seconds{name=\"web.service\"} 1700000000.25\n"));
  CHECK(holds(page, "\nnode_systemd_unit_start_time_seconds{name=\"bad.service\"} 0\n"));
  CHECK_FALSE(holds(page, "tasks_max{"));  // unlimited
  CHECK_FALSE(holds(page, "restart_total{name=\"bad.service\"}"));
}

TEST_CASE("filters go for the whole name and apply together") {
  test::StandInBus bus;
  furnish(bus);
  HostContext context = context_for(bus);
  context.options["systemd.unit-include"] = "web.*|data";
  context.options["systemd.unit-exclude"] = "socket|.+\\.timer";
  Driver driver(context, {"systemd"});
  const std::string page = driver.scrape();
  CHECK(holds(page, "\"web.service\""));
  CHECK(holds(page, "\"web.socket\""));
  CHECK_FALSE(holds(page, "bad.service"));
  CHECK_FALSE(holds(page, "data.mount"));
  CHECK(holds(page, "\nnode_systemd_units{state=\"active\"} 4\n"));
  context.options["systemd.unit-include"] = "(";
  for (const CollectorRow& row : host_collectors()) {
    if (row.name != "systemd") continue;
    CHECK(row.make(context).error().message.starts_with("--collector.systemd.unit-include"));
  }
}

TEST_CASE("types are asked for once, units come and go") {
  test::StandInBus bus;
  furnish(bus);
  Driver driver(context_for(bus), {"systemd"});
  driver.scrape();
  const int first = bus.questions();
  driver.scrape();
  const int second = bus.questions() - first;
  CHECK(second == first - 2);
  bus.set_units({{"new.service", "loaded", "activating", "/u/new"}});
  const std::string page = driver.scrape();
  CHECK(holds(page, "name=\"new.service\",state=\"activating\",type=\"\"} 1\n"));
  CHECK_FALSE(holds(page, "web.service"));
}

TEST_CASE("hundreds of units are asked about in one go") {
  test::StandInBus bus;
  Units units;
  for (int i = 0; i < 300; ++i) {
    const std::string number = std::to_string(i);
    units.push_back({"s" + number + ".service", "loaded", "active", "/u/" + number});
    bus.set("/u/" + number, kSystemd + "Service.Type", "simple");
  }
  bus.set_units(units);
  Driver driver(context_for(bus), {"systemd"});
  const std::string& page = driver.scrape();
  CHECK(holds(page, "name=\"s299.service\",state=\"active\",type=\"simple\"} 1\n"));
  CHECK(holds(page, "\nnode_systemd_version{version=\"\"} 0\n"));
  CHECK(holds(page, "virtualization_type=\"unknown\""));
  CHECK_FALSE(holds(page, "system_running"));
}

TEST_CASE("while systemd is silent its last answer stands in, and nobody waits") {
  test::StandInBus bus;
  furnish(bus);
  HostContext context = context_for(bus);
  context.patience = std::chrono::milliseconds(1);
  Driver driver(context, {"systemd"});
  std::string page;
  while (page.empty()) page = driver.scrape();
  bus.set_silent(true);
  while (!driver.collector("systemd").stale()) page = driver.scrape();
  CHECK(driver.result("systemd"));
  CHECK(holds(page, "web.service"));
  bus.set_silent(false);
}

TEST_CASE("without a bus the collector has nothing to say; names of any kind are harmless") {
  test::TempTree tree;
  HostContext context = make_host_context({});
  context.system_bus = "unix:path=" + tree.path("none");
  context.patience = std::chrono::minutes(1);
  Driver driver(context, {"systemd", "logind"});
  CHECK(driver.scrape().empty());
  CHECK(driver.result("systemd").error().kind == ErrorKind::kNotFound);
  CHECK(driver.result("logind").error().kind == ErrorKind::kNotFound);
  test::StandInBus bus;
  bus.set_units({{"a\"b\\c\xC3\xA9.service", "loaded", "active", "/u/odd"}});
  Driver odd(context_for(bus), {"systemd"});
  CHECK(holds(odd.scrape(), "name=\"a\\\"b\\\\c\xC3\xA9.service\""));
}

}  // namespace
}  // namespace exporter
