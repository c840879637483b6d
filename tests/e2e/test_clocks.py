"""Wrong clocks and a monitor that does not run for a while: no downtime that was not, no good time that nobody saw.

The three scenarios take their time side by side. libfaketime moves CLOCK_REALTIME of the daemon alone, and nothing
but it; SIGSTOP takes the daemon away in earnest.
"""

import concurrent.futures
import glob
import os
import signal
import time
import unittest

from harness import Nginx
from judged import Judge, OneScenario, probed

HOUR = 3600
# Each line: the offset of the wall clock from then on; the first is the one the daemon starts with.
OFFSETS = (0, HOUR, 0, 1, 0)
OUTAGE_SECONDS = 5
INTERVAL = 1
GRACE = 0.3


class FakeClock:
    """The wall clock of one process, set while it runs."""

    def __init__(self, folder):
        libraries = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        if not libraries:
            raise AssertionError("libfaketime is not installed: ./dev test e2e installs it (package faketime)")
        self.file = f"{folder}/clock"
        self.set(0)
        self.environment = {
            **os.environ, "LD_PRELOAD": libraries[0], "FAKETIME_TIMESTAMP_FILE": self.file,
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, offset_seconds):
        with open(f"{self.file}.new", "w", encoding="utf-8") as out:
            print(f"{offset_seconds:+d}", file=out)
        os.replace(f"{self.file}.new", self.file)


class Clocks(OneScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pool = concurrent.futures.ThreadPoolExecutor()
        cls.addClassCleanup(cls.pool.shutdown)
        cls.stepped = cls.pool.submit(cls.step_the_clock)
        cls.paused = {seconds: cls.pool.submit(cls.pause, seconds) for seconds in (20, 90)}

    @classmethod
    def start(cls, slos, **options):
        judge = cls.keep(Judge(cls.subfolder(), slos, **options))
        for slo in slos:
            judge.wait_until(lambda name=slo["name"]: judge.slo(name)["state"] == "up", f"{slo['name']} is up")
        return judge

    @classmethod
    def nginx(cls, port=None):
        return cls.keep(Nginx(cls.subfolder(), "return 200;", port=port))

    @classmethod
    def step_the_clock(cls):
        """[(offset, monotonic time, seconds by state, steps counted)] after each step; an outage with one inside."""
        steady, killed = cls.nginx(), cls.nginx()
        clock = FakeClock(cls.subfolder())
        judge = cls.start(
            [probed("steady", steady.url), probed("killed", killed.url)], env=clock.environment
        )
        readings = []

        def read(offset):
            good = judge.slo("steady")["events"]["good"]
            judge.wait_until(lambda: judge.slo("steady")["events"]["good"] > good + 2, "probes go on")
            readings.append(
                (offset, time.monotonic(), judge.seconds("steady"),
                 judge.metric("fournines_clock_step_seconds_total"))
            )

        read(0)
        for before, offset in zip(OFFSETS, OFFSETS[1:]):
            clock.set(offset)
            moved = abs(offset - before)
            want = readings[-1][3] + moved
            judge.wait_until(
                lambda: judge.metric("fournines_clock_step_seconds_total") > want - 0.5, f"a step of {moved} s"
            )
            read(offset)
        killed.kill()
        gone = time.monotonic()
        time.sleep(OUTAGE_SECONDS / 2)
        clock.set(HOUR)
        time.sleep(OUTAGE_SECONDS / 2)
        cls.nginx(killed.port)
        away = time.monotonic() - gone
        judge.wait_until(lambda: judge.slo("killed")["incidents"]["closed"] == 1, "it recovers")
        return judge, readings, away, judge.incidents("killed")

    @classmethod
    def pause(cls, seconds):
        """The daemon does not run for so long; one server is away in the middle of it, one from then on to its end."""
        steady, within, beyond = cls.nginx(), cls.nginx(), cls.nginx()
        judge = cls.start([probed("steady", steady.url), probed("within", within.url), probed("beyond", beyond.url)])
        before = {name: judge.seconds(name) for name in ("steady", "within", "beyond")}
        read = time.monotonic()
        judge.popen.send_signal(signal.SIGSTOP)
        stopped = time.monotonic()
        time.sleep(seconds / 4)
        within.kill()
        beyond.kill()
        time.sleep(seconds / 4)
        cls.nginx(within.port)
        time.sleep(max(0, stopped + seconds - time.monotonic()))
        resumed_at = time.time()
        resumed = time.monotonic()
        judge.popen.send_signal(signal.SIGCONT)
        judge.wait_until(lambda: judge.incidents("beyond"), "the server that is away is seen to be")
        cls.nginx(beyond.port)
        judge.wait_until(lambda: not judge.incidents("beyond")[0]["open"], "it recovers")
        grown = {
            name: {state: after - before[name][state] for state, after in judge.seconds(name).items()}
            for name in before
        }
        return judge, grown, resumed - stopped, (stopped - read) + (time.monotonic() - resumed), resumed_at

    def test_steps_of_the_wall_clock_are_counted_and_change_no_duration(self):
        judge, readings, _, _ = self.stepped.result()
        for (was, at, seconds, steps), (offset, later, seconds_then, steps_then) in zip(readings, readings[1:]):
            with self.subTest(f"{offset - was:+d} s"):
                grown = sum(seconds_then.values()) - sum(seconds.values())
                print(f"{offset - was:+5d} s: {later - at:.2f} s passed, {grown:.2f} s counted", flush=True)
                self.assertAlmostEqual(steps_then - steps, abs(offset - was), delta=0.2)
                self.assertAlmostEqual(grown, later - at, delta=INTERVAL + GRACE)
                self.assertLessEqual(seconds_then["up"] - seconds["up"], later - at + INTERVAL + GRACE)
        self.assertEqual(judge.incidents("steady"), [])
        self.assertEqual(judge.seconds("steady")["down"], 0)
        self.assertLess(judge.seconds("steady")["unknown"], 1)

    def test_a_step_in_an_outage_does_not_change_its_length(self):
        judge, _, away, incidents = self.stepped.result()
        (incident,) = incidents
        print(f"away {away:.2f} s, incident {incident['duration_seconds']:.2f} s", flush=True)
        self.assertAlmostEqual(incident["duration_seconds"], away, delta=INTERVAL + GRACE)
        self.assertAlmostEqual(judge.seconds("killed")["down"], away, delta=INTERVAL + GRACE)

    def test_a_pause_of_the_monitor_is_unknown_and_nothing_else(self):
        for seconds, future in self.paused.items():
            judge, grown, paused, ran, _ = future.result()
            for name in ("steady", "within"):
                with self.subTest(f"{seconds} s, {name}"):
                    print(f"{name}: paused {paused:.2f} s, ran {ran:.2f} s: {grown[name]}", flush=True)
                    self.assertEqual(judge.incidents(name), [])
                    self.assertEqual(grown[name]["down"], 0)
                    self.assertAlmostEqual(grown[name]["unknown"], paused, delta=INTERVAL + GRACE)
                    self.assertLessEqual(grown[name]["up"], ran)
            judge.wait_until(
                lambda: abs(judge.metric("fournines_gap_seconds_total", cause="stalled") - paused) < INTERVAL + GRACE,
                "the gap is counted", 10,
            )

    def test_an_outage_in_the_pause_begins_with_the_first_probe_after_it(self):
        for seconds, future in self.paused.items():
            judge, grown, _, ran, resumed_at = future.result()
            with self.subTest(f"{seconds} s"):
                (incident,) = judge.incidents("beyond")
                self.assertGreaterEqual(incident["start"], resumed_at - 0.01)
                self.assertLessEqual(incident["start"], resumed_at + INTERVAL + GRACE)
                self.assertLess(incident["start_earliest"], resumed_at - seconds + INTERVAL)
                self.assertLessEqual(grown["beyond"]["up"] + grown["beyond"]["down"], ran)


if __name__ == "__main__":
    unittest.main()
