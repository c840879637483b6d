"""A real Prometheus as a source: what it keeps is judged, in time and after every kind of gap."""

import json
import pathlib
import signal
import time

from harness import EndToEnd, HttpServed, QuietHandler, free_port, get, wait_for
from judged import Judge

WAIT = 20


class Shop(HttpServed):
    """What Prometheus scrapes: one gauge whose value the test sets."""

    def __init__(self):
        self.open = 1
        owner = self

        class Handler(QuietHandler):
            def do_GET(self):
                body = f"# TYPE shop_is_open gauge\nshop_is_open {owner.open}\n".encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        super().__init__(Handler)


class Sources(EndToEnd):
    def setUp(self):
        super().setUp()
        self.shop = self.keep(Shop())
        self.address = f"127.0.0.1:{free_port()}"
        self.prometheus = self.start_prometheus({"shop": self.shop.address, "fournines": self.address})
        wait_for(lambda: self.prometheus.query("shop_is_open"), WAIT, "a first scrape")

    def configure(self, *slos):
        config = {
            "sources": [{"name": "prom", "type": "prometheus", "url": self.prometheus.url, "timeout": "2s"}],
            "slos": list(slos),
        }
        path = pathlib.Path(self.folder) / "fournines.yml"
        path.write_text(json.dumps(config), encoding="utf-8")
        return path

    def objective(self, name="shop", **sli):
        sli = sli or {"gauge": {"source": "prom", "metric": "shop_is_open", "interval": "1s"}}
        return {"name": name, "objective": 99, "window": "1h", "merge_gap": "0s", "sli": sli}

    def judge(self, name="fournines"):
        return self.keep(Judge(self.folder, name=name, address=self.address))

    def wait_state(self, judge, state, name="shop"):
        return wait_for(lambda: (slo := judge.slo(name))["state"] == state and slo, WAIT, f"{name} is {state}")

    def shut_for(self, seconds):
        self.shop.open = 0
        begin = time.time()
        while time.time() - begin < seconds:
            time.sleep(0.05)
        self.shop.open = 1

    def seconds(self, judge, name="shop"):
        return judge.state_seconds(name, service=name)


class Live(Sources):
    def test_gauges_and_promql_are_up_and_down_with_what_prometheus_keeps(self):
        query = {"source": "prom", "query": "max_over_time(shop_is_open[{{.window}}])", "op": "gt", "value": 0.5, "interval": "1s"}
        self.configure(
            self.objective(), self.objective("query", threshold=query),
            self.objective("none", gauge={"source": "prom", "metric": "no_such_series", "interval": "1s"}),
            self.objective("absent", gauge={"source": "prom", "metric": "no_such_series", "interval": "1s", "absent": "bad"}),
            self.objective("wrong", gauge={"source": "prom", "query": "sum(", "interval": "1s"}),
        )
        judge = self.judge()
        self.wait_state(judge, "up")
        self.wait_state(judge, "up", "query")
        self.wait_state(judge, "down", "absent")
        none = wait_for(lambda: (slo := judge.slo("none"))["cause"] == "no_data" and slo, WAIT, "no data is said")
        self.assertEqual(none["state"], "unknown")
        self.assertIn("source prom", none["problem"])
        wrong = wait_for(lambda: (slo := judge.slo("wrong")).get("problem") and slo, WAIT, "the refusal is said")
        self.assertEqual(wrong["state"], "unknown")
        self.assertIn("parse error", wrong["problem"])
        self.shop.open = 0
        self.wait_state(judge, "down")
        self.wait_state(judge, "down", "query")
        self.shop.open = 1
        self.wait_state(judge, "up")
        (incident,) = wait_for(lambda: judge.incidents("shop"), WAIT, "an incident")
        self.assertIsNotNone(incident["end"])
        self.assertGreater(self.seconds(judge)["down"], 0)


class AfterAGap(Sources):
    def test_a_stop_of_the_daemon_costs_nothing_and_the_outage_in_it_is_an_incident(self):
        self.configure(self.objective())
        judge = self.judge()
        self.wait_state(judge, "up")
        before = self.seconds(judge)
        judge.stop()
        began = time.time()
        time.sleep(2)  # the outage is to lie within the stop
        self.shut_for(3)
        time.sleep(2)
        judge = self.judge("again")
        slo = wait_for(lambda: (s := judge.slo("shop"))["incidents"]["closed"] == 1 and s["state"] == "up" and s, WAIT, "the gap is filled")
        stopped = time.time() - began
        self.assertEqual(slo["coverage"], 1)
        (incident,) = judge.incidents("shop")
        self.assertEqual(incident["unknown_seconds"], 0)
        self.assertAlmostEqual(incident["duration_seconds"], 3, delta=2)

        def counted():
            after = self.seconds(judge)
            return after if after["up"] + after["down"] > before["up"] + before["down"] + 5 else None

        after = wait_for(counted, WAIT, "the counters have it")
        self.assertEqual(after["unknown"], before["unknown"])
        self.assertAlmostEqual(after["down"] - before["down"], 3, delta=2)
        self.assertGreater(stopped, 7)
        page = get(f"{judge.url}/metrics").text
        self.assertRegex(page, r'fournines_source_backfilled_seconds_total\{source="prom"\} [1-9]')

    def test_what_prometheus_itself_did_not_see_stays_unknown(self):
        self.configure(self.objective())
        judge = self.judge()
        self.wait_state(judge, "up")
        unknown = self.seconds(judge)["unknown"]

        self.prometheus.popen.send_signal(signal.SIGSTOP)
        slo = self.wait_state(judge, "unknown")
        self.assertEqual(slo["cause"], "source_unreachable")
        self.assertIn("source prom", slo["problem"])
        self.assertRegex(get(f"{judge.url}/metrics").text, r'fournines_source_up\{source="prom"\} 0')
        time.sleep(6)  # counters are those of the newest heartbeat on disk
        held = self.seconds(judge)
        time.sleep(6)
        self.assertEqual(self.seconds(judge), held, "counters wait for what the source will tell")
        self.prometheus.popen.send_signal(signal.SIGCONT)
        self.wait_state(judge, "up")
        # It took no samples while it was stopped; what it gives for that time is what it heard last.
        seen = wait_for(lambda: (s := self.seconds(judge))["unknown"] > unknown + 2 and s, WAIT, "its own gap")
        self.assertEqual(seen["down"], 0)
        self.assertLess(judge.slo("shop")["coverage"], 1)


class AsAJudge(Sources):
    def test_increase_over_our_counters_is_the_ratio_of_our_own_window(self):
        self.configure(self.objective())
        judge = self.judge()
        wait_for(lambda: self.prometheus.query('slo_state_seconds_total{slo="shop"}'), WAIT, "scraped from the beginning")
        self.wait_state(judge, "up")
        self.shut_for(3)
        self.wait_state(judge, "up")
        # Nothing to judge by any more: up and down stand still on both sides.
        self.shop.kill()
        self.wait_state(judge, "unknown")
        own = 1 - judge.slo("shop")["uptime"]["known"]
        self.assertGreater(own, 0)
        increase = 'sum(increase(slo_state_seconds_total{slo="shop",state=~"%s"}[10m]))'

        def agreed():
            ((_, ratio),) = self.prometheus.query(f"{increase % 'down'} / {increase % 'up|down'}")
            return abs(ratio - own) < 1e-6

        wait_for(agreed, WAIT, f"Prometheus has {own}")


if __name__ == "__main__":
    import unittest

    unittest.main()
