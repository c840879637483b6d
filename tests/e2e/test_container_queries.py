"""What the dashboards and rules written for cAdvisor ask for: a real Prometheus asks us, and every question is answered.

The questions are our own, one for each family and set of labels that Docker dashboards (by image, by name, by Compose
label) and Kubernetes rules (by namespace, pod and container, each pod's network once) are built on.
"""

import json
import os
import pathlib
import unittest

from engines import OnDocker, disk_limit
from harness import Daemon, Prometheus, wait_for
from namespaces import CGROUPS, remove_groups

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
# Exactly one series: a pod's network must not be told by each of its containers.
NETWORK_ONCE = 'count(container_network_receive_bytes_total{namespace="shop", pod="api-7c6b5d4f9-x2k8p", interface="eth0"}) == 1'


def hierarchies():
    return [CGROUPS] if (CGROUPS / "cgroup.controllers").exists() else [
        path for path in CGROUPS.iterdir() if (path / "cgroup.procs").exists() and not path.is_symlink()
    ]


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
        for top in hierarchies():
            for name in (SANDBOX, SERVER):
                group = top / POD_GROUP.lstrip("/") / name
                group.mkdir(parents=True)
                for parent in reversed([path for path in group.parents if top in path.parents]):
                    cls.inherit(parent)
                cls.inherit(group)
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
    def inherit(group):
        """What a new group needs before a process may enter it."""
        for name in ("cpuset.cpus", "cpuset.mems"):
            if (group / name).exists() and not (group / "cgroup.controllers").exists():
                (group / name).write_text((group.parent / name).read_text(encoding="utf-8"), encoding="utf-8")

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

    def test_a_pods_network_is_one_series(self):
        self.assert_answered(NETWORK_ONCE)

    def test_labels_of_a_pods_container(self):
        ((labels, _),) = wait_for(
            lambda: self.prometheus.query('container_memory_rss{container="server"}'), 20, "the container has its name")
        self.assertEqual((labels["namespace"], labels["pod"], labels["image"]),
                         ("shop", "api-7c6b5d4f9-x2k8p", "registry.example/api:2"))


if __name__ == "__main__":
    unittest.main()
