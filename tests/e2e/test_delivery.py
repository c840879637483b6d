"""Pages that arrive: a hundred incidents while Alertmanager is killed, stopped and answers 500 half of the time and the
daemon is killed twenty times; and what a sender must do, against a fake that writes everything down.

The objectives have a window of an hour, so that their alert rows are short: 3.6 s of down time in 21 s page, and the
page ends some seconds after it is good again. nginx answers 500 as long as a flag file exists.
"""

import contextlib
import datetime
import http.client
import json
import pathlib
import random
import signal
import threading
import time
import unittest

from harness import Alertmanager, EndToEnd, HttpServed, QuietHandler, free_port, get, wait_for

FIRST_NOTICE_SECONDS = 1 + 5  # an evaluation, and the longest pause between two tries
SLACK_SECONDS = 1  # of a busy machine: Alertmanager's own start, the notice's way to the webhook
INCIDENTS = 100
KILLS = 20
RESEND_SECONDS = 2


def unix(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Targets:
    """One nginx with a location per objective, down while its flag lies there."""

    def __init__(self, test, names):
        self.folder = pathlib.Path(test.folder) / "flags"
        self.folder.mkdir()
        block = "".join(
            f"location = /{name} {{ if (-f {self.folder}/{name}) {{ return 500; }} return 200; }}\n" for name in names
        )
        self.nginx = test.start_nginx(block)

    def url(self, name):
        return f"{self.nginx.url}/{name}"

    def break_down(self, name):
        (self.folder / name).touch()

    def repair(self, name):
        (self.folder / name).unlink()


def longest_calm(begin, end, troubles):
    """The longest time in [begin, end) that no trouble interrupts."""
    longest = 0
    for trouble_begin, trouble_end in [*troubles, (end, end)]:
        longest = max(longest, min(trouble_begin, end) - begin)
        begin = max(begin, min(trouble_end, end))
    return longest


class Door(HttpServed):
    """Stands before an Alertmanager: lets requests through, or answers 500 to all of them."""

    def __init__(self, address):
        self.broken = False
        door = self

        class Handler(QuietHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if door.broken:
                    return self.answer(500, b"broken")
                try:
                    with contextlib.closing(http.client.HTTPConnection(address, timeout=1)) as connection:
                        connection.request(self.command, self.path, body or None, {"Content-Type": "application/json"})
                        got = connection.getresponse()
                        return self.answer(got.status, got.read())
                except (OSError, http.client.HTTPException):
                    self.close_connection = True

            do_GET = do_POST

        super().__init__(Handler)


class Recorder(HttpServed):
    """A fake Alertmanager: every posted alert with the time at which it came."""

    def __init__(self):
        self.alerts = []
        self.heads = []
        recorder = self

        class Handler(QuietHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                recorder.heads.append((self.path, dict(self.headers)))
                recorder.alerts += [(time.time(), alert) for alert in body]
                self.send_response(200)
                self.end_headers()

            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"[]")

        super().__init__(Handler)

    def named(self, name):
        return [(at, alert) for at, alert in list(self.alerts) if alert["labels"]["alertname"] == name]


class Delivery(EndToEnd):
    def start(self, targets, names, urls, **alerting):
        """The daemon, always on the same port and state, so that it is the same one after kill -9."""
        config = {
            "defaults": {"objective": "99", "window": "1h"},
            "slos": [{"name": name, "sli": {"probe": {"http": targets.url(name), "interval": "500ms"}}} for name in names],
            "alerting": {"alertmanagers": [{"url": url} for url in urls], "resend_delay": f"{RESEND_SECONDS}s",
                         "external_labels": {"instance": "web-1"}, **alerting},
        }
        path = pathlib.Path(self.folder) / "fournines.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        self.address = getattr(self, "address", f"127.0.0.1:{free_port()}")
        return self.start_daemon(f"--config.file={path}", f"--storage.path={self.folder}/data", address=self.address)

    def paging(self):
        """Names of the objectives that page now; none while the daemon is dead."""
        try:
            slos = get(f"http://{self.address}/api/v1/slos", timeout=2).json()["slos"]
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            return set()
        return {slo["slo"] for slo in slos
                if any(row["firing"] and row["severity"] == "page" for row in slo["alerts"])}

    def test_a_hundred_incidents_are_seen_firing_and_resolved_whatever_breaks(self):
        names = [f"s{number}" for number in range(INCIDENTS)]
        targets = Targets(self, names)
        webhook = self.start_webhook_receiver()
        address = f"127.0.0.1:{free_port()}"
        folder = pathlib.Path(self.folder) / "am"
        folder.mkdir()
        config = {"route": {"receiver": "test", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s"},
                  "receivers": [{"name": "test", "webhook_configs": [{"url": webhook.url}]}]}
        member = [self.keep(Alertmanager(folder, config=config, address=address))]
        door = self.keep(Door(address))
        daemon = self.start(targets, names, [door.url], watchdog=False)
        daemon.wait_until(lambda: daemon.scrape("slo").count('",state="up"} 1') > INCIDENTS, "all targets up")

        failed = []
        paged = {}  # when each was first seen to page
        troubles = []  # from when to when nothing could be delivered
        over = threading.Event()

        def watch():
            while not over.wait(0.2):
                for name in self.paging():
                    paged.setdefault(name, time.monotonic())

        dice = random.Random(4)
        start = time.monotonic() + 1

        def incident(name, at):
            time.sleep(max(0, at - time.monotonic()))
            targets.break_down(name)
            try:
                wait_for(lambda: name in paged, 60, f"{name} pages")
            except AssertionError as error:
                failed.append(str(error))
            targets.repair(name)

        span = 40
        threads = [threading.Thread(target=incident, args=(name, start + dice.uniform(0, span))) for name in names]
        for thread in threads:
            thread.start()
        watcher = threading.Thread(target=watch)
        watcher.start()
        kills = 0
        while any(thread.is_alive() for thread in threads) or kills < KILLS:
            trouble = kills % 3
            began = time.monotonic()
            if trouble == 0:
                member[0].popen.send_signal(signal.SIGSTOP)
            elif trouble == 1:
                door.broken = True
            else:
                member[0].kill()
            time.sleep(dice.uniform(0.5, 1.5))
            if kills < KILLS:
                daemon.signal_and_wait(signal.SIGKILL, 10)
                daemon = self.start(targets, names, [door.url], watchdog=False)
            kills += 1
            time.sleep(dice.uniform(0, 0.5))
            if trouble == 0:
                member[0].popen.send_signal(signal.SIGCONT)
            elif trouble == 1:
                door.broken = False
            else:
                member[0] = self.keep(Alertmanager(folder, config=config, address=address))
            troubles.append((began, time.monotonic()))
            time.sleep(dice.uniform(0.5, 2))
        for thread in threads:
            thread.join()
        over.set()
        watcher.join()
        self.assertEqual(failed, [])

        def seen(status):
            return {
                alert["labels"]["slo"]
                for notification in list(webhook.notifications) for alert in notification["alerts"]
                if alert["status"] == status and alert["labels"]["alertname"] == "SLOBurnPage"
            }

        wait_for(lambda: len(seen("firing")) == INCIDENTS, 60, "100 firing notices")
        wait_for(lambda: len(seen("resolved")) == INCIDENTS, 120, "100 resolved notices")
        self.assertGreaterEqual(kills, KILLS)
        first = {}
        for at, notification in zip(list(webhook.arrived), list(webhook.notifications)):
            for alert in notification["alerts"]:
                if alert["status"] == "firing" and alert["labels"]["alertname"] == "SLOBurnPage":
                    first.setdefault(alert["labels"]["slo"], at)
        late = {name: round(longest, 1) for name in names
                if (longest := longest_calm(paged[name], first[name], troubles)) > FIRST_NOTICE_SECONDS + SLACK_SECONDS}
        self.assertEqual(late, {})

    def test_what_a_sender_must_do(self):
        targets = Targets(self, ["web"])
        recorder = self.keep(Recorder())
        daemon = self.start(targets, ["web"], [recorder.url], external_url="http://web-1:9999")
        daemon.wait_until(lambda: 'slo_state{service="web",slo="web",state="up"} 1' in daemon.scrape("slo"), "up")
        targets.break_down("web")
        wait_for(lambda: len(recorder.named("SLOBurnPage")) >= 4, 60, "resends")
        targets.repair("web")

        def resolved():
            return [(at, alert) for at, alert in recorder.named("SLOBurnPage") if unix(alert["endsAt"]) <= at]

        wait_for(lambda: len(resolved()) >= 3, 60, "resolved, and again")
        firing = [pair for pair in recorder.named("SLOBurnPage") if pair not in resolved()]
        first_at, first = firing[0]
        # Sent within an evaluation of firing, with a start that never changes.
        self.assertLess(first_at - unix(first["startsAt"]), 1 + 5)
        self.assertEqual(len({alert["startsAt"] for _, alert in firing + resolved()}), 1)
        self.assertEqual(len({json.dumps(alert["labels"], sort_keys=True) for _, alert in firing + resolved()}), 1)
        # Firing: ends by itself four resend delays later. Resolved: when it did, always the same.
        for at, alert in firing:
            self.assertAlmostEqual(unix(alert["endsAt"]) - at, 4 * RESEND_SECONDS, delta=5)
        self.assertEqual(len({alert["endsAt"] for _, alert in resolved()}), 1)
        # Again when the last one is older than the delay, and not before.
        for times in ([at for at, _ in firing], [at for at, _ in resolved()]):
            for before, after in zip(times, times[1:]):
                self.assertGreater(after - before, RESEND_SECONDS - 0.1)
                self.assertLess(after - before, RESEND_SECONDS + 5)
        for alert in (first, resolved()[0][1]):
            self.assertRegex(alert["startsAt"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertEqual(alert["generatorURL"], "http://web-1:9999/?service=web&slo=web")
            self.assertTrue(all(alert["labels"].values()))
        for path, head in recorder.heads:
            self.assertEqual(path, "/api/v2/alerts")
            self.assertEqual(head["Content-Type"], "application/json")
            self.assertNotIn("Content-Encoding", head)
            self.assertRegex(head["User-Agent"], r"^fournines/")
        # What is pending is never sent, and the watchdog is a sign of life from the start.
        self.assertEqual(recorder.named("SLOTargetDown"), [])
        self.assertTrue(recorder.named("Watchdog"))

        # Another time is another alert.
        targets.break_down("web")
        again = wait_for(
            lambda: [a for _, a in recorder.named("SLOBurnPage") if a["startsAt"] != first["startsAt"]], 60, "a new start")
        self.assertGreater(unix(again[0]["startsAt"]), unix(first["startsAt"]))
        self.assertGreater(unix(again[0]["endsAt"]), time.time())

    def test_a_pair_of_alertmanagers_gives_one_notification(self):
        targets = Targets(self, ["web"])
        webhook = self.start_webhook_receiver()
        peers = [f"127.0.0.1:{free_port()}" for _ in range(2)]
        config = {"route": {"receiver": "test", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s"},
                  "receivers": [{"name": "test", "webhook_configs": [{"url": webhook.url}]}]}
        members = []
        for number in range(2):
            folder = pathlib.Path(self.folder) / f"am-{number}"
            folder.mkdir()
            cluster = [f"--cluster.listen-address={peers[number]}", f"--cluster.peer={peers[1 - number]}",
                       "--cluster.peer-timeout=3s", "--cluster.settle-timeout=2s", "--cluster.gossip-interval=100ms"]
            members.append(self.keep(Alertmanager(folder, config=config, cluster=cluster)))
        for member in members:
            wait_for(lambda: len(get(f"{member.url}/api/v2/status").json()["cluster"]["peers"]) == 2, 30, "a pair")
        daemon = self.start(targets, ["web"], [member.url for member in members], watchdog=False)
        daemon.wait_until(lambda: 'slo_state{service="web",slo="web",state="up"} 1' in daemon.scrape("slo"), "up")
        targets.break_down("web")

        def notices(status):
            return [alert for notification in list(webhook.notifications) for alert in notification["alerts"]
                    if alert["status"] == status and alert["labels"]["alertname"] == "SLOBurnPage"]

        wait_for(lambda: notices("firing"), 60, "a page")
        for member in members:
            wait_for(lambda: get(f"{member.url}/api/v2/alerts").json(), 30, "the alert at each member")
        targets.repair("web")
        wait_for(lambda: notices("resolved"), 60, "its end")
        # The second one of the pair waits 3 s for the first to have notified; then it would have.
        end = time.monotonic() + 5
        wait_for(lambda: time.monotonic() > end, 10, "the time of the second member")
        self.assertEqual((len(notices("firing")), len(notices("resolved"))), (1, 1))


if __name__ == "__main__":
    unittest.main()
