"""100 outages of real servers, of 1 s to 20 s, as fournines and as blackbox_exporter with Prometheus saw them.

Truth is when nginx was killed and when it accepted again. Seconds missed are those of an outage that nobody called
down, seconds invented those called down while the server answered; an outage is missed when none of it was seen.
"""

import json
import os
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import Process, Prometheus, answers, free_port, get, peer, ready, wait_for  # noqa: E402
from judged import Judge, probed  # noqa: E402
from outages import Served, run_outages  # noqa: E402

SERVERS = int(os.environ.get("OUTAGE_SERVERS", "20"))
EACH = 5
OUR_INTERVALS = ("500ms", "1s", "5s")
THEIR_INTERVALS = (5, 15)


class Blackbox(Process):
    def __init__(self, folder):
        path = pathlib.Path(folder) / "blackbox.yml"
        path.write_text('{"modules": {"http_2xx": {"prober": "http", "timeout": "4s"}}}', encoding="ascii")
        self.address = f"127.0.0.1:{free_port()}"
        super().__init__([peer("bin/prometheus-blackbox-exporter"), f"--config.file={path}",
                          f"--web.listen-address={self.address}"], folder, "blackbox")
        self.wait_until(lambda: answers(f"http://{self.address}/"), "blackbox_exporter answers")


class Watching(Prometheus):
    """A Prometheus that has blackbox_exporter probe each server at one interval."""

    def __init__(self, folder, blackbox, targets, seconds):
        folder = tempfile.mkdtemp(dir=folder)
        config = {"scrape_configs": [{
            "job_name": "blackbox", "metrics_path": "/probe", "params": {"module": ["http_2xx"]},
            "scrape_interval": f"{seconds}s", "scrape_timeout": f"{min(seconds, 4)}s",
            "static_configs": [{"targets": targets}],
            "relabel_configs": [
                {"source_labels": ["__address__"], "target_label": "__param_target"},
                {"source_labels": ["__param_target"], "target_label": "instance"},
                {"target_label": "__address__", "replacement": blackbox.address},
            ],
        }]}
        path = pathlib.Path(folder) / "prometheus.yml"
        path.write_text(json.dumps(config), encoding="utf-8")
        address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{address}"
        Process.__init__(self, [peer("bin/prometheus"), f"--config.file={path}", f"--web.listen-address={address}",
                                f"--storage.tsdb.path={folder}/data"], folder, "prometheus")
        self.wait_until(lambda: ready(self.url), "Prometheus ready")
        self.seconds = seconds

    def told(self, target):
        """[(from, to)] in which probe_success was 0: each sample holds until the next."""
        query = f'probe_success{{instance="{target}"}}[1h]'
        answer = get(f"{self.url}/api/v1/query?query={query.replace(' ', '')}").json()
        spans = []
        for series in answer["data"]["result"]:
            for at, value in series["values"]:
                if value != "0":
                    continue
                if spans and at - spans[-1][1] < self.seconds / 2:
                    spans[-1][1] = at + self.seconds
                else:
                    spans.append([at, at + self.seconds])
        return spans


def overlap(spans, others):
    return sum(max(0, min(b, d) - max(a, c)) for a, b in spans for c, d in others)


def compare(name, told, truth):
    """told and truth: lists of spans, one for each server."""
    down = sum(b - a for spans in truth for a, b in spans)
    said = sum(b - a for spans in told for a, b in spans)
    shared = sum(overlap(t, s) for t, s in zip(truth, told))
    missed = sum(1 for t, s in zip(truth, told) for span in t if overlap([span], s) == 0)
    invented = sum(1 for t, s in zip(truth, told) for span in s if overlap([span], t) == 0)
    count = sum(len(spans) for spans in told)
    return {
        "watcher": name, "incidents": count, "outages_missed": missed, "incidents_invented": invented,
        "down_seconds": round(said, 1), "seconds_missed": round(down - shared, 1),
        "seconds_invented": round(said - shared, 1),
        "mttr_error": f"{said / max(count, 1) / (down / sum(len(s) for s in truth)) - 1:+.1%}",
    }


def table(rows):
    lines = ["| watched by | incidents | outages missed | invented | down told | seconds missed | seconds invented | MTTR off by |",
             "|---|---|---|---|---|---|---|---|"]
    for row in rows:
        lines.append(f"| {row['watcher']} | {row['incidents']} | {row['outages_missed']} | {row['incidents_invented']} | "
                     f"{row['down_seconds']:.0f} s | {row['seconds_missed']:.0f} s | {row['seconds_invented']:.0f} s | "
                     f"{row['mttr_error']} |")
    return "\n".join(lines)


def main():
    started = []
    with tempfile.TemporaryDirectory(prefix="fournines-bench-") as folder:
        def keep(server):
            started.append(server)
            return server

        try:
            servers = [keep(Served(folder)) for _ in range(SERVERS)]
            targets = [server.url for server in servers]
            slos = [probed(f"s{i}-{every}", url, interval=every)
                    for i, url in enumerate(targets) for every in OUR_INTERVALS]
            judge = keep(Judge(folder, slos))
            blackbox = keep(Blackbox(folder))
            watching = [keep(Watching(folder, blackbox, targets, seconds)) for seconds in THEIR_INTERVALS]
            wait_for(lambda: all(slo["state"] == "up" for slo in judge.api("slos")["slos"] if slo["service"] == "shop"),
                     30, "all are up")
            time.sleep(max(THEIR_INTERVALS))  # each has looked once
            run_outages(servers, EACH, 1, 1, 20, os.environ.get("OUTAGE_SEED", "bench"))
            time.sleep(max(THEIR_INTERVALS) + 3)
            truth = [server.outages for server in servers]
            rows = [{"watcher": "truth", "incidents": sum(map(len, truth)), "outages_missed": 0, "incidents_invented": 0,
                     "down_seconds": sum(b - a for spans in truth for a, b in spans), "seconds_missed": 0,
                     "seconds_invented": 0, "mttr_error": "-"}]
            for every in OUR_INTERVALS:
                told = [[(one["start"], one["end"]) for one in judge.incidents(f"s{i}-{every}") if not one["open"]]
                        for i in range(SERVERS)]
                rows.append(compare(f"fournines, {every}", told, truth))
            for prometheus in watching:
                told = [prometheus.told(target) for target in targets]
                rows.append(compare(f"blackbox_exporter + Prometheus, {prometheus.seconds} s", told, truth))
        finally:
            for server in reversed(started):
                server.kill()
    print(json.dumps(rows, indent=2))
    print(table(rows), file=sys.stderr)


if __name__ == "__main__":
    main()
