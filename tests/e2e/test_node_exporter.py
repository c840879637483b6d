"""The promise of a drop-in: on the same machine, the same families, types, label sets and values as Debian's
node_exporter, for the collectors that matter to everybody.

Values move between two scrapes, so ours is taken between two of theirs and has to lie between their values; a
gauge may peak in between, so each series needs to do so in one of several rounds only.
"""

import exposition
from harness import EndToEnd

COLLECTORS = (
    "cpu", "meminfo", "loadavg", "stat", "vmstat", "diskstats", "netdev", "netstat", "sockstat", "filesystem",
    "filefd", "time", "uname", "netclass",
)  # fmt: skip

# What node_exporter gained after the 1.5.0 that Debian 12 ships, so that ours may have it and theirs not.
NEWER_FAMILIES = {
    "cpu": {"node_cpu_online", "node_cpu_isolated"},
    "diskstats": {"node_disk_filesystem_info", "node_disk_device_mapper_info"},
    "filesystem": {"node_filesystem_mount_info", "node_filesystem_purgeable_bytes"},
    "netstat": {"node_netstat_TcpExt_TCPOFOQueue", "node_netstat_TcpExt_TCPRcvQDrop", "node_netstat_Tcp_MaxConn"},
}
NEWER_LABELS = {
    "filesystem": {"device_error"},
    "diskstats": {"rotational"},
    "netclass": {"adminstate"},
}

# Collectors of hardware: wherever a machine has nothing for them, ours and theirs succeed or fail alike.
HARDWARE = (
    "bcache", "bonding", "btrfs", "cpufreq", "dmi", "edac", "fibrechannel", "hwmon", "infiniband", "ipvs", "mdadm",
    "nfs", "nfsd", "nvme", "powersupplyclass", "rapl", "tapestats", "thermal_zone", "xfs", "zfs",
)  # fmt: skip

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


class SameAsNodeExporter(EndToEnd):
    def setUp(self):
        super().setUp()
        self.theirs = self.start_node_exporter(*UPSTREAM_DEFAULTS)
        self.ours = self.start_daemon()

    def test_families_types_and_labels_are_node_exporters(self):
        for collector in COLLECTORS:
            with self.subTest(collector):
                theirs = own_families(self.theirs.scrape(collector))
                ours = own_families(self.ours.scrape(collector))
                self.assertTrue(theirs)
                newer = NEWER_FAMILIES.get(collector, set())
                self.assertEqual(sorted(ours.keys() - newer), sorted(theirs.keys() - newer))
                shared = {name: family for name, family in ours.items() if name in theirs}
                self.assertEqual(
                    {name: family.type for name, family in shared.items()},
                    {name: family.type for name, family in theirs.items()},
                )
                ignored = NEWER_LABELS.get(collector, set())
                self.assertEqual(
                    sorted((name, sorted(labels)) for name, labels in series(shared, ignored)),
                    sorted((name, sorted(labels)) for name, labels in series(theirs, ignored)),
                )

    def test_values_lie_between_two_scrapes_of_node_exporter(self):
        for collector in COLLECTORS:
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
                        if key in before and key in after and not lies_between(value, before[key], after[key])
                    }
                    if open_series is None:
                        open_series = differing
                    else:
                        open_series = {key: differing[key] for key in open_series.keys() & differing.keys()}
                    if not open_series:
                        break
                self.assertEqual(open_series, {}, "(theirs before, ours, theirs after)")

    def test_collectors_of_hardware_succeed_where_theirs_do(self):
        theirs = exposition.parse(self.theirs.scrape(*HARDWARE))["node_scrape_collector_success"]
        ours = exposition.parse(self.ours.scrape(*HARDWARE))["node_scrape_collector_success"]
        # An empty class of power supplies is nothing that ours calls a success.
        self.assertEqual(
            {name: ours.value(collector=name) for name in HARDWARE if name != "powersupplyclass"},
            {name: theirs.value(collector=name) for name in HARDWARE if name != "powersupplyclass"},
        )

    def test_every_collector_says_that_it_succeeded(self):
        page = exposition.parse(self.ours.scrape(*COLLECTORS))
        success = page["node_scrape_collector_success"]
        self.assertEqual({name: success.value(collector=name) for name in COLLECTORS}, dict.fromkeys(COLLECTORS, 1))

    def test_help_texts_are_our_own_and_not_empty(self):
        theirs = own_families(self.theirs.scrape())
        for name, family in own_families(self.ours.scrape()).items():
            with self.subTest(name):
                self.assertNotEqual(family.help, "")
                if name in theirs:
                    self.assertNotEqual(family.help, theirs[name].help)
