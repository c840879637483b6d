"""Who is told beside a plain Alertmanager: webhooks without one, a heartbeat, an Alertmanager behind TLS that wants to
see a certificate; what comes back from Alertmanager; and the test page that proves the way.
"""

import json
import pathlib
import shutil
import signal
import ssl
import subprocess
import unittest

from harness import FOURNINES, EndToEnd, HttpServed, QuietHandler, amtool, get, run, wait_for
from test_delivery import Targets


class Server(HttpServed):
    """Takes whatever is sent; (method, path, headers, decoded body) of each request."""

    def __init__(self, context=None):
        self.requests = []
        requests = self.requests

        class Handler(QuietHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                requests.append((self.command, self.path, dict(self.headers), json.loads(body) if body else None))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"[]")

            do_GET = do_POST

        super().__init__(Handler, context)


class Receivers(EndToEnd):
    def configure(self, targets, **alerting):
        path = pathlib.Path(self.folder) / "fournines.json"
        path.write_text(json.dumps({
            "defaults": {"objective": "99", "window": "1h"},
            "slos": [{"name": "web", "service": "shop",
                      "sli": {"probe": {"http": targets.url("web"), "interval": "500ms"}}}],
            "alerting": {"resend_delay": "2s", "external_labels": {"instance": "web-1"}, **alerting},
        }), encoding="utf-8")
        return path

    def start(self, path):
        daemon = self.start_daemon(f"--config.file={path}", f"--storage.path={self.folder}/data")
        daemon.wait_until(lambda: 'slo_state{service="shop",slo="web",state="up"} 1' in daemon.scrape("slo"), "up")
        return daemon

    def test_a_webhook_and_a_heartbeat_need_no_alertmanager(self):
        targets = Targets(self, ["web"])
        hook, beats = self.keep(Server()), self.keep(Server())
        daemon = self.start(self.configure(
            targets, webhooks=[{"url": f"{hook.url}/hook?key=secret"}], heartbeat_url=f"{beats.url}/beat"))
        wait_for(lambda: len(beats.requests) >= 2, 30, "heartbeats")
        self.assertEqual({(method, path) for method, path, _, _ in beats.requests}, {("GET", "/beat")})
        targets.break_down("web")

        def told(status):
            return [alert for _, _, _, body in list(hook.requests) for alert in body["alerts"]
                    if alert["status"] == status and alert["labels"]["alertname"] == "SLOBurnPage"]

        wait_for(lambda: told("firing"), 60, "the page")
        targets.repair("web")
        wait_for(lambda: told("resolved"), 60, "its end")
        self.assertEqual((len(told("firing")), len(told("resolved"))), (1, 1))
        self.assertEqual({path for _, path, _, _ in hook.requests}, {"/hook?key=secret"})
        # What may be secret stands neither in metrics nor in the log.
        page = daemon.scrape()
        self.assertIn(f'fournines_alerts_sent_total{{alertmanager="webhook {hook.url}"}} ', page)
        self.assertNotIn("secret", page + daemon.log())

    def test_tls_with_certificates_on_both_sides_and_a_token(self):
        folder = pathlib.Path(self.folder)
        subprocess.run(
            [shutil.which("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test",
             "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
            check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        context.load_verify_locations(folder / "cert.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        server = self.keep(Server(context))
        token = folder / "token"
        token.write_text("s3cret", encoding="utf-8")
        token.chmod(0o600)
        targets = Targets(self, ["web"])
        tls = {"ca_file": f"{folder}/cert.pem", "cert_file": f"{folder}/cert.pem", "key_file": f"{folder}/key.pem"}

        def try_with(tls):
            path = self.configure(targets, alertmanagers=[
                {"url": server.url, "bearer_token_file": str(token), "tls": tls}])
            return run([FOURNINES, "test-page", f"--config.file={path}"])

        good = try_with(tls)
        self.assertEqual(good.returncode, 0, good.stdout + good.stderr)
        self.assertEqual(server.requests[0][2]["Authorization"], "Bearer s3cret")
        for wrong in ({}, {"ca_file": f"{folder}/cert.pem"}, {"insecure_skip_verify": True}):
            bad = try_with(wrong)
            self.assertEqual(bad.returncode, 1, f"{wrong}: {bad.stdout}")
            self.assertNotIn("s3cret", bad.stdout + bad.stderr)

    def test_silences_come_back_and_the_watchdog_and_the_link_work(self):
        targets = Targets(self, ["web"])
        webhook = self.start_webhook_receiver()
        member = self.start_alertmanager(webhook.url)
        daemon = self.start(self.configure(targets, alertmanagers=[{"url": member.url}]))
        watchdog = wait_for(lambda: [alert for alert in get(f"{member.url}/api/v2/alerts").json()
                                     if alert["labels"]["alertname"] == "Watchdog"], 30, "the watchdog")
        self.assertEqual(watchdog[0]["labels"],
                         {"alertname": "Watchdog", "severity": "none", "origin": "daemon", "instance": "web-1"})

        page = run([FOURNINES, "test-page", f"--config.file={self.folder}/fournines.json"])
        self.assertEqual((page.returncode, page.stdout), (0, f"{member.url}: taken, goes to test\n"), page.stderr)
        wait_for(lambda: [alert for n in list(webhook.notifications) for alert in n["alerts"]
                          if alert["labels"]["alertname"] == "FourninesTestPage"], 30, "the test page at the webhook")

        targets.break_down("web")
        wait_for(lambda: [alert for alert in get(f"{member.url}/api/v2/alerts").json()
                          if alert["labels"]["alertname"] == "SLOBurnPage"], 60, "the alert")
        silenced = amtool(member, "silence", "add", "--duration=1h", "--comment=test", "--author=test", "slo=web")
        self.assertEqual(silenced.returncode, 0, silenced.stderr)
        # Asked each 15 s while something fires.
        daemon.wait_until(lambda: "fournines_alerts_acknowledged_total 0" not in daemon.scrape(), "an acknowledgement", 60)
        shown = daemon.scrape()
        self.assertNotIn('fournines_alerts_suppressed{reason="silenced"} 0', shown)
        self.assertNotIn("fournines_alerts_acknowledge_seconds_total 0\n", shown)

        status = get(f"{daemon.url}/?service=shop&slo=web")
        self.assertIn("<td>shop/web</td>", status.text)
        self.assertNotIn("host-up", status.text)
        self.assertIn("host-up", get(f"{daemon.url}/").text)

    def alerts_at(self, hook, name, status="firing"):
        return [alert for _, _, _, body in list(hook.requests) if body for alert in body["alerts"]
                if alert["status"] == status and alert["labels"]["alertname"] == name]

    def test_missing_data_and_the_budget_policy_page_as_configured(self):
        targets = Targets(self, ["uplink", "web"])
        hook = self.keep(Server())
        path = pathlib.Path(self.folder) / "fournines.json"
        path.write_text(json.dumps({
            "defaults": {"objective": "99", "window": "1h"},
            "slos": [
                {"name": "uplink", "sli": {"probe": {"http": targets.url("uplink"), "interval": "500ms"}}},
                {"name": "web", "sli": {"probe": {"http": targets.url("web"), "interval": "500ms"}}, "dependencies": ["uplink"],
                 "alerting": {"no_data": {"after": "3s", "severity": "page"}, "page_alert": {"labels": {"team": "on-call"}}}},
            ],
            "error_budget_policy": [{"slos": ["uplink"], "remaining_below": "95%", "message": "Look at the uplink", "alert": "ticket"}],
            "alerting": {"webhooks": [{"url": hook.url}]},
        }), encoding="utf-8")
        daemon = self.start_daemon(f"--config.file={path}", f"--storage.path={self.folder}/data")
        daemon.wait_until(lambda: 'slo_state{service="web",slo="web",state="up"} 1' in daemon.scrape("slo"), "up")
        for name in ("uplink", "web"):
            targets.break_down(name)
        (no_data,) = wait_for(lambda: self.alerts_at(hook, "SLONoData"), 30, "the page")
        self.assertEqual({name: no_data["labels"].get(name) for name in ("slo", "severity", "team")},
                         {"slo": "web", "severity": "critical", "team": "on-call"})
        (policy,) = wait_for(lambda: self.alerts_at(hook, "SLOBudgetPolicy"), 30, "the policy's ticket")
        self.assertEqual((policy["labels"]["slo"], policy["labels"]["severity"]), ("uplink", "warning"))
        self.assertTrue(policy["annotations"]["description"].startswith("uplink/uplink: Look at the uplink."))

    def test_a_reload_tells_those_who_are_new_and_nobody_twice(self):
        targets = Targets(self, ["web"])
        first, second = self.keep(Server()), self.keep(Server())
        daemon = self.start(self.configure(targets, webhooks=[{"url": first.url}]))
        targets.break_down("web")
        wait_for(lambda: self.alerts_at(first, "SLOBurnPage"), 60, "the page")

        # A file that is wrong elsewhere changes nobody.
        path = self.configure(targets, webhooks=[{"url": second.url}])
        good = path.read_text(encoding="utf-8")
        path.write_text(good.replace('"objective": "99"', '"objective": "no"'), encoding="utf-8")
        daemon.popen.send_signal(signal.SIGHUP)
        daemon.wait_until(lambda: "fournines_config_last_reload_successful 0" in daemon.scrape(), "refused")
        self.assertIn(first.url, daemon.scrape())
        self.assertEqual(second.requests, [])

        self.configure(targets, webhooks=[{"url": first.url}, {"url": second.url}])
        daemon.popen.send_signal(signal.SIGHUP)
        wait_for(lambda: self.alerts_at(second, "SLOBurnPage"), 10, "the page at the one who is new")
        targets.repair("web")
        for hook in (first, second):
            wait_for(lambda: self.alerts_at(hook, "SLOBurnPage", "resolved"), 60, "its end")
            self.assertEqual(len(self.alerts_at(hook, "SLOBurnPage")), 1)
        self.assertIn(f'fournines_alerts_sent_total{{alertmanager="webhook {second.url}"}} 2', daemon.scrape())

    def test_a_test_page_goes_the_daemon_s_own_way(self):
        targets = Targets(self, ["web"])
        webhook = self.start_webhook_receiver()
        member, hook = self.start_alertmanager(webhook.url), self.keep(Server())
        path = self.configure(targets, alertmanagers=[{"url": member.url}], webhooks=[{"url": hook.url}])
        daemon = self.start_daemon(f"--config.file={path}", f"--storage.path={self.folder}/data", "--web.enable-admin-api")
        for number in (1, 2):  # and again while the first one still fires
            page = run([FOURNINES, "test-page", f"--config.file={path}", f"--server={daemon.url}"])
            self.assertEqual(page.stdout, f"{member.url}: taken, goes to test\nwebhook {hook.url}: taken\n", page)
            self.assertEqual((page.returncode, page.stderr), (0, f"sent by the daemon at {daemon.url}, from its history on disk\n"))
            self.assertEqual(len(self.alerts_at(hook, "FourninesTestPage")), number)
        wait_for(lambda: [alert for n in list(webhook.notifications) for alert in n["alerts"]
                          if alert["labels"]["alertname"] == "FourninesTestPage"], 30, "the test page behind Alertmanager")
        # It is an alert like any other: kill -9 does not forget it, and it ends.
        daemon.signal_and_wait(signal.SIGKILL, 10)
        self.start_daemon(f"--config.file={path}", f"--storage.path={self.folder}/data")
        wait_for(lambda: self.alerts_at(hook, "FourninesTestPage", "resolved"), 75, "its end")

    def test_a_test_page_says_what_went_wrong_and_where(self):
        targets = Targets(self, ["web"])
        hook = self.keep(Server())
        path = self.configure(targets, alertmanagers=[{"url": "http://127.0.0.1:1"}], webhooks=[{"url": hook.url}])
        page = run([FOURNINES, "test-page", f"--config.file={path}"])
        self.assertEqual(page.returncode, 1)
        self.assertRegex(page.stdout, r"^http://127\.0\.0\.1:1: .*[Cc]onnect.*\nwebhook http://127\.0\.0\.1:\d+: taken\n$")
        empty = pathlib.Path(self.folder) / "empty.json"
        empty.write_text("{}", encoding="utf-8")
        nobody = run([FOURNINES, "test-page", f"--config.file={empty}"])
        self.assertEqual((nobody.returncode, nobody.stdout), (2, ""))


if __name__ == "__main__":
    unittest.main()
