"""2,000 HTTP probes a second: how late attempts start, what they cost, beside blackbox_exporter asked for 200 a second.

The server is one nginx on this machine, which takes its share of the cores, as do the scrapers of blackbox_exporter.
CPU is the process' own clock (schedstat). Lateness is what the daemon says of the last attempt of each probe, read
every 0.7 s so that the readings wander over the phases.
"""

import collections
import http.client
import json
import os
import pathlib
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import Daemon, Nginx, get, wait_for  # noqa: E402
from truth_against_blackbox import Blackbox  # noqa: E402

SECONDS = 20
OUR_PROBES = 2000
THEIR_TARGETS = 200


def cpu_seconds(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total / 1e9


def private_bytes(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return sum(int(line.split()[1]) * 1024 for line in file if line.startswith(("Private_", "Anonymous:"))) // 2


def daemon_with(folder, url, count):
    """Probes without objectives, as a fleet tool's file gives them."""
    home = tempfile.mkdtemp(dir=folder)
    targets = pathlib.Path(home) / "targets.json"
    targets.write_text(json.dumps([{"targets": [f"{url}/{i}" for i in range(count)]}]), encoding="ascii")
    config = pathlib.Path(home) / "fournines.yml"
    config.write_text(json.dumps({
        "probe_modules": {"http": {"kind": "http", "interval": "1s"}},
        "probe_targets": [{"module": "http", "files": [str(targets)]}],
    }), encoding="ascii")
    daemon = Daemon(home, f"--config.file={config}", f"--storage.path={home}/state")
    wait_for(lambda: all(row["last"] for row in get(f"{daemon.url}/api/v1/probes").json()["probes"]), 30, "all probed")
    return daemon


def ours(folder, url):
    few = daemon_with(folder, url, 10)
    many = daemon_with(folder, url, OUR_PROBES)
    try:
        time.sleep(2)
        late = []
        not_good = collections.Counter()
        began, cpu = time.monotonic(), cpu_seconds(many.popen.pid)
        while time.monotonic() - began < SECONDS:
            time.sleep(0.7)
            rows = get(f"{many.url}/api/v1/probes").json()["probes"]
            late += [row["last"]["late_seconds"] for row in rows]
            not_good.update(row["last"]["cause"] or row["last"]["reason"] for row in rows
                            if row["last"]["outcome"] != "good")
        took = time.monotonic() - began
        cpu = cpu_seconds(many.popen.pid) - cpu
        late.sort()
        each = (private_bytes(many.popen.pid) - private_bytes(few.popen.pid)) / (OUR_PROBES - 10)
    finally:
        few.kill()
        many.kill()
    return {"probes_per_second": OUR_PROBES, "late_ms_p50": round(late[len(late) // 2] * 1e3, 2),
            "late_ms_p99": round(late[len(late) * 99 // 100] * 1e3, 2), "readings": len(late), "not_good": not_good,
            "cpu_cores": round(cpu / took, 3), "cpu_us_per_probe": round(cpu / took / OUR_PROBES * 1e6, 1),
            "private_kb_per_probe": round(each / 1024, 1)}


def theirs(folder, url):
    blackbox = Blackbox(folder)
    stop = threading.Event()
    done = [0] * 8

    def scrape(worker):
        host, port = blackbox.address.rsplit(":", 1)
        client = http.client.HTTPConnection(host, int(port))
        number = worker
        due = time.monotonic()
        while not stop.is_set():
            client.request("GET", f"/probe?module=http_2xx&target={url}/{number % THEIR_TARGETS}")
            client.getresponse().read()
            done[worker] += 1
            number += len(done)
            due += len(done) / THEIR_TARGETS
            time.sleep(max(0, due - time.monotonic()))

    threads = [threading.Thread(target=scrape, args=(worker,)) for worker in range(len(done))]
    try:
        for thread in threads:
            thread.start()
        time.sleep(2)
        began, cpu, probes = time.monotonic(), cpu_seconds(blackbox.popen.pid), sum(done)
        time.sleep(SECONDS)
        took = time.monotonic() - began
        cpu, probes = cpu_seconds(blackbox.popen.pid) - cpu, sum(done) - probes
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        blackbox.kill()
    return {"probes_per_second": round(probes / took), "cpu_cores": round(cpu / took, 3),
            "cpu_us_per_probe": round(cpu / probes * 1e6, 1)}


def main():
    with tempfile.TemporaryDirectory(prefix="fournines-bench-") as folder:
        nginx = Nginx(tempfile.mkdtemp(dir=folder), "return 200; access_log off;")
        try:
            report = {"fournines": ours(folder, nginx.url), "blackbox_exporter": theirs(folder, nginx.url)}
        finally:
            nginx.kill()
    report["cpu_per_probe_ratio"] = round(
        report["blackbox_exporter"]["cpu_us_per_probe"] / report["fournines"]["cpu_us_per_probe"], 1)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
