"""The promise of a drop-in: on the same machine, the same families, types, label sets and values as Debian's
node_exporter, for everything that is on by default and what its users turn on.

Values move between two scrapes, so ours is taken between two of theirs and has to lie between their values; a
gauge may peak in between, so each series needs to do so in one of several rounds only, or to come as near as
TOLERANCES say.
"""

import pathlib
import re
import shutil

import exposition
from harness import ROOT, EndToEnd, NodeExporter

# With $NODE_EXPORTER, the path of a newer one (1.12 say): nothing of what is newer than Debian's is left out then.
NEWER = NodeExporter.PROGRAM is not None

# What 1.5.0 of Debian 12 has and we have, of what is off by default.
OPT_IN = (
    "buddyinfo", "cgroups", "ethtool", "interrupts", "ksmd", "lnstat", "meminfo_numa", "mountstats", "network_route",
    "processes", "qdisc", "slabinfo", "sysctl", "tcpstat", "zoneinfo",
    *(("cpu_vulnerabilities", "softirqs", "swap", "xfrm") if NEWER else ()),
)  # fmt: skip
OPT_IN_FLAGS = (
    *(f"--collector.{name}" for name in OPT_IN),
    "--collector.netdev.address-info",
    "--collector.sysctl.include=kernel.threads-max",
    "--collector.sysctl.include=net.ipv4.tcp_rmem",
    "--collector.sysctl.include=net.ipv4.tcp_wmem:min,default,max",
    "--collector.sysctl.include-info=kernel.core_pattern",
)

# On both sides by default, and nothing to compare: theirs reads a folder of Debian's that is not there; ours has
# tests of its own for what needs a bus.
NOT_COMPARED = {"systemd", "textfile"}

# What node_exporter gained after 1.5.0 (or what we add to it), so that ours may have it and theirs not.
NEWER_FAMILIES = {
    "cpu": r"node_cpu_(online|isolated)",
    "diskstats": r"node_disk_(filesystem|device_mapper)_info",
    "filesystem": r"node_filesystem_(mount_info|purgeable_bytes)",
    "ksmd": r"node_ksmd_general_profit_bytes",
    "meminfo": r"node_memory_(Balloon|FileHugePages|FilePmdMapped|Hugetlb|KReclaimable|SecPageTables|Unaccepted)_bytes",
    "netstat": r"node_netstat_(TcpExt_TCPOFOQueue|TcpExt_TCPRcvQDrop|Tcp_MaxConn)",
    "softnet": r"node_softnet_(cpu_collision_total|received_rps_total|flow_limit_count_total|backlog_len)",
    "xfrm": r"node_xfrm_(in_iptfs_error|in_state_dir_error|out_no_queue_space|out_state_dir_error)_packets_total",
}
NEWER_LABELS = {} if NEWER else {
    "filesystem": {"device_error"},
    "diskstats": {"rotational"},
    "netclass": {"adminstate"},
}

# How far a gauge that is hardly ever twice the same may be off, absolute: pattern of names, distance.
TOLERANCES = (
    (r"node_processes_(state|threads_state|pids|threads)", 20),  # each program counts itself at work
    (r"node_tcp_connection_states", 20),  # and its own connections
)

# Debian changes some filters, others grew since 1.5.0: theirs gets upstream's present defaults, ours has them.
UPSTREAM_DEFAULTS = (
    r"--collector.diskstats.device-exclude=^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$",
    r"--collector.netdev.device-exclude=^$",
    r"--collector.filesystem.mount-points-exclude=^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+"
    r"|var/lib/containers/storage/.+)($|/)",
    r"--collector.filesystem.fs-types-exclude=^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs"
    r"|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs"
    r"|erofs|sysfs|tracefs)$",
)

ROUNDS = 20


def own_families(page):
    """The collector's families, without node_exporter's words about itself."""
    return {
        name: family
        for name, family in exposition.parse(page).items()
        if name.startswith("node_") and not name.startswith(("node_scrape_collector_", "node_exporter_"))
    }


def series(families, ignored_labels):
    """{(sample name, labels): value} with labels that only one side knows left out."""
    return {
        (name, frozenset(pair for pair in labels if pair[0] not in ignored_labels)): value
        for family in families.values()
        for (name, labels), value in family.samples.items()
    }


def lies_between(value, before, after):
    """Rounding apart: both programs print what they computed in floating point."""
    slack = 1e-9 * max(abs(before), abs(after))
    return min(before, after) - slack <= value <= max(before, after) + slack


def tolerated(name, value, before, after):
    for pattern, distance in TOLERANCES:
        if re.fullmatch(pattern, name):
            return min(before, after) - distance <= value <= max(before, after) + distance
    return False


class SameAsNodeExporter(EndToEnd):
    def setUp(self):
        super().setUp()
        self.theirs = self.start_node_exporter(*UPSTREAM_DEFAULTS, *OPT_IN_FLAGS)
        self.ours = self.start_daemon(*OPT_IN_FLAGS)
        self.success = exposition.parse(self.theirs.scrape())["node_scrape_collector_success"]
        self.enabled = sorted(self.success.label_values("collector") - NOT_COMPARED)
        # Those of theirs that have something to say here.
        self.collectors = [name for name in self.enabled if own_families(self.theirs.scrape(name))]

    def test_collectors_succeed_where_theirs_do(self):
        ours = exposition.parse(self.ours.scrape())["node_scrape_collector_success"]
        self.assertEqual(
            {name: ours.value(collector=name) for name in self.enabled},
            {name: self.success.value(collector=name) for name in self.enabled},
        )

    def test_families_types_and_labels_are_node_exporters(self):
        for collector in self.collectors:
            with self.subTest(collector):
                self.check_families(collector)

    def check_families(self, collector):
        newer = re.compile(NEWER_FAMILIES.get(collector, r"\b\B"))
        ignored = NEWER_LABELS.get(collector, set())
        # Things come and go on a machine: one of a few attempts has to find them equal.
        for attempt in range(ROUNDS):
            theirs = own_families(self.theirs.scrape(collector))
            ours = {
                name: family
                for name, family in own_families(self.ours.scrape(collector)).items()
                if name in theirs or not newer.fullmatch(name)
            }
            shape = [
                (
                    {name: family.type for name, family in side.items()},
                    sorted((name, sorted(labels)) for name, labels in series(side, ignored)),
                )
                for side in (ours, theirs)
            ]
            if shape[0] == shape[1]:
                return
        self.assertEqual(*(types for types, _ in shape))
        self.assertEqual(*(keys for _, keys in shape))

    def test_values_lie_between_two_scrapes_of_node_exporter(self):
        for collector in self.collectors:
            with self.subTest(collector):
                ignored = NEWER_LABELS.get(collector, set())
                open_series = None
                for _ in range(ROUNDS):
                    before = series(own_families(self.theirs.scrape(collector)), ignored)
                    ours = series(own_families(self.ours.scrape(collector)), ignored)
                    after = series(own_families(self.theirs.scrape(collector)), ignored)
                    differing = {
                        key: (before[key], value, after[key])
                        for key, value in ours.items()
                        if key in before and key in after
                        and not lies_between(value, before[key], after[key])
                        and not tolerated(key[0], value, before[key], after[key])
                    }
                    if open_series is None:
                        open_series = differing
                    else:
                        open_series = {key: differing[key] for key in open_series.keys() & differing.keys()}
                    if not open_series:
                        break
                self.assertEqual(open_series, {}, "(theirs before, ours, theirs after)")

    def test_help_texts_are_our_own_and_not_empty(self):
        theirs = own_families(self.theirs.scrape())
        for name, family in own_families(self.ours.scrape()).items():
            with self.subTest(name):
                self.assertNotEqual(family.help, "")
                if name in theirs:
                    self.assertNotEqual(family.help, theirs[name].help)


# What a series of theirs that is not ours, or has another value, may be: README, differences from node_exporter.
KNOWN_DIFFERENCES = (
    r"node_bcache_.*",  # a digit behind the point is a tenth, not ten 1024ths
    r"node_disk_info\{.*cciss.*",  # they look for the disk below its name with a slash
    r"node_dmi_info\{.*",  # NUL bytes at the end of a text
    r"node_os_info\{.*",  # a backslash before a blank
    r"node_softnet_(backlog_len|flow_limit_count_total)\{.*",  # 0 of what an older kernel does not count
    r"node_selinux_enabled\{.*",  # below --path.sysfs
    r"node_thermal_zone_temp\{.*iwlwifi_1.*",  # 0 degrees where there is no reading
    r"node_btrfs_global_rsv_size_bytes\{.*",  # 0 for them where a file is missing that has nothing to do with it
    r"node_network_info\{.*adminstate=\"unknown\".*",  # a file that every kernel has
)


class SameOnFixtures(EndToEnd):
    """Hardware that this machine lacks: what they report of the fixtures, we report."""

    # What is not of files, or of files that only this machine has.
    NOT_OF_FIXTURES = ("filesystem", "textfile", "time", "timex", "uname", "systemd")

    def series_of(self, program, root):
        return series(own_families(program.scrape().replace(str(root), "")), set().union(*NEWER_LABELS.values()))

    def compare(self, machine):
        root = pathlib.Path(self.folder) / machine
        shutil.copytree(ROOT / "tests/fixtures" / machine, root, symlinks=True)
        for path in root.rglob("*"):
            if path.is_file() and not path.is_symlink():  # their process ends at a label that is not UTF-8
                path.write_bytes(path.read_bytes().decode("utf-8", "replace").encode())
        flags = [f"--path.procfs={root}/proc", f"--path.sysfs={root}/sys", f"--path.rootfs={root}/root",
                 *(f"--no-collector.{name}" for name in self.NOT_OF_FIXTURES)]
        from_files = ["--no-collector.netdev.netlink", *(["--no-collector.arp.netlink"] if NEWER else [])]
        theirs = self.series_of(self.start_node_exporter(*flags, *UPSTREAM_DEFAULTS, *from_files), root)
        self.assertGreater(len(theirs), 100)
        daemon = self.start_daemon(*flags)
        for _ in range(ROUNDS):  # until what reads devices on threads of their own has read
            if not (found := self.differences(theirs, self.series_of(daemon, root))):
                break
        return found

    @staticmethod
    def differences(theirs, ours):
        def written(key):
            name, labels = key
            return name + "{" + ",".join(f'{label}="{value}"' for label, value in sorted(labels)) + "}"

        return [
            f"{written(key)} is {ours.get(key)}, theirs {value}"
            for key, value in sorted(theirs.items(), key=str)
            if not (key in ours and lies_between(ours[key], value, value))
            and not any(re.fullmatch(pattern, written(key)) for pattern in KNOWN_DIFFERENCES)
        ]

    def test_of_a_small_virtual_machine(self):
        self.assertEqual(self.compare("vm"), [])

    if NEWER:  # Debian's reads RAID, NFS and CPUs that are off otherwise than its successors
        def test_of_a_server(self):
            self.assertEqual(self.compare("server"), [])
