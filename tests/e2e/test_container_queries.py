"""What the dashboards and rules written for cAdvisor ask for: a real Prometheus asks us, and every question is answered.

The questions are our own, one for each family and set of labels that Docker dashboards (by image, by name, by Compose
label) and Kubernetes rules (by namespace, pod and container, each pod's network once) are built on.
"""

import json
import os
import pathlib
import re
import unittest
import urllib.parse

from engines import IMAGE, OnDocker, disk_limit
from harness import Daemon, Prometheus, get, wait_for
from namespaces import CGROUPS, hierarchies, make_group, remove_groups

UID = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
SANDBOX, SERVER = "5a" * 32, "6b" * 32
PARENT = "kubepods"
POD_GROUP = f"/{PARENT}/burstable/pod{UID}"
BUNDLES = "/run/containerd/io.containerd.runtime.v2.task/k8s.io"
OVER = "[20s]"
CONTAINER = 'job="cadvisor", image!="", container!="", container!="POD"'
DEVICES = 'device=~"(/dev.+)|nvme.+|sd.+|vd.+|xvd.+|dm-.+"'

DOCKER_QUERIES = [
    'count(container_last_seen{image!=""})',
    'sum(container_memory_usage_bytes{image!=""})',
    'container_memory_usage_bytes{image!="", name="web"}',
    f'sum by (name) (rate(container_cpu_user_seconds_total{{image!=""}}{OVER})) * 100',
    f'sum by (name) (rate(container_cpu_usage_seconds_total{{name=~".+"}}{OVER})) * 100',
    f'sum by (name) (rate(container_cpu_system_seconds_total{{name=~".+"}}{OVER}))',
    f'irate(container_network_receive_bytes_total{{image!="", name="web"}}{OVER})',
    f'irate(container_network_transmit_bytes_total{{image!="", name="web"}}{OVER})',
    'container_memory_rss{name="web"}',
    'container_memory_cache{name="web"}',
    '(time() - container_start_time_seconds{name="web"}) / 86400',
    'count by (container_label_com_docker_compose_service) '
    '(container_last_seen{container_label_com_docker_compose_project="shop"})',
    'container_spec_memory_limit_bytes{name="web"} == 67108864',
    'container_spec_cpu_quota{name="web"} / container_spec_cpu_period{name="web"} == 0.5',
    'container_spec_cpu_shares{name="web"}',
    'increase(container_oom_events_total{name="web"}[20s]) == 0',
    'machine_cpu_cores', 'machine_memory_bytes',
]
KUBERNETES_QUERIES = [
    f"sum by (namespace, pod, container) (irate(container_cpu_usage_seconds_total{{{CONTAINER}}}{OVER}))",
    *(f"max by (namespace, pod, container) (container_memory_{kind}{{{CONTAINER}}})"
      for kind in ("working_set_bytes", "rss", "cache", "swap")),
    *(f'sum by (namespace, pod) (irate(container_network_{way}_{what}_total{{job="cadvisor", namespace="shop"}}{OVER}))'
      for way in ("receive", "transmit") for what in ("bytes", "packets", "packets_dropped")),
    *(f"sum by (namespace, pod, container) (rate(container_fs_{kind}_total{{{CONTAINER}, {DEVICES}}}{OVER}))"
      for kind in ("reads", "writes", "reads_bytes", "writes_bytes")),
    f"sum by (container, pod, namespace) (increase(container_cpu_cfs_throttled_periods_total{{{CONTAINER}}}{OVER}))"
    f" / sum by (container, pod, namespace) (increase(container_cpu_cfs_periods_total{{{CONTAINER}}}{OVER}))",
]
# What 193, 14282 and kubernetes-mixin are built on.
FAMILIES = {
    "container_last_seen", "container_start_time_seconds", "container_cpu_usage_seconds_total",
    "container_cpu_user_seconds_total", "container_cpu_cfs_periods_total", "container_cpu_cfs_throttled_periods_total",
    *(f"container_memory_{kind}" for kind in ("usage_bytes", "working_set_bytes", "rss", "cache", "swap")),
    *(f"container_network_{way}_{what}_total" for way in ("receive", "transmit")
      for what in ("bytes", "packets", "packets_dropped")),
    *(f"container_fs_{what}_total" for what in ("reads", "writes", "reads_bytes", "writes_bytes")),
}
# Exactly one series: a pod's network must not be told by each of its containers.
NETWORK_ONCE = 'count(container_network_receive_bytes_total{namespace="shop", pod="api-7c6b5d4f9-x2k8p", interface="eth0"}) == 1'


def annotations(kind, container=""):
    found = {
        "io.kubernetes.cri.container-type": kind, "io.kubernetes.cri.sandbox-id": SANDBOX,
        "io.kubernetes.cri.sandbox-name": "api-7c6b5d4f9-x2k8p", "io.kubernetes.cri.sandbox-namespace": "shop",
        "io.kubernetes.cri.sandbox-uid": UID,
    }
    if container:
        found.update({"io.kubernetes.cri.container-name": container,
                      "io.kubernetes.cri.image-name": "registry.example/api:2"})
    return json.dumps({"ociVersion": "1.0.2", "annotations": found})


class ContainerQueries(OnDocker):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(cls.remove_pod)  # the last of all: when docker has removed its own
        super().setUpClass()
        cls.docker.run(
            "web", "sh", "-c", "while :; do :; done",
            options=["--cpus=0.5", "--memory=64m", "--label=com.docker.compose.project=shop",
                     "--label=com.docker.compose.service=web"],
        )
        cls.start_pod()
        daemon = cls.keep(Daemon(cls.folder, f"--storage.path={cls.folder}/state", launcher=cls.machine.launcher))
        cls.prometheus = cls.keep(Prometheus(cls.folder, {"cadvisor": daemon.url.removeprefix("http://")}))

    @classmethod
    def start_pod(cls):
        """A pod as containerd makes one: a sandbox with the network, a container that shares it."""
        for name in (SANDBOX, SERVER):
            make_group(f"{POD_GROUP}/{name}")
        for identity, text in ((SANDBOX, annotations("sandbox")), (SERVER, annotations("container", "server"))):
            cls.machine.check("mkdir", "-p", f"{BUNDLES}/{identity}")
            cls.machine.check("tee", f"{BUNDLES}/{identity}/config.json", stdin=text.encode())
        cls.limit(SERVER)
        sandbox = cls.keep(cls.machine.start(
            ["unshare", "--net", "sh", "-c",
             f"{cls.join(SANDBOX)} ip link add eth0 type veth peer name eth1 && ip link set eth0 up && exec sleep 100000"],
            "sandbox",
        ))
        inner = wait_for(lambda: cls.groups_processes(SANDBOX), 10, "the sandbox runs")
        del sandbox
        cls.keep(cls.machine.start(
            ["nsenter", "--target", inner[0], "--net", "sh", "-c",
             f"{cls.join(SERVER)} cd {cls.folder}; while :; do "
             "dd if=/dev/zero of=file bs=64k count=4 oflag=direct; dd if=file of=/dev/null bs=64k iflag=direct; done"],
            "server",
        ))
        wait_for(lambda: cls.groups_processes(SERVER), 10, "the server runs")

    @classmethod
    def groups_processes(cls, name):
        """Numbers of its processes as the machine counts them."""
        top = "pids" if (CGROUPS / "pids").is_dir() else ""
        return cls.machine.check("cat", f"/sys/fs/cgroup/{top}{POD_GROUP}/{name}/cgroup.procs").split()

    @staticmethod
    def join(name):
        return "".join(f"echo $$ >{top}{POD_GROUP}/{name}/cgroup.procs; " for top in hierarchies())

    @classmethod
    def limit(cls, name):
        if (CGROUPS / "cpu").is_dir():
            (CGROUPS / f"cpu{POD_GROUP}/{name}/cpu.cfs_quota_us").write_text("20000", encoding="utf-8")
        for option in disk_limit(cls.folder):
            device = pathlib.Path(option.split("=")[1].split(":")[0])
            number = os.stat(device).st_rdev
            (CGROUPS / f"blkio{POD_GROUP}/{name}/blkio.throttle.write_bps_device").write_text(
                f"{os.major(number)}:{os.minor(number)} 100000000000", encoding="utf-8")

    @classmethod
    def remove_pod(cls):
        cls.machine.kill()
        remove_groups(f"{PARENT}/burstable", [f"pod{UID}"])
        remove_groups(PARENT, [])

    def assert_answered(self, query):
        wait_for(lambda: self.prometheus.query(query), 20, query)
        for labels, value in self.prometheus.query(query):
            self.assertGreaterEqual(value, 0, f"{query}: {labels}")

    def test_questions_of_docker_dashboards(self):
        for query in DOCKER_QUERIES:
            with self.subTest(query):
                self.assert_answered(query)

    def test_questions_of_kubernetes_rules(self):
        for query in KUBERNETES_QUERIES:
            with self.subTest(query):
                self.assert_answered(query)

    def test_all_21_families_are_asked_for(self):
        asked = set(re.findall(r"container_[a-z_]+", " ".join([*DOCKER_QUERIES, *KUBERNETES_QUERIES])))
        self.assertEqual(len(FAMILIES), 21)
        self.assertEqual(FAMILIES - asked, set())

    def test_variables_of_dashboards_have_values(self):
        wait_for(lambda: self.prometheus.query('container_last_seen{name="web"}'), 20, "the container is scraped")
        for label, wanted in (("name", "web"), ("image", IMAGE), ("container_label_com_docker_compose_service", "web"),
                              ("container_label_com_docker_compose_project", "shop")):
            match = urllib.parse.urlencode({"match[]": '{__name__=~"container.*"}'})
            answer = get(f"{self.prometheus.url}/api/v1/label/{label}/values?{match}").json()
            self.assertIn(wanted, answer["data"], label)

    def test_a_pods_network_is_one_series(self):
        self.assert_answered(NETWORK_ONCE)

    def test_labels_of_a_pods_container(self):
        ((labels, _),) = wait_for(
            lambda: self.prometheus.query('container_memory_rss{container="server"}'), 20, "the container has its name")
        self.assertEqual((labels["namespace"], labels["pod"], labels["image"]),
                         ("shop", "api-7c6b5d4f9-x2k8p", "registry.example/api:2"))


if __name__ == "__main__":
    unittest.main()
