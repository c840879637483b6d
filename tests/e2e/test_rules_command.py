"""fournines rules: what it writes, before the real parsers and in a real Prometheus that scrapes the real daemon."""

import json
import pathlib
import re
import unittest

from harness import FOURNINES, ROOT, EndToEnd, get, promtool, run, wait_for

DAY = 24 * 3600
COMPATS = ("native", "sloth", "pyrra")
WINDOWS = ("7d", "28d", "30d", "90d", "6h", "365d")

# Every query of Sloth's dashboards 14348 and 14643, without the branch that shows no data as perfect.
OURS = '{sloth_service="shop", sloth_slo="website"}'
SLOTH_QUERIES = [
    "slo:current_burn_rate:ratio >= 0",
    f"slo:objective:ratio{OURS}",
    *(f"1 - max(slo:sli_error:ratio_rate{window}{OURS})" for window in "5m 30m 1h 2h 6h 1d 3d 30d".split()),
    f"sloth_slo_info{OURS}",
    f"slo:current_burn_rate:ratio{OURS}",
    f"slo:period_error_budget_remaining:ratio{OURS}",
    "count(sloth_slo_info)",
    "count(max(sloth_slo_info) by (sloth_service))",
    "avg(slo:current_burn_rate:ratio)",
    "slo:current_burn_rate:ratio",
    "slo:period_error_budget_remaining:ratio",
]
# The stat and the graph of the month; 1 is the month at the end of the range.
SLOTH_MONTH = (
    f"1-(sum_over_time((slo:sli_error:ratio_rate1h{OURS} * on() group_left() (month() == bool vector(1)))[32d:1h])"
    f" / on(sloth_id) (slo:error_budget:ratio{OURS} * on() group_left() (24 * days_in_month())))"
)
PYRRA_QUERIES = [
    "pyrra_availability", "pyrra_objective", "pyrra_window",
    "(pyrra_availability - pyrra_objective) / (1 - pyrra_objective)",
    '(pyrra_availability{slo="shop-website"} - pyrra_objective{slo="shop-website"})'
    ' / (1 - pyrra_objective{slo="shop-website"})',
    'sum(pyrra_errors:rate5m{slo="shop-website"})', 'sum(pyrra_requests:rate5m{slo="shop-website"})',
]


def website(**more):
    return {"name": "website", "service": "shop", "objective": "99.99", "window": "30d",
            "probe": {"http": "http://127.0.0.1:1/", "interval": "1s"}, **more}


def slo_of(window, objective="99.9"):
    return {"name": f"w{window}", "objective": objective, "window": window, "probe": "http://127.0.0.1:1/"}


def as_config(slo):
    """The form with a probe that has more to it than its URL."""
    probe = slo["probe"]
    return {**{key: value for key, value in slo.items() if key != "probe"}, "sli": {"probe": probe}} \
        if isinstance(probe, dict) else slo


def rules_of(text):
    return [rule for group in json.loads(text)["groups"] for rule in group["rules"]]


class Command(EndToEnd):
    def config(self, *slos, **more):
        path = pathlib.Path(self.folder) / "fournines.json"
        path.write_text(json.dumps({"slos": [as_config(slo) for slo in slos], **more}), encoding="utf-8")
        return path

    def rules(self, config, *arguments):
        result = run([FOURNINES, "rules", f"--config.file={config}", *arguments])
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def write(self, name, text):
        path = pathlib.Path(self.folder) / name
        path.write_text(text, encoding="utf-8")
        return path

    def promtool_test(self, rule_files, tests, interval="1m"):
        rule_files = [str(path) for path in rule_files]
        path = self.write("rules_under_test.json", json.dumps(
            {"rule_files": rule_files, "evaluation_interval": interval, "tests": tests}, indent=1))
        result = promtool("test", "rules", path)
        self.assertEqual(result.returncode, 0, f"{result.stdout}\n{result.stderr}")


class Written(Command):
    def test_promtool_takes_every_file_as_json_and_as_yaml_and_together(self):
        config = self.config(website(labels={"team": "web"}), *(slo_of(window) for window in WINDOWS))
        for compat in COMPATS:
            for form in ("json", "yaml"):
                folder = pathlib.Path(self.folder) / f"{compat}-{form}"
                self.rules(config, f"--compat={compat}", f"--format={form}", "-o", folder)
                files = sorted(folder.iterdir())
                wanted = {f"w{window}-w{window}" for window in WINDOWS} | {"shop-website", "host-host-up"}
                wanted |= {"fleet"} if compat == "native" else set()
                self.assertEqual({path.name for path in files}, {f"{name}.{form}" for name in wanted})
                both = self.write(f"{compat}.{form}", self.rules(config, f"--compat={compat}", f"--format={form}").stdout)
                checked = promtool("check", "rules", *files, both)
                self.assertEqual(checked.returncode, 0, f"{checked.stdout}{checked.stderr}")

    def test_yaml_and_json_are_the_same_rules_to_prometheus(self):
        config = self.config(website(labels={"team": "web"}), slo_of("7d"))
        for compat in COMPATS:
            said = []
            for form in ("json", "yaml"):
                rules = self.write(f"same.{form}", self.rules(config, f"--compat={compat}", f"--format={form}").stdout)
                prometheus = self.start_prometheus({"none": "127.0.0.1:1"}, rule_files=[rules])
                said.append([
                    [(rule["name"], rule["query"], rule.get("labels"), rule.get("annotations"), rule.get("duration"))
                     for rule in group["rules"]]
                    for group in get(f"{prometheus.url}/api/v1/rules").json()["data"]["groups"]
                ])
                prometheus.kill()
            self.assertTrue(said[0])
            self.assertEqual(said[0], said[1], compat)

    def test_generated_alerts_say_what_the_shipped_ones_say(self):
        shipped = {}
        for rule in rules_of((ROOT / "alerts/rules/slo.json").read_text(encoding="utf-8")):
            if "alert" in rule:
                shipped.setdefault((rule["alert"], rule["labels"]["severity"]), rule)
        generated = [rule for rule in rules_of(self.rules(self.config(website())).stdout) if "alert" in rule]
        seen = set()
        for rule in generated:
            if rule["alert"] == "SLOAbsent":
                continue
            key = rule["alert"], rule["labels"]["severity"]
            seen.add(key)
            for name in ("for", "keep_firing_for", "labels"):
                self.assertEqual(rule.get(name), shipped[key].get(name), rule["alert"])
            for name in ("summary", "runbook_url"):
                self.assertEqual(rule["annotations"][name], shipped[key]["annotations"][name])
            words = rule["annotations"]["description"]
            for ours, theirs in (("1h or 6h", "hour or six hours"), ("1d or 3d", "day or three days")):
                words = words.replace(f"last {ours}", f"last {theirs}")
            self.assertEqual(words, shipped[key]["annotations"]["description"])
        self.assertEqual(seen, set(shipped))

    def test_what_cannot_fire_and_what_fires_on_one_failure_is_said(self):
        config = self.config(slo_of("30d", "90"), {**slo_of("28d"), "probe": {"http": "http://127.0.0.1:1/",
                                                                              "interval": "60s"}})
        self.assertIn("w30d: the page row 1h/5m can never fire and is left out", self.rules(config).stderr)
        said = self.rules(config, "--compat=sloth").stderr
        self.assertIn("w28d: the page row 1h/5m fires on a single failed probe", said)

    def test_two_objectives_with_one_name_between_them_are_refused(self):
        config = self.config({**slo_of("30d"), "service": "a", "name": "b-c"},
                             {**slo_of("30d"), "service": "a-b", "name": "c"})
        result = run([FOURNINES, "rules", f"--config.file={config}"])
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("a-b-c", result.stderr)


def openslo(version, name, **spec):
    return {"apiVersion": version, "kind": "SLO", "metadata": {"name": name}, "spec": {"budgetingMethod": "Occurrences", **spec}}


# The same objective as each tool writes it; Sloth's says something besides that has no place with us.
SLOTH = {"version": "prometheus/v1", "service": "shop", "slos": [
    {"name": "sloth", "objective": 99.9, "sli": {"events": {
        "error_query": "sum(rate(bad_total[{{.window}}]))", "total_query": "sum(rate(all_total[{{.window}}]))"}},
     "alerting": {"name": "ShopErrors"}}]}
PYRRA = {"apiVersion": "pyrra.dev/v1alpha1", "kind": "ServiceLevelObjective", "metadata": {"name": "pyrra"}, "spec": {
    "target": "99.9", "window": "28d", "indicator": {"ratio": {"errors": {"metric": "bad_total"}, "total": {"metric": "all_total"}}}}}
ROLLING = {"timeWindow": [{"duration": "28d", "isRolling": True}]}
OPENSLO = [
    openslo("openslo/v1", "v1", service="shop", objectives=[{"target": 0.999}], **ROLLING,
            indicator={"spec": {"ratioMetric": {"counter": True, **{
                part: {"metricSource": {"type": "Prometheus", "spec": {"query": f"{name}_total"}}}
                for part, name in (("bad", "bad"), ("total", "all"))}}}}),
    openslo("openslo.com/v2alpha", "v2alpha", serviceRef="shop", objectives=[{"target": 0.999}], **ROLLING,
            sli={"spec": {"ratioMetric": {part: {"dataSourceSpec": {"type": "Prometheus"}, "spec": {"query": f"{name}_total"}}
                                          for part, name in (("good", "good"), ("total", "all"))}}}),
    openslo("openslo/v1alpha", "v1alpha", service="shop", timeWindows=[{"unit": "Day", "count": 28, "isRolling": True}],
            objectives=[{"target": 0.999, "ratioMetrics": {"incremental": True, **{
                part: {"source": "prometheus", "queryType": "promql", "query": f"{name}_total"}
                for part, name in (("good", "good"), ("total", "all"))}}}]),
]


class Imported(Command):
    def test_files_of_sloth_pyrra_and_three_openslo_become_objectives_and_what_cannot_is_said(self):
        files = [self.write(f"{number}.yml", json.dumps(document)) for number, document in enumerate([SLOTH, PYRRA, *OPENSLO])]
        done = run([FOURNINES, "import", *files])
        self.assertEqual(done.returncode, 1, "something was left out")
        self.assertIn("0.yml:1: slos[0].alerting.name: ", done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        everything = run([FOURNINES, "import", *files[1:]])
        self.assertEqual((everything.returncode, everything.stderr), (0, ""))
        config = self.write("imported.yml", done.stdout)
        said = run([FOURNINES, "validate", config])
        self.assertEqual(said.returncode, 0, said.stderr)
        for name in ("shop/sloth", "pyrra", "shop/v1", "shop/v2alpha", "shop/v1alpha"):
            self.assertRegex(said.stdout, rf"(?m)^{name}  99.9% over ")
        for compat in COMPATS:
            rules = self.write("imported.json", self.rules(config, f"--compat={compat}").stdout)
            checked = promtool("check", "rules", rules)
            self.assertEqual(checked.returncode, 0, f"{checked.stdout}{checked.stderr}")


def state(kind, values, instance="a:9999"):
    return {"series": f'slo_state_seconds_total{{service="shop",slo="website",instance="{instance}",state="{kind}"}}',
            "values": values}


def events(outcome, values, instance="a:9999"):
    return {"series": f'slo_events_total{{service="shop",slo="website",instance="{instance}",outcome="{outcome}"}}',
            "values": values}


class Judged(Command):
    """Generated rules on made-up histories."""

    def test_absence_of_an_objective_is_an_alert(self):
        rules = self.write("rules.json", self.rules(self.config(website())).stdout)
        slo = {"series": 'slo_state{service="shop",slo="website",instance="a:9999",state="up"}', "values": "1x9 stale _x9 1x9"}
        alert = next(r for r in rules_of(rules.read_text(encoding="utf-8")) if r.get("alert") == "SLOAbsent"
                     and "website" in r["expr"])
        said = {name: re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda m: {"service": "shop", "slo": "website"}[m[1]], text)
                for name, text in alert["annotations"].items()}
        firing = {"exp_labels": {"severity": "critical", "origin": "prometheus", "service": "shop", "slo": "website"},
                  "exp_annotations": said}
        cases = [("9m", []), ("11m", []), ("12m", [firing]), ("19m", [firing]), ("20m", [])]
        self.promtool_test([self.only(rules, "SLOAbsent", "website")], [{
            "interval": "1m", "input_series": [slo],
            "alert_rule_test": [{"eval_time": at, "alertname": "SLOAbsent", "exp_alerts": alerts}
                                for at, alerts in cases],
        }])

    def test_missing_data_and_the_budget_policy_alert_as_configured_and_with_the_words_of_their_severity(self):
        slo = website(alerting={"no_data": {"after": "7m", "severity": "page"},
                                "page_alert": {"labels": {"team": "on-call"}, "annotations": {"runbook_url": "https://wiki/page"}}})
        policy = [{"remaining_below": "10%", "message": "Freeze {{ it }}", "alert": "ticket"},
                  {"remaining_below": "50%", "message": "Look"}]
        rules = self.write("rules.json", self.rules(self.config(slo, error_budget_policy=policy)).stdout)
        names = 'service="shop",slo="website",instance="a:9999"'
        series = [
            {"series": f'slo_state{{{names},state="unknown"}}', "values": "0x9 1x6 0x3 1x9 0x9"},
            {"series": f'slo_error_budget_policy_active{{{names},remaining_below="10%",message="Freeze {{{{ it }}}}"}}', "values": "0x9 1x9 0x20"},
            {"series": f'slo_error_budget_policy_active{{{names},remaining_below="50%",message="Look"}}', "values": "1x9 0x9 1x20"},
        ]
        labels = {"origin": "prometheus", "service": "shop", "slo": "website", "instance": "a:9999"}
        dashboard = {"dashboard_url": "/d/fournines-slo-overview?var-service=shop&var-slo=website"}
        no_data = {"exp_labels": {**labels, "severity": "critical", "team": "on-call"}, "exp_annotations": {
            **dashboard, "summary": "The objective is not measured.", "runbook_url": "https://wiki/page",
            "description": "shop/website is unknown, as seen by a:9999: such time counts neither as good nor as bad, and no other alert "
                           "about it can fire. See the cause on the status page."}}
        freeze = {"exp_labels": {**labels, "severity": "warning"}, "exp_annotations": {
            **dashboard, "summary": "The error budget policy asks for action.", "description": "shop/website: Freeze {{ it }}.",
            "runbook_url": "https://github.com/fournines/fournines/blob/main/alerts/runbooks/slobudgetpolicy.md"}}
        # Six minutes of unknown are one too few; the second time it lasts. A line that only says something never alerts.
        self.promtool_test([self.only(rules, "SLONoData", "website"), self.only(rules, "SLOBudgetPolicy", "website", "policy.json")], [{
            "interval": "1m", "input_series": series,
            "alert_rule_test": [
                {"eval_time": f"{at}m", "alertname": alert, "exp_alerts": alerts}
                for alert, expected in (("SLONoData", {16: [], 27: [], 28: [no_data], 30: [no_data], 31: []}),
                                        ("SLOBudgetPolicy", {9: [], 10: [freeze], 19: [freeze], 20: [], 30: []}))
                for at, alerts in expected.items()
            ],
        }])

    def only(self, path, alert, text, name="only.json"):
        groups = json.loads(path.read_text(encoding="utf-8"))["groups"]
        rules = [rule for group in groups for rule in group["rules"]
                 if rule.get("alert") == alert and text in rule["expr"]]
        return self.write(name, json.dumps({"groups": [{"name": name, "rules": rules}]}, indent=1))

    def test_one_instance_that_is_down_pages_by_itself_and_a_fleet_by_the_sum(self):
        rules = self.write("rules.json", self.rules(self.config(website())).stdout)
        series = []
        for instance, down in (("a:9999", "0x400 20x400"), ("b:9999", "0x800"), ("c:9999", "0x800")):
            series += [state("up", "0+5x800", instance), state("down", down, instance),
                       events("good", "0+1x800", instance),
                       events("bad", down.replace("20", "4"), instance),
                       {"series": f'slo_objective_ratio{{service="shop",slo="website",instance="{instance}"}}',
                        "values": "0.9999x800"}]
        firing = 'ALERTS{alertname="SLOBurnPage",alertstate="firing",service="shop"}'

        def sample(**labels):
            text = ",".join(f'{name}="{value}"' for name, value in labels.items())
            return {"labels": 'ALERTS{alertname="SLOBurnPage",alertstate="firing",severity="critical",'
                              f'origin="prometheus",service="shop",slo="website"{"," if text else ""}{text}}}', "value": 1}

        ratio = 'slo:error_ratio:rate1h{service="shop"}'
        # 20 s of an hour are 20/3600 of one instance and a third of that of three: above 0.00144 both.
        self.promtool_test([rules], [{
            "interval": "5s", "input_series": series,
            "promql_expr_test": [
                {"expr": firing, "eval_time": "33m15s", "exp_samples": []},
                {"expr": firing, "eval_time": "35m", "exp_samples": [sample(instance="a:9999"), sample()]},
                # Of six hours it is a thousandth of the one, and a third of that of the fleet: 0.0006 is the limit.
                {"expr": firing, "eval_time": "45m", "exp_samples": [sample(instance="a:9999")]},
                {"expr": firing, "eval_time": "65m", "exp_samples": []},
                {"expr": ratio, "eval_time": "35m", "exp_samples": [
                    {"labels": 'slo:error_ratio:rate1h{service="shop",slo="website"}', "value": 20 / 3600 / 3}]},
            ],
        }])

    def test_an_instance_in_planned_maintenance_does_not_page_another_one_does(self):
        rules = self.write("rules.json", self.rules(self.config(website())).stdout)
        series = []
        for instance, excluded in (("a:9999", 1), ("b:9999", 0)):
            names = f'service="shop",slo="website",instance="{instance}"'
            series += [state("down", "0x99 20x99", instance), events("good", "0+1x199", instance), events("bad", "0x99 4x99", instance),
                       {"series": f'slo_incident_open{{{names}}}', "values": "0x99 1x99"},
                       {"series": f'slo_state{{{names},state="excluded"}}', "values": f"{excluded}x199"}]
        self.promtool_test([rules], [{
            "interval": "5s", "input_series": series,
            "promql_expr_test": [{"expr": f'count by (instance) (ALERTS{{alertname="{alert}",alertstate="firing"}})',
                                  "eval_time": "11m", "exp_samples": [{"labels": '{instance="b:9999"}', "value": 1}]}
                                 for alert in ("SLOBurnPage", "SLOTargetDown")],
        }])

    def test_ratios_are_weighted_by_traffic_survive_silence_and_late_errors(self):
        """A busy hour with 10 % errors at 100 times the traffic of 23 quiet ones is 8.13 %, not 0.42 %; an hour without
        traffic changes nothing; errors that begin late are counted from the whole, 0.42 % and not 9.67 %."""
        quiet = 100 * 60
        ratio = "slo:error_ratio:rate1d"
        text = (ROOT / "alerts/rules/slo.json").read_text(encoding="utf-8")
        path = self.write("hourly.json", re.sub(r'"interval": "\w+"', '"interval": "1h"', text))

        def case(good, bad, wanted, at="24h"):
            return {"interval": "1m", "input_series": [events("good", good), events("bad", bad)],
                    "promql_expr_test": [{"expr": f"round({ratio}, 0.0001)", "eval_time": at, "exp_samples": [
                        {"labels": '{service="shop",slo="website"}', "value": wanted}]}]}

        quiet_minutes = 23 * 60  # the last quiet sample is where the busy hour begins
        weighted = case(f"0+100x{quiet_minutes - 1} {quiet * 23}+9000x60", f"0x{quiet_minutes - 1} 0+1000x60", 0.0813)
        silent = case("0+100x719 71900x60 71900+100x700", "0+1x719 719x60 719+1x700", 0.0099)
        # All through the day there is traffic, errors in the last hour only: 10 % of that hour.
        late = case(f"0+100x{quiet_minutes - 1} {quiet * 23}+90x60", f"0x{quiet_minutes - 1} 0+10x60", 0.0042)
        self.promtool_test([path], [weighted, silent, late], interval="1h")

    def test_the_month_of_sloths_dashboard_is_the_sum_over_the_month(self):
        text = self.rules(self.config(website()), "--compat=sloth").stdout
        rules = self.write("sloth.json", re.sub(r'"interval": "\w+"', '"interval": "1h"', text))
        # 36 s were down in one hour of January, and 0.9999 of 31 days allow 267.84 s.
        halves = 2 * 31 * 24
        up = f"0+1800x599 {599 * 1800 + 1764}+1800x{halves - 600}"
        self.promtool_test([rules], [{
            "interval": "30m", "input_series": [state("up", up), state("down", f"0x599 36x{halves - 600}")],
            "promql_expr_test": [
                {"expr": f"round({SLOTH_MONTH}, 0.0001)", "eval_time": f"{halves // 2 - 1}h", "exp_samples": [
                    {"labels": '{sloth_id="shop-website"}', "value": round(1 - 36 / 267.84, 4)}]},
            ],
        }], interval="1h")


class InPrometheus(Command):
    def test_every_rule_works_and_records_and_the_dashboards_of_others_show_data(self):
        target = self.start_nginx("location / { return 200; }")
        config = self.config(website(probe={"http": target.url, "interval": "1s"}))
        rule_files = []
        for compat in COMPATS:
            text = self.rules(config, f"--compat={compat}").stdout
            rule_files.append(self.write(f"{compat}-rules.json", re.sub(r'"interval": "\w+"', '"interval": "1s"', text)))
        daemon = self.start_daemon(f"--config.file={config}", f"--storage.path={self.folder}/data")
        prometheus = self.start_prometheus({"fournines": daemon.url.removeprefix("http://")}, rule_files=rule_files)

        for path in rule_files:
            for rule in rules_of(path.read_text(encoding="utf-8")):
                # The host has no events.
                if "record" not in rule or ("events" in rule["record"] and '"host"' in rule["expr"]):
                    continue
                wait_for(lambda: prometheus.query(rule["record"]), 60, rule["record"])
        for query in SLOTH_QUERIES + PYRRA_QUERIES:
            wait_for(lambda: prometheus.query(query), 30, query)
        rules = [
            rule for group in get(f"{prometheus.url}/api/v1/rules").json()["data"]["groups"] for rule in group["rules"]
        ]
        self.assertEqual([(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"], [])
        self.assertEqual([rule["name"] for rule in rules if rule.get("state") == "firing"], [])
        for query in ('pyrra_availability{slo="shop-website"}', f"slo:period_error_budget_remaining:ratio{OURS}"):
            self.assertEqual([value for _, value in prometheus.query(query)], [1], query)

        target.kill()
        burning = 'ALERTS{alertname="ErrorBudgetBurn",sloth_severity="page",sloth_id!=""}'
        wait_for(lambda: prometheus.query(burning), 60, "Sloth's page")
        wait_for(lambda: prometheus.query(f"max(ALERTS{{sloth_service=\"shop\",sloth_severity=\"ticket\"}})"), 60,
                 "Sloth's ticket")
        wait_for(lambda: prometheus.query('ALERTS{alertname="SLOBurnPage",instance!="",service="shop"}'), 60, "our page")


if __name__ == "__main__":
    unittest.main()
