"""Objectives by events of the daemon's own series: what the API, the report and a real Prometheus' increase() say is what a
textfile counted, and a kill -9 loses nothing of it."""

import os
import pathlib
import unittest

import judged
from harness import EndToEnd, HttpServed, QuietHandler, wait_for

EVENTS = {"bad": 'shop_total{code="500"}', "total": "shop_total", "interval": "1s"}
SLOS = [
    {"service": "shop", "name": "checkout", "objective": 99, "sli": {"events": EVENTS}},
    {"service": "shop", "name": "fast", "objective": 90,
     "sli": {"latency": {"histogram": "shop_seconds", "threshold": "500ms", "interval": "1s"}}},
    {"service": "shop", "name": "even", "objective": 90, "budgeting_method": "ratio_timeslices", "timeslice_window": "1s",
     "sli": {"events": EVENTS}},
]


class Shop:
    """Counters of a shop as a textfile: 100 requests a step, of which `bad` failed and 2 were slow."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "shop.prom"
        self.good = self.bad = self.quick = 0
        self.write()

    def step(self, bad):
        self.good += 100 - bad
        self.bad += bad
        self.quick += 98
        self.write()

    def restart(self):
        self.good = self.bad = self.quick = 0
        self.write()

    def write(self):
        total = self.good + self.bad
        fresh = self.path.with_suffix(".fresh")
        fresh.write_text(
            f'shop_total{{code="200"}} {self.good}\nshop_total{{code="500"}} {self.bad}\n'
            f'shop_seconds_bucket{{le="0.5"}} {self.quick}\nshop_seconds_bucket{{le="+Inf"}} {total}\n'
            f"shop_seconds_sum {total / 10}\nshop_seconds_count {total}\n", encoding="utf-8")
        os.replace(fresh, self.path)


class Events(EndToEnd):
    def judge(self, slos=None):
        return self.keep(judged.Judge(self.folder, slos, flags=[f"--collector.textfile.directory={self.texts}"]))

    def setUp(self):
        super().setUp()
        self.texts = pathlib.Path(self.folder) / "texts"
        self.texts.mkdir()
        self.shop = Shop(self.texts)

    @staticmethod
    def is_measuring(judge):
        return judge.slo("checkout")["windows"]["1h"]["coverage"] and judge.slo("fast")["windows"]["1h"]["coverage"]

    def counted(self, judge, name):
        events = judge.slo(name)["windows"]["1h"]["events"]
        return events["good"], events["bad"]

    def until(self, judge, name, good, bad):
        wait_for(lambda: self.counted(judge, name) == (good, bad), 15, f"{name}: {good} good and {bad} bad events")

    def test_every_event_counts_once_over_restarts_of_both(self):
        judge = self.judge(SLOS)
        prometheus = self.start_prometheus({"fournines": judge.url.removeprefix("http://")}, interval="1s")
        wait_for(lambda: self.is_measuring(judge), 15, "both objectives measured")
        wait_for(lambda: len(prometheus.query("slo_events_total")) >= 6, 15, "counters in Prometheus from 0 on")
        for bad in (0, 3, 0, 5):
            self.shop.step(bad)
            self.until(judge, "checkout", self.shop.good, self.shop.bad)
        self.until(judge, "fast", 392, 8)
        # The shop begins anew: what it counts from then on comes on top.
        self.shop.restart()
        self.shop.step(2)
        self.until(judge, "checkout", 392 + 98, 8 + 2)

        slo = judge.slo("checkout")
        self.assertEqual(slo["uptime"]["known"], 490 / 500)
        self.assertAlmostEqual(slo["burn"]["1h"], 10 / 500 / 0.01)
        self.assertEqual(slo["budget_events"]["consumed"], 10)
        self.assertEqual(slo["verdict"], "undetermined")  # of 30 days nobody saw more than this
        report = judge.report()["checkout"]
        self.assertEqual((report["events"]["good"], report["events"]["bad"]), (490, 10))
        wait_for(lambda: judge.metric("slo_events_total", service="shop", slo="checkout", outcome="bad") == 10, 15, "10 bad on disk")
        bad = 'slo_events_total{slo="checkout",outcome="bad"}'
        wait_for(lambda: prometheus.query(f"{bad} == 10"), 10, "10 bad in Prometheus")
        (_, ratio), = prometheus.query('sum(increase(slo_events_total{slo="checkout",outcome="bad"}[5m])) / sum(increase(slo_events_total{slo="checkout"}[5m]))')
        self.assertAlmostEqual(ratio, 10 / 500)
        # The mean of the ratios of slices: 10 % of a second were down, all five slices together.
        down = judge.slo("even")["windows"]["1h"]["down_seconds"]
        self.assertGreaterEqual(down, 0.09)
        self.assertLessEqual(down, 0.11)

        judge.kill()
        self.shop.step(7)  # nobody is there to see it
        again = self.judge()
        self.assertEqual(self.counted(again, "checkout"), (490, 10))
        wait_for(lambda: again.slo("checkout")["state"] == "up", 15, "measured again")
        known = again.slo("checkout")["windows"]["1h"]["coverage"]
        self.assertLess(known, 1)
        self.shop.step(1)
        self.until(again, "checkout", 490 + 99, 11)
        self.assertIsNone(again.slo("checkout")["problem"])
        self.assertEqual(again.metric("slo_events_total", service="shop", slo="checkout", outcome="good"), 490)
        wait_for(lambda: again.metric("slo_events_total", service="shop", slo="checkout", outcome="good") == 589, 15, "on disk, too")


class Site(HttpServed):
    """Counts its own answers."""

    def __init__(self):
        self.works, self.good, self.bad = True, 0, 0
        owner = self

        class Handler(QuietHandler):
            def do_GET(self):
                works = owner.works  # read once: what is counted is what is sent
                owner.good, owner.bad = owner.good + works, owner.bad + (not works)
                self.send_response(200 if works else 500)
                self.send_header("Content-Length", "0")
                self.end_headers()

        super().__init__(Handler)


class Attempts(EndToEnd):
    def test_every_attempt_of_a_probe_counts_alike_where_that_is_asked_for(self):
        site = self.keep(Site())
        slo = judged.probed("web", f"{site.url}/", objective=90, window="1h", budgeting_method="occurrences")

        def counted(judge):
            return judge.slo("web")["events"], judge.slo("web")["windows"]["1h"]["events"]

        def agree(judge):
            wait_for(lambda: counted(judge) == ({"good": site.good, "bad": site.bad},) * 2, 15, "what the site answered")

        judge = self.keep(judged.Judge(self.folder, [slo]))
        self.assertEqual(judge.slo("web")["budgeting_method"], "occurrences")
        wait_for(lambda: site.good >= 3, 15, "three answers")
        agree(judge)
        site.works = False
        wait_for(lambda: site.bad >= 2, 15, "two failures")
        site.works = True
        wait_for(lambda: judge.slo("web")["state"] == "up", 15, "up again")
        agree(judge)
        web = judge.slo("web")
        events = web["windows"]["1h"]["events"]
        self.assertAlmostEqual(web["uptime"]["known"], events["good"] / (events["good"] + events["bad"]))
        self.assertEqual(web["incidents"]["closed"], 1)
        self.assertIn(judge.incidents("web")[0]["cause"], ("response", "http"))
        judge.kill()
        answered = site.good + site.bad
        again = self.keep(judged.Judge(self.folder, name="again"))
        kept = counted(again)[1]
        self.assertAlmostEqual(kept["good"] + kept["bad"], answered, delta=2)
        self.assertLess(again.slo("web")["coverage"], 1)


if __name__ == "__main__":
    unittest.main()
