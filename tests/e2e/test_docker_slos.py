"""Every container is an objective without any configuration: what is done to real containers, as the judge tells it."""

import datetime
import os
import signal
import unittest

import exposition
from cgroup_truth import LiveFiles
from engines import OnDocker
from harness import wait_for
from judged import Judge

SECONDS = 20  # generous: compilers may be running beside the tests


def unix_seconds(text):
    """Docker writes nanoseconds: "2026-11-25T23:28:37.396220828Z"."""
    return datetime.datetime.fromisoformat(text[:26] + "+00:00").timestamp()


class DockerObjectives(OnDocker):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.judge = cls.start_judge()

    @classmethod
    def start_judge(cls, name="fournines"):
        named = {"service": "db", "name": "db-up", "objective": 99.95, "merge_gap": "0s", "sli": {"container": {"name": "named-*"}}}
        marked = {**named, "name": "marked", "sli": {"container": {"labels": {"tier": "storage-*"}, "cgroup": "/docker/*"}}}
        return cls.keep(Judge(cls.folder, [named, marked], launcher=cls.machine.launcher, name=name))

    def run_container(self, name, *options, script="exec sleep 100000"):
        identity = self.docker.run(name, "sh", "-c", script, options=options)
        self.wait_for_state(name, "up")
        return identity

    def judged(self, name):
        """The objective as the API tells it; None when there is none."""
        found = [slo for slo in self.judge.api("slos")["slos"] if slo["slo"] == f"container-{name}"]
        return found[0] if found else None

    def wait_for_state(self, name, state):
        return wait_for(lambda: (slo := self.judged(name)) and slo["state"] == state and slo, SECONDS,
                        f"container-{name} is {state}")

    def incidents(self, name):
        return self.judge.incidents(f"container-{name}")

    def first_process(self, identity):
        return int(LiveFiles().processes(f"/docker/{identity}")[0])

    def test_a_killed_container_that_is_started_again_is_an_incident_of_exactly_that_length(self):
        identity = self.run_container("victim", "--restart=always")
        os.kill(self.first_process(identity), signal.SIGKILL)
        wait_for(lambda: self.docker.facts("victim")["RestartCount"] == 1 and self.docker.state("victim")["Running"],
                 SECONDS, "docker started it again")
        (incident,) = wait_for(
            lambda: [one for one in self.incidents("victim") if one["end"] is not None], SECONDS, "its incident ended")
        state = self.docker.state("victim")
        outage = unix_seconds(state["StartedAt"]) - unix_seconds(state["FinishedAt"])
        self.assertAlmostEqual(incident["duration_seconds"], outage, delta=0.05)
        self.assertEqual(self.judged("victim")["state"], "up")

    def test_one_that_the_configuration_knows_by_its_label_and_its_group(self):
        def state():
            return self.judge.slo("marked")["state"]
        wait_for(lambda: state() == "down", SECONDS, "none has the label")
        self.docker.run("unmarked", "sh", "-c", "exec sleep 100000", options=["--label=tier=front"])
        identity = self.docker.run("marked", "sh", "-c", "exec sleep 100000", options=["--label=tier=storage-7"])
        wait_for(lambda: state() == "up", SECONDS, "it runs")
        self.docker.docker("stop", "--time=0", identity)
        wait_for(lambda: state() == "down", SECONDS, "it was stopped")
        self.assertEqual(self.judge.slo("marked")["cause"], "exited")
        self.docker.docker("start", identity)
        wait_for(lambda: state() == "up", SECONDS, "it runs again")
        facts = self.docker.state("marked")
        incident = max(self.judge.incidents("marked"), key=lambda one: one["start"])
        outage = unix_seconds(facts["StartedAt"]) - unix_seconds(facts["FinishedAt"])
        self.assertAlmostEqual(incident["duration_seconds"], outage, delta=0.05)

    def test_one_that_the_configuration_names_has_to_run_whoever_stopped_it(self):
        named = lambda: self.judge.slo("db-up")  # noqa: E731
        wait_for(lambda: named()["state"] == "down", SECONDS, "it is not there")
        self.docker.run("named-1", "sh", "-c", "exec sleep 100000")
        wait_for(lambda: named()["state"] == "up", SECONDS, "it is there")
        self.docker.docker("stop", "--time=0", "named-1")
        down = wait_for(lambda: (slo := named())["state"] == "down" and slo, SECONDS, "it was stopped")
        self.assertEqual(down["cause"], "exited")
        self.docker.docker("rm", "named-1")
        self.docker.run("named-2", "sh", "-c", "exec sleep 100000")
        wait_for(lambda: named()["state"] == "up", SECONDS, "another one is there")
        self.assertEqual(len(self.judge.incidents("db-up")), 2)

    def test_a_stopped_container_is_down_until_it_is_started(self):
        self.run_container("stopped", "--restart=unless-stopped")
        self.docker.docker("kill", "stopped")
        self.wait_for_state("stopped", "down")
        self.docker.docker("start", "stopped")
        self.wait_for_state("stopped", "up")
        self.assertEqual(len(self.incidents("stopped")), 1)

    def test_a_kill_for_want_of_memory_is_an_incident_although_the_container_runs_on(self):
        self.run_container("eater", "--memory=16m", "--memory-swap=16m",
                           script="while :; do if [ -e /eat ]; then rm /eat; sh -c 'exec tail /dev/zero'; fi; sleep 0.1; done")
        self.docker.execute("eater", "touch", "/eat")
        wait_for(lambda: self.incidents("eater"), SECONDS, "the incident")
        self.wait_for_state("eater", "up")

    def test_a_failing_health_check_is_downtime(self):
        self.docker.run("sick", "sh", "-c", "touch /ok; exec sleep 100000",
                        options=["--health-cmd=test -e /ok", "--health-interval=200ms", "--health-retries=1"])
        self.wait_for_state("sick", "up")
        self.docker.execute("sick", "rm", "/ok")
        self.assertEqual(self.wait_for_state("sick", "down")["cause"], "unhealthy")
        self.docker.execute("sick", "touch", "/ok")
        self.wait_for_state("sick", "up")

    def test_one_made_anew_goes_on_with_the_record(self):
        self.run_container("again", "--restart=always")
        since = self.judged("again")["since"]
        self.docker.docker("rm", "--force", "again")
        self.wait_for_state("again", "down")
        self.run_container("again", "--restart=always")
        self.assertEqual(self.judged("again")["since"], since)
        self.assertEqual(len(self.incidents("again")), 1)

    def test_work_that_is_done_is_no_objective_any_more(self):
        self.run_container("job", script="until [ -e /go ]; do sleep 0.1; done")
        self.docker.execute("job", "touch", "/go")
        wait_for(lambda: self.judged("job") is None, SECONDS, "the record ends")
        self.assertEqual(self.docker.state("job")["ExitCode"], 0)

    def test_the_record_outlives_the_daemon(self):
        self.run_container("lasting", "--restart=always")
        self.docker.docker("kill", "lasting")
        self.wait_for_state("lasting", "down")
        self.docker.docker("start", "lasting")
        before = self.wait_for_state("lasting", "up")
        self.machine.signal(self.judge, signal.SIGTERM)
        self.judge.popen.wait(10)
        type(self).judge = self.start_judge("fournines-again")
        after = self.wait_for_state("lasting", "up")
        self.assertEqual(after["since"], before["since"])
        self.assertEqual(len(self.incidents("lasting")), 1)

    def test_switched_off_alone_containers_are_shown_and_not_judged(self):
        self.run_container("shown")
        judge = type(self).judge
        written = judge.config.read_text(encoding="utf-8")
        self.addCleanup(self.load, judge, written)
        self.load(judge, '{"container_slos": false}')
        wait_for(lambda: not [slo for slo in judge.api("slos")["slos"] if slo["slo"].startswith("container-")], SECONDS,
                 "no container is judged")
        self.assertIn('fournines_container_state{name="shown",state="running"} 1', judge.scrape("containers"))
        self.load(judge, '{"container_slos": true}')
        self.wait_for_state("shown", "up")

    def load(self, judge, text):
        judge.config.write_text(text, encoding="utf-8")
        self.machine.signal(judge, signal.SIGHUP)

    def test_kills_for_want_of_memory_and_restarts_outlive_the_container_and_the_daemon(self):
        self.run_container("crasher", "--restart=on-failure", script="[ -e /once ] || { touch /once; exit 1; }; exec sleep 100000")
        self.run_container("glutton", "--memory=16m", "--memory-swap=16m",
                           script="sh -c 'exec tail /dev/zero'; exec sleep 100000")
        counted = wait_for(lambda: (found := self.counts()) and found["restarts", "crasher"] and found["oom_kills", "glutton"]
                           and found, SECONDS, "both are counted")
        self.docker.docker("rm", "--force", "crasher")
        self.docker.docker("rm", "--force", "glutton")
        wait_for(lambda: ("restarts", "crasher") not in self.counts(), SECONDS, "it is gone")
        wait_for(lambda: self.judge.metric("fournines_state_unsaved_rows") == 0, SECONDS, "all counts are on disk")
        self.machine.signal(self.judge, signal.SIGKILL)
        self.judge.popen.wait(10)
        type(self).judge = self.start_judge("fournines-after-kill")
        self.assertEqual(self.counts()["oom_kills", "glutton"], counted["oom_kills", "glutton"])
        self.run_container("crasher", "--restart=on-failure")
        self.assertEqual(self.counts()["restarts", "crasher"], counted["restarts", "crasher"])

    def counts(self):
        page = exposition.parse(self.judge.scrape("containers"))
        return {(what, dict(labels)["name"]): value for what in ("oom_kills", "restarts")
                for (_, labels), value in page[f"fournines_container_{what}_total"].samples.items()}

    def test_compose_gives_the_service_and_no_such_objective_pages(self):
        self.run_container("shop-web-1", "--label=com.docker.compose.project=shop",
                           "--label=com.docker.compose.service=web")
        self.assertEqual(self.judged("shop-web-1")["service"], "web")
        page = self.judge.metrics()
        windows = {dict(labels)["window"] for _, labels in page["slo_burn_rate"].samples
                   if ("slo", "container-shop-web-1") in labels}
        self.assertEqual(windows, {"1h", "30d"})


if __name__ == "__main__":
    unittest.main()
