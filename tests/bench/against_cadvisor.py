"""Cost of watching 100 and 1,000 control groups beside cAdvisor, in one run, as ratios.

Each group holds one sleeping process. Both daemons watch the same groups for the same families, at the same time, and
are scraped as often as cAdvisor collects in a kubelet, every 10 s; CPU is their own clock (/proc/PID/task/*/schedstat), so
what they do between scrapes counts. cAdvisor collects by itself: every second as it comes, every 10 s as in a kubelet. It
keeps two minutes of what it read, so memory is compared after that. It is built with Go from its
published module into a cache folder; without Go or root there is nothing to compare, and that is said.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from against_node_exporter import FOURNINES, ROOT, Server, cpu_ns, free_port, memory

VERSION = "v0.57.0"  # the last one whose module can be built as a program
GROUPS = pathlib.Path("/sys/fs/cgroup")
PARENT = "fournines-bench"


def cadvisor():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "fournines-bench"
    folder = cache / f"cadvisor-{VERSION}"
    program = folder / "cadvisor"
    source = ROOT / "tests/bench/cadvisor/main.go"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, folder)
        print(f"building cAdvisor {VERSION} in {folder}", file=sys.stderr)
        for command in ("go mod init bench", f"go get github.com/google/cadvisor@{VERSION}", "go mod tidy",
                        "go build -o cadvisor ."):
            if not (command.startswith("go mod init") and (folder / "go.mod").exists()):
                subprocess.run(command.split(), cwd=folder, check=True, stdout=sys.stderr)
    return program


def hierarchies():
    return [GROUPS] if (GROUPS / "cgroup.controllers").exists() else [
        path for path in GROUPS.iterdir() if path.is_dir() and not path.is_symlink() and (path / "cgroup.procs").exists()
    ]


@contextlib.contextmanager
def groups(count):
    """Groups named as Docker names them, below a parent of their own, in every hierarchy."""
    tops = [top / PARENT for top in hierarchies()]
    names = [f"{number:064x}" for number in range(1, count + 1)]
    sleepers = []
    try:
        for top in tops:
            top.mkdir(exist_ok=True)
            if (top / "cgroup.subtree_control").exists():
                enabled = (top / "cgroup.controllers").read_text(encoding="utf-8").split()
                (top / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in enabled), encoding="utf-8")
            if (top / "cpuset.cpus").exists():
                for name in ("cpuset.cpus", "cpuset.mems"):
                    (top / name).write_text((top.parent / name).read_text(encoding="utf-8"), encoding="utf-8")
        for name in names:
            sleepers.append(subprocess.Popen(["sleep", "100000"], stdin=subprocess.DEVNULL))
            for top in tops:
                group = top / name
                group.mkdir()
                if (group / "cpuset.cpus").exists():
                    for file in ("cpuset.cpus", "cpuset.mems"):
                        (group / file).write_text((top / file).read_text(encoding="utf-8"), encoding="utf-8")
                (group / "cgroup.procs").write_text(str(sleepers[-1].pid), encoding="utf-8")
        yield
    finally:
        for sleeper in sleepers:
            sleeper.kill()
            sleeper.wait()
        for top in tops:
            for folder, _, _ in os.walk(top, topdown=False):
                remove(folder)


def remove(folder):
    for _ in range(200):
        try:
            os.rmdir(folder)
            return
        except FileNotFoundError:
            return
        except OSError:  # a process of it is still ending
            time.sleep(0.01)


def families(page):
    return {line.split()[2] for line in page.decode().splitlines() if line.startswith("# TYPE container_")}


def compare(count, interval, seconds, pause, program):
    our_port, their_port = free_port(), free_port()
    storage = tempfile.mkdtemp()
    with groups(count):
        ours = Server("fournines", [FOURNINES, f"--web.listen-address=127.0.0.1:{our_port}", f"--storage.path={storage}",
                                    "--collector.disable-defaults", "--collector.containers"], our_port,
                      "/metrics?collect[]=containers")
        theirs = Server("cAdvisor", [program, interval, f"127.0.0.1:{their_port}"], their_port)
        servers = (ours, theirs)
        try:
            for server in servers:
                server.scrape(True)
            time.sleep(5)
            before = [cpu_ns(server.process.pid) for server in servers]
            for _ in range(max(1, int(seconds / pause))):
                for server in servers:
                    page = server.scrape(True)
                time.sleep(pause)
            used = [(cpu_ns(server.process.pid) - start) / 1e6 for server, start in zip(servers, before)]
            pages = [server.scrape(False) for server in servers]
            hot_us = ours.cpu_per_scrape_us(20, False, 0.0)
            kept = [memory(server.process.pid) for server in servers]
            shared = families(pages[0]) & families(pages[1])
            for server, page in zip(servers, pages):
                if page.decode().count("container_memory_usage_bytes{") <= count:
                    sys.exit(f"{server.name} does not see all {count} groups: nothing is compared")
            return {
                "groups": count, "cadvisor_every": interval,
                "cpu_ms": {server.name: round(ms, 1) for server, ms in zip(servers, used)},
                "cpu_ratio": "1/%.1f" % (used[1] / used[0]),
                **{f"{what}_kb": {server.name: kb[f"{what}_kb"] for server, kb in zip(servers, kept)}
                   for what in ("rss", "private")},
                **{f"{what}_ratio": "1/%.1f" % (kept[1][f"{what}_kb"] / kept[0][f"{what}_kb"])
                   for what in ("rss", "private")},
                "families": {"fournines": len(families(pages[0])), "cAdvisor": len(families(pages[1])),
                             "both": len(shared)},
                "samples": {server.name: sum(1 for line in page.decode().splitlines() if line[:1] != "#")
                            for server, page in zip(servers, pages)},
                "fournines_hot_us_a_group": round(hot_us / count, 1),
                "fournines_descriptors": len(os.listdir(f"/proc/{ours.process.pid}/fd")),
            }
        finally:
            for server in servers:
                server.stop()
            shutil.rmtree(storage, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--seconds", type=float, default=150)
    parser.add_argument("--pause", type=float, default=10, help="between two scrapes")
    parser.add_argument("--intervals", nargs="+", default=["1s", "10s"], help="cAdvisor's housekeeping")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("not compared: making control groups needs root")
        return
    if not shutil.which("go"):
        print("not compared: cAdvisor is built with Go, and there is no go here")
        return
    program = cadvisor()
    for count in options.groups:
        for interval in options.intervals:
            print(json.dumps(compare(count, interval, options.seconds, options.pause, program), indent=2), flush=True)


if __name__ == "__main__":
    main()
