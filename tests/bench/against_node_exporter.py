"""Cost of a scrape beside Debian's node_exporter, in one run, as ratios.

Both serve the same thirteen collectors and their own process' series. CPU is the process' own clock (/proc/PID/task/*/schedstat), taken over rounds of
scrapes that alternate between the two; every pair's ratio is kept, the median is printed. "Hot" is back to back, "paced"
one scrape a second. Results are printed, never asserted: machines differ.
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
    """keep_alive: node_exporter keeps a scraper's connection open, as Prometheus wants it; ours closes each."""

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
        "node_exporter_us": round(statistics.median(b for _, b in pairs), 1),
        "ratio": "1/%.1f" % statistics.median(b / a for a, b in pairs),
        "every_pair": ["1/%.1f" % (b / a) for a, b in pairs],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=200, help="scrapes in a round, back to back")
    parser.add_argument("--paced", type=int, default=8, help="scrapes in a paced round")
    parser.add_argument("--memory-scrapes", type=int, default=10000)
    options = parser.parse_args()

    flags = ["--collector.disable-defaults"] + [f"--collector.{name}" for name in COLLECTORS]
    our_port, their_port = free_port(), free_port()
    storage = subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip()
    theirs = Server("node_exporter", [NODE_EXPORTER, f"--web.listen-address=127.0.0.1:{their_port}", *flags], their_port)
    ours = Server("fournines", [FOURNINES, f"--web.listen-address=127.0.0.1:{our_port}",
                                f"--storage.path={storage}", *flags], our_port,
                  "/metrics?exclude[]=slo&exclude[]=probes")
    try:
        for server in (ours, theirs):
            for _ in range(50):
                server.scrape(gzip=True)
        report = {
            "samples": {s.name: sum(1 for line in s.scrape(False).decode().splitlines() if line[:1] != "#")
                        for s in (ours, theirs)},
            "start_to_first_scrape_ms": {s.name: round(s.first_scrape_ms, 1) for s in (ours, theirs)},
            "hot_plain": compare(ours, theirs, options.rounds, options.count, gzip=False),
            "hot_gzip": compare(ours, theirs, options.rounds, options.count, gzip=True),
            "paced_gzip": compare(ours, theirs, max(3, options.rounds // 2), options.paced, gzip=True, pause=1.0),
        }
        for _ in range(options.memory_scrapes):
            ours.scrape(gzip=True)
        for _ in range(1000):
            theirs.scrape(gzip=True)
        report["memory_after_scrapes"] = {s.name: memory(s.process.pid) for s in (ours, theirs)}
        print(json.dumps(report, indent=2))
    finally:
        ours.stop()
        theirs.stop()
        subprocess.run(["rm", "-r", storage], check=False)


if __name__ == "__main__":
    main()
