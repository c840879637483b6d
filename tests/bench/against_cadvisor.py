"""Cost of watching containers beside cAdvisor, in one run, as ratios: 100 real ones, then 1,000 control groups.

The containers are those of a Docker of this run's own, idle busyboxes with a network and a limit each, in a machine of
namespaces; the groups hold a sleeping process each and have no runtime. Both daemons watch the same ones at the same time
for the same families, and are scraped in turn every 10 s, as often as cAdvisor collects in a kubelet. That each shows every
container by name with its network is checked first. CPU is their own clock (/proc/PID/task/*/schedstat): what they do
between scrapes, housekeeping, is told apart by a while without scrapes. cAdvisor collects by itself: every second as it
comes, every 10 s as in a kubelet. It keeps two minutes of what it read, so memory is looked at after each scrape of the
minute that follows, and the median is compared. It is built with Go from its published module into a cache folder; without
Go or root there is nothing to compare, and that is said.
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from against_node_exporter import FOURNINES, ROOT, Server, cpu_ns, free_port, memory

sys.path.insert(0, str(ROOT / "tests/e2e"))

import engines  # pylint: disable=wrong-import-position
import namespaces  # pylint: disable=wrong-import-position

VERSION = "v0.57.0"  # the last one whose module can be built as a program
PARENT = "fournines-bench"
HISTORY_SECONDS = 120
MEMORY_SECONDS = 60
SCRAPE_SECONDS = 10
AT_ONCE = 4  # containers that start or end at a time


def cadvisor():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "fournines-bench"
    folder = cache / f"cadvisor-{VERSION}"
    program = folder / "cadvisor"
    source = ROOT / "tests/bench/cadvisor/main.go"
    if not program.exists() or (folder / source.name).read_bytes() != source.read_bytes():
        folder.mkdir(parents=True, exist_ok=True)
        print(f"building cAdvisor {VERSION} in {folder}", file=sys.stderr)
        program.unlink(missing_ok=True)
        shutil.copy(source, folder)
        for command in ("go mod init bench", f"go get github.com/google/cadvisor@{VERSION}", "go mod tidy",
                        "go build -o cadvisor ."):
            if not (command.startswith("go mod init") and (folder / "go.mod").exists()):
                subprocess.run(command.split(), cwd=folder, check=True, stdout=sys.stderr)
    return program


class Watcher(Server):
    """One of the two daemons, started here or, by a launcher, in a machine of namespaces."""

    def __init__(self, name, launcher, command, port, path="/metrics"):
        super().__init__(name, [*launcher, *command], port, path)
        self.pid = namespaces.children(self.process.pid)[0] if launcher else self.process.pid

    def stop(self):
        self.connection.close()
        os.kill(self.pid, signal.SIGTERM)
        self.process.wait(30)


class BareGroups:
    """Groups named as Docker names them, below a parent of their own, in every hierarchy."""

    what = "groups"
    launcher = ()
    dockerd = None

    def __init__(self, count, undo):
        self.names = [f"{number:064x}" for number in range(1, count + 1)]
        self.sleepers = []
        undo.callback(self.remove)
        for name in self.names:
            self.sleepers.append(subprocess.Popen(["sleep", "100000"], stdin=subprocess.DEVNULL))
            namespaces.make_group(f"{PARENT}/{name}")
            for top in namespaces.hierarchies():
                (top / PARENT / name / "cgroup.procs").write_text(str(self.sleepers[-1].pid), encoding="utf-8")

    @staticmethod
    def network():
        return contextlib.nullcontext()

    @staticmethod
    def seen(page):
        return set(re.findall(rf'^container_memory_usage_bytes{{[^\n]*id="/{PARENT}/(0[0-9a-f]+)"', page, re.MULTILINE))

    def remove(self):
        for sleeper in self.sleepers:
            sleeper.kill()
            sleeper.wait()
        namespaces.remove_groups(PARENT, self.names)


class Containers:
    """Of a Docker in a machine of its own; each has an address on its bridge."""

    what = "containers"

    def __init__(self, count, undo):
        folder = undo.enter_context(tempfile.TemporaryDirectory())
        self.machine = namespaces.Machine(folder)
        undo.callback(self.machine.kill)
        self.docker = engines.Docker(folder, self.machine)
        undo.callback(self.docker.kill)
        self.launcher = self.machine.launcher
        self.network = self.machine.network
        (self.dockerd,) = namespaces.children(self.docker.daemon.popen.pid)
        self.names = [f"box-{number}" for number in range(1, count + 1)]
        undo.callback(self.remove)
        self.each(lambda name: self.docker.run(name, "sleep", "100000", options=["--memory=64m"]))

    def each(self, do):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(do, self.names))

    def remove(self):
        with contextlib.suppress(AssertionError):
            self.each(lambda name: self.docker.docker("rm", "--force", name))

    @staticmethod
    def seen(page):
        def names(family):
            return set(re.findall(rf'^{family}{{[^\n]*[{{,]name="(box-\d+)"', page, re.MULTILINE))

        return names("container_memory_usage_bytes") & names("container_network_receive_bytes_total")


def families(page):
    return {line.split()[2] for line in page.splitlines() if line.startswith("# TYPE container_")}


def used_ms(pids, do):
    """CPU that each process used meanwhile."""
    before = [cpu_ns(pid) for pid in pids]
    do()
    return [(cpu_ns(pid) - start) / 1e6 for pid, start in zip(pids, before)]


def ratio(ours, theirs):
    return "1/%.1f" % (theirs / ours)


def both(servers, values, digits=1):
    return {server.name: round(value, digits) for server, value in zip(servers, values)}


def compare(watched, count, interval, program, undo):
    our_port, their_port = free_port(), free_port()
    storage = undo.enter_context(tempfile.TemporaryDirectory())
    ours = Watcher("fournines", watched.launcher, [
        FOURNINES, f"--web.listen-address=127.0.0.1:{our_port}", f"--storage.path={storage}",
        "--collector.disable-defaults", "--collector.containers"], our_port, "/metrics?collect[]=containers")
    undo.callback(ours.stop)
    alone = used_ms([watched.dockerd], lambda: time.sleep(SCRAPE_SECONDS)) if watched.dockerd else None
    theirs = Watcher("cAdvisor", watched.launcher, [program, interval, f"127.0.0.1:{their_port}"], their_port)
    undo.callback(theirs.stop)
    servers = (ours, theirs)
    pids = [server.pid for server in servers]
    pages = wait_for_all(servers, watched, count)

    scrapes, kept = [[], []], [[], []]
    rounds = (HISTORY_SECONDS + MEMORY_SECONDS) // SCRAPE_SECONDS

    def scrape_in_turn():
        for _ in range(rounds):
            started = time.monotonic()
            for server, times, sizes in zip(servers, scrapes, kept):
                times += used_ms([server.pid], lambda server=server: server.scrape(True))
                sizes.append(memory(server.pid))
            time.sleep(max(0, SCRAPE_SECONDS - (time.monotonic() - started)))

    total = [used / rounds for used in used_ms(pids, scrape_in_turn)]
    quiet = used_ms([*pids, *([watched.dockerd] if watched.dockerd else [])],
                    lambda: time.sleep(3 * SCRAPE_SECONDS))
    quiet = [used / 3 for used in quiet]
    one = [statistics.median(times) for times in scrapes]
    last = MEMORY_SECONDS // SCRAPE_SECONDS
    sizes = {kind: [statistics.median(kb[f"{kind}_kb"] for kb in each[-last:]) for each in kept]
             for kind in ("rss", "private")}
    return {
        watched.what: count, "cadvisor_every": interval,
        "cpu_ms_in_10s": both(servers, total), "cpu_ratio": ratio(*total),
        "cpu_ms_of_a_scrape": both(servers, one), "scrape_ratio": ratio(*one),
        "housekeeping_ms_in_10s": both(servers, quiet),
        **({"dockerd_ms_in_10s": {"asked by nobody": round(alone[0], 1), "by cAdvisor": round(quiet[2], 1)}}
           if watched.dockerd else {}),
        **{key: value for kind in ("rss", "private") for key, value in (
            (f"{kind}_kb", both(servers, sizes[kind], None)), (f"{kind}_ratio", ratio(*sizes[kind])))},
        "families": {**{server.name: len(families(page)) for server, page in zip(servers, pages)},
                     "both": len(families(pages[0]) & families(pages[1]))},
        "samples": {server.name: sum(1 for line in page.splitlines() if line[:1] != "#")
                    for server, page in zip(servers, pages)},
        "fournines_descriptors": len(os.listdir(f"/proc/{ours.pid}/fd")),
    }


def wait_for_all(servers, watched, count):
    """Both pages, once each shows every container."""
    deadline = time.monotonic() + 90
    while True:
        pages = [server.scrape(False).decode() for server in servers]
        seen = [watched.seen(page) for page in pages]
        if len(seen[0]) == count and seen[0] == seen[1]:
            return pages
        if time.monotonic() > deadline:
            sys.exit(f"nothing is compared: of {count} {watched.what} " + " and ".join(
                f"{server.name} shows {len(names)}" for server, names in zip(servers, seen)))
        time.sleep(2)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--containers", type=int, default=100, help="of Docker; 0: none")
    parser.add_argument("--groups", type=int, default=1000, help="without a runtime; 0: none")
    parser.add_argument("--intervals", nargs="+", default=["1s", "10s"], help="cAdvisor's housekeeping")
    options = parser.parse_args()
    if why := namespaces.why_not():
        print(f"not compared: {why}")
        return
    if not shutil.which("go"):
        print("not compared: cAdvisor is built with Go, and there is no go here")
        return
    program = cadvisor()
    for kind, count in ((Containers, options.containers), (BareGroups, options.groups)):
        if count == 0:
            continue
        with contextlib.ExitStack() as all_of_it:
            watched = kind(count, all_of_it)
            all_of_it.enter_context(watched.network())
            for interval in options.intervals:
                with contextlib.ExitStack() as undo:
                    print(json.dumps(compare(watched, count, interval, program, undo), indent=2), flush=True)


if __name__ == "__main__":
    main()
