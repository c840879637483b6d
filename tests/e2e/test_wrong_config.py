"""What is wrong is said, all of it and where; what is wrong at run time ends nothing."""

import pathlib
import re
import signal
import unittest

from harness import FOURNINES, EndToEnd, get, needs_root, run, wait_for
from judged import Judge, probed, write_config

GOOD = "slos:\n  - name: website\n    objective: 99.99\n    probe: https://example.com/healthz\n"


class WrongFile(EndToEnd):
    def refused(self, text):
        """The lines of both, the daemon and validate: exit code 2, nothing on standard output."""
        path = pathlib.Path(self.folder) / "fournines.yml"
        path.write_text(text, encoding="utf-8")
        said = []
        for argv in (["serve", f"--config.file={path}", "--web.listen-address=127.0.0.1:0"], ["validate", path]):
            ended = run([FOURNINES, *argv], self.folder)
            self.assertEqual((ended.returncode, ended.stdout), (2, ""), ended)
            said.append(ended.stderr.splitlines())
        self.assertEqual(said[0], said[1])
        return [line.replace(str(path), "F") for line in said[0]]

    def test_an_unknown_key_is_named_with_file_line_path_and_the_nearest_known_one(self):
        self.assertEqual(
            self.refused(GOOD + "    objektive: 99\n"),
            ["F:5: slos[0].objektive: unknown key, did you mean 'objective'?"],
        )

    def test_a_bad_value_is_named_with_its_place(self):
        for key, value, told in (
            ("objective", "100", "between 0 and 100"),
            ("window", "soon", "not a duration"),
            ("merge_gap", "-1s", "not a duration"),
            ("probe", "ftp://example.com/", "'ftp', not http or https"),
        ):
            with self.subTest(key):
                lines = GOOD.splitlines()
                lines = [line for line in lines if f" {key}: " not in line] + [f"    {key}: {value}"]
                (error,) = self.refused("\n".join(lines) + "\n")
                self.assertTrue(error.startswith(f"F:{len(lines)}: slos[0].{key}: "), error)
                self.assertIn(told, error)

    def test_a_bad_probe_is_named_with_file_line_and_key(self):
        secret = pathlib.Path(self.folder) / "token"
        secret.write_text("t0ken", encoding="ascii")
        secret.chmod(0o644)
        url = "http: 'http://a/'"
        for keys, key, told in (
            ("http: 'http//a/'", "http", "http//a/"),
            ("http: 'http://ops:t0ken@a/'", "http", "password"),
            (f"{url}, expect: {{phase: connect}}", "expect.phase", "unknown key"),
            (f"{url}, interval: 1s, timeout: 2s", "timeout", "not shorter than the interval"),
            (f"{url}, bearer_token_file: {self.folder}/none", "bearer_token_file", "No such file"),
            (f"{url}, bearer_token_file: {self.folder}", "bearer_token_file", "not a regular file"),
            (f"{url}, bearer_token_file: {secret}", "bearer_token_file", "everybody"),
            (f"{url}, basic_auth: {{username: a, password_file: {secret}}}", "basic_auth.password_file", "everybody"),
        ):
            with self.subTest(keys):
                (error,) = self.refused(f"slos:\n  - name: a\n    objective: 99\n    sli:\n      probe: {{{keys}}}\n")
                self.assertTrue(error.startswith(f"F:5: slos[0].sli.probe.{key}: "), error)
                self.assertIn(told, error)
                self.assertNotIn("t0ken", error)

    def test_the_same_objective_twice_is_named_at_the_second(self):
        (error,) = self.refused(GOOD + GOOD.split("\n", 1)[1])
        self.assertRegex(error, r"\AF:5: slos\[1\]: .*website.* twice")

    def test_a_probe_without_a_target_is_one_error(self):
        head = "slos:\n  - name: website\n    objective: 99.99\n"
        for text, place in (
            ("    probe:\n", "F:4: slos[0].probe: "),
            ("    sli:\n      probe:\n", "F:5: slos[0].sli.probe: "),
            ("    sli:\n      probe: {}\n", "F:5: slos[0].sli.probe: "),
            ("    sli:\n      probe: [1]\n", "F:5: slos[0].sli.probe: "),
            ("    sli: {}\n", "F:4: slos[0].sli: "),
            ("    sli: up\n", "F:4: slos[0].sli: "),
            ("", "F:2: slos[0]: "),
        ):
            with self.subTest(text):
                (error,) = self.refused(head + text)
                self.assertTrue(error.startswith(place), error)

    def test_several_errors_come_at_once_in_the_order_of_their_lines(self):
        errors = self.refused(
            "alerting:\n  alertmanagers: [{url: nowhere}]\n  resend_delay: often\n"
            + GOOD.replace("99.99", "many") + "    windwo: 7d\n" + "slo: []\n"
        )
        places = [re.match(r"F:(\d+): (\S+): .", error).groups() for error in errors]
        self.assertEqual(
            places,
            [
                ("2", "alerting.alertmanagers[0].url"), ("3", "alerting.resend_delay"), ("6", "slos[0].objective"),
                ("8", "slos[0].windwo"), ("9", "slo"),
            ],
        )

    def test_what_is_no_yaml_or_not_there_is_one_line_with_the_file(self):
        (error,) = self.refused("slos: [\n")
        self.assertRegex(error, r"\AF:\d+: YAML: .")
        ended = run([FOURNINES, "--config.file=nowhere.yml"], self.folder)
        self.assertEqual((ended.returncode, ended.stdout), (2, ""))
        self.assertRegex(ended.stderr, r"\Anowhere.yml:1: No such file or directory\n\Z")


class GoodFile(EndToEnd):
    def test_validate_explains_four_lines(self):
        path = pathlib.Path(self.folder) / "fournines.yml"
        path.write_text(GOOD, encoding="utf-8")
        ended = run([FOURNINES, "validate", path])
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        first, page, ticket = ended.stdout.splitlines()[:3]
        self.assertEqual(first, "website  99.99% over 30d  budget 4m19.2s  one failed probe (5s) = 1.9% of budget")
        self.assertEqual(page.split(), "page 1h/5m x14.4 (2 failures) 6h/30m x6 (3 failures)".split())
        self.assertEqual(ticket.split(), "ticket 1d/2h x3 (6 failures) 3d/6h x1 (6 failures)".split())


EVERYTHING = """
version: 1
defaults: {window: 30d, objective: 99.9, probe: {interval: 5s, timeout: 4s}, labels: {owner: ops, env: prod}}
sources:
  - {name: prom, type: prometheus, url: "http://127.0.0.1:9090", bearer_token_file: /etc/token, alive: up, timeout: 10s, backfill: 7d}
slos:
  - name: website
    service: shop
    description: The front page answers.
    objective: 99.99
    window: {calendar: month, timezone: Europe/Berlin}
    budgeting_method: time
    sli:
      probe: {http: "https://example.com/healthz", interval: 5s, failures: 2, successes: 1,
              expect: {status: [2xx, 3xx], body_contains: ok, certificate_days: 7}}
    merge_gap: 2m
    dependencies: [uplink]
    alerting:
      page_alert: {labels: {team: web}}
      ticket_alert: {labels: {team: web}, disable: false}
      min_failures: 2
      no_data: {after: 5m, severity: ticket}
      annotations: {runbook_url: "https://wiki/shop"}
  - {name: uplink, budgeting_method: occurrences, sli: {probe: {icmp: gateway}}}
  - {name: checkout, sli: {events: {bad: 'n_total{code=~"5.."}', total: n_total}}}
  - name: api
    window: 28d
    dependencies: [uplink]
    sli:
      events:
        source: prom
        bad: sum(increase(http_requests_total{job="api",code=~"5.."}[{{.window}}]))
        total: sum(increase(http_requests_total{job="api"}[{{.window}}]))
        no_events: good
  - {name: slow, objectives: [{objective: 99}, {name: far, objective: 90, window: 90d}], sli: {latency: {source: prom, histogram: 'h{job="api"}', threshold: 400ms}}}
  - {name: host-up, sli: {host: up}}
  - {name: db, sli: {container: {name: postgres, states: [running], healthy: true}}}
  - {name: tier, sli: {container: {labels: {com.example/tier: "db-*"}, cgroup: "/shop.slice/*"}}}
  - {name: lag, budgeting_method: timeslices, timeslice_window: 1m, timeslice_target: 95, sli: {threshold: {metric: 'kafka_lag{topic="a"}', op: lte, value: 1000, absent: bad}}}
  - {name: open, budgeting_method: ratio_timeslices, timeslice_window: 1m, sli: {gauge: shop_is_open}}
  - {name: closed, budgeting_method: occurrences, sli: {gauge: {source: prom, query: "1 - shop_is_open"}}}
maintenance:
  - {name: patching, slos: [host-up, "shop/*"], start: "02:00", duration: 30m, every: [tue], timezone: Europe/Berlin, counts_as: excluded}
  - {name: monthly, start: "03:00", duration: 1h, rrule: FREQ=MONTHLY;BYDAY=1TU}
  - {name: once, from: 2026-03-01T10:00:00Z, to: 2026-03-01T12:00:00Z}
exclusions:
  - {slos: [website], from: 2026-03-01T10:00:00Z, to: 2026-03-01T10:12:00Z, reason: "provider outage INC-42"}
alert_windows:
  - window: 90d
    page: [{long: 1h, short: 5m, budget: 1%}, {long: 6h, short: 30m, budget: 3%}]
    ticket: [{long: 1d, short: 2h, budget: 5%}, {long: 3d, short: 6h, budget: 5%}]
error_budget_policy:
  - {remaining_below: 50%, message: "Review the last incidents"}
  - {remaining_below: 0%, message: "Freeze releases except reliability work", alert: page}
"""


class WholeFile(EndToEnd):
    def test_every_kind_of_objective_and_every_block_is_understood_and_shown_alike(self):
        path = pathlib.Path(self.folder) / "everything.yml"
        path.write_text(EVERYTHING, encoding="utf-8")
        ended = run([FOURNINES, "validate", path])
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        explained = re.findall(r"^(\S+)  [\d.]+% over \S+  budget ", ended.stdout, re.M)
        self.assertEqual(explained, ["shop/website", "uplink", "checkout", "api", "slow/slow-1", "slow/slow-far", "host-up", "db", "tier", "lag", "open", "closed"])
        shown = run([FOURNINES, "config", "show", f"--config.file={path}"])
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        self.assertEqual(run([FOURNINES, "config", "show", "--defaults", f"--config.file={path}"]).stdout, shown.stdout)
        path.write_text(shown.stdout, encoding="utf-8")
        self.assertEqual(run([FOURNINES, "validate", path]).stdout, ended.stdout)
        self.assertEqual(run([FOURNINES, "config", "show", f"--config.file={path}"]).stdout, shown.stdout)


class NameThatDoesNotResolve(EndToEnd):
    def test_the_daemon_runs_says_why_and_goes_on_measuring(self):
        nginx = self.start_nginx("return 200;")
        judge = self.keep(
            Judge(self.folder, [probed("lost", "http://lost.invalid/"), probed("found", nginx.url)])
        )
        lost = judge.wait_until(
            lambda: judge.slo("lost")["cause"] not in ("", "starting", "lapsed", "stalled") and judge.slo("lost"), "a cause"
        )
        print(f"{lost['state']} ({lost['cause']})", flush=True)
        # Depends on who is asked here: a name server that says no, one that says nothing, or none at all.
        self.assertIn(f"{lost['state']} {lost['cause']}", ("down dns", "down timeout", "unknown no_resolver"))
        wait_for(lambda: judge.slo("found")["events"]["good"] >= 3, 20, "the other is probed")
        first = judge.seconds("lost")
        wait_for(
            lambda: judge.seconds("lost")[lost["state"]] > first[lost["state"]] + 2, 20, "its time is counted"
        )
        self.assertEqual(judge.seconds("lost")["up"], 0)
        self.assertEqual(judge.seconds("found")["down"], 0)
        self.assertIn(lost["cause"], get(f"{judge.url}/").text)


class StateDirectory(EndToEnd):
    def assert_measures_in_memory(self, daemon):
        self.assertEqual(daemon.log().count("history is kept in memory only"), 1, daemon.log())
        self.assertIn("history is kept in memory only", daemon.log())
        self.assertEqual(daemon.metric("fournines_history_durable"), 0)
        self.assertIn("History is not durable", get(f"{daemon.url}/").text)
        first = daemon.seconds("host-up")["up"]
        wait_for(lambda: daemon.seconds("host-up")["up"] > first, 20, "time is counted")
        daemon.stop()
        self.assertEqual(daemon.log().count("history is kept in memory only"), 1, daemon.log())

    def test_below_a_regular_file_it_runs_warns_once_and_says_so(self):
        (pathlib.Path(self.folder) / "state").write_text("a file", encoding="utf-8")
        self.assert_measures_in_memory(self.keep(Judge(self.folder, [])))

    @needs_root
    def test_on_a_file_system_that_cannot_be_written_as_well(self):
        state = pathlib.Path(self.folder) / "state"
        state.mkdir()
        mount = f"mount -t tmpfs -o ro none '{state}' && exec \"$@\""
        self.assert_measures_in_memory(
            self.keep(Judge(self.folder, [], launcher=["unshare", "--mount", "sh", "-c", mount, "sh"]))
        )

    def test_a_second_daemon_on_the_same_state_ends_with_5_and_one_line(self):
        first = self.keep(Judge(self.folder, []))
        ended = run([FOURNINES, f"--storage.path={first.state}", "--web.listen-address=127.0.0.1:0"], self.folder)
        self.assertEqual((ended.returncode, ended.stdout), (5, ""), ended)
        self.assertEqual(ended.stderr, f"fournines: {first.state}: another fournines keeps its history here\n")
        self.assertEqual(first.metric("fournines_history_durable"), 1)


class Reload(EndToEnd):
    def successful(self, judge):
        return judge.metric("fournines_config_last_reload_successful")

    def names(self, judge):
        return [slo["slo"] for slo in judge.api("slos")["slos"]]

    def test_a_bad_file_changes_nothing_and_is_told_until_a_good_one_comes(self):
        nginx = self.start_nginx("return 200;")
        judge = self.keep(Judge(self.folder, [probed("web", nginx.url)]))
        judge.wait_until(lambda: judge.slo("web")["state"] == "up", "it is up")
        since = judge.slo("web")["since"]
        self.assertEqual(self.successful(judge), 1)
        self.assertNotIn("configuration was refused", get(f"{judge.url}/").text)

        judge.config.write_text('{"slos": [{"name": "web", "objective": "no"}]}', encoding="utf-8")
        judge.popen.send_signal(signal.SIGHUP)
        wait_for(lambda: self.successful(judge) == 0, 20, "the metric says so")
        self.assertEqual(self.names(judge), ["web", "host-up"])
        notice = get(f"{judge.url}/").text
        self.assertIn("The newest configuration was refused", notice)
        self.assertIn("fournines.yml:1: slos[0]", notice)
        good = judge.slo("web")["events"]["good"]
        wait_for(lambda: judge.slo("web")["events"]["good"] > good + 1, 20, "it is still probed")

        write_config(judge.config, [probed("web", nginx.url, objective=99.9), probed("more", nginx.url)])
        judge.popen.send_signal(signal.SIGHUP)
        wait_for(lambda: self.successful(judge) == 1, 20, "the metric says so")
        wait_for(lambda: judge.slo("more")["state"] == "up", 20, "the new objective is probed")
        self.assertEqual(judge.slo("web")["objective"], 0.999)
        self.assertEqual(judge.slo("web")["since"], since)
        self.assertNotIn("configuration was refused", get(f"{judge.url}/").text)

    def test_reload_over_http_is_there_only_when_it_is_enabled(self):
        closed = self.start_daemon(f"--storage.path={self.folder}/closed")
        self.assertIn(get(f"{closed.url}/-/reload", method="POST").status, (404, 405))
        judge = self.keep(Judge(self.folder, [], flags=["--web.enable-lifecycle"]))
        write_config(judge.config, [{"name": "second-host", "objective": 99.9, "sli": {"host": "up"}}])
        self.assertEqual(get(f"{judge.url}/-/reload").status, 405)
        self.assertEqual(get(f"{judge.url}/-/reload", method="POST").status, 200)
        wait_for(lambda: self.names(judge) == ["second-host"], 20, "the new configuration")
        judge.config.write_text("slos: 1", encoding="utf-8")
        refused = get(f"{judge.url}/-/reload", method="POST")
        self.assertEqual(refused.status, 500)
        self.assertIn("fournines.yml:1: slos: must be a list", refused.text)
        self.assertEqual(self.names(judge), ["second-host"])


if __name__ == "__main__":
    unittest.main()
