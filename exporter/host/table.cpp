#include "exporter/host/table.h"

#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>

#include "exporter/host/bcache.h"
#include "exporter/host/bcachefs.h"
#include "exporter/host/bonding.h"
#include "exporter/host/btrfs.h"
#include "exporter/host/cpu.h"
#include "exporter/host/cpufreq.h"
#include "exporter/host/diskstats.h"
#include "exporter/host/dmi.h"
#include "exporter/host/dmmultipath.h"
#include "exporter/host/edac.h"
#include "exporter/host/fibrechannel.h"
#include "exporter/host/filefd.h"
#include "exporter/host/filesystem.h"
#include "exporter/host/hwmon.h"
#include "exporter/host/infiniband.h"
#include "exporter/host/ipvs.h"
#include "exporter/host/loadavg.h"
#include "exporter/host/logind.h"
#include "exporter/host/mdadm.h"
#include "exporter/host/meminfo.h"
#include "exporter/host/namedprocess.h"
#include "exporter/host/netclass.h"
#include "exporter/host/netdev.h"
#include "exporter/host/netstat.h"
#include "exporter/host/nfs.h"
#include "exporter/host/nfsd.h"
#include "exporter/host/nvme.h"
#include "exporter/host/powersupplyclass.h"
#include "exporter/host/rapl.h"
#include "exporter/host/sockstat.h"
#include "exporter/host/stat.h"
#include "exporter/host/systemd.h"
#include "exporter/host/tapestats.h"
#include "exporter/host/textfile.h"
#include "exporter/host/thermal_zone.h"
#include "exporter/host/time.h"
#include "exporter/host/uname.h"
#include "exporter/host/vmstat.h"
#include "exporter/host/watchdog.h"
#include "exporter/host/xfs.h"
#include "exporter/host/zfs.h"

namespace exporter {

std::span<const CollectorRow> host_collectors() {
  // clang-format off: one a line, so that additions do not collide
  static const std::array kRows{
      bcache_row(),
      bcachefs_row(),
      bonding_row(),
      btrfs_row(),
      cpu_row(),
      cpufreq_row(),
      diskstats_row(),
      dmi_row(),
      dmmultipath_row(),
      edac_row(),
      fibrechannel_row(),
      filefd_row(),
      filesystem_row(),
      hwmon_row(),
      infiniband_row(),
      ipvs_row(),
      loadavg_row(),
      logind_row(),
      mdadm_row(),
      meminfo_row(),
      namedprocess_row(),
      netclass_row(),
      netdev_row(),
      netstat_row(),
      nfs_row(),
      nfsd_row(),
      nvme_row(),
      powersupplyclass_row(),
      rapl_row(),
      sockstat_row(),
      stat_row(),
      systemd_row(),
      tapestats_row(),
      textfile_row(),
      thermal_zone_row(),
      time_row(),
      uname_row(),
      vmstat_row(),
      watchdog_row(),
      xfs_row(),
      zfs_row(),
  };
  // clang-format on
  return kRows;
}

HostContext make_host_context(Roots roots) {
  HostContext context;
  context.stat_file = std::make_shared<SharedFile>(roots.procfs + "/stat");
  context.roots = std::move(roots);
  context.uname = [](utsname& to) { return ::uname(&to) == 0 ? 0 : errno; };
  context.statfs = [](const char* path, struct statfs& to) {
    return ::statfs(path, &to) == 0 ? 0 : errno;
  };
  context.page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return context;
}

bool HostContext::is_set(std::string_view name) const {
  return options.contains(std::string(name));
}

std::string HostContext::option(std::string_view name) const {
  if (const auto set = options.find(std::string(name)); set != options.end()) return set->second;
  for (const CollectorRow& row : host_collectors()) {
    for (const CollectorOption& option : row.options) {
      if (option.name == name) return std::string(option.default_value);
    }
  }
  assert(false && "no such collector option");
  return {};
}

}  // namespace exporter
