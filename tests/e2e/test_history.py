"""History in trouble: damaged files, a full disk, kill -9 again and again. Measuring and paging go on, and it is said.

A fact counts as acknowledged when the API showed it and the daemon then said, in an answer to a request made after
that, that no row waits to be committed (fournines_state_unsaved_rows 0): facts are handed to the store before the
judgement that shows them is published.
"""

import pathlib
import random
import shutil
import signal
import threading
import time
import unittest

from harness import EndToEnd, HttpServed, QuietHandler, get, needs_root, wait_for
from judged import Judge, probed

KILLS = 100
START_BAR_SECONDS = 2


class Flapping(HttpServed):
    """A server that is good for a while and bad for a while, each for a random part of two seconds."""

    def __init__(self, chance):
        self.good = True
        self.stopping = threading.Event()
        owner = self

        class Handler(QuietHandler):
            def do_GET(self):
                self.send_response(204 if owner.good else 500)
                self.end_headers()

        def flap():
            while not self.stopping.wait(chance.uniform(0.3, 2)):
                self.good = not self.good

        super().__init__(Handler)
        self.url += "/"
        self.flapper = threading.Thread(target=flap)
        self.flapper.start()

    def kill(self):
        self.stopping.set()
        super().kill()
        self.flapper.join()


class Filler:
    """Takes every byte of a file system, and each one that is freed again, until it is killed."""

    def __init__(self, directory):
        self.file = directory / "filler"
        self.stopping = threading.Event()
        self.full = threading.Event()
        self.thread = threading.Thread(target=self.fill)
        self.thread.start()
        self.full.wait()

    def fill(self):
        with open(self.file, "wb", buffering=0) as filler:
            while not self.stopping.is_set():
                try:
                    filler.write(bytes(4096))
                except OSError:
                    self.full.set()
                    self.stopping.wait(0.01)

    def kill(self):
        self.stopping.set()
        self.thread.join()
        self.file.unlink(missing_ok=True)


class Damaged(EndToEnd):
    def damage(self, file, kind):
        size = file.stat().st_size
        with open(file, "r+b") as database:
            if kind == "its first page is zeroed":
                database.write(bytes(4096))
            elif kind == "the rest is noise":
                database.seek(4096)
                database.write(random.Random(4).randbytes(size - 4096))
            else:
                database.truncate(size // 3)

    def test_a_damaged_history_is_put_aside_and_told_and_the_daemon_measures_at_once(self):
        nginx = self.start_nginx("return 200;")
        slos = [probed("web", nginx.url)]
        before = self.keep(Judge(self.folder, slos))
        before.wait_until(lambda: before.slo("web")["events"]["good"] >= 3, "a history")
        before.stop()
        whole = pathlib.Path(self.folder) / "whole"
        shutil.copytree(before.state, whole)
        for number, kind in enumerate(("its first page is zeroed", "the rest is noise", "it is cut short")):
            with self.subTest(kind):
                folder = pathlib.Path(self.folder) / str(number)
                shutil.copytree(whole, folder / "state")
                self.damage(folder / "state/fournines.db", kind)
                started = time.monotonic()
                judge = self.keep(Judge(folder, slos))
                judge.slo("web")
                took = time.monotonic() - started
                print(f"{kind}: answered after {took:.2f} s", flush=True)
                self.assertLess(took, START_BAR_SECONDS)

                wait_for(lambda: judge.metric("fournines_state_damaged") == 1, 10, "the metric says so")
                (aside,) = folder.glob("state/fournines.db.damaged-*Z")
                self.assertIn(aside.name, judge.log())
                self.assertIn(aside.name, get(f"{judge.url}/").text)
                wait_for(lambda: judge.slo("web")["events"]["good"] >= 3, 20, "it measures")
                wait_for(lambda: judge.metric("fournines_history_durable") == 1, 10, "a new history")
                self.assertEqual(judge.seconds("web")["down"], 0)
                judge.kill()


@needs_root
class FullDisk(EndToEnd):
    def test_measuring_and_paging_go_on_and_say_so_and_it_heals(self):
        receiver = self.start_webhook_receiver()
        alertmanager = self.start_alertmanager(receiver.url)
        nginx = self.start_nginx("return 200;")
        state = pathlib.Path(self.folder) / "state"
        state.mkdir()
        mount = f"mount -t tmpfs -o size=1m none '{state}' && exec \"$@\""
        judge = self.keep(
            Judge(
                self.folder, [probed("web", nginx.url)], [alertmanager.url],
                launcher=["unshare", "--mount", "sh", "-c", mount, "sh"],
            )
        )
        inside = pathlib.Path(f"/proc/{judge.popen.pid}/root{state}")  # as the daemon sees it
        judge.wait_until(lambda: judge.slo("web")["state"] == "up", "it is up")
        self.assertEqual(judge.metric("fournines_history_durable"), 1)

        filler = self.keep(Filler(inside))
        filled = time.monotonic()
        nginx.kill()
        judge.wait_until(lambda: judge.metric("fournines_history_durable") == 0, "the metric says so")
        print(f"told {time.monotonic() - filled:.1f} s after the disk was full", flush=True)
        # Now and then a write gets through, into what the log had taken before.
        wait_for(lambda: "History is not durable since" in get(f"{judge.url}/").text, 10, "the page says so")
        wait_for(lambda: "history is not durable" in judge.api("status")["text"], 10, "the status says so")
        self.assertGreater(judge.metric("fournines_state_write_errors_total"), 0)
        (page,) = wait_for(
            lambda: [
                one for one in list(receiver.notifications) if one["alerts"][0]["labels"]["alertname"] != "Watchdog"
            ], 30, "the page",
        )
        print(f"delivery: {page['alerts'][0]['annotations'].get('delivery')}", flush=True)
        self.assertEqual(page["alerts"][0]["labels"]["alertname"], "SLOBurnPage")
        (incident,) = judge.incidents("web")
        bad = judge.slo("web")["events"]["bad"]
        wait_for(lambda: judge.slo("web")["events"]["bad"] > bad + 2, 20, "it is still probed")
        shown = judge.state_seconds("web")["down"]
        wait_for(lambda: judge.state_seconds("web")["down"] > shown, 20, "counters go on for Prometheus")

        filler.kill()
        judge.wait_until(lambda: judge.metric("fournines_history_durable") == 1, "it heals", 10)
        judge.wait_until(lambda: judge.metric("fournines_state_unsaved_rows") == 0, "all of it is on disk", 10)
        told = judge.log().count("the history is not durable")
        self.assertGreaterEqual(told, 1)
        self.assertEqual(judge.log().count("durable again"), told)
        self.assertNotIn("History is not durable", get(f"{judge.url}/").text)

        # The file system goes with the daemon, so a daemon that comes after it gets a copy of what there was.
        judge.popen.send_signal(signal.SIGSTOP)
        after = pathlib.Path(self.folder) / "after"
        shutil.copytree(inside, after / "state")
        judge.kill()
        shutil.copy(judge.config, after)
        later = self.keep(Judge(after))
        (kept,) = later.incidents("web")
        self.assertEqual((kept["id"], kept["start"], kept["open"]), (incident["id"], incident["start"], True))


class KilledAgainAndAgain(EndToEnd):
    def acknowledged(self, judge, until):
        """Incidents that are on disk for certain, by id, read over and over until then; and the newest counters."""
        incidents, counters = {}, {}
        while time.monotonic() < until:
            shown = judge.incidents("web")
            metrics = judge.metrics()
            if metrics["fournines_state_unsaved_rows"].value() == 0:
                incidents = {incident["id"]: incident for incident in shown}
            counters = {key: value for key, value in metrics["slo_state_seconds_total"].samples.items()}
        return incidents, counters

    def test_nothing_acknowledged_is_lost_and_nobody_was_up_longer_than_he_was_seen(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}", flush=True)
        chance = random.Random(seed)
        target = self.keep(Flapping(chance))
        judge, since, alive, known, shown = None, None, 0, {}, {}
        for life in range(KILLS + 1):
            started = time.monotonic()
            judge = self.keep(Judge(self.folder, [probed("web", target.url, interval="200ms")], name=f"life{life}"))
            now = {incident["id"]: incident for incident in judge.incidents("web")}
            for number, was in known.items():
                self.assertIn(number, now)
                for key in ("start", "start_earliest", "detected"):
                    self.assertEqual(now[number][key], was[key], (number, key))
                if not was["open"]:
                    self.assertEqual(now[number], was)
            for key, value in judge.metrics()["slo_state_seconds_total"].samples.items():
                self.assertGreaterEqual(value, shown.get(key, 0), key)
            since = since or judge.slo("web")["since"]
            self.assertEqual(judge.slo("web")["since"], since)
            if life == KILLS:
                break
            acknowledged, shown = self.acknowledged(judge, time.monotonic() + chance.uniform(0.02, 3 if life % 10 == 0 else 0.3))
            known.update(acknowledged)
            judge.popen.send_signal(signal.SIGKILL)
            judge.popen.wait()
            alive += time.monotonic() - started
        seconds, wall = judge.seconds("web"), time.time() - since
        alive += time.monotonic() - started
        print(f"{len(known)} incidents, alive {alive:.1f} s of {wall:.1f} s: {seconds}", flush=True)
        self.assertGreater(len(known), 2, "the target did not fail often enough to prove anything")
        self.assertAlmostEqual(sum(seconds.values()), wall, delta=1)
        self.assertLessEqual(seconds["up"] + seconds["down"], alive)


if __name__ == "__main__":
    unittest.main()
