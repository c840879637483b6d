#include "exporter/host/uname.h"

#include <cerrno>
#include <cstring>

#include "tests/exporter/host/driver.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("the machine's names are labels, cleaned") {
  HostContext context = make_host_context({});
  context.uname = [](utsname& to) {
    std::strcpy(to.sysname, "Linux");
    std::strcpy(to.nodename, "db\xFF\"1\"");
    std::strcpy(to.release, "6.1");
    std::strcpy(to.version, "#1 SMP");
    std::strcpy(to.machine, "x86_64");
    std::strcpy(to.domainname, "(none)");
    return 0;
  };
  Driver driver(context, {"uname"});
  CHECK(
      driver.scrape().ends_with("node_uname_info{domainname=\"(none)\",machine=\"x86_64\",nodename="
                                "\"db\xEF\xBF\xBD\\\"1\\\"\","
                                "release=\"6.1\",sysname=\"Linux\",version=\"#1 SMP\"} 1\n"));
}

TEST_CASE("a refused call is an error with the system's words") {
  HostContext context = make_host_context({});
  context.uname = [](utsname&) { return EPERM; };
  Driver driver(context, {"uname"});
  CHECK(driver.scrape().empty());
  CHECK(driver.result("uname").error().message == "uname: Operation not permitted");
}

}  // namespace
}  // namespace exporter
