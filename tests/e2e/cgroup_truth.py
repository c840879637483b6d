"""What a container's series have to say, worked out from the kernel's files by other code than the daemon's.

A value of the page is right when it lies between what the files said before the scrape and after it. Sources: the
kernel's admin-guide/cgroup-v1/*.rst and admin-guide/cgroup-v2.rst; names and units are cAdvisor's.
"""

import pathlib
import re

TICKS = 100
UNLIMITED = 1 << 62
# Labels that tell series of one container apart; the others say which container it is.
DETAILS = {"cpu", "device", "failure_type", "interface", "scope"}
NET_COLUMNS = {
    "receive": ("bytes", "packets", "errors", "packets_dropped"),
    "transmit": ("bytes", "packets", "errors", "packets_dropped"),
}
NOT_SHOWN = re.compile(r"(lo$|veth|docker|nerdctl)", re.IGNORECASE)


class LiveFiles:
    """The groups of this machine. v1 hierarchies first, as they hold the controllers; version 2 for the rest."""

    def __init__(self, root="/sys/fs/cgroup", proc="/proc"):
        self.root = pathlib.Path(root)
        self.proc = pathlib.Path(proc)
        self.unified = "" if (self.root / "cgroup.controllers").exists() else "unified"

    def v1(self, controller):
        return not self.unified == "" and (self.root / controller).is_dir()

    def read(self, controller, group, name):
        return self.text(self.root / (controller or self.unified) / group.lstrip("/") / name)

    def processes(self, group):
        """Their numbers, in the order of the kernel; none when there is no such group."""
        return (self.read("pids" if self.v1("pids") else "", group, "cgroup.procs") or "").split()

    def tree(self, controller, group):
        """The group and all below it."""
        top = self.root / (controller or self.unified)
        return ["/" + str(path.parent.relative_to(top)) for path in
                (top / group.lstrip("/")).rglob("cgroup.procs")]

    def net_dev(self, pid):
        return self.text(self.proc / str(pid) / "net/dev")

    def block_device(self, number):
        """The name of a device "254:0"."""
        uevent = self.text(pathlib.Path("/sys/dev/block") / number / "uevent") or ""
        return keyed(uevent, "=").get("DEVNAME", "")

    @staticmethod
    def text(path):
        try:
            return path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None


class KeptFiles(LiveFiles):
    """Files of another machine with groups of version 2, as {path: text}."""

    def __init__(self, files, devices):
        self.files = files
        self.devices = devices
        self.root, self.proc, self.unified = pathlib.Path("/sys/fs/cgroup"), pathlib.Path("/proc"), ""

    def tree(self, controller, group):
        prefix = f"/sys/fs/cgroup{group}/"
        return [path.removeprefix("/sys/fs/cgroup").removesuffix("/cgroup.procs") for path in self.files
                if path.startswith(prefix) and path.endswith("/cgroup.procs")]

    def block_device(self, number):
        return self.devices[number]

    def text(self, path):
        return self.files.get(str(path))


def keyed(text, separator=None):
    """{"key": "value"} of lines with one pair each."""
    return dict(line.split(separator, 1) for line in (text or "").splitlines() if len(line.split(separator, 1)) == 2)


def numbers(text):
    return {key: int(value) for key, value in keyed(text).items() if value.strip().lstrip("-").isdigit()}


def number(text):
    """None for no file, 0 for no limit."""
    if text is None:
        return None
    value = 0 if text.strip() == "max" else int(text)
    return 0 if value > UNLIMITED else value


def burned_seconds(times):
    """What a shell's `times` says of the shell itself: "0m0.50s 0m0.01s", user and system."""
    return sum(int(minutes) * 60 + float(seconds) for minutes, seconds in
               re.findall(r"(\d+)m([\d.]+)s", times.splitlines()[0]))


class Truth:
    """{(family, frozenset of detail labels): value} of one container, as the files are now."""

    def __init__(self, files, group, pid=None):
        self.files, self.group = files, group
        self.values = {}
        if files.v1("memory"):
            self.memory_v1()
            self.oom_v1()
        else:
            self.memory_v2()
        self.cpu_v1() if files.v1("cpu") else self.cpu_v2()
        self.blocks_v1() if files.v1("blkio") else self.blocks_v2()
        self.processes()
        self.pressure()
        if pid:
            self.network(files.net_dev(pid))

    def put(self, family, value, **details):
        if value is not None:
            self.values[f"container_{family}", frozenset(details.items())] = value

    def read(self, controller, name):
        return self.files.read(controller, self.group, name)

    def cpu_v1(self):
        self.put("cpu_usage_seconds_total", int(self.read("cpuacct", "cpuacct.usage")) / 1e9, cpu="total")
        ticks = numbers(self.read("cpuacct", "cpuacct.stat"))
        self.put("cpu_user_seconds_total", ticks["user"] / TICKS)
        self.put("cpu_system_seconds_total", ticks["system"] / TICKS)
        quota = int(self.read("cpu", "cpu.cfs_quota_us"))
        self.put("spec_cpu_period", int(self.read("cpu", "cpu.cfs_period_us")))
        self.put("spec_cpu_shares", int(self.read("cpu", "cpu.shares")))
        stat = numbers(self.read("cpu", "cpu.stat"))
        self.throttling(quota, stat, stat.get("throttled_time", 0) / 1e9)

    def cpu_v2(self):
        stat = numbers(self.read("", "cpu.stat"))
        self.put("cpu_usage_seconds_total", stat["usage_usec"] / 1e6, cpu="total")
        self.put("cpu_user_seconds_total", stat["user_usec"] / 1e6)
        self.put("cpu_system_seconds_total", stat["system_usec"] / 1e6)
        quota, period = (self.read("", "cpu.max") or "max 0").split()
        weight = int(self.read("", "cpu.weight"))
        self.put("spec_cpu_period", int(period))
        self.put("spec_cpu_shares", 2 + (weight - 1) * 262142 // 9999)
        self.throttling(-1 if quota == "max" else int(quota), stat, stat.get("throttled_usec", 0) / 1e6)

    def throttling(self, quota, stat, throttled_seconds):
        if quota <= 0:
            return
        self.put("spec_cpu_quota", quota)
        self.put("cpu_cfs_periods_total", stat["nr_periods"])
        self.put("cpu_cfs_throttled_periods_total", stat["nr_throttled"])
        self.put("cpu_cfs_throttled_seconds_total", throttled_seconds)

    def memory_v1(self):
        stat = numbers(self.read("memory", "memory.stat"))
        usage = int(self.read("memory", "memory.usage_in_bytes"))
        self.put("memory_usage_bytes", usage)
        self.put("memory_working_set_bytes", max(0, usage - stat["total_inactive_file"]))
        for family, key in (("rss", "rss"), ("cache", "cache"), ("mapped_file", "mapped_file"), ("swap", "swap"),
                            ("total_active_file_bytes", "active_file"),
                            ("total_inactive_file_bytes", "inactive_file")):
            self.put(f"memory_{family}", stat.get(f"total_{key}"))
        for kind in ("pgfault", "pgmajfault"):
            self.put("memory_failures_total", stat[kind], failure_type=kind, scope="container")
            self.put("memory_failures_total", stat[f"total_{kind}"], failure_type=kind, scope="hierarchy")
        for family, name in (
            ("memory_max_usage_bytes", "max_usage_in_bytes"), ("memory_failcnt", "failcnt"),
            ("memory_kernel_usage", "kmem.usage_in_bytes"), ("spec_memory_limit_bytes", "limit_in_bytes"),
            ("spec_memory_reservation_limit_bytes", "soft_limit_in_bytes"),
            ("spec_memory_swap_limit_bytes", "memsw.limit_in_bytes"),
        ):
            self.put(family, number(self.read("memory", f"memory.{name}")))

    def oom_v1(self):
        self.put("oom_events_total", numbers(self.read("memory", "memory.oom_control")).get("oom_kill"))

    def memory_v2(self):
        stat = numbers(self.read("", "memory.stat"))
        usage = int(self.read("", "memory.current"))
        self.put("memory_usage_bytes", usage)
        self.put("memory_working_set_bytes", max(0, usage - stat["inactive_file"]))
        for family, key in (("rss", "anon"), ("cache", "file"), ("mapped_file", "file_mapped"),
                            ("kernel_usage", "kernel"), ("total_active_file_bytes", "active_file"),
                            ("total_inactive_file_bytes", "inactive_file")):
            self.put(f"memory_{family}", stat.get(key))
        for kind in ("pgfault", "pgmajfault"):
            for scope in ("container", "hierarchy"):
                self.put("memory_failures_total", stat[kind], failure_type=kind, scope=scope)
        self.put("memory_swap", number(self.read("", "memory.swap.current")))
        self.put("memory_max_usage_bytes", number(self.read("", "memory.peak")))
        self.put("spec_memory_limit_bytes", number(self.read("", "memory.max")))
        self.put("spec_memory_swap_limit_bytes", number(self.read("", "memory.swap.max")))
        low = number(self.read("", "memory.low"))
        self.put("spec_memory_reservation_limit_bytes", number(self.read("", "memory.min")) or low)
        events = numbers(self.read("", "memory.events"))
        self.put("memory_events_high_total", events["high"])
        self.put("memory_events_max_total", events["max"])
        self.put("oom_events_total", events["oom_kill"])

    def blocks_v1(self):
        for family, name in (("bytes_total", "io_service_bytes"), ("total", "io_serviced")):
            text = self.read("blkio", f"blkio.throttle.{name}_recursive")
            for device, kind, value in re.findall(r"(\d+:\d+) (Read|Write) (\d+)", text or ""):
                self.put(f"fs_{kind.lower()}s_{family}", int(value), device=self.device(device))

    def blocks_v2(self):
        for line in (self.read("", "io.stat") or "").splitlines():
            device, *pairs = line.split()
            stat = dict(pair.split("=") for pair in pairs)
            if stat:
                self.put("fs_reads_bytes_total", int(stat["rbytes"]), device=self.device(device))
                self.put("fs_writes_bytes_total", int(stat["wbytes"]), device=self.device(device))
                self.put("fs_reads_total", int(stat["rios"]), device=self.device(device))
                self.put("fs_writes_total", int(stat["wios"]), device=self.device(device))

    def device(self, number_text):
        return f"/dev/{self.files.block_device(number_text)}"

    def processes(self):
        controller = "pids" if self.files.v1("pids") else ""
        self.put("threads", number(self.read(controller, "pids.current")))
        self.put("threads_max", number(self.read(controller, "pids.max")))
        self.put("processes", sum(
            len((self.files.read(controller, group, "cgroup.procs") or "").split())
            for group in self.files.tree(controller, self.group)
        ))

    def pressure(self):
        for resource in ("cpu", "memory", "io"):
            for line in (self.files.read("", self.group, f"{resource}.pressure") or "").splitlines():
                kind = "waiting" if line.startswith("some") else "stalled"
                self.put(f"pressure_{resource}_{kind}_seconds_total", int(line.split("total=")[1]) / 1e6)

    def network(self, text):
        for line in text.splitlines()[2:]:
            interface, columns = line.split(":")
            interface, columns = interface.strip(), [int(column) for column in columns.split()]
            if NOT_SHOWN.match(interface):
                continue
            for start, direction in ((0, "receive"), (8, "transmit")):
                for offset, what in enumerate(NET_COLUMNS[direction]):
                    self.put(f"network_{direction}_{what}_total", columns[start + offset], interface=interface)


def series_of(families, identity):
    """{(family, details): value} of every container_* series of the page with this id."""
    found = {}
    for family in families.values():
        if not family.name.startswith("container_"):
            continue
        for (name, labels), value in family.samples.items():
            if ("id", identity) in labels:
                details = frozenset(pair for pair in labels if pair[0] in DETAILS)
                if (name, details) in found:
                    raise AssertionError(f"{name}{sorted(details)} of {identity} stands twice")
                found[name, details] = value
    return found


def differences(shown, before, after, besides=()):
    """What is wrong, missing or made up, as text; besides names families that come from elsewhere than groups."""
    wrong = []
    for key, low in before.values.items():
        high = after.values.get(key, low)
        value = shown.get(key)
        if value is None:
            wrong.append(f"{key[0]}{sorted(key[1])} is missing, has to be {low}")
        elif not min(low, high) - 1e-9 * abs(low) <= value <= max(low, high) + 1e-9 * abs(high):
            wrong.append(f"{key[0]}{sorted(key[1])} is {value}, has to be {low} to {high}")
    known = {*before.values, *after.values}
    wrong += [f"{name}{sorted(details)} = {value} has no source" for (name, details), value in shown.items()
              if (name, details) not in known and name not in besides]
    return sorted(wrong)
