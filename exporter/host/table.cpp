#include "exporter/host/table.h"

#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>

#include "exporter/host/arp.h"
#include "exporter/host/bcache.h"
#include "exporter/host/bcachefs.h"
#include "exporter/host/bonding.h"
#include "exporter/host/btrfs.h"
#include "exporter/host/buddyinfo.h"
#include "exporter/host/cgroups.h"
#include "exporter/host/conntrack.h"
#include "exporter/host/cpu.h"
#include "exporter/host/cpu_vulnerabilities.h"
#include "exporter/host/cpufreq.h"
#include "exporter/host/diskstats.h"
#include "exporter/host/dmi.h"
#include "exporter/host/dmmultipath.h"
#include "exporter/host/edac.h"
#include "exporter/host/entropy.h"
#include "exporter/host/ethtool.h"
#include "exporter/host/fibrechannel.h"
#include "exporter/host/filefd.h"
#include "exporter/host/filesystem.h"
#include "exporter/host/hwmon.h"
#include "exporter/host/infiniband.h"
#include "exporter/host/interrupts.h"
#include "exporter/host/ipvs.h"
#include "exporter/host/kernel_hung.h"
#include "exporter/host/ksmd.h"
#include "exporter/host/lnstat.h"
#include "exporter/host/loadavg.h"
#include "exporter/host/logind.h"
#include "exporter/host/mdadm.h"
#include "exporter/host/meminfo.h"
#include "exporter/host/meminfo_numa.h"
#include "exporter/host/mountstats.h"
#include "exporter/host/namedprocess.h"
#include "exporter/host/netclass.h"
#include "exporter/host/netdev.h"
#include "exporter/host/netstat.h"
#include "exporter/host/network_route.h"
#include "exporter/host/nfs.h"
#include "exporter/host/nfsd.h"
#include "exporter/host/nvme.h"
#include "exporter/host/os.h"
#include "exporter/host/powersupplyclass.h"
#include "exporter/host/pressure.h"
#include "exporter/host/processes.h"
#include "exporter/host/qdisc.h"
#include "exporter/host/rapl.h"
#include "exporter/host/schedstat.h"
#include "exporter/host/selinux.h"
#include "exporter/host/slabinfo.h"
#include "exporter/host/sockstat.h"
#include "exporter/host/softirqs.h"
#include "exporter/host/softnet.h"
#include "exporter/host/stat.h"
#include "exporter/host/swap.h"
#include "exporter/host/sysctl.h"
#include "exporter/host/systemd.h"
#include "exporter/host/tapestats.h"
#include "exporter/host/tcpstat.h"
#include "exporter/host/textfile.h"
#include "exporter/host/thermal_zone.h"
#include "exporter/host/time.h"
#include "exporter/host/timex.h"
#include "exporter/host/udp_queues.h"
#include "exporter/host/uname.h"
#include "exporter/host/vmstat.h"
#include "exporter/host/watchdog.h"
#include "exporter/host/xfrm.h"
#include "exporter/host/xfs.h"
#include "exporter/host/zfs.h"
#include "exporter/host/zoneinfo.h"

namespace exporter {

std::span<const CollectorRow> host_collectors() {
  // clang-format off: one a line, so that additions do not collide
  static const std::array kRows{
      arp_row(),
      bcache_row(),
      bcachefs_row(),
      bonding_row(),
      btrfs_row(),
      buddyinfo_row(),
      cgroups_row(),
      conntrack_row(),
      cpu_row(),
      cpu_vulnerabilities_row(),
      cpufreq_row(),
      diskstats_row(),
      dmi_row(),
      dmmultipath_row(),
      edac_row(),
      entropy_row(),
      ethtool_row(),
      fibrechannel_row(),
      filefd_row(),
      filesystem_row(),
      hwmon_row(),
      infiniband_row(),
      interrupts_row(),
      ipvs_row(),
      kernel_hung_row(),
      ksmd_row(),
      lnstat_row(),
      loadavg_row(),
      logind_row(),
      mdadm_row(),
      meminfo_row(),
      meminfo_numa_row(),
      mountstats_row(),
      namedprocess_row(),
      netclass_row(),
      netdev_row(),
      netstat_row(),
      network_route_row(),
      nfs_row(),
      nfsd_row(),
      nvme_row(),
      os_row(),
      powersupplyclass_row(),
      pressure_row(),
      processes_row(),
      qdisc_row(),
      rapl_row(),
      schedstat_row(),
      selinux_row(),
      slabinfo_row(),
      sockstat_row(),
      softirqs_row(),
      softnet_row(),
      stat_row(),
      swap_row(),
      sysctl_row(),
      systemd_row(),
      tapestats_row(),
      tcpstat_row(),
      textfile_row(),
      thermal_zone_row(),
      time_row(),
      timex_row(),
      udp_queues_row(),
      uname_row(),
      vmstat_row(),
      watchdog_row(),
      xfrm_row(),
      xfs_row(),
      zfs_row(),
      zoneinfo_row(),
  };
  // clang-format on
  return kRows;
}

HostContext make_host_context(Roots roots) {
  HostContext context;
  context.stat_file = std::make_shared<SharedFile>(roots.procfs + "/stat");
  context.sockstat_file = std::make_shared<SharedFile>(network_file(roots, "sockstat"));
  context.sockstat6_file = std::make_shared<SharedFile>(network_file(roots, "sockstat6"));
  context.roots = std::move(roots);
  context.uname = [](utsname& to) { return ::uname(&to) == 0 ? 0 : errno; };
  context.statfs = [](const char* path, struct statfs& to) {
    return ::statfs(path, &to) == 0 ? 0 : errno;
  };
  context.ioctl = plain_ioctl;
  context.adjtimex = [](timex& to, int& state) {
    state = ::adjtimex(&to);
    return state >= 0 ? 0 : errno;
  };
  context.open_socket = open_socket_of(context.roots);
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
