"""A real Prometheus as a source: what it keeps is judged, in time and after every kind of gap."""

import json
import pathlib
import signal
import time
import urllib.parse

from harness import FOURNINES, EndToEnd, HttpServed, QuietHandler, free_port, get, run, wait_for
from judged import Judge

WAIT = 20


class Shop(HttpServed):
    """What Prometheus scrapes: a gauge that the test sets, and requests that are counted at every scrape."""

    PAGE = """# TYPE shop_is_open gauge
shop_is_open {open}
# TYPE shop_requests_total counter
shop_requests_total{{code="200"}} {good}
shop_requests_total{{code="500"}} {bad}
# TYPE shop_seconds histogram
shop_seconds_bucket{{le="0.1"}} {good}
shop_seconds_bucket{{le="0.5"}} {all}
shop_seconds_bucket{{le="+Inf"}} {all}
shop_seconds_sum {all}
shop_seconds_count {all}
"""

    def __init__(self):
        self.open, self.good, self.bad = 1, 0, 0
        owner = self

        class Handler(QuietHandler):
            def do_GET(self):
                owner.good, owner.bad = owner.good + (10 if owner.open else 8), owner.bad + (0 if owner.open else 2)
                counts = {"open": owner.open, "good": owner.good, "bad": owner.bad, "all": owner.good + owner.bad}
                body = Shop.PAGE.format(**counts).encode()
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
        wait_for(lambda: self.prometheus.query("rate(shop_requests_total[5s])"), WAIT, "two scrapes")

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


class Events(Sources):
    """Slices of 2 s of which 90 % of the requests have to be good; while the shop is shut a fifth of them is not."""

    TIMESLICES = {"budgeting_method": "timeslices", "timeslice_window": "2s", "timeslice_target": 90}
    BAD, TOTAL = 'shop_requests_total{code=~"5.."}', "shop_requests_total"

    def by_slices(self, name, kind, interval="1s", **sli):
        return {**self.objective(name, **{kind: {"source": "prom", "interval": interval, **sli}}), **self.TIMESLICES}

    def test_counters_promql_and_classic_histograms_are_judged_by_slices(self):
        increase = "sum(increase(%s[{{.window}}]))"
        self.configure(
            self.by_slices("counters", "events", bad=self.BAD, total=self.TOTAL),
            self.by_slices("promql", "events", bad=increase % self.BAD, total=increase % self.TOTAL),
            self.by_slices("rates", "events", good=f"sum(rate({self.TOTAL}{{code='200'}}[4s]))", total=f"sum(rate({self.TOTAL}[4s]))"),
            self.by_slices("fast", "latency", histogram="shop_seconds", threshold="100ms"),
            self.by_slices("between", "latency", histogram="shop_seconds", threshold="200ms"),
            self.by_slices("nothing", "latency", histogram="no_such", threshold="200ms"),
        )
        judge = self.judge()
        names = ("counters", "promql", "rates", "fast")
        for name in names:
            self.wait_state(judge, "up", name)
        problem = wait_for(lambda: judge.slo("between").get("problem"), WAIT, "the bounds are told")
        self.assertIn("0.2 is no bound of a bucket of shop_seconds; there are 0.1 0.5", problem)
        problem = wait_for(lambda: judge.slo("nothing").get("problem"), WAIT, "no histogram")
        self.assertIn("there is no histogram no_such", problem)
        self.shop.open = 0
        for name in names:
            self.wait_state(judge, "down", name)
        self.shop.open = 1
        for name in names:
            self.wait_state(judge, "up", name)


class Counted(Sources):
    def test_every_request_counts_once_also_those_of_a_gap(self):
        """Scrapes come each second and add ten requests: our sums are Prometheus' own, to the last one."""
        events = {"source": "prom", "bad": Events.BAD, "total": Events.TOTAL, "interval": "1s"}
        increase = "sum(increase(%s[{{.window}}]))"
        promql = {"source": "prom", "bad": increase % Events.BAD, "total": increase % Events.TOTAL, "interval": "4s"}
        slow = {"source": "prom", "histogram": "shop_seconds", "threshold": "100ms", "interval": "1s"}
        self.configure(self.objective(events=events), self.objective("promql", events=promql), self.objective("slow", latency=slow))
        judge = self.judge()
        wait_for(lambda: judge.slo("shop")["events"]["good"] > 0, WAIT, "events are counted")
        self.shut_for(3)
        judge.stop()
        self.shut_for(3)
        judge = self.judge("again")
        # Nothing new after this.
        time.sleep(2)
        self.shop.kill()
        bad = self.shop.bad

        def counted(name):
            return judge.slo(name)["events"]

        wait_for(lambda: counted("shop")["bad"] == bad, WAIT, f"all {bad} bad ones are counted")
        wait_for(lambda: counted("slow")["bad"] == bad, WAIT, f"all {bad} slow ones are counted")
        # Slices are told in order: who knows of one without samples was told of all the requests before it.
        for name in ("shop", "slow"):
            wait_for(lambda: judge.slo(name)["cause"] == "no_data", WAIT, f"{name} has heard of the end")
        good = counted("shop")["good"]
        self.assertEqual(counted("slow")["good"], good)
        since = judge.slo("shop")["since"]
        ((_, at_first),) = self.prometheus.query(f'shop_requests_total{{code="200"}} @ {since:.3f}')
        # To the slice that measuring began in.
        self.assertAlmostEqual(good, self.shop.good - at_first, delta=10)
        # increase() sees growth within a slice only, and makes up for what is between two of them.
        wait_for(lambda: abs(counted("promql")["bad"] - bad) <= bad / 2, WAIT, f"about {bad} bad ones are counted by slices")
        window = judge.slo("shop")["windows"]["1h"]
        self.assertAlmostEqual(window["unknown_seconds"], 0, delta=10)


class WrittenByHand(HttpServed):
    """A query API with a native histogram, as Prometheus answers from 2.40 on: a fraction of good ones, 60 in a slice."""

    def __init__(self):
        self.fraction = 1.0
        self.queries = []
        owner = self

        class Handler(QuietHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {key: value for key, (value,) in urllib.parse.parse_qs(body).items()}
                owner.queries.append((self.path, form["query"], self.headers["Authorization"], self.headers["X-Scope-OrgID"]))
                answer = json.dumps(owner.answer(form)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        super().__init__(Handler)

    def answer(self, form):
        query = form["query"]
        if query.startswith("group by (le)"):
            return {"status": "success", "data": {"resultType": "vector", "result": []}}
        if query.startswith("count(histogram_count("):
            return {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [float(form["time"]), "1"]}]}}
        if "start" not in form:
            return {"status": "success", "data": {"resultType": "vector", "result": []}}
        begin, end, step = (float(form[key]) for key in ("start", "end", "step"))
        value = "60"
        if query.startswith("histogram_fraction("):
            value = str(60 * self.fraction)
        times = [begin + step * i for i in range(int((end - begin) / step + 1.5))]
        return {
            "status": "success",
            "data": {"resultType": "matrix", "result": [{"metric": {}, "values": [[at, value] for at in times]}]},
        }


class Native(EndToEnd):
    def test_a_native_histogram_is_judged_by_histogram_fraction_and_credentials_come_from_a_file(self):
        api = self.keep(WrittenByHand())
        secret = pathlib.Path(self.folder) / "token"
        secret.write_text("s3cret\n", encoding="utf-8")
        secret.chmod(0o600)
        path = pathlib.Path(self.folder) / "fournines.yml"
        source = {"name": "prom", "url": api.url, "bearer_token_file": str(secret), "headers": {"X-Scope-OrgID": "shop"}}
        path.write_text(json.dumps({"sources": [source], "slos": [{
            "name": "native", "objective": 99, **Events.TIMESLICES,
            "sli": {"latency": {"source": "prom", "histogram": 'shop_seconds{job="a"}', "threshold": "250ms", "interval": "1s"}},
        }]}), encoding="utf-8")
        judge = self.keep(Judge(self.folder))
        wait_for(lambda: judge.slo("native")["state"] == "up", WAIT, "up")
        api.fraction = 0.5
        wait_for(lambda: judge.slo("native")["state"] == "down", WAIT, "down")
        grown = 'sum(increase(shop_seconds{job="a"}[2s]))'
        asked = {query for _, query, _, _ in api.queries}
        self.assertIn(f"histogram_fraction(-Inf, 0.25, {grown}) * histogram_count({grown})", asked)
        self.assertEqual({(token, tenant) for _, _, token, tenant in api.queries}, {("Bearer s3cret", "shop")})
        self.assertIn("takes no samples of what 'alive' selects", judge.log())
        # Rotated without a reload; and one that everybody may read is refused and not used.
        secret.chmod(0o644)
        problem = wait_for(lambda: judge.slo("native").get("problem"), WAIT, "the refusal is said")
        self.assertIn("everybody may read this secret", problem)
        self.assertNotIn("s3cret", judge.log() + problem)


class Unreachable(EndToEnd):
    def test_a_source_that_is_not_there_is_told_at_the_start_and_not_when_a_slice_is_over(self):
        path = pathlib.Path(self.folder) / "fournines.yml"
        path.write_text(json.dumps({
            "sources": [{"name": "prom", "url": f"http://127.0.0.1:{free_port()}"}],
            "slos": [{"name": "shop", "objective": 99, "sli": {"gauge": {"source": "prom", "metric": "m", "interval": "1h"}}}],
        }), encoding="utf-8")
        judge = self.keep(Judge(self.folder))
        wait_for(lambda: "a source cannot be asked" in judge.log(), WAIT, "it is in the log")
        self.assertIn("source prom: ", judge.log())
        wait_for(lambda: 'fournines_source_up{source="prom"} 0' in get(f"{judge.url}/metrics").text, WAIT, "and in a series")


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
        open_for_a_while = "min_over_time(shop_is_open[4s])"  # so that its end lies within the stop, too
        wait_for(lambda: [value for _, value in self.prometheus.query(open_for_a_while)] == [1], WAIT, "Prometheus saw its end")
        judge = self.judge("again")
        slo = wait_for(lambda: (s := judge.slo("shop"))["incidents"]["closed"] == 1 and s["state"] == "up" and s, WAIT, "the gap is filled")
        stopped = time.time() - began
        self.assertEqual(slo["coverage"], 1)
        (incident,) = judge.incidents("shop")
        self.assertEqual(incident["unknown_seconds"], 0)
        self.assertEqual(incident["cause"], "backfilled")
        self.assertLessEqual(incident["start_earliest"], incident["start"])
        self.assertRegex(run([FOURNINES, "incidents", f"--server={judge.url}"]).stdout, r"shop  #1 .* backfilled")
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
        # Counters are those of the newest heartbeat on disk, from then on everything that was told.
        told = {state: judge.seconds("shop")[state] for state in ("up", "down")}
        held = wait_for(lambda: told.items() <= (s := self.seconds(judge)).items() and s, WAIT, f"{told} are on disk")
        wait_for(lambda: judge.metric("fournines_state_unsaved_rows") == 0, WAIT, "all is on disk")
        time.sleep(6)  # longer than from heartbeat to heartbeat
        self.assertEqual(self.seconds(judge), held, "counters wait for what the source will tell")
        self.prometheus.popen.send_signal(signal.SIGCONT)
        self.wait_state(judge, "up")
        # It took no samples while it was stopped; what it gives for that time is what it heard last.
        seen = wait_for(lambda: (s := self.seconds(judge))["unknown"] > unknown + 2 and s, WAIT, "its own gap")
        self.assertEqual(seen["down"], 0)
        self.assertLess(judge.slo("shop")["coverage"], 1)
        # A question without an answer holds up no stop.
        self.prometheus.popen.send_signal(signal.SIGSTOP)
        time.sleep(1.5)
        judge.stop()
        self.prometheus.popen.send_signal(signal.SIGCONT)


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
