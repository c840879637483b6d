"""Cost of a scrape beside node_exporter, in one run, as ratios.

Both serve the same collectors and their own process' series: thirteen common ones, or with --default-set all that each has
on by default (less our containers, which node_exporter has not). --node-exporter=PATH takes another one than Debian's.
--machine=128-cpus or 1000-interfaces shows both the files of a large machine, made up here: there only the
collectors of that kind run, and interfaces are read from /proc/net/dev by both. CPU is the process' own clock (/proc/PID/task/*/schedstat), taken over rounds of
scrapes that alternate between the two; every pair's ratio is kept, the median is printed. "Hot" is back to back, "paced"
one scrape a second. Paced, ours counts what it does besides (it judges objectives each second); what that is without
scrapes is measured in the same run, and the ratio without it is printed as well. Results are printed, never asserted:
machines differ.
"""

import argparse
import http.client
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOURNINES = pathlib.Path(os.environ.get("FOURNINES", ROOT / "build" / "fournines"))
NODE_EXPORTER = ROOT / ".tools" / "root" / "usr" / "bin" / "prometheus-node-exporter"
COLLECTORS = ("cpu meminfo loadavg stat vmstat diskstats netdev netstat sockstat filesystem filefd time uname").split()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu_ns(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/schedstat") as file:
                total += int(file.read().split()[0])
        except FileNotFoundError:
            pass
    return total


def memory(pid):
    fields = {}
    with open(f"/proc/{pid}/smaps_rollup") as file:
        for line in file.read().splitlines()[1:]:
            name, value = line.split(":")
            fields[name] = int(value.split()[0])
    return {
        "rss_kb": fields["Rss"],
        "private_kb": fields["Anonymous"] + max(0, fields["Private_Dirty"] - fields["Anonymous"]),
    }


class Server:
    """Scraped over one connection as long as the server keeps it, as Prometheus does."""

    def __init__(self, name, command, port, path="/metrics"):
        self.name = name
        self.path = path
        self.port = port
        started = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        while True:
            try:
                self.scrape(gzip=False)
                break
            except OSError:
                self.connection.close()
                if self.process.poll() is not None:
                    sys.exit(f"{name} ended at start with {self.process.returncode}")
                time.sleep(0.0005)
        self.first_scrape_ms = (time.monotonic() - started) * 1000

    def scrape(self, gzip):
        headers = {"Accept-Encoding": "gzip"} if gzip else {"Accept-Encoding": "identity"}
        self.connection.request("GET", self.path, headers=headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            sys.exit(f"{self.name}: status {answer.status}")
        return body

    def cpu_per_scrape_us(self, count, gzip, pause):
        before = cpu_ns(self.process.pid)
        for _ in range(count):
            self.scrape(gzip)
            if pause:
                time.sleep(pause)
        return (cpu_ns(self.process.pid) - before) / count / 1000

    def stop(self):
        self.connection.close()
        self.process.terminate()
        self.process.wait(10)


def compare(ours, theirs, rounds, count, gzip, pause=0.0):
    pairs = []
    for _ in range(rounds):
        pairs.append((ours.cpu_per_scrape_us(count, gzip, pause), theirs.cpu_per_scrape_us(count, gzip, pause)))
    return {
        "ours_us": round(statistics.median(a for a, _ in pairs), 1),
        "theirs_us": round(statistics.median(b for _, b in pairs), 1),
        "ratio": "1/%.1f" % statistics.median(b / a for a, b in pairs),
        "every_pair": ["1/%.1f" % (b / a) for a, b in pairs],
    }


def idle_us_per_second(servers, seconds=20):
    before = [cpu_ns(server.process.pid) for server in servers]
    time.sleep(seconds)
    return [(cpu_ns(server.process.pid) - b) / 1000 / seconds for server, b in zip(servers, before)]


def without_idle(paced, idle):
    """The paced comparison for the scrape alone, at one scrape a second."""
    ours, theirs = (max(us - besides, 1) for us, besides in zip((paced["ours_us"], paced["theirs_us"]), idle))
    return {"ours_us": round(ours, 1), "theirs_us": round(theirs, 1), "ratio": "1/%.1f" % (theirs / ours)}


def cpu_machine(folder, cpus):
    """proc and sys of a machine with so many CPUs, as Linux 6.1 writes them."""
    proc, sys_cpu = folder / "proc", folder / "sys/devices/system/cpu"
    proc.mkdir(parents=True)
    line = "{} 84213 312 40921 9{:05d}13 1822 0 3310 0 0 0\n"
    stat = line.format("cpu ", 0) + "".join(line.format(f"cpu{i}", i) for i in range(cpus))
    stat += "intr 9" + " 0" * 512 + "\nctxt 123456789\nbtime 1700000000\nprocesses 99\nprocs_running 2\n"
    stat += "procs_blocked 0\nsoftirq 1 0 2 3 4 5 6 7 8 9 10\n"
    (proc / "stat").write_text(stat)
    (proc / "cpuinfo").write_text("".join(f"processor\t: {i}\nvendor_id\t: GenuineIntel\n\n" for i in range(cpus)))
    softnet = "00015c73 00000000 00000012" + " 00000000" * 9 + " {:08x}\n"
    (proc / "net").mkdir()
    (proc / "net/softnet_stat").write_text("".join(softnet.format(i) for i in range(cpus)))
    schedstat = "version 15\ntimestamp 1\n" + "".join(f"cpu{i} 0 0 0 0 0 0 {i}43917 21348 8812\n" for i in range(cpus))
    (proc / "schedstat").write_text(schedstat)
    for i in range(cpus):
        topology = sys_cpu / f"cpu{i}/topology"
        topology.mkdir(parents=True)
        (topology / "core_id").write_text(f"{i // 2}\n")
        (topology / "physical_package_id").write_text(f"{i // 64}\n")
    (sys_cpu / "online").write_text(f"0-{cpus - 1}\n")
    return ["cpu", "stat", "softnet", "schedstat"]


def interface_machine(folder, interfaces):
    """proc and sys of a machine with so many interfaces."""
    (folder / "proc/net").mkdir(parents=True)
    (folder / "sys").mkdir()
    head = (
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
    )
    line = "veth{:04x}: 9{:06d}1 84213    0    0    0     0          0         0 1{:06d}7 42198    0    0    0     0       0          0\n"
    (folder / "proc/net/dev").write_text(head + "".join(line.format(i, i, i) for i in range(interfaces)))
    return ["netdev"]


MACHINES = {"128-cpus": (cpu_machine, 128), "1000-interfaces": (interface_machine, 1000)}


def choose(options, folder):
    """(flags for both, flags for them alone, flags for us alone)"""
    if options.machine:
        make, size = MACHINES[options.machine]
        known = subprocess.run([FOURNINES, "--help"], capture_output=True, text=True, check=True).stdout
        names = [name for name in make(folder, size) if f"--collector.{name}," in known]
        roots = [f"--path.procfs={folder}/proc", f"--path.sysfs={folder}/sys"]
        netlink = ["--no-collector.netdev.netlink"] if names == ["netdev"] else []
        return ["--collector.disable-defaults", *(f"--collector.{name}" for name in names), *roots], netlink, []
    if options.default_set:
        return [], [], ["--no-collector.containers"]
    return ["--collector.disable-defaults", *(f"--collector.{name}" for name in COLLECTORS)], [], []


def samples(server):
    return sum(1 for line in server.scrape(False).decode().splitlines() if line[:1] != "#")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--node-exporter", default=str(NODE_EXPORTER), help="path of the program [Debian's]")
    parser.add_argument("--default-set", action="store_true", help="all collectors that are on by default")
    parser.add_argument("--machine", choices=MACHINES, help="a made-up machine instead of this one")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=200, help="scrapes in a round, back to back")
    parser.add_argument("--paced", type=int, default=8, help="scrapes in a paced round")
    parser.add_argument("--memory-scrapes", type=int, default=10000)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        both, for_them, for_us = choose(options, folder)
        our_port, their_port = free_port(), free_port()
        theirs = Server("node_exporter", [options.node_exporter, f"--web.listen-address=127.0.0.1:{their_port}",
                                          *both, *for_them], their_port)
        ours = Server("fournines", [FOURNINES, f"--web.listen-address=127.0.0.1:{our_port}",
                                    f"--storage.path={folder}/storage", *both, *for_us], our_port,
                      "/metrics?exclude[]=slo&exclude[]=probes")
        try:
            for server in (ours, theirs):
                for _ in range(50):
                    server.scrape(gzip=True)
            report = {
                "samples": {s.name: samples(s) for s in (ours, theirs)},
                "start_to_first_scrape_ms": {s.name: round(s.first_scrape_ms, 1) for s in (ours, theirs)},
                "hot_plain": compare(ours, theirs, options.rounds, options.count, gzip=False),
                "hot_gzip": compare(ours, theirs, options.rounds, options.count, gzip=True),
                "paced_gzip": compare(ours, theirs, max(3, options.rounds // 2), options.paced, gzip=True, pause=1.0),
            }
            idle = idle_us_per_second((ours, theirs))
            report["idle_us_per_second"] = {s.name: round(us, 1) for s, us in zip((ours, theirs), idle)}
            report["paced_gzip_without_idle"] = without_idle(report["paced_gzip"], idle)
            for _ in range(options.memory_scrapes):
                ours.scrape(gzip=True)
            for _ in range(min(1000, options.memory_scrapes)):
                theirs.scrape(gzip=True)
            report["memory_after_scrapes"] = {s.name: memory(s.process.pid) for s in (ours, theirs)}
            print(json.dumps(report, indent=2))
        finally:
            ours.stop()
            theirs.stop()


if __name__ == "__main__":
    main()
