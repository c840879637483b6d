"""The two ways to be paged agree: the daemon's own evaluator and its generated rules in a real Prometheus, on random
outages of real targets. And the trap of probes at 99.99 %: how many failures each row takes, through promtool.
"""

import json
import pathlib
import random
import re
import threading
import time
import unittest
import urllib.parse

from harness import FOURNINES, EndToEnd, get, promtool, run, wait_for
from test_delivery import Targets, unix

OBJECTIVES = 12
OBSERVED_SECONDS = 60
# They agree within one scrape and one evaluation of Prometheus, which shall be so long here; and what it scrapes is what
# is on disk, as of the judge's last second.
SCRAPE_SECONDS = 1
EVALUATION_SECONDS = 1
DISK_SECONDS = 1
TICK_SECONDS = 0.25  # how finely the two are compared
# The daemon stays for three tenths of the shortest short window, 11 s, so as not to end before Prometheus does.
KEPT_SECONDS = 3.3


class Agreement(EndToEnd):
    def test_both_fire_and_end_together(self):
        names = [f"s{number}" for number in range(OBJECTIVES)]
        targets = Targets(self, names)
        webhook = self.start_webhook_receiver()
        config = pathlib.Path(self.folder) / "fournines.json"
        # 10.8 s of down time in 129 s page, or 21.6 s in 771 s.
        config.write_text(json.dumps({
            "defaults": {"objective": "99.5", "window": "6h"},
            "slos": [{"name": name, "sli": {"probe": {"http": targets.url(name), "interval": "500ms"}}} for name in names],
            "alerting": {"webhooks": [{"url": webhook.url}], "watchdog": False},
        }), encoding="utf-8")
        rules = pathlib.Path(self.folder) / "rules.json"
        text = run([FOURNINES, "rules", f"--config.file={config}"]).stdout
        rules.write_text(json.dumps({"groups": as_often(json.loads(text)["groups"], f"{EVALUATION_SECONDS}s")}), encoding="utf-8")
        daemon = self.start_daemon(f"--config.file={config}", f"--storage.path={self.folder}/data")
        prometheus = self.start_prometheus({"fournines": daemon.url.removeprefix("http://")}, rule_files=[rules])
        wait_for(lambda: len(prometheus.query('instance_slo:error_ratio:rate129s > -1')) >= OBJECTIVES, 60, "ratios")

        began = time.time()

        def play(name, dice):
            until = time.monotonic() + OBSERVED_SECONDS
            while time.monotonic() < until:
                time.sleep(dice.uniform(1, 12))
                targets.break_down(name)
                time.sleep(dice.uniform(2, 20))
                targets.repair(name)

        players = [threading.Thread(target=play, args=(name, random.Random(name))) for name in names]
        for player in players:
            player.start()
        for player in players:
            player.join()
        ended = time.time()

        def of_prometheus(name):
            """The ticks at which it fired, and stayed for as long as the daemon's do."""
            query = f'ALERTS{{alertname="SLOBurnPage",alertstate="firing",slo="{name}",instance!=""}}'
            answer = get(f"{prometheus.url}/api/v1/query_range?" + urllib.parse.urlencode(
                {"query": query, "start": began, "end": ended, "step": TICK_SECONDS}))
            return {
                round((at - began) / TICK_SECONDS) + stays for series in answer.json()["data"]["result"]
                for at, _ in series["values"] for stays in range(round(KEPT_SECONDS / TICK_SECONDS) + 1)
            } & set(range(round((ended - began) / TICK_SECONDS)))

        def of_daemon(name):
            """The same."""
            periods = {}
            for notification in list(webhook.notifications):
                for alert in notification["alerts"]:
                    if alert["labels"]["alertname"] == "SLOBurnPage" and alert["labels"]["slo"] == name:
                        over = unix(alert["endsAt"]) if alert["status"] == "resolved" else None
                        periods[alert["startsAt"]] = over or periods.get(alert["startsAt"])
            return {
                tick for start, over in periods.items()
                for tick in range(round((unix(start) - began) / TICK_SECONDS), round(((over or ended) - began) / TICK_SECONDS))
            }

        both = 0
        for name in names:
            ours, theirs = of_daemon(name), of_prometheus(name)
            both += len(ours & theirs)
            apart = longest_run(ours ^ theirs) * TICK_SECONDS
            self.assertLessEqual(apart, SCRAPE_SECONDS + EVALUATION_SECONDS + DISK_SECONDS + TICK_SECONDS, f"{name}: {sorted(ours ^ theirs)}")
        self.assertGreater(both * TICK_SECONDS, 10 * OBJECTIVES, "they hardly fired")


def as_often(groups, interval):
    """The groups of each file in one, as their intervals are the same: records, then alerts."""
    merged = {}
    for group in groups:
        name = re.sub(r"-(every-\w+|alerts)(-\d+)?$", "", group["name"])
        merged.setdefault(name, {"name": name, "interval": interval, "rules": []})["rules"] += group["rules"]
    for group in merged.values():
        group["rules"].sort(key=lambda rule: "alert" in rule)
    return list(merged.values())


def longest_run(seconds):
    longest = run_length = 0
    for second in sorted(seconds):
        run_length = run_length + 1 if second - 1 in seconds else 1
        longest = max(longest, run_length)
    return longest


# objective, probe interval in seconds, failures until 1h/5m, 6h/30m, 1d/2h, 3d/6h fire at 30 days.
TRAP = [
    ("99.9", 15, (4, 9, 18, 18)),
    ("99.9", 60, (1, 3, 5, 5)),
    ("99.95", 15, (2, 5, 9, 9)),
    ("99.99", 1, (6, 13, 26, 26)),
    ("99.99", 5, (2, 3, 6, 6)),
    ("99.99", 10, (1, 2, 3, 3)),
    ("99.99", 15, (1, 1, 2, 2)),
    ("99.99", 60, (1, 1, 1, 1)),
    ("99.999", 1, (1, 2, 3, 3)),
]


class ProbeTrap(EndToEnd):
    def config(self, min_failures):
        path = pathlib.Path(self.folder) / f"trap-{min_failures}.json"
        path.write_text(json.dumps({"slos": [
            {"name": f"o{number}", "objective": objective, "window": "30d",
             "sli": {"probe": {"http": "http://127.0.0.1:1/", "interval": f"{seconds}s", "timeout": "500ms"}},
             "alerting": {"min_failures": min_failures}}
            for number, (objective, seconds, _) in enumerate(TRAP)
        ]}), encoding="utf-8")
        return path

    def test_validate_says_the_table(self):
        said = run([FOURNINES, "validate", self.config(0)]).stdout
        for number, (_, _, needed) in enumerate(TRAP):
            block = said[said.index(f"o{number}  "):]
            block = block[:block.find("\no", 1)]
            rows = [int(count) for count in re.findall(r"x[\d.]+ \((\d+) failure", block)]
            self.assertEqual(tuple(rows), needed, block)

    def check(self, min_failures, cases):
        """cases: objective -> [(failures in a row, whether it pages)], each on a history of an hour before."""
        folder = pathlib.Path(self.folder) / f"rules-{min_failures}"
        said = run([FOURNINES, "rules", f"--config.file={self.config(min_failures)}", "-o", folder])
        self.assertEqual(said.returncode, 0, said.stderr)
        for number, (_, seconds, _) in enumerate(TRAP):
            labels = f'service="o{number}",slo="o{number}",instance="a"'
            before = 3600 // seconds
            tests = []
            for failures, pages in cases(number):
                after = 240 // seconds

                def grows(step):
                    if failures == 0:
                        return f"0x{before + after}"
                    return f"0x{before - 1} {step}+{step}x{failures - 1} {failures * step}x{after}"

                at = (before + failures) * seconds
                tests.append({
                    "interval": f"{seconds}s",
                    "input_series": [
                        {"series": f'slo_state_seconds_total{{{labels},state="down"}}', "values": grows(seconds)},
                        {"series": f'slo_events_total{{{labels},outcome="bad"}}', "values": grows(1)},
                        {"series": f'slo_events_total{{{labels},outcome="good"}}', "values": f"1x{before + after}"},
                    ],
                    "promql_expr_test": [{
                        "expr": 'count(ALERTS{alertname="SLOBurnPage",alertstate="firing"})',
                        "eval_time": f"{at - at % -15}s",  # at the next evaluation
                        "exp_samples": [{"labels": "{}", "value": 1}] if pages else [],
                    }],
                })
            path = pathlib.Path(self.folder) / "trap_test.json"
            rules = folder / f"o{number}-o{number}.json"
            groups = [group["name"] for group in json.loads(rules.read_text(encoding="utf-8"))["groups"]]
            path.write_text(json.dumps({"rule_files": [str(rules)], "group_eval_order": groups,
                                        "evaluation_interval": "15s", "tests": tests}, indent=1), encoding="utf-8")
            result = promtool("test", "rules", path)
            self.assertEqual(result.returncode, 0, f"{TRAP[number]}: {result.stdout}{result.stderr}")

    def test_rules_page_at_the_failure_of_the_table_and_not_one_before(self):
        self.check(0, lambda number: [(TRAP[number][2][0] - 1, False), (TRAP[number][2][0], True)])

    def test_with_the_guard_one_failure_never_pages_and_two_do_where_one_is_too_many(self):
        self.check(2, lambda number: [(1, False), (2, TRAP[number][2][0] <= 2)])


if __name__ == "__main__":
    unittest.main()
