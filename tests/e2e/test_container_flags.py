"""What flags of the container collector add, told of a container of a real Docker as the kernel tells it."""

import os
import pathlib
import re
import unittest

import exposition
from cgroup_truth import LiveFiles, numbers
from engines import OnDocker
from harness import Daemon, wait_for

LAYER_BYTES = 3_000_000
FLAGS = ("details", "processes", "per-cpu", "numa", "hugetlb", "sockets", "disk-usage", "machine-topology")


class ContainerFlags(OnDocker):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        identity = cls.docker.run(
            "web", "sh", "-c", f"head -c {LAYER_BYTES} /dev/urandom >/file; httpd -p 80; touch /done; exec sleep 100000",
            options=["--ulimit=nofile=300:400", "--cpus=0.5"])
        cls.group = f"/docker/{identity}"
        cls.files = LiveFiles()
        cls.pids = wait_for(
            lambda: len(found := cls.files.processes(cls.group)) == 2 and pathlib.Path(f"/proc/{found[0]}/root/done").exists() and found,
            20, "it has done its part")
        cls.daemon = cls.keep(Daemon(
            cls.folder, f"--storage.path={cls.folder}/state",
            *(f"--collector.containers.{flag}" for flag in FLAGS), launcher=cls.machine.launcher))
        text = wait_for(lambda: "container_fs_usage_bytes{" in (page := cls.daemon.scrape("containers")) and page, 30,
                        "its layer is measured")
        cls.page = exposition.parse(text)

    def read(self, controller, name):
        return self.files.read(controller if self.files.v1(controller) else "", self.group, name)

    def values(self, family, **details):
        """Of the container's series with these labels: {frozenset of labels: value}."""
        wanted = {("id", self.group), *details.items()}
        return {labels: value for (_, labels), value in self.page[family].samples.items() if wanted <= labels}

    def value(self, family, **details):
        (value,) = self.values(family, **details).values()
        return value

    def test_the_writable_layer(self):
        used = self.value("container_fs_usage_bytes")
        self.assertGreaterEqual(used, LAYER_BYTES)
        self.assertLess(used, LAYER_BYTES + 200_000)
        system = os.statvfs(self.folder)
        self.assertEqual(self.value("container_fs_limit_bytes"), system.f_blocks * system.f_frsize)
        self.assertEqual(self.value("container_fs_inodes_total"), system.f_files)
        self.assertLessEqual(self.value("container_fs_inodes_free"), system.f_files)

    def test_sockets(self):
        listening = sum(self.value(f"container_network_{kind}_usage_total", tcp_state="inuse") for kind in ("tcp", "tcp6"))
        self.assertEqual(listening, 1)
        self.assertEqual(self.value("container_sockets"), 1)

    def test_open_files_and_limits(self):
        self.assertEqual(self.value("container_file_descriptors"),
                         sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.pids))
        self.assertEqual(self.value("container_ulimits_soft", ulimit="max_open_files"), 300)

    def test_time_on_cpus(self):
        ran = sum(int(LiveFiles.text(pathlib.Path(f"/proc/{pid}/schedstat")).split()[0]) for pid in self.pids) / 1e9
        self.assertAlmostEqual(self.value("container_cpu_schedstat_run_seconds_total"), ran, delta=0.05)

    def test_each_cpu(self):
        if not self.files.v1("cpuacct"):
            self.assertEqual(len(self.values("container_cpu_usage_seconds_total", cpu="total")), 1)
            return
        told = [int(value) / 1e9 for value in self.read("cpuacct", "cpuacct.usage_percpu").split()]
        for number, seconds in enumerate(told):
            self.assertAlmostEqual(self.value("container_cpu_usage_seconds_total", cpu=f"cpu{number:02d}"), seconds, delta=0.05)

    def test_memory_of_nodes(self):
        first = self.files.v1("memory")  # pages, later bytes
        line = r"^hierarchical_anon=.* N0=(\d+)" if first else r"^anon .*N0=(\d+)"
        on_node = int(re.search(line, self.read("memory", "memory.numa_stat"), re.MULTILINE).group(1))
        self.assertEqual(self.value("container_memory_numa_pages", node="0", scope="hierarchy", type="anon"),
                         on_node / (1 if first else os.sysconf("SC_PAGESIZE")))

    def test_huge_pages(self):
        there = (self.files.v1("hugetlb") or not self.files.unified) and self.read("hugetlb", "hugetlb.2MB.limit_in_bytes")
        self.assertEqual("container_hugetlb_usage_bytes" in self.page, bool(there))

    def test_what_memory_stat_tells_besides(self):
        stat = numbers(self.read("memory", "memory.stat"))
        refaults = "total_workingset_refault_file" if self.files.v1("memory") else "workingset_refault_file"
        self.assertEqual(self.value("container_memory_workingset_refault_file_total"), stat[refaults])
        self.assertEqual(self.value("container_cpu_cfs_burst_periods_total"), 0)

    def test_when_it_was_made(self):
        made = self.machine.check("date", "--utc", f"--date={self.docker.facts('web')['Created']}", "+%s.%N")
        self.assertAlmostEqual(self.value("container_creation_time_seconds"), float(made), delta=1)

    def test_the_machine(self):
        for family in ("machine_cpu_physical_cores", "machine_cpu_sockets"):
            (count,) = self.page[family].samples.values()
            self.assertGreaterEqual(count, 1)


if __name__ == "__main__":
    unittest.main()
