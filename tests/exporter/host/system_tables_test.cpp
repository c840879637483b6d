// Collectors of short tables about the system: cgroups, cpu_vulnerabilities, lnstat, sysctl, xfrm.
#include "exporter/host/cgroups.h"
#include "exporter/host/cpu_vulnerabilities.h"
#include "exporter/host/lnstat.h"
#include "exporter/host/sysctl.h"
#include "exporter/host/xfrm.h"
#include "tests/exporter/host/driven.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

TEST_CASE("cgroups gives the controllers") {
  test::TempTree tree;
  Driven cgroups(make_host_context({.procfs = tree.root()}), "cgroups");
  CHECK(cgroups.error() == ErrorKind::kNotFound);
  tree.write("cgroups", "#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t4\t55\t1\n");
  CHECK(cgroups.scrape() ==
        "node_cgroups_cgroups{subsys_name=\"memory\"} 55\n"
        "node_cgroups_enabled{subsys_name=\"memory\"} 1\n");
  LineErrors errors;
  std::vector<CgroupController> controllers;
  parse_cgroups("a 1 2\nb x 1 1\n\nc 1 2 0\n", controllers, errors);
  CHECK(errors.count() == 3);
  CHECK(controllers.size() == 1);
}

TEST_CASE("a flaw of the CPU is not affected, vulnerable, mitigated or unknown") {
  CHECK(parse_vulnerability("Not affected\n").state == "not affected");
  CHECK(parse_vulnerability("Vulnerable\n").state == "vulnerable");
  CHECK(parse_vulnerability("Vulnerable: no microcode\n").mitigation == "no microcode");
  CHECK(parse_vulnerability("Mitigation: PTI\n").mitigation == "PTI");
  CHECK(parse_vulnerability("KVM: Mitigation: VMX disabled\n").state == "mitigation");
  CHECK(parse_vulnerability("Unknown: no data\n").state == "unknown");
  test::TempTree tree;
  const std::string base = "devices/system/cpu/vulnerabilities/";
  CHECK(Driven(make_host_context({.sysfs = tree.root()}), "cpu_vulnerabilities").error() ==
        ErrorKind::kNotFound);
  tree.write(base + "meltdown", "Mitigation: PTI\n");
  tree.write(base + "l1tf", "\xff\"\n");
  CHECK(Driven(make_host_context({.sysfs = tree.root()}), "cpu_vulnerabilities").scrape() ==
        "node_cpu_vulnerabilities_info{codename=\"l1tf\",mitigation=\"\xEF\xBF\xBD\\\"\","
        "state=\"unknown\"} 1\n"
        "node_cpu_vulnerabilities_info{codename=\"meltdown\",mitigation=\"PTI\","
        "state=\"mitigation\"} 1\n");
}

TEST_CASE("a column of several network caches is one family") {
  test::TempTree tree;
  CHECK(Driven(make_host_context({.procfs = tree.root()}), "lnstat").error() ==
        ErrorKind::kNotFound);
  tree.write("net/stat/arp_cache", "entries  allocs\n0000000a 1\n0000000a 2\n");
  tree.write("net/stat/synproxy", "entries\t\tsyn_received\nff\t0\n");
  Driven lnstat(make_host_context({.procfs = tree.root()}), "lnstat");
  CHECK(lnstat.scrape() ==
        "node_lnstat_entries_total{cpu=\"0\",subsystem=\"arp_cache\"} 10\n"
        "node_lnstat_entries_total{cpu=\"1\",subsystem=\"arp_cache\"} 10\n"
        "node_lnstat_entries_total{cpu=\"0\",subsystem=\"synproxy\"} 255\n"
        "node_lnstat_allocs_total{cpu=\"0\",subsystem=\"arp_cache\"} 1\n"
        "node_lnstat_allocs_total{cpu=\"1\",subsystem=\"arp_cache\"} 2\n"
        "node_lnstat_syn_received_total{cpu=\"0\",subsystem=\"synproxy\"} 0\n");
  CHECK(lnstat.result());
  LineErrors errors;
  LnstatTable table;
  parse_lnstat("a b\n1 2\n1\n\nx y\n3 4\n", table, errors);
  CHECK(errors.count() == 3);
  CHECK(table.cpus == 2);
  parse_lnstat("", table, errors);
  CHECK(table.columns.empty());
  parse_lnstat("\n1\n", table, errors);
  CHECK(errors.count() == 4);
}

TEST_CASE("IPsec errors get names with underscores") {
  CHECK(xfrm_name("XfrmInStateSeqError") == "in_state_seq_error");
  CHECK(xfrm_name("Other").empty());
  test::TempTree tree;
  Driven xfrm(make_host_context({.procfs = tree.root()}), "xfrm");
  CHECK(xfrm.error() == ErrorKind::kNotFound);
  tree.write("net/xfrm_stat", "XfrmInError             \t3\nXfrmOutNoStates  \t4\nOther 5\n");
  CHECK(xfrm.scrape() ==
        "node_xfrm_in_error_packets_total 3\nnode_xfrm_out_no_states_packets_total 4\n");
  tree.write("net/xfrm_stat", "XfrmInError             \tx\nXfrmOutNoStates  \t4\n");
  CHECK(xfrm.scrape() == "node_xfrm_out_no_states_packets_total 4\n");
  CHECK(xfrm.error() == ErrorKind::kParse);
}

TEST_CASE("a setting is named with dots, or with slashes where a folder has dots") {
  CHECK(sysctl_path("net.ipv4.tcp_rmem") == "net/ipv4/tcp_rmem");
  CHECK(sysctl_path("net/ipv4/conf/eth0.1/forwarding") == "net/ipv4/conf/eth0.1/forwarding");
  CHECK(sysctl_path("net.ipv4.conf.eth0/1.forwarding") == "net/ipv4/conf/eth0.1/forwarding");
  CHECK(parse_sysctl_spec("a.b").keys.empty());
  CHECK(parse_sysctl_spec("a.b:x,,y").keys == std::vector<std::string>{"x", "", "y"});
}

TEST_CASE("settings are reported as one number, by index, by key, or as text") {
  test::TempTree tree;
  tree.write("sys/kernel/threads-max", "192587\n");
  tree.write("sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n");
  tree.write("sys/kernel/core_pattern", "core \"x\"\n");
  HostContext context = make_host_context({.procfs = tree.root()});
  CHECK(Driven(context, "sysctl").scrape().empty());
  context.options = {
      {"sysctl.include", "kernel.threads-max\nnet.ipv4.tcp_rmem\nnet.ipv4.tcp_rmem:min,def,max"},
      {"sysctl.include-info", "kernel.core_pattern"}};
  Driven sysctl(context, "sysctl");
  CHECK(sysctl.scrape() ==
        "node_sysctl_kernel_threads_max 192587\n"
        "node_sysctl_net_ipv4_tcp_rmem{index=\"0\"} 4096\n"
        "node_sysctl_net_ipv4_tcp_rmem{index=\"1\"} 131072\n"
        "node_sysctl_net_ipv4_tcp_rmem{index=\"2\"} 6291456\n"
        "node_sysctl_net_ipv4_tcp_rmem_min 4096\n"
        "node_sysctl_net_ipv4_tcp_rmem_def 131072\n"
        "node_sysctl_net_ipv4_tcp_rmem_max 6291456\n"
        "node_sysctl_info{index=\"0\",name=\"kernel.core_pattern\",value=\"core\"} 1\n"
        "node_sysctl_info{index=\"1\",name=\"kernel.core_pattern\",value=\"\\\"x\\\"\"} 1\n");
  CHECK(sysctl.result());
}

TEST_CASE("a setting that is missing, no number or has other values costs only itself") {
  test::TempTree tree;
  tree.write("sys/a", "1 2\n");
  tree.write("sys/b", "text\n");
  tree.write("sys/c", "3\n");
  HostContext context = make_host_context({.procfs = tree.root()});
  for (const char* bad : {"a:x", "b", "missing", "a:x,y,z"}) {
    context.options["sysctl.include"] = std::string(bad) + "\nc";
    Driven sysctl(context, "sysctl");
    CHECK(sysctl.scrape() == "node_sysctl_c 3\n");
    CHECK_FALSE(sysctl.result());
  }
  context.options = {{"sysctl.include-info", "a:x,y"}};
  CHECK_FALSE(Driven(context, "sysctl").was_made());
}

}  // namespace
}  // namespace exporter
