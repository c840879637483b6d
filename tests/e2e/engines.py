"""Container engines of the test's own, inside a machine of namespaces, where all their state is the test's."""

import json
import os
import pathlib
import unittest

from cgroup_truth import LiveFiles, keyed
from harness import PEERS
from judged import OneScenario
from namespaces import Machine, busybox_image, remove_groups, why_not

IMAGE = "fournines-test"


class Docker:
    """dockerd and its containerd. Groups are made by runc itself: no systemd is asked."""

    def __init__(self, folder, machine):
        self.machine = machine
        self.daemon = machine.start(
            ["dockerd", "--exec-opt", "native.cgroupdriver=cgroupfs", "--iptables=false", "--ip6tables=false"],
            "dockerd",
        )
        self.daemon.wait_until(lambda: "API listen on" in self.daemon.log(), "dockerd listens")
        self.docker("import", busybox_image(folder), IMAGE)

    def docker(self, *argv, **options):
        return self.machine.check("docker", *argv, **options).strip()

    def run(self, name, *command, options=()):
        """Starts a container; returns its id."""
        return self.docker("run", "--detach", "--name", name, *options, IMAGE, *command)

    def facts(self, name):
        return json.loads(self.docker("inspect", name))[0]

    def state(self, name):
        return self.facts(name)["State"]

    def execute(self, name, *command):
        return self.docker("exec", name, *command)

    def kill(self):
        """Containers first, for their groups; what is left then ends with the machine."""
        ids = self.docker("ps", "--all", "--quiet", "--no-trunc").split() if self.daemon.running() else []
        if ids:
            self.docker("rm", "--force", *ids)
        self.machine.kill()
        remove_groups("docker", ids)


class Podman:
    """podman with settings of its own, so that those of this machine do not matter."""

    def __init__(self, folder, machine):
        self.machine = machine
        folder = pathlib.Path(folder)
        tools = PEERS.parent
        settings = {
            "CONTAINERS_CONF": (
                "[engine]\n"
                'runtime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
                f'conmon_path = ["{tools}/usr/bin/conmon"]\n'
                f'[engine.runtimes]\nrunc = ["{tools}/usr/sbin/runc"]\n'
                '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n'
            ),
            "CONTAINERS_STORAGE_CONF": (
                '[storage]\ndriver = "overlay"\n'
                'graphroot = "/var/lib/containers/storage"\nrunroot = "/run/containers/storage"\n'
            ),
            "CONTAINERS_REGISTRIES_CONF": "",
        }
        for variable, text in settings.items():
            path = folder / f"{variable.lower()}.conf"
            path.write_text(text, encoding="utf-8")
            machine.environment[variable] = str(path)
        policy = folder / "policy.json"
        policy.write_text(json.dumps({"default": [{"type": "insecureAcceptAnything"}]}), encoding="utf-8")
        self.podman("import", "--signature-policy", policy, busybox_image(folder), IMAGE)

    def podman(self, *argv):
        return self.machine.check("podman", *argv).strip()

    def run(self, name, *command, options=()):
        return self.podman("run", "--detach", "--network", "none", "--name", name, *options, IMAGE, *command)

    def facts(self, name):
        return json.loads(self.podman("inspect", name))[0]

    def state(self, name):
        return self.facts(name)["State"]

    def kill(self):
        ids = self.podman("ps", "--all", "--quiet", "--no-trunc").split()
        if ids:
            self.podman("rm", "--force", "--time", "0", *ids)
        self.machine.kill()
        remove_groups("libpod_parent", ["conmon", *(f"libpod-{identity}" for identity in ids)])


def disk_limit(folder):
    """docker's option of a limit nobody reaches: only with one does version 1 of new kernels count a disk's bytes."""
    number = os.stat(folder).st_dev
    uevent = LiveFiles.text(pathlib.Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}/uevent"))
    name = keyed(uevent, "=").get("DEVNAME")
    return [f"--device-write-bps=/dev/{name}:100gb"] if name and LiveFiles().v1("blkio") else []


def why_no_engines():
    """Why the engines cannot run here; None when they can."""
    missing = [name for name in ("sbin/dockerd", "bin/podman", "bin/conmon") if not os.path.exists(PEERS / name)]
    if missing:
        raise AssertionError(f"{missing} not in {PEERS}: ./dev test e2e fetches them")
    return why_not()


@unittest.skipIf(why := why_no_engines(), why)
class OnDocker(OneScenario):
    """Scenarios in a machine with a Docker of its own; the tests run in that machine, too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.machine = cls.keep(Machine(cls.folder))
        cls.docker = cls.keep(Docker(cls.folder, cls.machine))
        cls.machine.enter_for(cls)
