"""Pages end to end: a target fails, the daemon judges, Debian's Alertmanager notifies a webhook.

The objective has a window of six hours, so that its alert rows are short: 2.2 s of down time page, and the page ends
90 s after ten seconds were good.
"""

import json
import pathlib
import signal
import time

from harness import (
    ROOT, START_SECONDS, Alertmanager, EndToEnd, HttpServed, QuietHandler, amtool, free_port, get, wait_for,
)
from test_delivery import unix

RESEND_SECONDS = 2


class Target(HttpServed):
    """Answers 200, or 500 while it does not work."""

    def __init__(self):
        self.works = True
        target = self

        class Handler(QuietHandler):
            def do_GET(self):
                self.send_response(200 if target.works else 500)
                self.send_header("Content-Length", "0")
                self.end_headers()

        super().__init__(Handler)
        self.url += "/"


def alerts_at(member, name="SLOBurnPage"):
    return [alert for alert in get(f"{member.url}/api/v2/alerts").json() if alert["labels"]["alertname"] == name]


class Paging(EndToEnd):
    def setUp(self):
        super().setUp()
        self.target = self.keep(Target())
        self.webhook = self.start_webhook_receiver()

    def start_member(self, address=None):
        """Each in a folder of its own; at the address of one that ended, that one started again."""
        address = address or f"127.0.0.1:{free_port()}"
        folder = pathlib.Path(self.folder) / f"member-{address.rpartition(':')[2]}"
        folder.mkdir(exist_ok=True)
        return self.keep(Alertmanager(folder, self.webhook.url, address=address))

    def start_paging_daemon(self, *addresses):
        config = {
            "slos": [{
                "name": "website", "service": "shop", "objective": "99.9", "window": "6h", "labels": {"team": "web"},
                "probe": {"http": self.target.url, "interval": "1s", "timeout": "900ms"},
            }],
            "alerting": {
                "alertmanagers": [{"url": f"http://{address}"} for address in addresses],
                "external_labels": {"instance": "web-1"}, "external_url": "http://web-1:9999",
                "resend_delay": f"{RESEND_SECONDS}s",
            },
        }
        path = pathlib.Path(self.folder) / "fournines.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        daemon = self.start_daemon(f"--config.file={path}", f"--storage.path={self.folder}/data")
        daemon.wait_until(
            lambda: 'slo_state{service="shop",slo="website",state="up"} 1' in daemon.scrape("slo"), "a first good probe"
        )
        return daemon

    def pages(self, status):
        """(alert) of each notification about the page, in order of arrival."""
        return [
            alert
            for notification in list(self.webhook.notifications)
            for alert in notification["alerts"]
            if alert["labels"]["alertname"] == "SLOBurnPage" and alert["status"] == status
        ]

    def await_page(self, status):
        return wait_for(lambda: self.pages(status), 180, f"a page that is {status}: {self.webhook.notifications}")[0]

    def test_a_page_arrives_once_and_ends_once(self):
        member = self.start_member()
        daemon = self.start_paging_daemon(member.address)
        began = time.time()
        self.target.works = False
        daemon.wait_until(lambda: "fournines_alerts_firing 1" in daemon.scrape("slo"), "an alert")
        self.target.works = True
        firing = self.await_page("firing")
        self.assertEqual(firing["labels"], {
            "alertname": "SLOBurnPage", "severity": "critical", "service": "shop", "slo": "website",
            "origin": "daemon", "team": "web", "instance": "web-1",
        })
        self.assertRegex(firing["annotations"]["description"], r"^shop/website burns its error budget \d+\.\d times")
        self.assertTrue(firing["annotations"]["runbook_url"].endswith("/sloburnpage.md"))
        self.assertNotIn("delivery", firing["annotations"])
        self.assertEqual(firing["generatorURL"], "http://web-1:9999/?service=shop&slo=website")
        self.assertGreaterEqual(firing["startsAt"], time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(began)))

        resolved = self.await_page("resolved")
        self.assertEqual(resolved["startsAt"], firing["startsAt"])
        self.assertGreater(resolved["endsAt"], resolved["startsAt"])
        self.assertEqual((len(self.pages("firing")), len(self.pages("resolved"))), (1, 1))

    def test_neither_kill_9_nor_a_dead_alertmanager_loses_a_page(self):
        address = f"127.0.0.1:{free_port()}"
        daemon = self.start_paging_daemon(address)
        self.target.works = False
        daemon.wait_until(
            lambda: "fournines_alerts_firing 1" in daemon.scrape("slo")
            and "fournines_alerts_undelivered 1" in daemon.scrape("slo"), "an alert that nobody takes",
        )
        self.target.works = True
        daemon.signal_and_wait(signal.SIGKILL, START_SECONDS)
        killed = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        self.start_member(address)
        self.start_paging_daemon(address)
        self.assertLessEqual(self.await_page("firing")["startsAt"][:19], killed)
        self.assertLessEqual(self.await_page("resolved")["startsAt"][:19], killed)

    def test_an_alertmanager_that_restarts_gets_the_alert_again(self):
        member = self.start_member()
        self.start_paging_daemon(member.address)
        self.target.works = False
        first = wait_for(lambda: alerts_at(member), 60, "the alert")[0]
        before = wait_for(lambda: [alert for alert in alerts_at(member) if alert["updatedAt"] != first["updatedAt"]], 30, "a resend")
        # Resent as one that began when it did, and that ends by itself four delays after it was sent.
        self.assertEqual(before[0]["startsAt"], first["startsAt"])
        self.assertGreater(before[0]["endsAt"], first["endsAt"])
        for alert in (first, before[0]):
            self.assertAlmostEqual(unix(alert["endsAt"]) - unix(alert["updatedAt"]), 4 * RESEND_SECONDS, delta=1)
        member.kill()
        again = self.start_member(member.address)
        after = wait_for(lambda: alerts_at(again), 30, "the alert again")
        self.assertEqual(after[0]["startsAt"], before[0]["startsAt"])

    def test_every_member_gets_it_while_another_is_stopped(self):
        members = [self.start_member() for _ in range(2)]
        members[0].popen.send_signal(signal.SIGSTOP)
        self.addCleanup(members[0].popen.send_signal, signal.SIGCONT)
        self.start_paging_daemon(*(member.address for member in members))
        self.target.works = False
        wait_for(lambda: alerts_at(members[1]), 60, "the alert at the member that runs")
        members[0].popen.send_signal(signal.SIGCONT)
        wait_for(lambda: alerts_at(members[0]), 60, "the alert at the member that was stopped")

        shown = amtool(members[1], "alert", "query", "alertname=SLOBurnPage", "origin=daemon", "-o", "extended")
        self.assertIn("website", shown.stdout, shown.stderr)
        silenced = amtool(members[1], "silence", "add", "--duration=1h", "--comment=test", "--author=test",
                          "service=shop", "slo=website")
        self.assertEqual(silenced.returncode, 0, silenced.stderr)
        wait_for(lambda: alerts_at(members[1])[0]["status"]["state"] == "suppressed", 20, "a silence that matches")


class ShippedConfiguration(EndToEnd):
    def test_one_page_arrives_when_the_daemon_and_prometheus_fire_both(self):
        webhook = self.start_webhook_receiver()
        config = json.loads((ROOT / "alerts/examples/alertmanager.json").read_text(encoding="utf-8"))
        for receiver in config["receivers"]:
            for hook in receiver.get("webhook_configs", ()):
                hook["url"] = webhook.url
        member = self.keep(Alertmanager(self.folder, config=config))

        def alert(name, severity, origin, **labels):
            return {"labels": {"alertname": name, "severity": severity, "origin": origin, **labels}}

        def of_slo(name, severity, origin, **labels):
            return alert(name, severity, origin, service="shop", slo="website", **labels)

        def on_disk(severity, mountpoint):
            return alert("NodeFilesystemAlmostOutOfSpace", severity, "prometheus", instance="web-2", mountpoint=mountpoint)

        body = [
            of_slo("SLOBurnPage", "critical", "daemon", instance="web-1"), of_slo("SLOBurnPage", "critical", "prometheus"),
            of_slo("SLOTargetDown", "critical", "daemon", instance="web-1"),
            of_slo("SLOTargetDown", "critical", "prometheus", instance="web-1:9999", job="fournines"),
            of_slo("SLOBurnTicket", "warning", "prometheus"), of_slo("SLOBudgetLow", "info", "prometheus"),
            alert("Watchdog", "none", "prometheus"),
            # A host that is down says it all; where it is critical nobody needs the warning.
            alert("HostDown", "critical", "prometheus", instance="web-3"),
            alert("NodeCPUSteal", "warning", "prometheus", instance="web-3"),
            on_disk("critical", "/"), on_disk("warning", "/"), on_disk("warning", "/srv"),
        ]
        posted = get(f"{member.url}/api/v2/alerts", method="POST", body=json.dumps(body).encode(),
                     headers={"Content-Type": "application/json"})
        self.assertEqual(posted.status, 200, posted.body)

        def pages():
            return {notification["groupLabels"]["alertname"]: notification for notification in list(webhook.notifications)
                    if notification["receiver"] == "pager"}

        wanted = {"SLOBurnPage", "HostDown", "NodeFilesystemAlmostOutOfSpace"}
        wait_for(lambda: pages().keys() >= wanted, 60, "the pages")
        page = pages()["SLOBurnPage"]
        self.assertEqual([a["labels"]["origin"] for a in page["alerts"]], ["daemon"])
        self.assertEqual(page["groupLabels"], {"alertname": "SLOBurnPage", "service": "shop", "slo": "website"})
        # What is held back is known once Alertmanager has looked at every group.
        suppressed = {("SLOBurnPage", "prometheus", ""), ("SLOTargetDown", "daemon", ""), ("SLOTargetDown", "prometheus", ""),
                      ("SLOBurnTicket", "prometheus", ""), ("NodeCPUSteal", "prometheus", ""),
                      ("NodeFilesystemAlmostOutOfSpace", "prometheus", "/")}

        def held_back():
            return {
                (a["labels"]["alertname"], a["labels"]["origin"], a["labels"].get("mountpoint", ""))
                for a in get(f"{member.url}/api/v2/alerts").json() if a["status"]["state"] == "suppressed"
            }

        wait_for(lambda: held_back() == suppressed, 60, f"inhibition of {suppressed}")
        self.assertEqual(pages().keys(), wanted)
        self.assertEqual(sum(n["receiver"] == "pager" for n in list(webhook.notifications)), len(wanted))


if __name__ == "__main__":
    import unittest

    unittest.main()
