"""Every metric that the dashboard "Node Exporter Full" (1860) asks for is served wherever this machine can supply it.

The names are in tests/fixtures/dashboard-1860-metrics.txt. What is missing is printed, each with its reason; a
name that is missing without one fails, and so does a reason for what is served after all.
"""

import glob
import pathlib
import re
import time

import exposition
from harness import ROOT, EndToEnd

NAMES = (ROOT / "tests/fixtures/dashboard-1860-metrics.txt").read_text(encoding="utf-8").split()

# What users of the dashboard switch on besides.
OPT_IN = ("interrupts", "processes", "systemd", "tcpstat")


def absent(*patterns):
    """True on a machine on which none of these files is there."""
    return lambda: not any(glob.glob(pattern) for pattern in patterns)


def line_absent(path, start):
    """True where the file lacks a line that starts so."""

    def check():
        file = pathlib.Path(path)
        return not file.exists() or not re.search(rf"^{start}", file.read_text(encoding="utf-8"), re.M)

    return check


# (names as a pattern, why a machine may lack them, whether this one does).
REASONS = (
    ("node_hwmon_.*", "hardware: no sensors", absent("/sys/class/hwmon/*")),
    ("node_cooling_device_.*", "hardware: nothing that cools", absent("/sys/class/thermal/cooling_device*")),
    ("node_power_supply_.*", "hardware: no power supply that reports", absent("/sys/class/power_supply/*")),
    ("node_cpu_scaling_frequency_.*", "hardware: the CPU's frequency is not ours to know",
     absent("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq")),
    ("node_schedstat_.*", "kernel: built without CONFIG_SCHEDSTATS", absent("/proc/schedstat")),
    ("node_pressure_irq_stalled_seconds_total", "kernel: accounts for no interrupt time",
     absent("/proc/pressure/irq")),
    ("node_pressure_(cpu|io|memory)_.*", "kernel: built without pressure stall information",
     absent("/proc/pressure/cpu")),
    ("node_memory_HardwareCorrupted_bytes", "kernel: built without CONFIG_MEMORY_FAILURE",
     line_absent("/proc/meminfo", "HardwareCorrupted:")),
    ("node_systemd_.*", "systemd is not what runs this machine", absent("/run/systemd/system")),
    ("node_nf_conntrack_.*", "kernel: tracks no connections", absent("/proc/sys/net/netfilter/nf_conntrack_count")),
    # The dashboard's own mistake: the name ends in _total wherever the counter exists.
    ("node_kernel_hung_tasks", "nobody serves this name", lambda: True),
)  # fmt: skip


def reason_for(name):
    return next((why for pattern, why, lacks in REASONS if re.fullmatch(pattern, name) and lacks()), None)


class Dashboard1860(EndToEnd):
    def setUp(self):
        super().setUp()
        daemon = self.start_daemon(*(f"--collector.{name}" for name in OPT_IN))
        deadline = time.monotonic() + 20

        def settled():
            """A page for which nothing was late; the last one where something never answers."""
            families = exposition.parse(daemon.scrape())
            late = exposition.is_late(families) or any(families["node_filesystem_device_error"].samples.values())
            return (not late or time.monotonic() > deadline) and families

        families = daemon.wait_until(settled, "a page")
        self.served = {name for family in families.values() for name, _ in family.samples}

    def test_what_is_missing_here_has_a_reason(self):
        missing = [name for name in NAMES if name not in self.served]
        print(f"\n{len(NAMES) - len(missing)} of {len(NAMES)} names of the dashboard are served here; missing:")
        for name in missing:
            print(f"  {name}: {reason_for(name)}")
        self.assertEqual([name for name in missing if reason_for(name) is None], [], "missing without a reason")

    def test_no_reason_is_stale(self):
        stale = [
            (pattern, why)
            for pattern, why, lacks in REASONS
            if lacks() and not [name for name in NAMES if re.fullmatch(pattern, name) and name not in self.served]
        ]
        self.assertEqual(stale, [], "served all the same")
        unused = [pattern for pattern, _, _ in REASONS if not any(re.fullmatch(pattern, name) for name in NAMES)]
        self.assertEqual(unused, [], "the dashboard asks for no such name")
