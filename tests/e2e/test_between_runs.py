"""What happened between two runs of the daemon: the configuration was changed, or the host slept.

The record of an objective is its "since", its counters and its incidents. They go on, or begin anew, exactly as the
README says: another idea of what is good begins a new record, anything else keeps it.
"""

import copy
import ctypes
import os
import pathlib
import shutil
import signal
import sys
import threading
import time

from harness import EndToEnd, HttpServed, Process, QuietHandler, get, needs_root, wait_for
from judged import Judge, probed, write_config
from stand_in_systemd import StandInSystemd
from test_clocks import FakeClock

SLEPT_SECONDS = 1000
WAIT = 20


def clock_is_synchronised():
    """As the kernel says (adjtimex(2)): no STA_UNSYNC in struct timex's status, which stands behind five longs."""
    timex = ctypes.create_string_buffer(512)
    ctypes.CDLL(None).adjtimex(timex)
    return int.from_bytes(timex.raw[40:44], sys.byteorder) & 0x40 == 0


class Site(HttpServed):
    def __init__(self):
        self.good = threading.Event()
        self.good.set()
        owner = self

        class Handler(QuietHandler):
            def do_GET(self):
                self.send_response(200 if owner.good.is_set() else 500)
                self.end_headers()

        super().__init__(Handler)
        self.url += "/"


class BetweenRuns(EndToEnd):
    def setUp(self):
        super().setUp()
        self.site = self.keep(Site())

    def judge(self, slos=None, **options):
        return self.keep(Judge(self.folder, slos, **options))

    def wait_state(self, judge, state, name="web"):
        return wait_for(lambda: (slo := judge.slo(name))["state"] == state and slo, WAIT, f"{name} is {state}")


class ChangedConfiguration(BetweenRuns):
    def record(self, judge):
        slo = self.wait_state(judge, "up")
        return slo["since"], slo["events"]["bad"], len(judge.incidents("web"))

    def test_only_another_idea_of_what_is_good_begins_a_new_record(self):
        first = probed("web", self.site.url, objective=99.9, labels={"team": "a"})
        judge = self.judge([first])
        self.wait_state(judge, "up")
        self.site.good.clear()
        self.wait_state(judge, "down")
        self.site.good.set()
        since, bad, incidents = kept = self.record(judge)
        self.assertGreater(bad, 0)
        self.assertEqual(incidents, 1)
        judge.stop()

        def again(**changes):
            """The record that a run with these changes has; "sli" replaces the probe's keys."""
            slo = copy.deepcopy(first)
            slo["sli"]["probe"].update(changes.pop("probe", {}))
            slo.update(changes)
            judge = self.judge([slo])
            found = self.record(judge)
            judge.stop()
            return found

        keeping = {
            "nothing": {},
            "objective": {"objective": 95},
            "window": {"window": "7d"},
            "calendar": {"window": {"calendar": "month", "timezone": "Europe/Berlin"}},
            "label": {"labels": {"team": "b"}},
            "description": {"description": "The shop answers."},
            "alerting": {"alerting": {"min_failures": 5, "page_alert": {"disable": True}, "annotations": {"a": "b"}}},
            "merge_gap": {"merge_gap": "1m"},
            "how often it looks": {"probe": {"interval": "500ms"}},
            "how long it waits": {"probe": {"timeout": "700ms"}},
            "when an incident is declared": {"probe": {"failures": 3, "successes": 2}},
            "written otherwise": {"probe": {"expect": {"status": ["2xx", "3xx"]}}},
        }
        for what, changes in keeping.items():
            with self.subTest(what):
                self.assertEqual(again(**changes), kept)

        beginning = {
            "target": {"probe": {"http": self.site.url + "other"}},
            "expectation": {"probe": {"expect": {"status": [200]}}},
            "name of the service": {"service": "market"},
            "how good and bad are weighed": {"budgeting_method": "occurrences"},
        }
        for what, changes in beginning.items():
            with self.subTest(what):
                found = again(**changes)
                self.assertGreater(found[0], since)
                self.assertEqual(found[1:], (0, 0))
        with self.subTest("back again"):
            self.assertEqual(again(), kept)

    def test_a_reload_keeps_and_begins_as_a_restart_does(self):
        first = probed("web", self.site.url, objective=99.9)
        judge = self.judge([first], flags=("--web.enable-lifecycle",))
        since = self.wait_state(judge, "up")["since"]
        write_config(judge.config, [{**first, "objective": 95, "labels": {"team": "b"}}])
        judge.popen.send_signal(signal.SIGHUP)
        wait_for(lambda: judge.slo("web")["objective"] == 0.95, WAIT, "the reload")
        self.assertEqual(judge.slo("web")["since"], since)
        write_config(judge.config, [probed("web", self.site.url + "other")])
        judge.popen.send_signal(signal.SIGHUP)
        wait_for(lambda: judge.slo("web")["since"] > since, WAIT, "a new record")


class RanOn(BetweenRuns):
    """What the kernel and systemd know to have run all the time was up while nobody looked."""

    STOPPED_SECONDS = 2

    def program(self, name):
        """A process of that name."""
        path = pathlib.Path(self.folder) / name
        if not path.exists():
            shutil.copy(shutil.which("sleep"), path)
        return self.keep(Process([path, "1000"], self.folder, name))

    def test_what_ran_on_was_up_and_what_was_started_anew_is_unknown(self):
        systemd = self.keep(StandInSystemd(self.folder))
        self.program("stays-here")
        anew = self.program("comes-anew")
        systemd.units |= {"stays_2eservice": "active", "anew_2eservice": "active"}
        systemd.since |= dict.fromkeys(systemd.units, time.monotonic_ns() // 1000)
        kinds = {"process-stays": {"process": "stays-here"}, "process-anew": {"process": "comes-anew"},
                 "unit-stays": {"systemd": "stays.service"}, "unit-anew": {"systemd": "anew.service"}}
        slos = [{"name": name, "objective": 99.9, "service": "shop", "sli": {"probe": {**kind, "interval": "500ms"}}}
                for name, kind in kinds.items()]
        slos.append(probed("web", self.site.url, interval="500ms"))
        judge = self.judge(slos, env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": systemd.address})
        for end in ("stop", "kill"):
            with self.subTest(end):
                for slo in slos:
                    self.wait_state(judge, "up", slo["name"])
                before = {slo["name"]: judge.seconds(slo["name"]) for slo in slos}
                judge.stop() if end == "stop" else judge.kill()
                anew.kill()
                time.sleep(self.STOPPED_SECONDS)
                anew = self.program("comes-anew")
                systemd.since["anew_2eservice"] = time.monotonic_ns() // 1000
                judge = self.judge(env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": systemd.address}, name=f"after-{end}")
                for slo in slos:
                    name = slo["name"]
                    self.wait_state(judge, "up", name)
                    after = judge.seconds(name)
                    self.assertEqual(after["down"], 0, name)
                    unknown = after["unknown"] - before[name]["unknown"]
                    if name.endswith("stays"):
                        self.assertEqual(unknown, 0, name)
                        self.assertGreaterEqual(after["up"] - before[name]["up"], self.STOPPED_SECONDS, name)
                    else:
                        self.assertGreaterEqual(unknown, self.STOPPED_SECONDS, name)


@needs_root
class Slept(BetweenRuns):
    def test_a_sleep_between_two_runs_is_unknown_and_told_from_a_stop_and_from_a_set_clock(self):
        """A time namespace shifts CLOCK_BOOTTIME alone, as sleep does; the wall clock goes on with it."""
        clock = FakeClock(self.folder)
        judge = self.judge([probed("web", self.site.url)], env=clock.environment)
        self.wait_state(judge, "up")
        before = judge.slo("host-up")
        self.assertEqual(before["state"], "up")
        judge.stop()
        clock.set(SLEPT_SECONDS)
        judge = self.judge(
            launcher=("unshare", "--time", f"--boottime={SLEPT_SECONDS}"), env=clock.environment, name="woken"
        )
        self.wait_state(judge, "up")
        gaps = judge.metrics()["fournines_gap_seconds_total"]
        self.assertAlmostEqual(gaps.value(cause="suspended"), SLEPT_SECONDS, delta=1)
        self.assertLess(gaps.value(cause="monitor_stopped"), WAIT)
        self.assertLess(judge.metrics()["fournines_clock_step_seconds_total"].value(), 1)
        host = judge.slo("host-up")
        window = host["windows"][host["window"]]
        self.assertAlmostEqual(window["unknown_seconds"], SLEPT_SECONDS, delta=1)
        self.assertEqual(window["down_seconds"], 0)
        web = judge.slo("web")
        window = web["windows"][web["window"]]
        self.assertGreaterEqual(window["unknown_seconds"], SLEPT_SECONDS)
        self.assertEqual(window["down_seconds"], 0)


@needs_root
class Rebooted(BetweenRuns):
    """A new boot identity over the file that tells it, and CLOCK_BOOTTIME set back to a boot of some minutes."""

    BOOT_ID = "/proc/sys/kernel/random/boot_id"

    def launcher(self, uptime):
        identity = pathlib.Path(self.folder) / "boot_id"
        identity.write_text("00000000-0000-4000-8000-000000000001\n", encoding="utf-8")
        offset = int(uptime - time.clock_gettime(time.CLOCK_BOOTTIME))
        return (
            "unshare", "--mount", "--time", f"--boottime={offset}", "sh", "-c",
            f'mount --bind {identity} {self.BOOT_ID} && exec "$@"', "sh",
        )

    def setUp(self):
        super().setUp()
        judge = self.judge([probed("web", self.site.url)])
        self.wait_state(judge, "up")
        self.since = judge.slo("host-up")["since"]
        judge.stop()

    def test_judging_waits_for_the_clock_after_a_boot_and_measuring_does_not(self):
        judge = self.judge(launcher=self.launcher(uptime=100), flags=("--clock.wait=2m",), name="waiting")
        self.assertIn("node_load1", judge.scrape())
        if clock_is_synchronised():
            self.wait_state(judge, "up")
            self.assertNotIn("judging waits", judge.log())
            self.assertEqual(judge.slo("host-up")["since"], self.since)
            return
        self.assertIn("judging waits for it", judge.log())
        self.assertEqual(get(f"{judge.url}/-/ready").status, 503)
        self.assertEqual(get(f"{judge.url}/api/v1/slos").status, 503)
        judge.popen.send_signal(signal.SIGHUP)
        wait_for(lambda: "configuration loaded" in judge.log(), WAIT, "a reload works meanwhile")
        judge.wait_until(lambda: get(f"{judge.url}/-/ready").status == 200, "it does not wait for ever", seconds=30)
        self.assertIn("still not synchronised", judge.log())
        self.wait_state(judge, "up")
        host = judge.slo("host-up")
        self.assertEqual(host["since"], self.since)

    def test_it_can_be_stopped_while_it_waits_and_nothing_is_lost(self):
        judge = self.judge(launcher=self.launcher(uptime=100), name="waiting")
        self.assertEqual("judging waits for it" in judge.log(), not clock_is_synchronised())
        judge.stop()
        judge = self.judge(launcher=self.launcher(uptime=100), flags=("--clock.wait=0s",), name="again")
        self.assertEqual(judge.slo("host-up")["since"], self.since)
        self.assertNotIn("judging waits", judge.log())


if __name__ == "__main__":
    import unittest

    unittest.main()
