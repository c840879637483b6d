"""Every name that the shipped rules and dashboards ask for is one that the daemon serves: on its page here and now, or on
one of the goldens, which hold what fixtures with other hardware and containers give.
"""

import pathlib
import json
import pathlib
import re
import ssl
import unittest

import dashboard_lint
from harness import ROOT, HttpServed, QuietHandler, throw_away_certificate, wait_for
from judged import Judge, OneScenario
from test_rules import DASHBOARDS, RULE_FILES, groups, load

KEYWORDS = set("and or unless bool offset by without on ignoring group_left group_right Inf NaN inf".split())
# What Prometheus makes itself of a scrape, of its rules and of its own state.
OF_PROMETHEUS = {"up", "scrape_duration_seconds", "scrape_samples_scraped", "ALERTS", "prometheus_notifications_alertmanagers_discovered",
                 "prometheus_rule_evaluation_failures_total"}
# Served when it is asked for by a flag, so that neither page has it; the source does.
OPT_IN = {"container_fs_limit_bytes", "container_fs_usage_bytes", "node_systemd_service_restart_total"}


def names_in(expr):
    """The metric names of an expression."""
    bare = re.sub(r'"(\\.|[^"\\])*"', "", expr)
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]", " ", bare)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", bare)
    return set(re.findall(r"(?<![\w:.])[a-zA-Z_:][\w:]*(?!\s*\()(?![\w:])", bare)) - KEYWORDS


def names_on(page):
    return {re.match(r"[\w:]+", line).group() for line in page.splitlines() if line and not line.startswith("#")}


class Names(OneScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        certificate = throw_away_certificate(cls.folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        port = cls.keep(HttpServed(QuietHandler, context)).port
        probe = {"http": f"https://localhost:{port}/", "interval": "1s", "ca_file": certificate[0], "expect": {"status": [501]}}
        (pathlib.Path(cls.folder) / "fournines.yml").write_text(json.dumps({
            "slos": [
                {"name": "web", "objective": 99.9, "sli": {"probe": probe}},
                {"name": "asked", "objective": 99.9, "budgeting_method": "timeslices", "timeslice_target": 99.9,
                 "sli": {"events": {"source": "prom", "bad": "sum(increase(bad[{{.window}}]))", "total": "sum(increase(all[{{.window}}]))"}}},
            ],
            "sources": [{"name": "prom", "type": "prometheus", "url": "http://127.0.0.1:1"}],
            "alerting": {"alertmanagers": [{"url": "http://127.0.0.1:1"}]},
        }), encoding="utf-8")
        cls.judge = cls.keep(Judge(cls.folder))
        wait_for(lambda: "probe_http_duration_seconds" in cls.judge.scrape() and "slo_burn_rate" in cls.judge.scrape(), 20, "it is judged")
        cls.served = names_on(cls.judge.scrape())
        for golden in (ROOT / "tests" / "golden").glob("*.prom"):
            cls.served |= names_on(golden.read_text(encoding="utf-8"))

    def check(self, place, names):
        recorded = {rule["record"] for path in RULE_FILES for group in groups(path) for rule in group["rules"] if "record" in rule}
        self.assertEqual(sorted(names - self.served - recorded - OF_PROMETHEUS - OPT_IN), [], place)

    def test_names_are_found_in_expressions(self):
        self.assertEqual(
            names_in('sum by (le, job) (rate(a_total{b="c{d}"}[5m])) / on (x) group_left (y) (e:f:g > 0 < 9e18) and z offset 1h == bool 1'),
            {"a_total", "e:f:g", "z"})

    def test_what_is_served_by_a_flag_is_in_the_source(self):
        source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "exporter").rglob("*.cpp"))
        for name in OPT_IN:
            self.assertIn(f'"{name}"', source)

    def test_rules_ask_for_what_is_served(self):
        for path in RULE_FILES:
            for group in groups(path):
                for rule in group["rules"]:
                    self.check(f"{path.name}: {rule.get('alert') or rule['record']}", names_in(rule["expr"]))

    def test_dashboards_ask_for_what_is_served(self):
        for path in DASHBOARDS:
            for place, expr in dashboard_lint.expressions(load(path)):
                self.check(f"{path.name}: {place}", names_in(expr))


if __name__ == "__main__":
    unittest.main()
