"""A host in trouble raises what it should and nothing else: a full file system, busy processors, a stopped nginx and a
container that is killed for want of memory, in
a real Prometheus with the shipped rules and a real Alertmanager with a webhook.

The rules are the shipped ones with their times cut down: minutes become seconds. What a busy test machine brings about itself
is no excuse by name: an alert is right if a witness in the test read from the kernel that its condition held then, and wrong if not.
"""

import json
import math
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import unittest

from engines import OnDocker
from harness import (
    ROOT, START_SECONDS, Alertmanager, Daemon, EndToEnd, Prometheus, WebhookReceiver, get, needs_root, wait_for,
)
from witness import RATE_SECONDS, Witness

# It fills up within the second, and is full.
FULL = ("NodeFilesystemAlmostOutOfSpace", "NodeFilesystemSpaceFillingUp")
# Rates have their ten seconds then, and what fires for them two more.
CALM_EVALUATIONS = 14
PROBE_SECONDS = 0.5
# A tenth of the budget of 99.99 % over 30 days.
TICKET_SECONDS = 25.92


def hastened(rule):
    """The same rule within seconds."""
    rule = dict(rule)
    rule["expr"] = re.sub(r"\[(\d+)m\]", "[10s]", rule["expr"])
    for name in ("for", "keep_firing_for"):
        if name in rule:
            # Nothing is there before the first scrape.
            rule[name] = "20s" if "absent(" in rule["expr"] else "2s"
    return rule


def hastened_rules(folder, *names):
    """Files of the shipped rules, each second."""
    files = []
    for name in names:
        groups = json.loads((ROOT / f"alerts/rules/{name}.json").read_text(encoding="utf-8"))["groups"]
        path = pathlib.Path(folder) / f"{name}-rules.json"
        path.write_text(json.dumps({"groups": [
            {**group, "interval": "1s", "rules": [hastened(rule) for rule in group["rules"]]} for group in groups
        ]}), encoding="utf-8")
        files.append(path)
    return files


@needs_root
class InPrometheus:
    def start_witness(self, mounts, launched):
        """Before Prometheus: what fires at its second scrape has a rate to be held against, too."""
        witness = self.keep(Witness(mounts, launched))
        wait_for(lambda: witness.readings[-1].at - witness.readings[0].at > RATE_SECONDS[0], START_SECONDS, "readings")
        return witness

    def healthy_rules(self, prometheus):
        """All of them, none with an error."""
        rules = [rule for group in get(f"{prometheus.url}/api/v1/rules").json()["data"]["groups"]
                 for rule in group["rules"]]
        self.assertTrue(rules)
        self.assertEqual([(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"], [])
        return rules

    def calm_rules(self, prometheus):
        """All of them, none with an error, after they had the time to look at a machine in which nothing was done yet."""
        wait_for(lambda: prometheus.query(f"count_over_time(instance:node_num_cpu:sum[1m]) >= {CALM_EVALUATIONS}"), 60, "rules")
        return self.healthy_rules(prometheus)

    @staticmethod
    def firing(prometheus, *labels):
        """(name, those labels) of what fires."""
        return {tuple(its.get(label) for label in ("alertname", *labels)) for its, _ in prometheus.query('ALERTS{alertstate="firing"}')}


class HostInTrouble(InPrometheus, EndToEnd):
    def start_in_own_mounts(self, *flags):
        """The daemon where an image of 16 MiB is mounted at self.disk, for itself alone."""
        self.disk = pathlib.Path(self.folder) / "disk"
        self.disk.mkdir()
        image = pathlib.Path(self.folder) / "disk.img"
        image.write_bytes(b"")
        os.truncate(image, 16 << 20)
        subprocess.run([shutil.which("mkfs.ext4") or "/usr/sbin/mkfs.ext4", "-q", "-F", image], check=True)
        script = f"mount -o loop {image} {self.disk} && exec \"$@\""
        own = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
        return self.keep(Daemon(self.folder, *flags, launcher=(*own, "sh", "-c", script, "sh")))

    def test_a_full_disk_busy_processors_and_a_stopped_server_raise_just_that(self):
        target = self.start_nginx("location / { return 200; }")
        config = pathlib.Path(self.folder) / "fournines.json"
        webhook = self.start_webhook_receiver()
        member = self.keep(Alertmanager(self.folder, webhook.url))
        config.write_text(json.dumps({
            "slos": [{"name": "website", "objective": "99.99", "window": "30d",
                      "sli": {"probe": {"http": target.url, "interval": f"{PROBE_SECONDS * 1000:.0f}ms"}}}],
            "alerting": {"alertmanagers": [{"url": member.url}], "resend_delay": "2s"},
        }), encoding="utf-8")
        daemon = self.start_in_own_mounts(f"--config.file={config}", f"--storage.path={self.folder}/data")
        address = daemon.url.removeprefix("http://")
        pid = daemon.popen.pid
        witness = self.start_witness(pid, pid)
        prometheus = self.start_prometheus(
            {"node": address, "cadvisor": address, "fournines": address}, alertmanager=member.address,
            rule_files=hastened_rules(self.folder, "host", "containers", "fournines", "slo"))
        wait_for(lambda: prometheus.query(f'node_filesystem_avail_bytes{{mountpoint="{self.disk}"}}'), 60, "the file system")

        # A test machine may have neither disks nor swap of its own.
        for rule in self.calm_rules(prometheus):
            if rule["type"] == "recording" and not rule["name"].startswith("instance_device:"):
                wait_for(lambda: prometheus.query(rule["name"]), 30, rule["name"])

        fill = subprocess.run(["nsenter", "-t", str(pid), "-m", "dd", "if=/dev/zero", f"of={self.disk}/full", "bs=64k"],
                              capture_output=True, check=False)
        self.assertIn(b"No space left", fill.stderr)
        full = {(name, str(self.disk), severity) for name in FULL for severity in ("critical", "warning")}
        wait_for(lambda: full <= self.firing(prometheus, "mountpoint", "severity"), 60, "a full disk")

        def notified():
            """(name, origin) of what the webhook was told."""
            return {(alert["labels"]["alertname"], alert["labels"]["origin"])
                    for notification in list(webhook.notifications) for alert in notification["alerts"]}

        busy = [self.keep(Burner()) for _ in range(os.cpu_count())]
        wait_for(lambda: ("NodeCPUHighUsage", "prometheus") in notified(), 90, "busy processors")
        for burner in busy:
            burner.kill()

        stopped = time.time()
        target.signal_and_wait(signal.SIGTERM, 10)
        pages = {("SLOBurnPage", "daemon"), ("SLOBurnPage", "prometheus"), ("SLOTargetDown", "prometheus")}
        wait_for(lambda: notified() >= pages, 60, f"the pages: {notified()}")

        # Where all is slow the outage may have become long enough for a ticket.
        due = {"SLOBurnPage": stopped, "SLOTargetDown": stopped, "SLOBurnTicket": stopped + TICKET_SECONDS - PROBE_SECONDS}

        def expected(name, labels, at):
            return labels.get("slo") == "website" and at >= due.get(name, math.inf)

        self.assertEqual(witness.wrong(prometheus, expected), [])
        self.assertEqual(witness.missed(prometheus), [])
        fired = {labels["alertname"] for labels, _ in witness.told(prometheus, 'ALERTS{alertstate="firing"}')}
        ours = {name for name, begin in due.items() if begin <= time.time()} - {"SLOTargetDown"} | {"Watchdog"}
        self.assertEqual({name for name, origin in notified() if origin == "prometheus"} - fired, set())
        self.assertEqual({name for name, origin in notified() if origin == "daemon"} - ours, set())


class ContainerInTrouble(InPrometheus, OnDocker):
    def test_a_container_that_is_killed_for_want_of_memory_raises_just_that(self):
        webhook = self.keep(WebhookReceiver())
        member = self.keep(Alertmanager(self.folder, webhook.url))
        daemon = self.keep(Daemon(self.folder, f"--storage.path={self.folder}/state", launcher=self.machine.launcher))
        go = pathlib.Path(self.folder) / "go"
        go.mkdir()
        self.docker.run("calm", "sleep", "1000", options=("--memory=16m",))
        self.docker.run("victim", "sh", "-c", "until [ -e /go/now ]; do sleep 1; done; exec tail /dev/zero",
                        options=("--memory=16m", "--memory-swap=16m", f"--volume={go}:/go"))
        witness = self.start_witness(self.machine.first, daemon.popen.pid)
        address = daemon.url.removeprefix("http://")
        prometheus = self.keep(Prometheus(
            self.folder, {"node": address, "cadvisor": address, "fournines": address}, alertmanager=member.address,
            rule_files=hastened_rules(self.folder, "host", "containers", "fournines")))
        wait_for(lambda: len(prometheus.query('count by (name) (container_last_seen{job="cadvisor",name=~"calm|victim"})')) == 2, 60,
                 "both containers")
        self.calm_rules(prometheus)
        touched = time.time()
        (go / "now").touch()
        wait_for(lambda: self.docker.state("victim")["OOMKilled"], 60, "the kill")
        killed = {("ContainerOOMKilled", "victim"), ("NodeOOMKill", None)}
        wait_for(lambda: killed <= self.firing(prometheus, "name"), 60, "the alerts")
        wait_for(lambda: killed <= {(alert["labels"]["alertname"], alert["labels"].get("name"))
                                    for notification in list(webhook.notifications) for alert in notification["alerts"]},
                 30, "the notices")

        def expected(name, labels, at):
            return at >= touched and (name, labels.get("name")) == ("ContainerOOMKilled", "victim")

        self.assertEqual(witness.wrong(prometheus, expected), [])
        self.assertEqual(witness.missed(prometheus), [])


class Burner:
    def __init__(self):
        self.popen = subprocess.Popen(["sh", "-c", "while :; do :; done"])

    def kill(self):
        self.popen.kill()
        self.popen.wait()


if __name__ == "__main__":
    unittest.main()
