"""What the machine itself says while a test runs, read from the kernel by the test: the truth that alerts are held against.

An alert about the machine is right while its condition holds, whoever brings that about. CAUSES tells from two readings how far it
does: as a share of the shipped rule's threshold, 1 where it begins.
"""

import collections
import contextlib
import ctypes
import math
import os
import pathlib
import struct
import threading
import time
import urllib.parse

from harness import get
from namespaces import children

EVERY_SECONDS = 0.5
# The rules see rates over ten seconds of scrapes that come when they can, and fire on for two seconds and an evaluation.
RATE_SECONDS = (4, 12)
AGO_SECONDS = 10
# What holds for longer than this has to be told, where Prometheus keeps its pace of a second.
SURE_SECONDS = 10
PACE_SECONDS = 1.6

TIME_ERROR = 5
libc = ctypes.CDLL(None)


def words(path):
    return [line.split() for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines()]


def unsynchronised_seconds():
    """How wrong the clock may be; 0 while the kernel holds it for synchronised."""
    timex = ctypes.create_string_buffer(512)
    state = libc.adjtimex(timex)
    maxerror_us = struct.unpack_from("@Illlli", timex)[3]
    return maxerror_us / 1e6 if state == TIME_ERROR else 0


class Reading:
    """Cumulative numbers and present ones, by name; those of one disk or file system by (name, which)."""

    def __init__(self, mounts, daemons):
        self.at = time.time()
        self.values = {}
        self.read_machine()
        self.read_disks()
        self.read_file_systems(mounts)
        for pid in daemons:
            self.read_waits(pid)

    def __getitem__(self, name):
        """A disk that was not there has done nothing, a file system that was not has room."""
        return self.values.get(name, name[0] in ("space", "files"))

    def read_machine(self):
        values = self.values
        stat = {row[0]: row[1:] for row in words("/proc/stat")}
        user, nice, system, _, _, irq, softirq, steal = (int(ticks) / os.sysconf("SC_CLK_TCK") for ticks in stat["cpu"][:8])
        cpus = sum(name.startswith("cpu") for name in stat) - 1
        values["busy"] = (user + nice + system + irq + softirq + steal) / cpus
        values["stolen"] = steal / cpus
        values["load"] = float(words("/proc/loadavg")[0][0]) / cpus
        values["uptime"] = float(words("/proc/uptime")[0][0])
        for resource, kind in (("cpu", "some"), ("io", "full"), ("memory", "full")):
            values[f"{resource} {kind}"] = 0
            with contextlib.suppress(OSError):  # a kernel without it
                total = {row[0]: row[-1].removeprefix("total=") for row in words(f"/proc/pressure/{resource}")}[kind]
                values[f"{resource} {kind}"] = int(total) / 1e6
        vmstat = dict(words("/proc/vmstat"))
        values["pgmajfault"], values["oom_kill"] = int(vmstat["pgmajfault"]), int(vmstat["oom_kill"])
        memory = {row[0]: int(row[1]) for row in words("/proc/meminfo")}
        values["memory"] = 1 - memory["MemAvailable:"] / memory["MemTotal:"]
        values["swap"] = 1 - memory["SwapFree:"] / memory["SwapTotal:"] if memory["SwapTotal:"] else 0
        values["clock"] = unsynchronised_seconds()

    def read_disks(self):
        for row in words("/proc/diskstats"):
            disk = row[2]
            numbers = [int(field) for field in row[3:14]]
            for name, number in (("reads", numbers[0]), ("read", numbers[3] / 1000), ("writes", numbers[4]),
                                 ("write", numbers[7] / 1000), ("weighted", numbers[10] / 1000)):
                self.values[name, disk] = number

    def read_file_systems(self, mounts):
        """Those that have any room, as the daemon sees them."""
        for _, path, *_ in words(f"/proc/{mounts}/mounts"):
            with contextlib.suppress(OSError):  # hidden, or gone by now
                found = os.statvfs(f"/proc/{mounts}/root{path}")
                if found.f_blocks:
                    self.values["space", path] = found.f_bavail / found.f_blocks
                    self.values["files", path] = found.f_ffree / found.f_files if found.f_files else 1

    def read_waits(self, pid):
        """How long each thread was ready to run and was not let."""
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                self.values["wait", task.name] = int(words(task / "schedstat")[0][1]) / 1e9


# kind: which readings are compared. nearly: from which share on it may fire, as scrapes come at other instants than readings;
# surely: from which one on it must.
Cause = collections.namedtuple("Cause", "kind share nearly surely")


def rate(share):
    return Cause("rate", share, 0.8, 1.3)


def level(share):
    return Cause("level", share, 0.95, 1.05)


def growth(name, threshold, label=None):
    def share(old, new, labels):
        key = (name, labels[label]) if label else name
        return (new[key] - old[key]) / (new.at - old.at) / threshold

    return rate(share)


def height(name, threshold):
    return level(lambda _, new, labels: new[name] / threshold)


def slow_disk(old, new, labels):
    def slow(many, lasted):
        count = new[many, labels["device"]] - old[many, labels["device"]]
        seconds = new[lasted, labels["device"]] - old[lasted, labels["device"]]
        return min(seconds / count / 0.1, count / (new.at - old.at)) if count else 0

    return max(slow("reads", "read"), slow("writes", "write"))


def little_left(name, **limits):
    return level(lambda _, new, labels: limits[labels["severity"]] / max(new[name, labels["mountpoint"]], 1e-9))


def filling_up(name):
    """In a run this short whatever falls at all is gone within a day, so the trend has to be there and no more."""
    little = little_left(name, warning=0.4, critical=0.2)

    def share(old, new, labels):
        key = (name, labels["mountpoint"])
        return little.share(old, new, labels) if new[key] < old[key] else 0

    return Cause("trend", share, little.nearly, None)


def late(old, new, _):
    """One second in ten began a tenth of a second late: for that long a thread had to wait, or the whole machine."""
    waits = [new[name] - old[name] for name in new.values if name[0] == "wait" and name in old.values]
    return (max(waits, default=0) + new["stolen"] - old["stolen"]) / 0.1


CAUSES = {
    "HostRebooted": level(lambda _, new, labels: 600 / new["uptime"]),
    "NodeCPUHighUsage": growth("busy", 0.9),
    "NodeSystemSaturation": height("load", 2),
    "NodeCPUPressure": growth("cpu some", 0.5),
    "NodeCPUSteal": growth("stolen", 0.1),
    "NodeDiskIOSaturation": growth("weighted", 10, "device"),
    "NodeDiskLatencyHigh": rate(slow_disk),
    "NodeIOPressure": growth("io full", 0.3),
    "NodeMemoryHighUtilization": height("memory", 0.9),
    "NodeMemoryPressure": growth("memory full", 0.1),
    "NodeMemoryMajorPagesFaults": growth("pgmajfault", 500),
    "NodeSwapFilling": height("swap", 0.8),
    "NodeOOMKill": rate(lambda old, new, labels: math.inf if new["oom_kill"] > old["oom_kill"] else 0),
    "NodeClockNotSynchronising": height("clock", 16),
    "NodeFilesystemAlmostOutOfSpace": little_left("space", warning=0.05, critical=0.03),
    "NodeFilesystemAlmostOutOfFiles": little_left("files", warning=0.05, critical=0.03),
    "NodeFilesystemSpaceFillingUp": filling_up("space"),
    "NodeFilesystemFilesFillingUp": filling_up("files"),
    "FourninesLoopLate": Cause("rate", late, 0.8, None),
}


class Witness:
    """Reads on a thread of its own until kill(). mounts: a process that has the daemon's; launched: the parent of the daemon."""

    def __init__(self, mounts, launched):
        self.readings = [Reading(mounts, children(launched))]
        self.over = threading.Event()
        self.error = None
        self.thread = threading.Thread(target=self.read, args=(mounts, launched))
        self.thread.start()

    def read(self, mounts, launched):
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), -10)
            while not self.over.wait(EVERY_SECONDS):
                self.readings.append(Reading(mounts, children(launched)))
        except Exception as error:  # told by whoever asks
            self.error = error

    def kill(self):
        self.over.set()
        self.thread.join()

    def share(self, name, labels, at):
        """How far the condition of an alert held at most, in the time that a rule which fires at that instant looks at."""
        cause = CAUSES[name]
        earliest = {"level": 0, "rate": RATE_SECONDS[0], "trend": 0}[cause.kind]
        longest = {"level": 0, "rate": RATE_SECONDS[1], "trend": math.inf}[cause.kind]
        return max((cause.share(old, new, labels) for new in self.readings if -AGO_SECONDS <= new.at - at <= EVERY_SECONDS * 2
                    for old in self.readings if earliest <= new.at - old.at <= longest), default=0)

    def wrong(self, prometheus, expected):
        """Alerts that fired, ever since this began, though neither they were expected nor their condition held."""
        if self.error:
            raise self.error
        found = []
        for labels, times in self.told(prometheus, 'ALERTS{alertstate="firing",severity!="none"}'):
            name = labels["alertname"]
            for at in times:
                if expected(name, labels, at):
                    continue
                share = self.share(name, labels, at) if name in CAUSES else 0
                if name not in CAUSES or share < CAUSES[name].nearly:
                    found.append((labels, f"{at - self.readings[0].at:.1f} s after the start", f"share {share:.2f}"))
                    break
        return found

    def missed(self, prometheus):
        """Alerts that did not fire though their condition held for long, and Prometheus looked at it."""
        paces = [times for query in ("up", "instance:node_num_cpu:sum")
                 for _, times in self.told(prometheus, f'{query}{{job="node"}}')]
        alerts = self.told(prometheus, 'ALERTS{alertstate="firing"}')
        found = []
        for name, labels in self.watched(prometheus):
            for begin, end in self.stretches(CAUSES[name], labels):
                fired = any(begin <= at <= end for its, times in alerts for at in times
                            if its["alertname"] == name and labels.items() <= its.items())
                if not fired and all(in_pace(times, begin, end) for times in paces):
                    found.append((name, labels, end - begin))
        return found

    def watched(self, prometheus):
        """(alert, labels) of all that one could fire for."""
        disks = [{"device": labels["device"]} for labels, _ in prometheus.query("node_disk_reads_completed_total")]
        mounts = [{"mountpoint": labels["mountpoint"], "severity": severity}
                  for labels, _ in prometheus.query("mountpoint:node_filesystem_avail:ratio") for severity in ("warning", "critical")
                  if all(("space", labels["mountpoint"]) in reading.values for reading in self.readings)]
        disks = [disk for disk in disks if all(("reads", disk["device"]) in reading.values for reading in self.readings)]
        for name, cause in CAUSES.items():
            if cause.surely:
                yield from ((name, labels) for labels in (
                    disks if name.startswith("NodeDisk") else mounts if name.startswith("NodeFilesystem") else [{}]))

    def stretches(self, cause, labels):
        """[begin, end] of each time that the condition held surely and long."""
        sure = []
        for new in self.readings:
            old = new if cause.kind == "level" else next(
                (one for one in reversed(self.readings) if one.at <= new.at - SURE_SECONDS), None)
            if old is None or cause.share(old, new, labels) < cause.surely:
                sure = []
                continue
            sure.append(new.at)
            if new.at - sure[0] >= SURE_SECONDS:
                yield sure[0], new.at
                sure = []

    def told(self, prometheus, selector):
        """[(labels, times)] of what Prometheus stored since this began."""
        seconds = math.ceil(time.time() - self.readings[0].at)
        query = urllib.parse.urlencode({"query": f"{selector}[{seconds}s]"})
        rows = get(f"{prometheus.url}/api/v1/query?{query}").json()["data"]["result"]
        return [(row["metric"], [at for at, _ in row["values"]]) for row in rows]


def in_pace(times, begin, end):
    """Whether there is a sample every second."""
    inside = [begin, *(at for at in times if begin < at < end), end]
    return all(later - earlier <= PACE_SECONDS for earlier, later in zip(inside, inside[1:]))
