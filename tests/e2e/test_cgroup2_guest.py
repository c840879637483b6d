"""A machine with control groups of version 2 alone, on a real kernel: groups as Docker's systemd driver, Kubernetes and
podman name them, that burned CPU, filled memory, wrote to a disk, sent packets and were killed for want of memory.
When all stand still, the page and the kernel's files are read one after the other, inside; here they are compared.
"""

import json
import os
import pathlib
import shutil
import unittest

import exposition
from cgroup_truth import KeptFiles, Truth, burned_seconds, differences, series_of
from guest import run_guest
from harness import ROOT
from judged import OneScenario

DOCKER, POD, SANDBOX, PODMAN, PLAIN = ("0123456789abcdef" * 4, "1a" * 32, "2b" * 32, "3c" * 32, "4d" * 32)
UID = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
PODS = f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{UID.replace('-', '_')}.slice"
GROUPS = {
    "docker": f"/system.slice/docker-{DOCKER}.scope",
    "server": f"{PODS}/cri-containerd-{POD}.scope",
    "sandbox": f"{PODS}/cri-containerd-{SANDBOX}.scope",
    "podman": f"/machine.slice/libpod-{PODMAN}.scope",
    "plain": f"/docker/{PLAIN}",
    "nginx": "/system.slice/nginx.service",
}
BURN = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"
DISK_BYTES = 4 << 20
MIB = 1 << 20
OTHER_FAMILIES = ("container_last_seen", "container_start_time_seconds", "container_health_state")


def docker_config(identity, name, **state):
    return json.dumps({
        "ID": identity, "Name": f"/{name}", "Created": "2026-01-02T03:04:05.6Z", "RestartCount": 2,
        "State": {"Running": True, "Pid": 0, "StartedAt": "2026-01-02T03:04:06.5Z", "ExitCode": 0,
                  "FinishedAt": "0001-01-01T00:00:00Z", **state},
        "Config": {"Image": "shop/web:1", "Labels": {"com.docker.compose.service": "web"}},
    })


def bundle(identity, kind, container=""):
    annotations = {
        "io.kubernetes.cri.container-type": kind, "io.kubernetes.cri.sandbox-id": SANDBOX,
        "io.kubernetes.cri.sandbox-name": "api-7c6b5d4f9-x2k8p", "io.kubernetes.cri.sandbox-namespace": "shop",
        "io.kubernetes.cri.sandbox-uid": UID,
    }
    if container:
        annotations.update({"io.kubernetes.cri.container-name": container,
                            "io.kubernetes.cri.image-name": "registry.example/api:2"})
    return json.dumps({"ociVersion": "1.0.2", "annotations": annotations,
                       "linux": {"cgroupsPath": f"kubepods-burstable-pod{UID}.slice:cri-containerd:{identity}"}})


FILES = {
    f"/var/lib/docker/containers/{DOCKER}/config.v2.json": docker_config(DOCKER, "web"),
    f"/var/lib/docker/containers/{PLAIN}/config.v2.json": docker_config(PLAIN, "worker"),
    f"/bundles/{POD}/config.json": bundle(POD, "container", "server"),
    f"/bundles/{SANDBOX}/config.json": bundle(SANDBOX, "sandbox"),
    "/var/lib/containers/storage/overlay-containers/containers.json": json.dumps([{
        "id": PODMAN, "names": ["cache"], "image": "0" * 64, "layer": "1" * 64,
        "metadata": json.dumps({"image-name": "docker.io/library/cache:3", "name": "cache"}),
        "created": "2026-01-02T03:04:05.6Z",
    }]),
}
NAMES = {"docker": ("web", "shop/web:1"), "podman": ("cache", "docker.io/library/cache:3"),
         "plain": ("worker", "shop/web:1")}


def scenario():
    values = "".join(f"{name.upper()}={path}\n" for name, path in GROUPS.items())
    values += f"BURN='{BURN}'\nDISK_BYTES={DISK_BYTES}\n"
    return values + (ROOT / "tests/e2e/guest_containers.sh").read_text(encoding="utf-8")


def why_not():
    if os.uname().machine != "x86_64":
        return "the guest's kernel is for x86_64"
    return None


WHY_NOT = why_not()


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Cgroup2Guest(OneScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not shutil.which("qemu-system-x86_64"):
            raise AssertionError("qemu-system-x86_64 is not installed: ./dev test e2e installs it")
        cls.results, cls.console = run_guest(cls.folder, {"/scenario": scenario(), **FILES})
        if cls.results.get("status", "").strip() != "0":
            raise AssertionError(f"the scenario failed\n{cls.console[-3000:]}\n{cls.results.get('fournines.log')}")
        cls.page = exposition.parse(cls.results["page"])

    def truth(self, name):
        files = {path.removeprefix("files"): text for path, text in self.results.items() if path.startswith("files/")}
        devices = dict(line.split() for line in self.results["devices"].splitlines())
        pid = self.results.get(f"pids/{name}", "").strip()
        return Truth(KeptFiles(files, devices), GROUPS[name], pid or None)

    def series(self, name):
        return series_of(self.page, GROUPS[name])

    def value(self, name, family, **details):
        return self.series(name)[family, frozenset(details.items())]

    def test_the_machine_has_version_2_alone(self):
        self.assertEqual(self.results["filesystems"].split(), ["cgroup2"])

    def test_every_series_is_what_the_kernel_says(self):
        for name in GROUPS:
            with self.subTest(name):
                truth = self.truth(name)
                self.assertEqual(differences(self.series(name), truth, truth, OTHER_FAMILIES), [])

    def test_cpu_is_what_was_burned_and_throttled(self):
        used = self.value("docker", "container_cpu_usage_seconds_total", cpu="total")
        burned = burned_seconds(self.results["times"])
        self.assertGreater(burned, 0.1)
        self.assertAlmostEqual(used, burned, delta=0.2 + burned / 5)
        self.assertGreater(self.value("docker", "container_cpu_cfs_throttled_seconds_total"), 0)
        self.assertEqual(self.value("docker", "container_spec_cpu_quota"), 25_000)
        self.assertNotIn(("container_spec_cpu_quota", frozenset()), self.series("podman"))

    def test_memory_limits_and_kills(self):
        self.assertEqual(self.value("docker", "container_spec_memory_limit_bytes"), 64 * MIB)
        self.assertEqual(self.value("podman", "container_spec_memory_limit_bytes"), 16 * MIB)
        self.assertEqual(self.value("podman", "container_oom_events_total"), 1)
        self.assertEqual(self.value("docker", "container_oom_events_total"), 0)
        self.assertGreaterEqual(self.value("server", "container_memory_rss"), 8 * MIB)

    def test_bytes_of_disks(self):
        for family in ("container_fs_writes_bytes_total", "container_fs_reads_bytes_total"):
            self.assertEqual(self.value("plain", family, device="/dev/vda"), DISK_BYTES)

    def test_network_of_a_pod_is_told_once(self):
        received = self.value("sandbox", "container_network_receive_bytes_total", interface="eth0")
        self.assertGreaterEqual(received, 10 * 1000)
        self.assertFalse([key for key in self.series("server") if "network" in key[0]])

    def test_pressure_is_told(self):
        self.assertGreater(self.value("docker", "container_pressure_cpu_waiting_seconds_total"), 0)

    def test_a_group_that_goes_is_let_go_and_one_of_its_name_is_another(self):
        self.assertTrue(self.series("nginx"))
        self.assertEqual(series_of(exposition.parse(self.results["page-without"]), GROUPS["nginx"]), {})
        anew = series_of(exposition.parse(self.results["page-anew"]), GROUPS["nginx"])
        self.assertEqual(anew["container_spec_memory_limit_bytes", frozenset()], 8 * MIB)
        self.assertNotIn("level=error", self.results["fournines.log"])

    def labels(self, name):
        (found,) = [dict(labels) for _, labels in self.page["container_last_seen"].samples
                    if ("id", GROUPS[name]) in labels]
        return found

    def test_names_and_images(self):
        for name, wanted in NAMES.items():
            labels = self.labels(name)
            self.assertEqual((labels.get("name"), labels.get("image")), wanted)

    def test_kubernetes_labels(self):
        labels = self.labels("server")
        self.assertEqual(labels.get("container"), "server")
        self.assertEqual(labels.get("namespace"), "shop")
        self.assertEqual(labels.get("pod"), "api-7c6b5d4f9-x2k8p")
        self.assertEqual(labels.get("image"), "registry.example/api:2")

    def test_each_container_is_an_objective(self):
        judged = {dict(labels)["slo"] for _, labels in self.page["slo_objective_ratio"].samples}
        self.assertGreaterEqual(judged, {"container-web", "container-worker", "container-cache", "container-server"})
        self.assertNotIn("container-nginx.service", judged)


if __name__ == "__main__":
    unittest.main()
