// Every file below sysfs and procfs that a collector of devices reads, one by one: a machine of the
// fixtures in which one file says what the input says. The collector may not read outside it, what
// it reports stays a page of whole lines of valid text, and a second scrape says the same.
//
// The first byte of the input is the collector, the second its file, the rest the file's text.
#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/scan.h"
#include "exporter/core/text.h"
#include "exporter/host/table.h"
#include "tests/exporter/host/driver.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/temp_tree.h"

namespace {

namespace fs = std::filesystem;

struct Row {
  std::string_view collector;
  std::string_view machine;
  std::string_view folder;
};

constexpr std::array<Row, 27> kRows = {{
    {"bcache", "server", "sys/fs/bcache"},
    {"bcachefs", "server", "sys/fs/bcachefs"},
    {"bonding", "server", "sys/class/net"},
    {"btrfs", "server", "sys/fs/btrfs"},
    {"cpu", "server", "sys/devices/system/cpu"},
    {"cpu_vulnerabilities", "vm", "sys/devices/system/cpu/vulnerabilities"},
    {"cpufreq", "server", "sys/devices/system/cpu"},
    {"dmi", "server", "sys/class/dmi"},
    {"dmmultipath", "server", "sys/block"},
    {"edac", "server", "sys/devices/system/edac"},
    {"fibrechannel", "server", "sys/class/fc_host"},
    {"hwmon", "server", "sys/devices/platform"},
    {"infiniband", "server", "sys/class/infiniband"},
    {"ksmd", "vm", "sys/kernel/mm/ksm"},
    {"mdadm", "server", "sys/block"},
    {"meminfo_numa", "vm", "sys/devices/system/node"},
    {"netclass", "server", "sys/class/net"},
    {"nvme", "server", "sys/class/nvme"},
    {"powersupplyclass", "server", "sys/class/power_supply"},
    {"rapl", "server", "sys/class/powercap"},
    {"selinux", "server", "sys/fs/selinux"},
    {"tapestats", "server", "sys/class/scsi_tape"},
    {"thermal_zone", "server", "sys/class/thermal"},
    {"time", "server", "sys/devices/system/clocksource"},
    {"watchdog", "server", "sys/class/watchdog"},
    {"xfs", "server", "sys/fs/xfs"},
    {"zfs", "server", "proc/spl"},
}};

// Copies of the fixtures, and which files each row has.
class Machines {
 public:
  Machines() {
    for (const char* machine : {"server", "vm"}) {
      fs::copy(fs::path(FOURNINES_TESTS) / "fixtures" / machine, tree_.path(machine),
               fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    }
    std::ranges::transform(kRows, files_.begin(), [this](const Row& row) { return find(row); });
  }

  // Below which the row finds its file in place of `text`, until restore().
  std::string with(std::size_t row, std::size_t file, std::string_view text) {
    changed_ = files_[row][file % files_[row].size()];
    const auto kept = exporter::read_file(tree_.path(changed_), 1 << 20);
    FUZZ_CHECK(kept);
    kept_ = *kept;
    tree_.write(changed_, text);
    return tree_.path(kRows[row].machine);
  }
  void restore() const { tree_.write(changed_, kept_); }

 private:
  std::vector<std::string> find(const Row& row) const {
    std::vector<std::string> found;
    const std::string folder = tree_.path(std::string(row.machine).append("/").append(row.folder));
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) {
        found.push_back(entry.path().string().substr(tree_.root().size() + 1));
      }
    }
    std::ranges::sort(found);
    FUZZ_CHECK(!found.empty());
    return found;
  }

  test::TempTree tree_;
  std::array<std::vector<std::string>, kRows.size()> files_;
  std::string changed_;
  std::string kept_;
};

void check_page(std::string_view page) {
  FUZZ_CHECK(exporter::is_valid_utf8(page));
  FUZZ_CHECK(page.empty() || page.ends_with('\n'));
  std::string_view line;
  while (exporter::next_line(page, line)) {
    FUZZ_CHECK(line.starts_with("# ") || line.starts_with("node_"));
  }
}

}  // namespace

void fuzz_device_files(std::string_view input) {
  if (input.size() < 2) return;
  static Machines machines;
  const std::size_t row = static_cast<unsigned char>(input[0]) % kRows.size();
  const std::string root =
      machines.with(row, static_cast<unsigned char>(input[1]), input.substr(2));
  exporter::HostContext context = exporter::make_host_context({.procfs = root + "/proc",
                                                               .sysfs = root + "/sys",
                                                               .rootfs = root + "/root",
                                                               .udev = root + "/udev"});
  context.patience = std::chrono::seconds(60);
  {
    exporter::Driver driver(context, {kRows[row].collector});
    FUZZ_CHECK(driver.size() == 1);
    const std::string first = driver.scrape();
    check_page(first);
    const auto& result = driver.result(kRows[row].collector);
    FUZZ_CHECK(result || exporter::is_valid_utf8(result.error().message));
    FUZZ_CHECK(driver.scrape() == first);
  }
  machines.restore();
}
