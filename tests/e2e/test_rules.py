"""What ships as JSON: rules, example configurations and dashboards, before the real parsers that will read them."""

import json
import os
import pathlib
import re
import sys
import tempfile
import unittest

import dashboard_lint
import rule_timeline
from rule_cases import CASES
from harness import ROOT, EndToEnd, get, peer, promtool, run, wait_for

RULES = ROOT / "alerts/rules/slo.json"
RULE_FILES = sorted((ROOT / "alerts/rules").glob("*.json"))
EXAMPLES = ROOT / "alerts/examples"
RUNBOOKS = ROOT / "alerts/runbooks"
RULE_TESTS = [ROOT / "tests/alerts/rules_test.json", ROOT / "tests/alerts/rules_long_test.json"]
DASHBOARDS = sorted((ROOT / "grafana/dashboards").glob("*.json"))
SHIPPED = [*RULE_FILES, *sorted(EXAMPLES.glob("*.json")), *RULE_TESTS, *DASHBOARDS]

SEVERITIES = {"critical", "warning", "info", "none"}
# Burn thresholds at 30 days by long window: 14.4 and 6 page, 3 and 1 ticket.
BURN = {"1h": 14.4, "6h": 6, "1d": 3, "3d": 1}
BURN_BY_DAYS = {7: {"1h": 16.8, "6h": 5.6, "1d": 2.8}, 28: {"1h": 13.44, "6h": 5.6, "1d": 2.8, "3d": 2.8 / 3}, 30: BURN,
                90: {"1h": 21.6, "6h": 10.8, "1d": 4.5, "3d": 1.5}}


def refuse_repeated_keys(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"a key stands twice: {keys}")
    return dict(pairs)


def load(path):
    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=refuse_repeated_keys)


def groups(*paths):
    return [group for path in paths or RULE_FILES for group in load(path)["groups"]]


def alerts(*paths):
    return [rule for group in groups(*paths) for rule in group["rules"] if "alert" in rule]
# Alerts of configured objectives alone: `fournines rules` and the daemon make them.
GENERATED = {"SLOAbsent", "SLONoData", "SLOBudgetPolicy"}


class Shipped(unittest.TestCase):
    maxDiff = None

    def assert_ok(self, result):
        self.assertEqual(result.returncode, 0, f"{result.stdout}\n{result.stderr}")

    def test_files_are_strict_json_indented_and_readable_as_yaml(self):
        for path in SHIPPED:
            with self.subTest(path.name):
                text = path.read_text(encoding="utf-8")
                load(path)
                self.assertGreater(text.count("\n"), 10, "errors should name a line")
                self.assertNotIn("\\/", text, "YAML refuses this escape")
                self.assertNotRegex(text, r"\\ud[89ab]", "YAML refuses surrogates")
                self.assertTrue(text.endswith("}\n"))

    def test_promtool_accepts_the_rules(self):
        self.assert_ok(promtool("check", "rules", "--lint=all", "--lint-fatal", *RULE_FILES))

    def test_each_alert_fires_stays_silent_and_resolves_as_it_should(self):
        for path in RULE_TESTS:
            with self.subTest(path.name):
                self.assert_ok(run([peer("bin/promtool"), "test", "rules", path], timeout=180))

    def test_each_case_fires_when_it_must_says_what_it_should_and_resolves(self):
        for name, cases in CASES.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "test.json"
                path.write_text(rule_timeline.test_file(cases, [ROOT / f"alerts/rules/{name}.json"]), encoding="utf-8")
                self.assert_ok(run([peer("bin/promtool"), "test", "rules", path], timeout=180))

    def test_each_alert_has_a_case_that_fires_and_one_that_does_not(self):
        fires, silent = set(), set()
        for path in RULE_TESTS:
            for test in load(path)["tests"]:
                for case in test.get("alert_rule_test", ()):
                    (fires if case["exp_alerts"] else silent).add(case["alertname"])
        for name, cases in CASES.items():
            # Each of these is silent before and after it fires.
            seen = {(case.alert, case.severity) for case in cases if not case.never}
            several = {case.alert for case in cases if case.severity}
            for rule in alerts(ROOT / f"alerts/rules/{name}.json"):
                severity = rule["labels"]["severity"] if rule["alert"] in several else ""
                self.assertIn((rule["alert"], severity), seen)
            fires |= {case.alert for case in cases if not case.never}
            silent |= {case.alert for case in cases if not case.ever}
        names = {rule["alert"] for rule in alerts()}
        self.assertEqual(fires, names)
        self.assertEqual(silent, names - {"Watchdog"})

    def test_rules_follow_the_conventions(self):
        names = [group["name"] for group in groups()]
        self.assertEqual(len(names), len(set(names)))
        for group in groups():
            self.assertLessEqual(len(group["rules"]), 20, group["name"])
            self.assertIn(group["interval"], ("15s", "30s", "1m"), group["name"])
        keys = [(rule["alert"], rule["labels"]["severity"]) for rule in alerts() if rule["alert"] != "SLOTargetDown"]
        self.assertEqual(len(keys), len(set(keys)))
        self.assertLessEqual(
            {job for rule in alerts() for job in re.findall(r'job="([^"]+)"', rule["expr"])}, {"node", "fournines"}
        )
        for rule in alerts():
            with self.subTest(rule["alert"]):
                self.assertRegex(rule["alert"], r"^[A-Z][A-Za-z]{1,39}$")
                self.assertEqual(set(rule["labels"]), {"severity", "origin"})
                self.assertIn(rule["labels"]["severity"], SEVERITIES)
                self.assertEqual(rule["labels"]["origin"], "prometheus")
                self.assertRegex(rule["annotations"]["summary"], r"^[A-Z][^{]*\.$")
                self.assertTrue(rule["annotations"]["description"])
                self.assertTrue("$" not in json.dumps(rule["labels"]))
                if "absent(" in rule["expr"]:
                    self.assertIn("for", rule)
                counters = re.findall(r"(\w+)\([^()]*_total\b", rule["expr"])
                self.assertLessEqual(set(counters), {"rate", "increase", "changes"}, rule["expr"])

    def test_the_daemon_and_prometheus_say_the_same(self):
        source = (ROOT / "alerts/words.cpp").read_text(encoding="utf-8")
        for rule in alerts():
            if rule["alert"] in ("SLOBurnPage", "SLOBurnTicket", "SLOTargetDown"):
                self.assertIn(f'"{rule["alert"]}"', source)
                self.assertIn(rule["annotations"]["summary"], source)
        base = re.search(r'"(https://[^"]+/runbooks)"', (ROOT / "alerts/spec.h").read_text(encoding="utf-8")).group(1)
        for rule in alerts():
            self.assertEqual(rule["annotations"]["runbook_url"], f"{base}/{rule['alert'].lower()}.md")

    def test_each_alert_has_a_runbook_and_each_runbook_an_alert(self):
        names = {rule["alert"] for rule in alerts()} | GENERATED
        self.assertEqual({path.name for path in RUNBOOKS.glob("*.md")}, {name.lower() + ".md" for name in names})
        for name in names:
            text = (RUNBOOKS / (name.lower() + ".md")).read_text(encoding="utf-8")
            # What it means, how to see that it is so, what to do.
            self.assertRegex(text, rf"\A# {name}\n\n[A-Z](?s:.+)\n\n\*\*Confirm\*\*(?s:.+)\n\*\*(Do|First steps)\*\*.*\n1\. ")

    def test_alerts_use_recorded_series_that_exist_and_with_the_threshold_of_their_long_window(self):
        for path in RULE_FILES:
            recorded = {rule["record"] for group in groups(path) for rule in group["rules"] if "record" in rule}
            for rule in alerts(path):
                self.assertLessEqual(set(re.findall(r"\w+:\w+:\w+", rule["expr"])), recorded)
        rows = {"SLOBurnPage": [("1h", "5m"), ("6h", "30m")], "SLOBurnTicket": [("1d", "2h"), ("3d", "6h")]}
        pattern = r"rate(\w+) > slo:error_ratio:threshold(\w+)\s+and slo:error_ratio:rate(\w+) > \S+threshold(\w+)"
        for name, wanted in rows.items():
            expr = next(rule["expr"] for rule in alerts() if rule["alert"] == name)
            found = re.findall(pattern, expr)
            self.assertEqual(found, [(long, long, short, long) for long, short in wanted])

    def test_burn_thresholds_are_the_reference_s_to_a_billionth(self):
        series, cases = [], []
        for days, rows in BURN_BY_DAYS.items():
            labels = f'service="x",slo="{days}d"'
            series += [{"series": f"slo_objective_ratio{{{labels}}}", "values": "0.9999x9"},
                       {"series": f"slo_window_seconds{{{labels}}}", "values": f"{days * 86400}x9"}]
            for window in BURN:
                threshold = f'slo:error_ratio:threshold{window}{{slo="{days}d"}} / 0.0001'
                exact = [{"labels": f"{{{labels}}}", "value": 1}] if window in rows else []
                cases.append({"expr": f"abs({threshold} / {rows.get(window, 1)!r} - 1) < bool 1e-9", "eval_time": "9m",
                              "exp_samples": exact})
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "test.json"
            path.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [
                {"interval": "1m", "input_series": series, "promql_expr_test": cases}]}, indent=1), encoding="utf-8")
            self.assert_ok(promtool("test", "rules", path))


class Examples(unittest.TestCase):
    def test_promtool_accepts_the_prometheus_example_and_finds_the_rules(self):
        result = promtool("check", "config", EXAMPLES / "prometheus.json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(f"{len(RULE_FILES)} rule files found", result.stdout)

    def test_the_example_scrapes_each_collector_for_one_job_only(self):
        jobs = {job["job_name"]: job.get("params", {}) for job in load(EXAMPLES / "prometheus.json")["scrape_configs"]}
        self.assertEqual(set(jobs), {"node", "cadvisor", "fournines", "prometheus"})
        elsewhere = jobs["fournines"]["collect[]"] + jobs["cadvisor"]["collect[]"]
        self.assertEqual(sorted(elsewhere), sorted(jobs["node"]["exclude[]"]))

    def route(self, *labels):
        config = EXAMPLES / "alertmanager.json"
        result = run([peer("bin/amtool"), "config", "routes", "test", f"--config.file={config}", *labels])
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.strip()

    def test_amtool_accepts_the_alertmanager_example_and_routes_by_severity(self):
        result = run([peer("bin/amtool"), "check-config", EXAMPLES / "alertmanager.json"])
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.route("severity=critical"), "pager")
        self.assertEqual(self.route("severity=warning"), "tickets")
        self.assertEqual(self.route("severity=info"), "nobody")
        self.assertEqual(self.route("alertname=Watchdog", "severity=none"), "dead-mans-switch")
        self.assertEqual(self.route("alertname=HostDown", "severity=critical", "instance=web-1:9100"), "pager")
        for rule in alerts():
            labels = [f"alertname={rule['alert']}", *(f"{key}={value}" for key, value in rule["labels"].items())]
            self.assertEqual(self.route(*labels) == "pager", rule["labels"]["severity"] == "critical", rule["alert"])

    def test_pages_wait_at_most_ten_seconds_to_be_grouped_by_objective(self):
        route = load(EXAMPLES / "alertmanager.json")["route"]
        pager = next(route for route in route["routes"] if route["receiver"] == "pager")
        self.assertLessEqual(int(pager["group_wait"].removesuffix("s")), 10)
        self.assertEqual(route["group_by"], ["alertname", "service", "slo"])
        # Of what is no objective, each host by itself: a second one must not wait for the group's next turn.
        self.assertEqual(pager["routes"], [{"matchers": ['slo=""'], "group_by": ["alertname", "instance"]}])


class Dashboards(unittest.TestCase):
    maxDiff = None

    def test_lint_finds_nothing(self):
        self.assertTrue(DASHBOARDS)
        for path in DASHBOARDS:
            with self.subTest(path.name):
                self.assertEqual(dashboard_lint.lint(path.name, load(path)), [])

    def test_lint_finds_what_is_wrong(self):
        board = load(ROOT / "grafana/dashboards/slo-overview.json")
        panel = next(panel for panel in board["panels"] if panel["type"] == "stat")
        panel["description"] = ""
        panel["targets"][0]["expr"] = 'rate(slo_incidents_total{job="x"}[1h]) + slo_incidents_total'
        panel["gridPos"]["w"] = 25
        board["templating"]["list"][1]["refresh"] = 1
        rules = {line.split(":")[0] for line in dashboard_lint.lint("slo-overview.json", board)}
        self.assertEqual(rules, {
            "panel-title-description", "panel-grid", "target-rate-interval", "target-job", "target-instance",
            "target-counter-agg", "template-on-time-change-reload", "panel-overlap",
        })

    def test_prometheus_parses_every_expression(self):
        for path in DASHBOARDS:
            rules = [
                {"record": f"dashboard:expr:{number}", "expr": expr}
                for number, (_, expr) in enumerate(dashboard_lint.expressions(load(path)))
            ]
            self.assertGreater(len(rules), 20)
            handle, name = tempfile.mkstemp(suffix=".json")
            self.addCleanup(os.unlink, name)
            with open(handle, "w", encoding="utf-8") as file:
                json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file, indent=1)
            result = promtool("check", "rules", name)
            self.assertEqual(result.returncode, 0, f"{path.name}\n{result.stdout}{result.stderr}")

    def test_a_colour_means_one_thing_in_every_mapping(self):
        meanings = {}
        for path in DASHBOARDS:
            for text, colour in re.findall(r'"text": "([\w ]+)",\s*"color": "(#\w+)"', path.read_text(encoding="utf-8")):
                meanings.setdefault(colour, set()).add(text)
        self.assertEqual(meanings, {
            "#009E73": {"met", "up", "ok", "healthy", "answers", "writable", "taken", "on disk", "all well"},
            "#D55E00": {"violated", "down", "failed", "not healthy", "fails", "silent", "refused", "in memory only"},
            "#999999": {"undetermined", "unknown", "absent", "no check"},
            "#E69F00": {"stale", "read only"},
            "#CC79A7": {"excluded"},
        })

    def test_the_files_are_what_their_source_says(self):
        result = run([sys.executable, ROOT / "grafana/generate.py", "--check"])
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_links_lead_to_dashboards_and_carry_variables_that_these_have(self):
        boards = {board["uid"]: board for board in map(load, DASHBOARDS)}
        found = 0
        for board in boards.values():
            for url in re.findall(r'"(/d/[^"]+)"', json.dumps(board)):
                uid, _, query = url.removeprefix("/d/").partition("?")
                passed = set(re.findall(r"var-(\w+)=|\{(\w+):queryparam", query))
                passed = {name for pair in passed for name in pair if name}
                self.assertLessEqual(passed, set(dashboard_lint.variables(boards[uid])), url)
                found += 1
        self.assertGreaterEqual(found, len(boards) * 10)

    def test_each_alert_leads_to_a_dashboard_with_variables_that_it_has(self):
        boards = {board["uid"]: dashboard_lint.variables(board) for board in map(load, DASHBOARDS)}
        for rule in alerts():
            uid, _, query = rule["annotations"]["dashboard_url"].removeprefix("/d/").partition("?")
            self.assertIn(uid, boards, rule["alert"])
            self.assertLessEqual(set(re.findall(r"var-(\w+)=", query)), set(boards[uid]), rule["alert"])

    def test_titles_and_uids_are_different(self):
        boards = list(map(load, DASHBOARDS))
        for key in ("uid", "title"):
            self.assertEqual(len({board[key] for board in boards}), len(boards))

    def test_thresholds_shown_are_those_of_the_alerts(self):
        board = load(ROOT / "grafana/dashboards/slo-overview.json")
        by_title = {panel["title"]: panel for panel in dashboard_lint.visual_panels(board)}

        def steps(title):
            found = by_title[title]["fieldConfig"]["defaults"]["thresholds"]["steps"]
            return sorted(step["value"] for step in found if step["value"] is not None)

        self.assertEqual(steps("How fast does it burn, by window?"), sorted(BURN.values()))
        limits = {}
        for rule in alerts():
            if found := re.fullmatch(r"slo_\w+_ratio\S* <=? ([\d.]+)", rule["expr"]):
                limits[rule["alert"]] = float(found.group(1))
        self.assertEqual(steps("Error budget left"), [limits["SLOBudgetExhausted"], limits["SLOBudgetLow"]])
        self.assertIn(limits["SLOUnobserved"], steps("Measured"))


class Live(EndToEnd):
    """The daemon's own series through a real Prometheus. What dashboards show of them, the suite "draw" looks at."""

    def test_every_rule_records(self):
        target = self.start_nginx("location / { return 200; }")
        path = pathlib.Path(self.folder) / "fournines.json"
        slos = [{"name": "website", "objective": "99.99", "probe": {"http": target.url, "interval": "1s"}}]
        path.write_text(json.dumps({"slos": slos}), encoding="utf-8")
        daemon = self.start_daemon(f"--config.file={path}", f"--storage.path={self.folder}/data")
        address = daemon.url.removeprefix("http://")
        prometheus = self.start_prometheus({"fournines": address}, rule_files=[RULES])

        records = [rule["record"] for group in groups(RULES) for rule in group["rules"] if "record" in rule]
        # The host has no events, so that nothing is recorded of them for it.
        for record in records:
            services = {"website"} if "events" in record else {"website", "host"}
            wait_for(lambda: {labels["service"] for labels, _ in prometheus.query(record)} == services, 150, record)
        rules = [
            rule for group in get(f"{prometheus.url}/api/v1/rules").json()["data"]["groups"] for rule in group["rules"]
        ]
        self.assertEqual([rule["name"] for rule in rules if rule["health"] != "ok"], [])
        self.assertEqual(
            {rule["name"] for rule in rules if rule.get("state") == "firing"}, set(),
            [alert for rule in rules for alert in rule.get("alerts", ())],
        )


if __name__ == "__main__":
    unittest.main()
