#include "exporter/host/logind.h"

#include "tests/exporter/host/driver.h"
#include "tests/support/doctest.h"
#include "tests/support/stand_in_bus.h"

namespace exporter {
namespace {

const std::string kSession = "org.freedesktop.login1.Session.";

void add(test::StandInBus& bus, const std::string& path, bool remote, const std::string& type,
         const std::string& session_class) {
  bus.set(path, kSession + "Remote", remote);
  bus.set(path, kSession + "Type", type);
  bus.set(path, kSession + "Class", session_class);
}

TEST_CASE("sessions are counted by seat, kind and class, with zeros for all other combinations") {
  test::StandInBus bus;
  bus.set_seats({"seat0"});
  bus.set_sessions({{"seat0", "/s/1"}, {"", "/s/2"}, {"", "/s/3"}, {"", "/s/ended"}});
  add(bus, "/s/1", false, "wayland", "user");
  add(bus, "/s/2", true, "tty", "user");
  add(bus, "/s/3", true, "tty", "a-new-one");
  HostContext context = make_host_context({});
  context.system_bus = bus.address();
  context.patience = std::chrono::minutes(1);
  Driver driver(context, {"logind"});
  const std::string page = driver.scrape();
  REQUIRE(driver.result("logind"));
  const auto sessions = [&](const std::string& labels, int count) {
    const std::string line =
        "\nnode_logind_sessions{" + labels + "} " + std::to_string(count) + "\n";
    CHECK_MESSAGE(page.find(line) != std::string::npos, line);
  };
  sessions(R"(class="user",remote="false",seat="seat0",type="wayland")", 1);
  sessions(R"(class="user",remote="true",seat="",type="tty")", 1);
  sessions(R"(class="other",remote="true",seat="",type="tty")", 1);
  sessions(R"(class="greeter",remote="false",seat="seat0",type="x11")", 0);
  std::size_t series = 0;
  for (auto at = page.find("\nnode_logind"); at != page.npos;
       at = page.find("\nnode_logind", at + 1)) {
    ++series;
  }
  CHECK(series == 2 * 7 * 5 * 2);
  CHECK(driver.scrape() == page);
}

}  // namespace
}  // namespace exporter
