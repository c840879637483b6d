"""100 outages of real servers at known times: what is reported is what happened, and what did not happen is not.

20 nginx are away five times each, for two intervals to 20 s, in parallel, and then five times more for less than
two intervals, which is told apart: such an outage is seen with probability length / interval, and then looks as long
as one. Then nothing is away, and the monitor itself is in trouble: starved of the CPU, or stopped. A name server that
never answers and a cut network are in test_cut_network.py.
"""

import os
import random
import signal
import subprocess
import sys
import time
import unittest

from judged import Judge, OneScenario, probed
from outages import Served, run_outages

INTERVAL = 0.5
SERVERS = 20
EACH = 5
LEAST = 2 * INTERVAL
MOST = 20
SHORTEST = INTERVAL / 10
# The probe may be sent late while compilers run beside the tests, and both sides read a clock.
GRACE = 0.15


class HundredOutages(OneScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = [cls.keep(Served(cls.folder)) for _ in range(SERVERS)]
        cls.judge = cls.keep(
            Judge(cls.folder, [
                probed(f"s{i}", server.url, interval=f"{int(INTERVAL * 1000)}ms")
                for i, server in enumerate(cls.servers)
            ])
        )
        cls.wait_until_all_are_up()
        seed = int(os.environ.get("OUTAGE_SEED", random.SystemRandom().randrange(1 << 30)))
        print(f"seed {seed}", flush=True)
        run_outages(cls.servers, EACH, INTERVAL, LEAST, MOST, seed)
        cls.wait_until_all_are_up()
        cls.incidents = cls.told()
        cls.down_seconds = sum(cls.judge.seconds(f"s{i}")["down"] for i in range(SERVERS))
        run_outages(cls.servers, EACH, INTERVAL, SHORTEST, INTERVAL, f"{seed}-short")  # and up to another one
        cls.wait_until_all_are_up()
        cls.short_incidents = [after[len(before):] for before, after in zip(cls.incidents, cls.told())]
        cls.truths = [server.outages[:EACH] for server in cls.servers]
        cls.short_truths = [server.outages[EACH:] for server in cls.servers]

    @classmethod
    def wait_until_all_are_up(cls):
        for i in range(SERVERS):
            cls.judge.wait_until(lambda i=i: cls.judge.slo(f"s{i}")["state"] == "up", f"s{i} is up")

    @classmethod
    def told(cls):
        """Per server, the incidents from the first to the last."""
        return [sorted(cls.judge.incidents(f"s{i}"), key=lambda one: one["start"]) for i in range(SERVERS)]

    def test_every_outage_is_one_incident(self):
        for i in range(SERVERS):
            self.assertEqual(len(self.incidents[i]), EACH, f"s{i}")

    def test_each_start_and_end_is_within_one_interval_of_the_truth(self):
        worst, gaps, edges = 0, 0, 0
        for i in range(SERVERS):
            for incident, (gone, back) in zip(self.incidents[i], self.truths[i]):
                for edge, truth in (("start", gone), ("end", back)):
                    edges += 1
                    told, earliest = incident[edge], incident[f"{edge}_earliest"]
                    what = f"s{i}: {edge} of {incident} against {gone}, {back}"
                    self.assertTrue(earliest - GRACE <= truth <= told + GRACE, what)
                    if told - earliest > INTERVAL + GRACE:
                        gaps += 1  # a starved monitor did not look in between, and says so
                        continue
                    worst = max(worst, abs(told - truth))
                    self.assertLessEqual(abs(told - truth), INTERVAL + GRACE, what)
        print(f"worst of {edges} edges {worst:.3f} s beside the truth; {gaps} where the monitor was starved", flush=True)
        self.assertLessEqual(gaps, edges // 20)

    def test_downtime_and_mttr_are_within_one_percent(self):
        told = [incident["duration_seconds"] for incidents in self.incidents for incident in incidents]
        truth = [back - gone for outages in self.truths for gone, back in outages]
        mttr = sum(told) / len(told)
        true_mttr = sum(truth) / len(truth)
        print(f"MTTR {mttr:.3f} s against {true_mttr:.3f} s ({mttr / true_mttr - 1:+.2%}), "
              f"down {self.down_seconds:.1f} s against {sum(truth):.1f} s", flush=True)
        self.assertAlmostEqual(mttr / true_mttr, 1, delta=0.01)
        self.assertAlmostEqual(self.down_seconds / sum(truth), 1, delta=0.01)

    def test_shorter_ones_are_seen_as_often_as_chance_has_it_and_none_is_invented(self):
        seen = 0
        for i in range(SERVERS):
            for incident in self.short_incidents[i]:
                hits = [k for k, (gone, back) in enumerate(self.short_truths[i])
                        if incident["start"] < back + INTERVAL + GRACE and incident["end"] > gone - GRACE]
                self.assertTrue(hits, f"s{i}: nothing was away at {incident}")
                seen += 1
        lengths = [back - gone for outages in self.short_truths for gone, back in outages]
        chances = [min(1, length / INTERVAL) for length in lengths]
        told = sum(incident["duration_seconds"] for incidents in self.short_incidents for incident in incidents)
        print(f"{len(lengths)} outages of {min(lengths):.2f} s to {max(lengths):.2f} s: {seen} seen, {sum(chances):.0f} "
              f"by chance; down {told:.1f} s against {sum(lengths):.1f} s", flush=True)
        # Four standard deviations: of independent draws, and of ends that are off by up to half an interval.
        self.assertAlmostEqual(seen, sum(chances), delta=4 * sum(p * (1 - p) for p in chances) ** 0.5 + 1)
        self.assertAlmostEqual(told, sum(lengths), delta=4 * INTERVAL / 2 * len(lengths) ** 0.5)


class OwnTrouble(OneScenario):
    """Servers that never fail, and a monitor in trouble."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = [cls.keep(Served(cls.folder)) for _ in range(4)]

    def judge_of(self, name, slos, **options):
        folder = self.subfolder()
        return self.keep(Judge(folder, slos, name=name, **options))

    def assert_no_incident(self, judge, count):
        for i in range(count):
            self.assertEqual(judge.incidents(f"s{i}"), [])
            self.assertEqual(judge.seconds(f"s{i}")["down"], 0)

    def slos(self):
        return [probed(f"s{i}", server.url, interval="250ms") for i, server in enumerate(self.servers)]

    def test_a_starved_monitor_invents_nothing(self):
        judge = self.judge_of("starved", self.slos(), launcher=["nice", "-n", "19"])
        judge.wait_until(lambda: judge.slo("s0")["state"] == "up", "up")
        burn = "import time\nend = time.monotonic() + 8\nwhile time.monotonic() < end: pass"
        hogs = [subprocess.Popen([sys.executable, "-c", burn]) for _ in range(2 * (os.cpu_count() or 2))]
        for hog in hogs:
            hog.wait(60)
        judge.wait_until(lambda: judge.slo("s0")["state"] == "up", "up again")
        self.assert_no_incident(judge, len(self.servers))

    def test_a_stopped_monitor_invents_nothing_and_its_gap_is_unknown(self):
        judge = self.judge_of("stopped", self.slos())
        judge.wait_until(lambda: judge.slo("s0")["state"] == "up", "up")
        judge.popen.send_signal(signal.SIGSTOP)
        time.sleep(6)
        judge.popen.send_signal(signal.SIGCONT)
        judge.wait_until(lambda: judge.seconds("s0")["unknown"] > 5, "the gap is unknown")
        judge.wait_until(lambda: judge.slo("s0")["state"] == "up", "up again")
        self.assert_no_incident(judge, len(self.servers))

    def test_attempts_out_of_turn_confirm_and_are_no_events(self):
        server = self.servers[3]
        slo = probed("s0", server.url, interval="4s")
        slo["sli"]["probe"] |= {"timeout": "1s", "confirm": "200ms"}
        judge = self.judge_of("confirm", [slo])
        judge.wait_until(lambda: judge.slo("s0")["state"] == "up", "up")
        judge.wait_until(lambda: judge.metric("probe_attempts_total", probe="shop/s0", outcome="good") >= 1, "a probe")
        server.go()
        judge.wait_until(lambda: judge.metric("probe_attempts_total", probe="shop/s0", outcome="bad") >= 5, "re-probes")
        server.come_back()
        judge.wait_until(lambda: judge.slo("s0")["state"] == "up", "up again")
        events = judge.slo("s0")["events"]
        self.assertLessEqual(events["bad"], 2)
        (incident,) = judge.incidents("s0")
        gone, back = server.outages[-1]
        self.assertAlmostEqual(judge.seconds("s0")["down"], incident["duration_seconds"], delta=0.01)
        self.assertLessEqual(incident["end"] - back, 4 + GRACE)
        self.assertLessEqual(incident["start"] - gone, 4 + GRACE)


if __name__ == "__main__":
    unittest.main()
