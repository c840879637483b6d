"""Real containers of a real podman, without a daemon to ask: the short form of test_docker.py."""

import os
import pathlib
import unittest

import exposition
from cgroup_truth import LiveFiles, Truth, burned_seconds, differences, series_of
from engines import IMAGE, Podman, why_no_engines
from harness import Daemon, wait_for
from judged import OneScenario
from namespaces import Machine

MIB = 1 << 20
BURN = "i=0; while [ $i -lt 500000 ]; do i=$((i+1)); done"
SLEEP = "exec sleep 100000"
OTHER_FAMILIES = ("container_last_seen", "container_start_time_seconds", "container_health_state")
WHY_NOT = why_no_engines()


@unittest.skipIf(WHY_NOT, WHY_NOT)
class PodmanContainers(OneScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.machine = cls.keep(Machine(cls.folder))
        cls.podman = cls.keep(Podman(cls.folder, cls.machine))
        cls.machine.enter_for(cls)
        cls.daemon = cls.keep(Daemon(
            cls.folder, f"--storage.path={cls.folder}/state", launcher=cls.machine.launcher,
            env={**os.environ, "TZ": "UTC"},
        ))
        cls.podman.run("three", "sh", "-c", "exit 3")
        cls.identity = cls.podman.run(
            "burner", "sh", "-c", f"(exec tail /dev/zero); {BURN}; times >/times; touch /done; {SLEEP}",
            options=["--memory=32m", "--memory-swap=32m", "--pids-limit=20"],
        )
        cls.group = f"/libpod_parent/libpod-{cls.identity}"
        files = LiveFiles()
        (process, *_) = wait_for(lambda: files.processes(cls.group), 10, "it runs")
        root = pathlib.Path(f"/proc/{process}/root")
        wait_for((root / "done").exists, 30, "it has burned and was killed")
        cls.burned = burned_seconds((root / "times").read_text(encoding="utf-8"))
        wait_for(lambda: 'name="burner"' in cls.daemon.scrape("containers"), 10, "its name is known")
        cls.before = Truth(files, cls.group)
        cls.page = exposition.parse(cls.daemon.scrape("containers"))
        cls.after = Truth(files, cls.group)

    def series(self):
        return series_of(self.page, self.group)

    def test_every_series_is_what_the_kernel_says(self):
        self.assertEqual(differences(self.series(), self.before, self.after, OTHER_FAMILIES), [])

    def test_what_was_done_to_it(self):
        series = self.series()
        used = series["container_cpu_usage_seconds_total", frozenset({("cpu", "total")})]
        self.assertAlmostEqual(used, self.burned, delta=0.3 + self.burned / 5)
        self.assertEqual(series["container_spec_memory_limit_bytes", frozenset()], 32 * MIB)
        self.assertEqual(series["container_threads_max", frozenset()], 20)
        self.assertGreaterEqual(series["container_oom_events_total", frozenset()], 1)

    def test_name_and_image(self):
        (labels,) = [dict(labels) for _, labels in self.page["container_last_seen"].samples
                     if ("id", self.group) in labels]
        self.assertEqual((labels["name"], labels["image"]), ("burner", f"localhost/{IMAGE}:latest"))

    def test_helpers_of_the_runtime_are_no_containers(self):
        self.assertFalse([labels for _, labels in self.page["container_last_seen"].samples
                          if any(name == "id" and value.endswith("/conmon") for name, value in labels)])


if __name__ == "__main__":
    unittest.main()
