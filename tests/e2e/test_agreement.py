"""The two ways to be paged agree: the daemon's own evaluator and its generated rules in a real Prometheus, on random
outages of real targets. And the trap of probes at 99.99 %: how many failures each row takes, through promtool.
"""

import json
import math
import os
import pathlib
import random
import re
import threading
import time
import unittest
import urllib.parse

from harness import FOURNINES, EndToEnd, get, promtool, run, wait_for
from test_delivery import Targets

OBJECTIVES = 24
OBSERVED_SECONDS = 45
SCRAPE_SECONDS = 2
EVALUATION_SECONDS = 1
# The daemon stays for three tenths of the shortest short window, so as not to end before Prometheus does.
SHORT_SECONDS = 10
KEPT_SECONDS = 0.3 * SHORT_SECONDS
# 10.95 s of down time in two minutes page, if the last ten seconds had more than 0.9 of it; 5.95 s ticket. An outage lasts
# whole seconds, those between two probes, so none ends where increase(), which stretches what it saw to the whole window, is in
# doubt: it needs this many seconds of scrapes so as not to take 10 for 10.95.
OBJECTIVE, WINDOW = "99.493", "6h"
ROWS = {"window": WINDOW, **{kind: [{"long": "2m", "short": f"{SHORT_SECONDS}s", "budget": budget}]
                             for kind, budget in (("page", "10%"), ("ticket", "5.433%"))}}
ALERTS = ("SLOBurnPage", "SLOBurnTicket")
SCRAPED_SECONDS = 24
FIRST_SECONDS = 10  # no sooner can one have had that much
# Of a window, increase() sees nothing before the first scrape in it. What two outages put into one short window would be seen up
# to a scrape later, so they are apart.
UP_SECONDS = (SHORT_SECONDS + 1, SHORT_SECONDS + 8)
DOWN_SECONDS = (2, 15)


class Agreement(EndToEnd):
    def start_both(self, names):
        """Targets, what the daemon tells a webhook, and a Prometheus with the rules that the daemon's program made."""
        targets = Targets(self, names)
        webhook = self.start_webhook_receiver()
        config = pathlib.Path(self.folder) / "fournines.json"
        config.write_text(json.dumps({
            "defaults": {"objective": OBJECTIVE, "window": WINDOW},
            "alert_windows": [ROWS],
            "slos": [{"name": name, "sli": {"probe": {"http": targets.url(name), "interval": "1s"}}} for name in names],
            "alerting": {"webhooks": [{"url": webhook.url}], "watchdog": False},
        }), encoding="utf-8")
        rules = pathlib.Path(self.folder) / "rules.json"
        text = run([FOURNINES, "rules", f"--config.file={config}"]).stdout
        rules.write_text(json.dumps({"groups": as_often(json.loads(text)["groups"], f"{EVALUATION_SECONDS}s")}), encoding="utf-8")
        daemon = self.start_daemon(f"--config.file={config}", f"--storage.path={self.folder}/data")
        prometheus = self.start_prometheus(
            {"fournines": daemon.url.removeprefix("http://")}, rule_files=[rules], interval=f"{SCRAPE_SECONDS}s")
        wait_for(lambda: len(prometheus.query("instance_slo:error_ratio:rate2m > -1")) >= len(names), 60, "ratios")
        return targets, webhook, prometheus

    def test_a_target_that_stays_down_is_told_by_both_after_a_minute(self):
        targets, webhook, prometheus = self.start_both(["lost"])
        began = time.time()
        targets.break_down("lost")
        firing = 'ALERTS{alertname="SLOTargetDown",alertstate="firing",instance!=""}'
        wait_for(lambda: prometheus.query(firing) and ("SLOTargetDown", "lost") in told_by_daemon(webhook), 120, "both")
        ended = time.time()
        scrape, late = scrapes(prometheus, ended - began)
        evaluated, evaluation, late_too = evaluations(prometheus, "lost", ended - began)
        theirs = fired(prometheus, "SLOTargetDown", "lost", evaluated, ended - began)
        ours = told_by_daemon(webhook)["SLOTargetDown", "lost"]
        apart, _ = compared(ours, theirs, late + late_too, began, ended)
        self.assertLessEqual(apart, scrape + evaluation, f"the daemon {ours}, Prometheus {theirs}")
        for (begin, _), *_ in (ours, theirs):
            self.assertGreater(begin - began, 60)

    def test_both_fire_and_end_within_one_scrape_and_one_evaluation(self):
        names = [f"s{number}" for number in range(OBJECTIVES)]
        targets, webhook, prometheus = self.start_both(names)
        wait_for(lambda: prometheus.query(f"count_over_time(up[2m]) > {(SCRAPED_SECONDS - FIRST_SECONDS) / SCRAPE_SECONDS}"), 60,
                 "scrapes")

        began = time.time()
        seed = int(os.environ.get("OUTAGE_SEED", random.SystemRandom().randrange(1 << 30)))

        def play(name, dice):
            up, lasts = True, dice.uniform(1, UP_SECONDS[1])
            while (left := began + OBSERVED_SECONDS - time.time()) > 0:
                time.sleep(min(left, lasts))
                (targets.break_down if up else targets.repair)(name)
                up = not up
                lasts = dice.uniform(*UP_SECONDS if up else DOWN_SECONDS)

        players = [threading.Thread(target=play, args=(name, random.Random(f"{seed}-{name}"))) for name in names]
        for player in players:
            player.start()
        for player in players:
            player.join()
        ended = time.time()

        scrape, late = scrapes(prometheus, ended - began)
        told = told_by_daemon(webhook)
        together = {alert: [] for alert in ALERTS}
        for name in names:
            evaluated, evaluation, late_too = evaluations(prometheus, name, ended - began)
            for alert in ALERTS:
                ours, theirs = told.get((alert, name), []), fired(prometheus, alert, name, evaluated, ended - began)
                apart, both = compared(ours, theirs, late + late_too, began, min(ended, evaluated[-1]))
                together[alert].append(both)
                self.assertLessEqual(
                    apart, scrape + evaluation, f"seed {seed}, {alert} of {name}: the daemon {ours}, Prometheus {theirs}")
        for alert, seconds in together.items():
            self.assertGreater(sum(both > 0 for both in seconds), OBJECTIVES / 4, f"{alert} hardly fired: {seconds}")


def scrapes(prometheus, seconds):
    """pace() of the last seconds' scrapes: from the start of one to the end of the next."""
    return pace([(at, at + took) for at, took in samples(prometheus, "scrape_duration_seconds", seconds)], SCRAPE_SECONDS)


def evaluations(prometheus, name, seconds):
    """When the objective's rules were evaluated, and pace() of it."""
    evaluated = [at for at, _ in samples(prometheus, f'instance_slo:error_ratio:rate2m{{slo="{name}"}}', seconds)]
    return evaluated, *pace([(at, at) for at in evaluated], EVALUATION_SECONDS)


def fired(prometheus, alert, name, evaluated, seconds):
    """periods_of() the alert in Prometheus."""
    firing = f'ALERTS{{alertname="{alert}",alertstate="firing",slo="{name}",instance!=""}}'
    return periods_of(evaluated, {at for at, _ in samples(prometheus, firing, seconds)})


def pace(times, seconds):
    """How long the longest of [start, end] lasts after the start of the one before; and when a starved Prometheus did not keep
    its pace: what it then sees so late is not compared."""
    longest, late = seconds, []
    for (start, _), (_, end) in zip(times, times[1:]):
        if end - start > 1.5 * seconds:
            late.append([start, end + SCRAPE_SECONDS + EVALUATION_SECONDS])
        else:
            longest = max(longest, end - start)
    return longest, late


def samples(prometheus, selector, seconds):
    """[(time, value)] as they were stored in the last seconds, of the one series that this selects."""
    query = urllib.parse.urlencode({"query": f"{selector}[{math.ceil(seconds)}s]"})
    rows = get(f"{prometheus.url}/api/v1/query?{query}").json()["data"]["result"]
    if len(rows) > 1:
        raise AssertionError(f"{selector}: {len(rows)} series")
    return [(at, float(value)) for row in rows for at, value in row["values"]]


def told_by_daemon(webhook):
    """(alert, name) -> [begin, end] in Unix time, as the webhook was told; an end that is not yet is far away."""
    offset = time.time() - time.monotonic()
    periods = {}
    for at, notification in zip(list(webhook.arrived), list(webhook.notifications)):
        for alert in notification["alerts"]:
            one = periods.setdefault((alert["labels"]["alertname"], alert["labels"]["slo"]), {})
            period = one.setdefault(alert["startsAt"], [at + offset, math.inf])
            if alert["status"] == "resolved":
                period[1] = at + offset
    return {key: sorted(one.values()) for key, one in periods.items()}


def periods_of(evaluated, firing):
    """[begin, end] of what fired, which then stays for as long as the daemon's does."""
    periods = []
    for at in evaluated:
        if at not in firing:
            continue
        end = next((later for later in evaluated if later > at and later not in firing), math.inf)
        if periods and at <= periods[-1][1]:
            periods[-1][1] = end + KEPT_SECONDS
        else:
            periods.append([at, end + KEPT_SECONDS])
    return periods


def compared(ours, theirs, late, began, ended):
    """The longest time in [began, ended) in which just one of them fires, and all in which both do."""
    longest = apart = together = 0
    edges = sorted({began, ended, *(edge for period in ours + theirs + late for edge in period if began < edge < ended)})
    for begin, end in zip(edges, edges[1:]):
        one, other, passed_over = (any(period[0] <= begin < period[1] for period in periods) for periods in (ours, theirs, late))
        apart = apart + end - begin if one != other and not passed_over else 0
        together += end - begin if one and other else 0
        longest = max(longest, apart)
    return longest, together


def as_often(groups, interval):
    """The groups of each file in one, as their intervals are the same: records, then alerts."""
    merged = {}
    for group in groups:
        name = re.sub(r"-(every-\w+|alerts)(-\d+)?$", "", group["name"])
        merged.setdefault(name, {"name": name, "interval": interval, "rules": []})["rules"] += group["rules"]
    for group in merged.values():
        group["rules"].sort(key=lambda rule: "alert" in rule)
    return list(merged.values())


# objective, probe interval in seconds, failures until 1h/5m, 6h/30m, 1d/2h, 3d/6h fire at 30 days, what one costs.
TRAP = [
    ("99.9", 15, (4, 9, 18, 18), 0.58),
    ("99.9", 60, (1, 3, 5, 5), 2.3),
    ("99.95", 15, (2, 5, 9, 9), 1.2),
    ("99.99", 1, (6, 13, 26, 26), 0.39),
    ("99.99", 5, (2, 3, 6, 6), 1.9),
    ("99.99", 10, (1, 2, 3, 3), 3.9),
    ("99.99", 15, (1, 1, 2, 2), 5.8),
    ("99.99", 60, (1, 1, 1, 1), 23),
    ("99.999", 1, (1, 2, 3, 3), 3.9),
]


class ProbeTrap(EndToEnd):
    def config(self, min_failures):
        path = pathlib.Path(self.folder) / f"trap-{min_failures}.json"
        path.write_text(json.dumps({"slos": [
            {"name": f"o{number}", "objective": objective, "window": "30d",
             "sli": {"probe": {"http": "http://127.0.0.1:1/", "interval": f"{seconds}s", "timeout": "500ms"}},
             "alerting": {"min_failures": min_failures}}
            for number, (objective, seconds, *_) in enumerate(TRAP)
        ]}), encoding="utf-8")
        return path

    def test_validate_says_the_table(self):
        said = run([FOURNINES, "validate", self.config(0)]).stdout
        for number, (_, _, needed, cost) in enumerate(TRAP):
            block = said[said.index(f"o{number}  "):]
            block = block[:block.find("\no", 1)]
            rows = [int(count) for count in re.findall(r"x[\d.]+ \((\d+) failure", block)]
            self.assertEqual(tuple(rows), needed, block)
            (percent,) = re.findall(r"one failed probe \(\w+\) = ([\d.]+)%", block)
            self.assertEqual(float(f"{float(percent):.2g}"), cost, block)

    def check(self, min_failures, cases):
        """cases: objective -> [(failures in a row, whether it pages)], each on a history of an hour before."""
        folder = pathlib.Path(self.folder) / f"rules-{min_failures}"
        said = run([FOURNINES, "rules", f"--config.file={self.config(min_failures)}", "-o", folder])
        self.assertEqual(said.returncode, 0, said.stderr)
        for number, (_, seconds, *_) in enumerate(TRAP):
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
