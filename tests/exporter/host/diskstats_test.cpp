#include "exporter/host/diskstats.h"

#include "exporter/host/disk_properties.h"
#include "tests/exporter/host/driver.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

std::vector<DiskStats> parsed(std::string_view text, std::size_t bad = 0) {
  LineErrors errors;
  OrderedFilter all{NameFilter()};
  std::vector<DiskStats> disks;
  parse_diskstats(text, all, disks, errors);
  CHECK(errors.count() == bad);
  return disks;
}

TEST_CASE("a disk has as many columns as its kernel gives") {
  const auto disks = parsed(
      "   8       0 sda 1 2 3 4 5 6 7 8 9 10 11\n"
      "   8      16 sdb 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n"
      " 259       0 nvme0n1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18\n");
  REQUIRE(disks.size() == 3);
  CHECK(disks[0].columns == 11);
  CHECK(disks[1].minor == 16);
  CHECK(disks[1].columns == 15);
  CHECK(disks[2].device == "nvme0n1");
  CHECK(disks[2].major == 259);
  CHECK(disks[2].columns == DiskStats::kColumns);
  CHECK(disks[2].values[DiskStats::kFlushTime] == 17);
}

TEST_CASE("short lines are partitions of old kernels, other bad lines are counted") {
  const auto disks = parsed(
      "8 1 sda1 1 2 3 4\n8 x sda 1\n8 0 sda 1 2 3 4 5 6 7 8 9 ten 11\n\n"
      "8 0 sdc 1 2 3 4 5 6 7 8 9 10 11\n",
      3);
  REQUIRE(disks.size() == 1);
  CHECK(disks[0].device == "sdc");
}

TEST_CASE("udev's properties are the lines that begin with E:") {
  const UdevProperties udev =
      parse_udev("S:disk/by-id/x\nE:ID_MODEL=A=B\nE:ID_SERIAL=long\nE:NOEQUALS\nI:1\nE:DM_NAME=\n");
  CHECK(udev.model == "A=B");
  CHECK(udev.best_serial() == "long");
  CHECK(udev.dm_name.empty());
  CHECK(parse_udev("").model.empty());
  CHECK(parse_udev("E:ID_SERIAL=a\nE:ID_SERIAL_SHORT=b\n").best_serial() == "b");
  CHECK(parse_udev("E:ID_SERIAL_SHORT=b\nE:SCSI_IDENT_SERIAL=c\n").best_serial() == "c");
}

struct DiskMachine {
  test::TempTree tree;

  DiskMachine() {
    std::filesystem::create_directories(tree.path("udev"));
    tree.write("proc/diskstats",
               "7 0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
               "8 0 sda 1 2 3 1500 5 6 7 8 9 10 11 12 13 14 15 16 17\n"
               "8 1 sda1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n");
    tree.write("sys/block/sda/queue/rotational", "1\n");
    tree.write("udev/b8:0",
               "E:ID_PATH=pci-1\nE:ID_FS_TYPE=xfs\nE:ID_ATA=1\nE:ID_ATA_WRITE_CACHE=1\n"
               "E:ID_ATA_ROTATION_RATE_RPM=7200\nE:ID_ATA_WRITE_CACHE_ENABLED=x\n");
  }

  HostContext context() const {
    return make_host_context({.procfs = tree.path("proc"),
                              .sysfs = tree.path("sys"),
                              .rootfs = "/",
                              .udev = tree.path("udev")});
  }
};

bool has_line(const std::string& page, const std::string& line) {
  return page.find("\n" + line + "\n") != std::string::npos;
}

TEST_CASE("disks are reported in bytes and seconds, partitions and loops are left out") {
  const DiskMachine machine;
  Driver driver(machine.context(), {"diskstats"});
  const std::string& page = driver.scrape();
  CHECK(driver.result("diskstats"));
  CHECK(has_line(page, "node_disk_read_bytes_total{device=\"sda\"} 1536"));
  CHECK(has_line(page, "node_disk_read_time_seconds_total{device=\"sda\"} 1.5"));
  CHECK(has_line(page, "node_disk_io_now{device=\"sda\"} 9"));
  CHECK(has_line(page, "node_disk_discarded_sectors_total{device=\"sda\"} 14"));
  CHECK(has_line(page, "node_disk_flush_requests_time_seconds_total{device=\"sda\"} 0.017"));
  CHECK(has_line(page,
                 "node_disk_info{device=\"sda\",major=\"8\",minor=\"0\",model=\"\",path=\"pci-1\","
                 "revision=\"\",rotational=\"1\",serial=\"\",wwn=\"\"} 1"));
  CHECK(has_line(page,
                 "node_disk_filesystem_info{device=\"sda\",type=\"xfs\",usage=\"\",uuid=\"\","
                 "version=\"\"} 1"));
  CHECK(page.ends_with("\nnode_disk_ata_rotation_rate_rpm{device=\"sda\"} 7200\n"));
  CHECK(page.find("ata_write_cache_enabled") == std::string::npos);
  CHECK(page.find("sda1") == std::string::npos);
  CHECK(page.find("loop0") == std::string::npos);
  CHECK(page.find("device_mapper") == std::string::npos);
}

TEST_CASE("what udev writes is seen in the next scrape, also after a replaced file") {
  const DiskMachine machine;
  Driver driver(machine.context(), {"diskstats"});
  driver.scrape();
  machine.tree.write("udev/new", "E:ID_MODEL=late\n");
  std::filesystem::rename(machine.tree.path("udev/new"), machine.tree.path("udev/b8:0"));
  CHECK(driver.scrape().find("model=\"late\"") != std::string::npos);
}

TEST_CASE("devices that come and go change the page") {
  const DiskMachine machine;
  Driver driver(machine.context(), {"diskstats"});
  driver.scrape();
  machine.tree.write("proc/diskstats", "254 0 cciss/c0d0 1 2 3 4 5 6 7 8 9 10 11\nbad\n");
  machine.tree.write("sys/block/cciss!c0d0/queue/rotational", "1\n");
  const std::string& page = driver.scrape();
  CHECK(
      page.ends_with("node_disk_info{device=\"cciss/c0d0\",major=\"254\",minor=\"0\",model=\"\","
                     "path=\"\",revision=\"\",rotational=\"1\",serial=\"\",wwn=\"\"} 1\n"));
  CHECK(page.find("discards") == std::string::npos);
  CHECK(driver.result("diskstats").error().kind == ErrorKind::kParse);
}

TEST_CASE("an include replaces the default exclude, both together are refused") {
  const DiskMachine machine;
  HostContext context = machine.context();
  context.options["diskstats.device-include"] = "^sda1$";
  Driver driver(context, {"diskstats"});
  const std::string& page = driver.scrape();
  CHECK(page.find("{device=\"sda1\"}") != std::string::npos);
  CHECK(page.find("{device=\"sda\"}") == std::string::npos);
  context.options["diskstats.device-exclude"] = "x";
  const auto refused = diskstats_row().make(context);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::kInvalid);
  CHECK(refused.error().message.find("diskstats.device-include") != std::string::npos);
  CHECK(refused.error().message.find("diskstats.device-exclude") != std::string::npos);
}

TEST_CASE("a machine without diskstats has nothing to report") {
  Driver driver(make_host_context({.procfs = "/nonexistent"}), {"diskstats"});
  CHECK(driver.scrape().empty());
  CHECK(driver.result("diskstats").error().kind == ErrorKind::kNotFound);
}

}  // namespace
}  // namespace exporter
