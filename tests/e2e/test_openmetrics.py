"""OpenMetrics for those who ask for nothing else: read by Prometheus itself, and by the strict parser of Prometheus'
Python client (Debian's python3-prometheus-client, under Debian's Python)."""

import json

import exposition
from harness import EndToEnd, HttpServed, QuietHandler, get, run, wait_for

ONLY_OPENMETRICS = "application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1"
# What Prometheus 2.42 sends: OpenMetrics before text, but text allowed.
BOTH = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
BOUNDS = ("le", "quantile")
STRICT_PARSER = """
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = text_string_to_metric_families(sys.stdin.read())
print(json.dumps({f.name: [f.type, [[s.name, sorted(s.labels.items())] for s in f.samples]] for f in families}))
"""


def parsed_strictly(page):
    """{family: [type, [[sample name, labels]]]}; whatever the specification does not allow is an error."""
    parsed = run(["/usr/bin/python3", "-c", STRICT_PARSER], stdin=page)
    if parsed.returncode != 0:
        raise AssertionError(parsed.stderr)
    return json.loads(parsed.stdout)


class InFront(HttpServed):
    """A proxy that puts its own Accept header in front of a daemon: this Prometheus cannot be told what to ask for."""

    def __init__(self, url, accept):
        self.types = set()
        types = self.types

        class Handler(QuietHandler):
            def do_GET(self):
                answer = get(url + self.path, headers={"Accept": accept})
                types.add(answer.headers["Content-Type"])
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers["Content-Type"])
                self.end_headers()
                self.wfile.write(answer.body)

        super().__init__(Handler)


class OpenMetrics(EndToEnd):
    def setUp(self):
        super().setUp()
        self.daemon = self.start_daemon()

    def page(self, accept):
        answer = get(f"{self.daemon.url}/metrics", headers={"Accept": accept})
        self.assertEqual(answer.status, 200)
        return answer

    def test_text_is_served_whenever_it_is_allowed(self):
        for accept in (BOTH, "*/*", "text/plain", "application/json"):
            answer = self.page(accept)
            self.assertEqual(answer.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8", accept)
            self.assertTrue(exposition.parse(answer.text))

    def text_series(self):
        """{(sample name, labels)} of a text page, bounds written as OpenMetrics writes them."""
        return {
            (name, frozenset((key, repr(float(value)) if key in BOUNDS and value != "+Inf" else value) for key, value in labels))
            for family in exposition.parse(self.page("text/plain").text).values()
            for name, labels in family.samples
        }

    def test_a_strict_parser_finds_the_same_series_under_the_same_names(self):
        # Devices and containers come and go: what both neighbours have has to be there, and what neither has must not.
        before = self.text_series()
        answer = self.page(ONLY_OPENMETRICS)
        after = self.text_series()
        self.assertEqual(answer.headers["Content-Type"], "application/openmetrics-text; version=1.0.0; charset=utf-8")
        openmetrics = parsed_strictly(answer.text)

        self.assertEqual(openmetrics["node_context_switches"][0], "counter")
        self.assertEqual(openmetrics["node_vmstat_pgfault"][0], "unknown")
        self.assertEqual(openmetrics["node_uname_info"][0], "gauge")
        found = {(name, frozenset((key, value) for key, value in labels if value))
                 for _, series in openmetrics.values() for name, labels in series}
        self.assertEqual((before & after) - found, set())
        self.assertEqual(found - (before | after), set())
        self.assertGreater(len(before & after), 500)

    def test_prometheus_takes_it(self):
        proxy = self.keep(InFront(self.daemon.url, ONLY_OPENMETRICS))
        prometheus = self.start_prometheus({"openmetrics": proxy.address})
        wait_for(lambda: prometheus.query("up == 1"), 20, f"a good scrape: {prometheus.targets()}")
        self.assertEqual(proxy.types, {"application/openmetrics-text; version=1.0.0; charset=utf-8"})
        for name in ("node_load1", "node_context_switches_total", "node_vmstat_pgfault", "slo_state"):
            self.assertTrue(wait_for(lambda name=name: prometheus.query(name), 20, name))
        metadata = get(f"{prometheus.url}/api/v1/metadata?metric=node_context_switches").json()["data"]
        self.assertEqual(metadata["node_context_switches"][0]["type"], "counter")
