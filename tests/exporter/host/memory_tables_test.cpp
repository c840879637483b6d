// Collectors of tables about memory: buddyinfo, ksmd, meminfo_numa, slabinfo, swap, zoneinfo.
#include "exporter/host/buddyinfo.h"
#include "exporter/host/ksmd.h"
#include "exporter/host/meminfo_numa.h"
#include "exporter/host/slabinfo.h"
#include "exporter/host/swap.h"
#include "exporter/host/zoneinfo.h"
#include "tests/exporter/host/driven.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

TEST_CASE("buddyinfo gives free blocks per size") {
  test::TempTree tree;
  Driven buddyinfo(make_host_context({.procfs = tree.root()}), "buddyinfo");
  CHECK(buddyinfo.error() == ErrorKind::kNotFound);
  tree.write("buddyinfo", "Node 0, zone      DMA      0      1 \nNode 1, zone   Normal   6590\n");
  CHECK(buddyinfo.scrape() ==
        "node_buddyinfo_blocks{node=\"0\",size=\"0\",zone=\"DMA\"} 0\n"
        "node_buddyinfo_blocks{node=\"0\",size=\"1\",zone=\"DMA\"} 1\n"
        "node_buddyinfo_blocks{node=\"1\",size=\"0\",zone=\"Normal\"} 6590\n");
  CHECK(buddyinfo.result());
  LineErrors errors;
  std::vector<BuddyZone> zones;
  parse_buddyinfo("Node 0 zone DMA 1\nNode 0, zone DMA\nNode 0, zone DMA 1 x\n\nNode 0, zone D 1\n",
                  zones, errors);
  CHECK(errors.count() == 4);
  CHECK(zones.size() == 1);
}

TEST_CASE("swap areas give bytes and a priority that may be negative") {
  test::TempTree tree;
  Driven swap(make_host_context({.procfs = tree.root()}), "swap");
  CHECK(swap.error() == ErrorKind::kNotFound);
  tree.write("swaps", "Filename Type Size Used Priority\n/dev/dm-2 partition 131068 176 -2\n");
  CHECK(swap.scrape() ==
        "node_swap_size_bytes{device=\"/dev/dm-2\",swap_type=\"partition\"} 134213632\n"
        "node_swap_used_bytes{device=\"/dev/dm-2\",swap_type=\"partition\"} 180224\n"
        "node_swap_priority{device=\"/dev/dm-2\",swap_type=\"partition\"} -2\n");
  LineErrors errors;
  std::vector<SwapArea> areas;
  parse_swaps("head\n/a file 1 2\n/b\n\n/c file x 2 3\n/d file 1 2 3\n", areas, errors);
  CHECK(errors.count() == 4);
  CHECK(areas.size() == 1);
}

TEST_CASE("slabinfo passes its filters and loses only corrupt lines") {
  test::TempTree tree;
  HostContext context = make_host_context({.procfs = tree.root()});
  Driven slabinfo(context, "slabinfo");
  CHECK(slabinfo.error() == ErrorKind::kNotFound);
  tree.write("slabinfo",
             "slabinfo - version: 2.1\n# name <active_objs>\ndentry 129610 131082 192 21 1 : "
             "tunables 0 0 0\nbio-312 12 13 320 14 1 : tunables\nbroken 1 2\n");
  CHECK(slabinfo.error() == ErrorKind::kParse);
  context.options = {{"slabinfo.slabs-include", "^bio"}};
  CHECK(Driven(context, "slabinfo").scrape() ==
        "node_slabinfo_active_objects{slab=\"bio-312\"} 12\n"
        "node_slabinfo_objects{slab=\"bio-312\"} 13\n"
        "node_slabinfo_object_size_bytes{slab=\"bio-312\"} 320\n"
        "node_slabinfo_objects_per_slab{slab=\"bio-312\"} 14\n"
        "node_slabinfo_pages_per_slab{slab=\"bio-312\"} 1\n");
  context.options = {{"slabinfo.slabs-exclude", "."}};
  CHECK(Driven(context, "slabinfo").scrape().empty());
  context.options = {{"slabinfo.slabs-exclude", "("}};
  CHECK_FALSE(Driven(context, "slabinfo").was_made());
}

TEST_CASE("zoneinfo gives the fields it knows, per zone, and the protection by index") {
  test::TempTree tree;
  Driven zoneinfo(make_host_context({.procfs = tree.root()}), "zoneinfo");
  CHECK(zoneinfo.error() == ErrorKind::kNotFound);
  tree.write("zoneinfo",
             "Node 0, zone      DMA\n  per-node stats\n      nr_inactive_anon 51516\n"
             "      workingset_nodes 7\n  pages free     3840\n        min      10\n"
             "        protection: (0, 2928)\n      nr_free_pages 3840\n      numa_hit 5\n"
             "  pagesets\n    cpu: 0\n              count: 1\n              high:  14\n"
             "Node 0, zone  Normal\n        min      11\n        protection: (0)\n");
  CHECK(zoneinfo.scrape() ==
        "node_zoneinfo_min_pages{node=\"0\",zone=\"DMA\"} 10\n"
        "node_zoneinfo_min_pages{node=\"0\",zone=\"Normal\"} 11\n"
        "node_zoneinfo_nr_free_pages{node=\"0\",zone=\"DMA\"} 3840\n"
        "node_zoneinfo_nr_inactive_anon_pages{node=\"0\",zone=\"DMA\"} 51516\n"
        "node_zoneinfo_numa_hit_total{node=\"0\",zone=\"DMA\"} 5\n"
        "node_zoneinfo_protection_0{node=\"0\",zone=\"DMA\"} 0\n"
        "node_zoneinfo_protection_0{node=\"0\",zone=\"Normal\"} 0\n"
        "node_zoneinfo_protection_1{node=\"0\",zone=\"DMA\"} 2928\n");
  CHECK(zoneinfo.result());
}

TEST_CASE("a corrupt line of zoneinfo costs itself, a corrupt head its zone") {
  LineErrors errors;
  std::vector<MemoryZone> zones;
  parse_zoneinfo(
      "min 1\nNode 0, zone A\nmin x\nprotection: (1, )\nhigh 2\nNode 1 zone B\nlow 3\nNode 2, "
      "zone\n",
      zones, errors);
  CHECK(errors.count() == 4);
  REQUIRE(zones.size() == 1);
  CHECK(zones[0].fields[0]);
  parse_zoneinfo("Node 0, zone A\nprotection: (1, 2, 3, 4, 5, 6, 7, 8, 9)\n", zones, errors);
  CHECK(errors.count() == 5);
  CHECK(zones[0].protections == 8);
}

TEST_CASE("ksmd gives what the kernel's age has") {
  test::TempTree tree;
  Driven ksmd(make_host_context({.sysfs = tree.root()}), "ksmd");
  CHECK(ksmd.error() == ErrorKind::kNotFound);
  tree.write("kernel/mm/ksm/full_scans", "3\n");
  tree.write("kernel/mm/ksm/general_profit", "-4096\n");
  tree.write("kernel/mm/ksm/sleep_millisecs", "20\n");
  CHECK(ksmd.scrape() ==
        "node_ksmd_full_scans_total 3\nnode_ksmd_general_profit_bytes -4096\n"
        "node_ksmd_sleep_seconds 0.02\n");
  CHECK(ksmd.result());
  tree.write("kernel/mm/ksm/run", "on\n");
  CHECK(ksmd.error() == ErrorKind::kParse);
}

TEST_CASE("memory per node is one family per field, whichever nodes have it") {
  test::TempTree tree;
  Driven numa(make_host_context({.sysfs = tree.root()}), "meminfo_numa");
  CHECK(numa.error() == ErrorKind::kNotFound);
  const std::string base = "devices/system/node/";
  tree.write(base + "online", "0\n");
  tree.write(base + "node0/meminfo", "Node 0 Active(anon):  4 kB\nNode 0 HugePages_Total:     2\n");
  tree.write(base + "node0/numastat", "numa_hit 5\n");
  tree.write(base + "node1/meminfo", "Node 1 Active(anon):  5 kB\nNode 1 MemUsed:  1 kB\n");
  tree.write(base + "node1/numastat", "numa_hit 6\n");
  tree.write(base + "nodes", "");
  tree.write(base + "online", "0-1\n");
  CHECK(numa.scrape() ==
        "node_memory_numa_Active_anon{node=\"0\"} 4096\n"
        "node_memory_numa_Active_anon{node=\"1\"} 5120\n"
        "node_memory_numa_HugePages_Total{node=\"0\"} 2\n"
        "node_memory_numa_MemUsed{node=\"1\"} 1024\n"
        "node_memory_numa_numa_hit_total{node=\"0\"} 5\n"
        "node_memory_numa_numa_hit_total{node=\"1\"} 6\n");
  CHECK(numa.result());
  CHECK(numa.page().find("# TYPE node_memory_numa_numa_hit_total counter") != std::string::npos);
  tree.write(base + "node1/numastat", "numa_hit x\nother_node 7\n");
  CHECK(numa.scrape().find("node_memory_numa_other_node_total{node=\"1\"} 7\n") !=
        std::string::npos);
  CHECK(numa.error() == ErrorKind::kParse);
}

TEST_CASE("a corrupt line of a node's meminfo costs only itself") {
  LineErrors errors;
  std::vector<NodeField> fields;
  parse_node_meminfo(
      "Node 0 A: 1 kB\n0 B: 1\nNode 0 C 1 kB\nNode 0 D: x kB\nNode 0 E: 1 MB\n"
      "Node 0 F):  1\n\nNode 0 : 3\n",
      fields, errors);
  CHECK(errors.count() == 6);
  REQUIRE(fields.size() == 2);
  CHECK(fields[1].name == "F)");
}

}  // namespace
}  // namespace exporter
