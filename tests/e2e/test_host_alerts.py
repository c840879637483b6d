"""A host in trouble raises what it should and nothing else: a full file system, busy processors, a stopped nginx and a
container that is killed for want of memory, in
a real Prometheus with the shipped rules and a real Alertmanager with a webhook.

The rules are the shipped ones with their times cut down: minutes become seconds.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import unittest

from engines import OnDocker
from harness import ROOT, Alertmanager, Daemon, EndToEnd, Prometheus, WebhookReceiver, get, needs_root, wait_for

# Alerts that a busy test machine may raise by itself.
BUSY = {"NodeCPUHighUsage", "NodeSystemSaturation", "NodeCPUPressure", "NodeCPUSteal", "NodeDiskIOSaturation",
        "NodeDiskLatencyHigh", "NodeIOPressure", "NodeMemoryHighUtilization", "NodeMemoryPressure", "NodeSwapFilling",
        "NodeMemoryMajorPagesFaults", "NodeClockNotSynchronising", "FourninesLoopLate", "FourninesGap",
        "NodeCollectorFailed"}
# It fills up within the second, and is full.
FULL = {"NodeFilesystemAlmostOutOfSpace", "NodeFilesystemSpaceFillingUp"}
# What the machine is, not what it does.
STATE = {"HostRebooted", "Watchdog"}


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
    def healthy_rules(self, prometheus):
        """All of them, none with an error."""
        rules = [rule for group in get(f"{prometheus.url}/api/v1/rules").json()["data"]["groups"]
                 for rule in group["rules"]]
        self.assertTrue(rules)
        self.assertEqual([(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"], [])
        return rules


class HostInTrouble(InPrometheus, EndToEnd):
    def start_in_own_mounts(self, *flags):
        """The daemon where an image of 16 MiB is mounted at /mnt, for itself alone."""
        image = pathlib.Path(self.folder) / "disk.img"
        image.write_bytes(b"")
        os.truncate(image, 16 << 20)
        subprocess.run([shutil.which("mkfs.ext4") or "/usr/sbin/mkfs.ext4", "-q", "-F", image], check=True)
        script = f"mount -o loop {image} /mnt && exec \"$@\""
        own = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
        return self.keep(Daemon(self.folder, *flags, launcher=(*own, "sh", "-c", script, "sh")))

    def test_a_full_disk_busy_processors_and_a_stopped_server_raise_just_that(self):
        target = self.start_nginx("location / { return 200; }")
        config = pathlib.Path(self.folder) / "fournines.json"
        webhook = self.start_webhook_receiver()
        member = self.keep(Alertmanager(self.folder, webhook.url))
        config.write_text(json.dumps({
            "slos": [{"name": "website", "objective": "99.99", "window": "30d", "sli": {"probe": {"http": target.url, "interval": "500ms"}}}],
            "alerting": {"alertmanagers": [{"url": member.url}], "resend_delay": "2s"},
        }), encoding="utf-8")
        daemon = self.start_in_own_mounts(f"--config.file={config}", f"--storage.path={self.folder}/data")
        address = daemon.url.removeprefix("http://")
        prometheus = self.start_prometheus(
            {"node": address, "cadvisor": address, "fournines": address}, alertmanager=member.address,
            rule_files=hastened_rules(self.folder, "host", "containers", "fournines", "slo"))
        wait_for(lambda: prometheus.query('node_filesystem_avail_bytes{mountpoint="/mnt"}'), 60, "the file system")

        def firing():
            rows = prometheus.query('ALERTS{alertstate="firing",severity!="none"}')
            # Whatever the machine's own disks are like.
            return {labels["alertname"] for labels, _ in rows if labels.get("mountpoint", "/mnt") == "/mnt"} - STATE

        def unexpected():
            return firing() - BUSY

        wait_for(lambda: prometheus.query('ALERTS{alertname="Watchdog"}'), 30, "rules")
        wait_for(lambda: not unexpected(), 30, f"a quiet start: {unexpected()}")
        rules = self.healthy_rules(prometheus)
        # A test machine may have neither disks nor swap of its own.
        for rule in rules:
            if rule["type"] == "recording" and not rule["name"].startswith("instance_device:"):
                wait_for(lambda: prometheus.query(rule["name"]), 30, rule["name"])

        fill = subprocess.run(
            ["nsenter", "-t", str(daemon.popen.pid), "-m", "dd", "if=/dev/zero", "of=/mnt/full", "bs=64k"],
            capture_output=True, check=False)
        self.assertIn(b"No space left", fill.stderr)
        wait_for(lambda: "NodeFilesystemAlmostOutOfSpace" in firing(), 60, "a full disk")
        wait_for(lambda: unexpected() == FULL, 30, f"nothing else: {unexpected()}")
        rows = prometheus.query('ALERTS{alertname="NodeFilesystemAlmostOutOfSpace",alertstate="firing"}')
        self.assertEqual({(labels["mountpoint"], labels["severity"]) for labels, _ in rows},
                         {("/mnt", "critical"), ("/mnt", "warning")})

        def notified():
            """(name, origin) of what the webhook was told."""
            return {(alert["labels"]["alertname"], alert["labels"]["origin"])
                    for notification in list(webhook.notifications) for alert in notification["alerts"]
                    if alert["labels"].get("mountpoint", "/mnt") == "/mnt"}

        busy = [self.keep(Burner()) for _ in range(os.cpu_count())]
        wait_for(lambda: ("NodeCPUHighUsage", "prometheus") in notified(), 90, "busy processors")
        for burner in busy:
            burner.kill()
        self.assertEqual(unexpected(), FULL)

        target.signal_and_wait(signal.SIGTERM, 10)
        stopped = {("SLOBurnPage", "daemon"), ("SLOBurnPage", "prometheus"), ("SLOTargetDown", "prometheus")}
        wait_for(lambda: notified() >= stopped, 60, f"the pages: {notified()}")
        # That the machine is slow may make the outage long enough for a ticket.
        others = {pair for pair in notified() if pair[0] not in BUSY | STATE | {"SLOBurnTicket"}}
        self.assertEqual(others, stopped | {(name, "prometheus") for name in FULL})


class ContainerInTrouble(InPrometheus, OnDocker):
    def test_a_container_that_is_killed_for_want_of_memory_raises_just_that(self):
        webhook = self.keep(WebhookReceiver())
        member = self.keep(Alertmanager(self.folder, webhook.url))
        daemon = self.keep(Daemon(self.folder, f"--storage.path={self.folder}/state", launcher=self.machine.launcher))
        address = daemon.url.removeprefix("http://")
        prometheus = self.keep(Prometheus(
            self.folder, {"node": address, "cadvisor": address, "fournines": address}, alertmanager=member.address,
            rule_files=hastened_rules(self.folder, "host", "containers", "fournines")))
        go = pathlib.Path(self.folder) / "go"
        go.mkdir()
        self.docker.run("calm", "sleep", "1000", options=("--memory=16m",))
        self.docker.run("victim", "sh", "-c", "until [ -e /go/now ]; do sleep 1; done; exec tail /dev/zero",
                        options=("--memory=16m", "--memory-swap=16m", f"--volume={go}:/go"))
        wait_for(lambda: len(prometheus.query('count by (name) (container_last_seen{job="cadvisor",name=~"calm|victim"})')) == 2, 60,
                 "both containers")

        def firing():
            rows = prometheus.query('ALERTS{alertstate="firing",severity!="none"}')
            return {(labels["alertname"], labels.get("name", "")) for labels, _ in rows
                    if labels["alertname"] not in BUSY | STATE and "mountpoint" not in labels}

        wait_for(lambda: prometheus.query('ALERTS{alertname="Watchdog"}'), 30, "rules")
        wait_for(lambda: not firing(), 30, f"a quiet start: {firing()}")
        self.healthy_rules(prometheus)
        (go / "now").touch()
        wait_for(lambda: self.docker.state("victim")["OOMKilled"], 60, "the kill")
        expected = {("ContainerOOMKilled", "victim"), ("NodeOOMKill", "")}
        wait_for(lambda: firing() >= expected, 60, f"the alerts: {firing()}")
        self.assertEqual(firing(), expected)
        wait_for(lambda: expected <= {(alert["labels"]["alertname"], alert["labels"].get("name", ""))
                                      for notification in list(webhook.notifications) for alert in notification["alerts"]},
                 30, "the notices")


class Burner:
    def __init__(self):
        self.popen = subprocess.Popen(["sh", "-c", "while :; do :; done"])

    def kill(self):
        self.popen.kill()
        self.popen.wait()


if __name__ == "__main__":
    unittest.main()
