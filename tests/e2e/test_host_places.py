"""The host, measured from where it is not usual: out of a container that has a network, mounts and processes of its own
(with the host's /proc, /sys and / below other paths, what is told is the network and the mounts of the host's first
process), as an ordinary user, and while interfaces come and go.
"""

import os
import pathlib
import re
import socket
import subprocess
import unittest

import exposition
from harness import FOURNINES, Daemon, needs_root, run
from judged import OneScenario
from namespaces import Machine, children, why_not

WHY_NOT = why_not()
HOST = "run/host"
# What is the host's first, then the container's own.
ENTER = f"""
mount -t tmpfs run /run && mkdir -p /{HOST}/root /{HOST}/proc /{HOST}/sys &&
mount --rbind / /{HOST}/root && mount --bind /proc /{HOST}/proc && mount --bind /sys /{HOST}/sys &&
mount -t tmpfs own-disk /mnt && mount -t sysfs own-sys /sys &&
exec unshare --pid --fork --kill-child --mount-proc sh -c 'ip link set lo up && ip link add own0 type veth peer name own1 && exec "$@"' sh "$@"
"""


@unittest.skipIf(WHY_NOT, WHY_NOT)
class InAContainer(OneScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.host = cls.keep(Machine(cls.folder))
        cls.host.check("mount", "-t", "tmpfs", "-o", "size=7m", "host-disk", "/mnt")
        cls.host.check("mount", "-t", "sysfs", "host-sys", "/sys")  # of its network
        cls.host.check("ip", "link", "add", "host0", "type", "veth", "peer", "name", "host1")
        cls.host.check("ip", "addr", "add", "192.0.2.1/24", "dev", "host0")
        cls.host.check("ip", "link", "set", "host0", "up")
        cls.host.check("ip", "route", "add", "198.51.100.0/24", "via", "192.0.2.2")
        with cls.host.network():
            cls.listener = socket.create_server(("127.0.0.1", 0))
        cls.addClassCleanup(cls.listener.close)
        cls.page = exposition.parse(cls.scrape())

    @classmethod
    def scrape(cls):
        flags = [f"--path.{name}fs=/{HOST}/{name}" for name in ("proc", "sys", "root")]
        opt_in = [f"--collector.{name}" for name in ("tcpstat", "network_route", "qdisc", "processes", "lnstat", "ethtool")]
        opt_in.append("--collector.netdev.address-info")
        return cls.host.check("unshare", "--net", "--mount", "sh", "-c", ENTER, "sh", FOURNINES, "scrape", *flags, *opt_in)

    def values(self, family, label):
        """{label's value: value}, the last one where there are several."""
        return {dict(labels).get(label): value for (_, labels), value in self.page[family].samples.items()}

    def test_interfaces_are_those_of_the_host(self):
        for family in ("node_network_receive_bytes_total", "node_network_up", "node_network_mtu_bytes"):
            self.assertIn("host0", self.values(family, "device"), family)
            self.assertNotIn("own0", self.values(family, "device"), family)

        (address,) = [dict(labels) for _, labels in self.page["node_network_address_info"].samples
                      if ("device", "host0") in labels and ("scope", "global") in labels]
        self.assertEqual((address["address"], address["netmask"]), ("192.0.2.1", "24"))

    def test_sockets_routes_and_queues_are_those_of_the_host(self):
        states = self.values("node_tcp_connection_states", "state")
        self.assertEqual({state: count for state, count in states.items() if "queued" not in state}, {"listen": 1})
        self.assertEqual(self.page["node_sockstat_TCP_inuse"].value(), 1)
        self.assertIn("198.51.100.0/24", self.values("node_network_route_info", "dest"))
        self.assertNotIn("own0", self.values("node_qdisc_bytes_total", "device"))

    def test_mounts_are_those_of_the_host(self):
        sizes = {dict(labels)["device"]: value for (_, labels), value in self.page["node_filesystem_size_bytes"].samples.items()
                 if dict(labels)["mountpoint"] == "/mnt"}
        self.assertEqual(sizes, {"host-disk": 7 << 20})
        self.assertFalse([labels for _, labels in self.page["node_filesystem_size_bytes"].samples
                          if HOST in dict(labels)["mountpoint"]])

    def test_processes_are_those_of_the_host(self):
        # sleep, which is the host's first, and what became the container.
        self.assertGreaterEqual(self.page["node_processes_pids"].value(), 3)


@unittest.skipIf(WHY_NOT, WHY_NOT)
class InANetworkOfItsOwn(OneScenario):
    WARNING = "not of the host's"

    def test_it_warns_and_only_there(self):
        machine = self.keep(Machine(self.folder))
        own = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
        for name, launcher, told in (("own", own, 1), ("host", [], 0)):
            with machine.network():
                daemon = self.keep(Daemon(self.folder, "--no-collector.containers", f"--storage.path={self.folder}/{name}",
                                          launcher=[*machine.launcher, *launcher], name=name))
            self.assertEqual(daemon.log().count(self.WARNING), told, daemon.log())


@needs_root
class AsAnOrdinaryUser(OneScenario):
    # What the kernel keeps for root.
    FOR_ROOT = r"node_(rapl_.*|dmi_info)"

    def test_what_root_is_told_an_ordinary_user_is_told_too(self):
        os.chmod(self.folder, 0o755)
        pages, errors = [], []
        # As root before and after: what comes or goes meanwhile is no difference between users.
        for user in ((), ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"), ()):
            ended = run([*user, FOURNINES, "scrape", "--no-collector.containers"])
            self.assertEqual(ended.returncode, 0, ended.stderr)
            pages.append({name for name in exposition.parse(ended.stdout) if not re.fullmatch(self.FOR_ROOT, name)})
            errors.append([line for line in ended.stderr.splitlines() if "level=error" in line])
        before, ordinary, after = pages
        self.assertEqual((before & after) - ordinary, set())
        self.assertEqual(errors, [[], [], []])


@unittest.skipIf(WHY_NOT, WHY_NOT)
class InterfacesThatComeAndGo(OneScenario):
    ROUNDS, PAIRS = 12, 20

    def test_they_are_no_errors_and_leave_no_memory_behind(self):
        machine = self.keep(Machine(self.folder))
        machine.check("mount", "-t", "sysfs", "own-sys", "/sys")
        with machine.network():
            daemon = self.keep(Daemon(self.folder, "--no-collector.containers", "--collector.ethtool",
                                      f"--storage.path={self.folder}/state", launcher=machine.launcher))
            (pid,) = children(daemon.popen.pid)
            kilobytes = []
            for number in range(self.ROUNDS):
                names = [f"v{number}x{i}" for i in range(self.PAIRS)]
                self.batch(machine, daemon, [f"link add {name} up type veth peer name {name}p" for name in names])
                page = exposition.parse(daemon.scrape("netdev", "netclass"))
                for family in ("node_network_receive_bytes_total", "node_network_up"):
                    self.assertEqual(len(page[family].samples), 2 * self.PAIRS + 1, family)
                self.batch(machine, daemon, [f"link del {name}" for name in names])
                self.assertEqual(len(exposition.parse(daemon.scrape("netdev"))["node_network_receive_bytes_total"].samples), 1)
                smaps = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
                kilobytes.append(int(re.search(r"^Anonymous: *(\d+)", smaps, re.MULTILINE)[1]))
        print(f"anonymous memory, kB: {kilobytes}", flush=True)
        self.assertLess(max(kilobytes[self.ROUNDS // 2:]) - max(kilobytes[:self.ROUNDS // 2]), 300)

    def batch(self, machine, daemon, lines):
        """Scrapes go on meanwhile, and no collector of interfaces fails."""
        path = pathlib.Path(self.folder) / "batch"
        path.write_text("\n".join(lines) + "\n", encoding="ascii")
        working = subprocess.Popen([*machine.launcher, "ip", "-batch", path])
        while working.poll() is None:
            page = exposition.parse(daemon.scrape("netdev", "netclass", "arp", "ethtool"))
            success = page["node_scrape_collector_success"]
            self.assertEqual({name: success.value(collector=name) for name in success.label_values("collector")},
                             {"netdev": 1, "netclass": 1, "arp": 1, "ethtool": 1})
        self.assertEqual(working.returncode, 0)


@unittest.skipIf(WHY_NOT, WHY_NOT)
class InterfacesThatChangeNames(OneScenario):
    def test_names_are_asked_for_once_and_follow_what_changes(self):
        machine = self.keep(Machine(self.folder))
        calls = pathlib.Path(self.folder) / "calls"

        def asked():
            return calls.read_text(encoding="utf-8").count("SIOCGIFNAME, {")

        def devices():
            page = exposition.parse(daemon.scrape("netdev"))
            return page["node_network_receive_bytes_total"].label_values("device")

        def change(*lines):
            for line in lines:
                machine.check("ip", "link", *line.split())

        change("add one index 50 type veth peer name two index 51")
        with machine.network():
            daemon = self.keep(Daemon(
                self.folder, "--no-collector.containers", f"--storage.path={self.folder}/state",
                launcher=[*machine.launcher, "strace", "-f", "-o", str(calls), "-e", "trace=ioctl"]))
            self.assertEqual(devices(), {"lo", "one", "two"})
            before = asked()
            for _ in range(5):
                self.assertEqual(devices(), {"lo", "one", "two"})
            self.assertEqual(asked(), before)
            change("set one name three")
            self.assertEqual(devices(), {"lo", "two", "three"})
            self.assertGreater(asked(), before)
            change("del two", "add four index 50 type veth peer name five index 51")
            self.assertEqual(devices(), {"lo", "four", "five"})


if __name__ == "__main__":
    unittest.main()
