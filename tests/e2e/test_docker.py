"""Real containers of a real Docker: what the page says of each is what the kernel's files say, and what was done to it.

The containers are set up once, and when they have done what they have to do they stand still, so that every value can
be compared. Docker is the test's own, in namespaces, and leaves nothing behind.
"""

import os
import pathlib
import tempfile
import unittest

import exposition
from cgroup_truth import LiveFiles, Truth, burned_seconds, differences, series_of
from engines import IMAGE, OnDocker, disk_limit
from harness import Daemon, wait_for

MIB = 1 << 20
BURN = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"
DISK_BYTES = 8 * MIB
NET_BYTES = 3_000_000
SLEEP = "exec sleep 100000"
# Not out of the files of groups.
OTHER_FAMILIES = ("container_last_seen", "container_start_time_seconds", "container_health_state")


class DockerContainers(OnDocker):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.daemon = cls.keep(Daemon(
            cls.folder, f"--storage.path={cls.folder}/state", launcher=cls.machine.launcher,
            env={**os.environ, "TZ": "UTC"},
        ))
        cls.ids = {}
        cls.start_containers()
        cls.wait_until_done()
        files = LiveFiles()
        cls.before = cls.truths(files)
        cls.page = exposition.parse(cls.daemon.scrape("containers"))
        cls.after = cls.truths(files)

    @classmethod
    def start_containers(cls):
        run = cls.run_container
        disk = tempfile.mkdtemp(dir=cls.folder)
        run("burner", f"{BURN}; times >/times; touch /done; {SLEEP}",
            "--cpus=0.05", "--memory=64m", "--pids-limit=20", "--cpu-shares=512")
        run("writer", f"dd if=/dev/zero of=/disk/file bs=1M count={DISK_BYTES // MIB} oflag=direct && "
            f"dd if=/disk/file of=/dev/null bs=1M iflag=direct; touch /done; {SLEEP}", f"--volume={disk}:/disk",
            *disk_limit(disk))
        run("sender", f"head -c {NET_BYTES} /dev/zero >/tmp/file; httpd -p 80 -h /tmp; touch /done; {SLEEP}")
        address = cls.docker.facts("sender")["NetworkSettings"]["IPAddress"]
        run("receiver", f"until wget -O /dev/null http://{address}/file; do sleep 0.1; done; touch /done; {SLEEP}")
        run("sidecar", f"touch /done; {SLEEP}", "--network=container:receiver")
        run("host", f"touch /done; {SLEEP}", "--network=host")
        run("hog", "exec tail /dev/zero", "--memory=16m", "--memory-swap=16m")
        run("survivor", f"sh -c 'tail /dev/zero'; touch /done; {SLEEP}", "--memory=16m", "--memory-swap=16m")
        run("three", "exit 3")
        run("loop", "exit 1", "--restart=always")
        run("sick", f"touch /done; {SLEEP}", "--health-cmd=false", "--health-interval=200ms", "--health-retries=1")
        run("well", f"touch /done; {SLEEP}", "--health-cmd=true", "--health-interval=200ms")
        run("paused", f"touch /done; {SLEEP}")
        run("shop-web-1", f"touch /done; {SLEEP}", "--label=com.docker.compose.project=shop",
            "--label=com.docker.compose.service=web", "--label=com.docker.compose.project.working_dir=/srv/shop",
            "--label=secret=hidden")

    @classmethod
    def run_container(cls, name, script, *options):
        cls.ids[name] = cls.docker.run(name, "sh", "-c", script, options=options)

    @classmethod
    def wait_until_done(cls):
        for name in cls.running:
            wait_for(lambda n=name: cls.file_of(n, "/done").exists(), 30, f"{name} has done its part")
        wait_for(lambda: cls.docker.state("sick")["Health"]["Status"] == "unhealthy", 20, "sick is unhealthy")
        wait_for(lambda: cls.docker.state("well")["Health"]["Status"] == "healthy", 20, "well is healthy")
        wait_for(lambda: cls.docker.facts("loop")["RestartCount"] >= 2, 20, "loop was restarted")
        # Its group was gone at once; what is left is the kernel's log, or Docker's memory.
        wait_for(lambda: cls.kills_told("hog"), 30, "the kill of hog is told")
        cls.docker.docker("pause", "paused")

    @classmethod
    def kills_told(cls, name):
        family = exposition.parse(cls.daemon.scrape("containers"))["fournines_container_oom_kills_total"]
        return any(value for (_, labels), value in family.samples.items() if ("name", name) in labels)

    # In "sick" and "well" health checks come and go, so only the others stand still.
    still = ("burner", "writer", "receiver", "sender", "sidecar", "host", "survivor", "paused", "shop-web-1")
    running = (*still, "sick", "well")

    @classmethod
    def pid(cls, name):
        """Of the first process, as this side of the machine sees it."""
        inside = cls.docker.state(name)["Pid"]
        for process in LiveFiles().processes(f"/docker/{cls.ids[name]}"):
            status = LiveFiles.text(pathlib.Path(f"/proc/{process}/status")) or ""
            if f"\t{inside}\t" in status.split("NSpid:", 1)[-1].split("\n", 1)[0] + "\t":
                return int(process)
        raise AssertionError(f"no process {inside} of {name}")

    @classmethod
    def file_of(cls, name, path):
        return pathlib.Path(f"/proc/{cls.pid(name)}/root{path}")

    @classmethod
    def truths(cls, files):
        own_network = set(cls.still) - {"sidecar", "host"}
        return {name: Truth(files, f"/docker/{cls.ids[name]}", cls.pid(name) if name in own_network else None)
                for name in cls.still}

    def series(self, name):
        return series_of(self.page, f"/docker/{self.ids[name]}")

    def value(self, name, family, **details):
        return self.series(name)[family, frozenset(details.items())]

    def own(self, family, name, **labels):
        """The value of a family of our own, which carries the name."""
        found = [value for (_, pairs), value in self.page[family].samples.items()
                 if {("name", name), *labels.items()} <= pairs]
        self.assertEqual(len(found), 1, f"{family} of {name} in {self.page[family].samples}")
        return found[0]

    def test_every_series_is_what_the_kernel_says(self):
        for name in self.still:
            with self.subTest(name):
                self.assertEqual(
                    differences(self.series(name), self.before[name], self.after[name], OTHER_FAMILIES), []
                )

    def test_cpu_limits_and_time(self):
        used = self.value("burner", "container_cpu_usage_seconds_total", cpu="total")
        burned = burned_seconds(self.file_of("burner", "/times").read_text(encoding="utf-8"))
        self.assertGreater(burned, 0.1)
        self.assertAlmostEqual(used, burned, delta=0.1 + burned / 10)
        self.assertGreater(self.value("burner", "container_cpu_cfs_throttled_periods_total"), 0)
        self.assertEqual(self.value("burner", "container_spec_cpu_quota"), 5_000)
        self.assertEqual(self.value("burner", "container_spec_cpu_period"), 100_000)
        self.assertEqual(self.value("burner", "container_spec_memory_limit_bytes"), 64 * MIB)
        self.assertEqual(self.value("burner", "container_threads_max"), 20)

    def test_bytes_of_disks(self):
        series = self.series("writer")
        for family in ("container_fs_writes_bytes_total", "container_fs_reads_bytes_total"):
            moved = [value for (name, _), value in series.items() if name == family]
            self.assertEqual(len(moved), 1, f"{family}: {series}")
            self.assertGreaterEqual(moved[0], DISK_BYTES)
            self.assertLess(moved[0], DISK_BYTES + MIB)

    def test_bytes_of_networks_are_counted_once(self):
        got = self.value("receiver", "container_network_receive_bytes_total", interface="eth0")
        self.assertGreaterEqual(got, NET_BYTES)
        self.assertLess(got, NET_BYTES * 1.1)
        for name in ("sidecar", "host"):
            self.assertFalse([key for key in self.series(name) if "network" in key[0]], name)

    def test_oom_kills(self):
        self.assertEqual(self.value("survivor", "container_oom_events_total"), 1)
        self.assertEqual(self.own("fournines_container_oom_kills_total", "survivor"), 1)
        self.assertEqual(self.own("fournines_container_oom_kills_total", "hog"), 1)

    def test_names_images_and_allowed_labels(self):
        for name in self.running:
            with self.subTest(name):
                labels = self.labels(name)
                self.assertEqual((labels["name"], labels["image"]), (name, IMAGE))
        labels = self.labels("shop-web-1")
        self.assertEqual(labels["container_label_com_docker_compose_project"], "shop")
        self.assertEqual(labels["container_label_com_docker_compose_service"], "web")
        self.assertEqual(labels["container_label_com_docker_compose_project_working_dir"], "/srv/shop")
        self.assertNotIn("container_label_secret", labels)

    def labels(self, name):
        (found,) = [dict(labels) for _, labels in self.page["container_last_seen"].samples
                    if ("id", f"/docker/{self.ids[name]}") in labels]
        return found

    def test_health(self):
        self.assertEqual(self.value("sick", "container_health_state"), 0)
        self.assertEqual(self.value("well", "container_health_state"), 1)
        self.assertEqual(self.value("burner", "container_health_state"), -1)

    def test_starts_restarts_and_exit_codes(self):
        self.assertEqual(self.own("fournines_container_exit_code", "three"), 3)
        self.assertEqual(self.own("fournines_container_exit_code", "hog"), 137)
        self.assertEqual(self.own("fournines_container_state", "three", state="exited"), 1)
        self.assertEqual(self.own("fournines_container_state", "burner", state="running"), 1)
        self.assertEqual(self.own("fournines_container_state", "paused", state="paused"), 1)
        self.assertGreaterEqual(self.own("fournines_container_restarts_total", "loop"), 2)
        for name in self.running:
            started = self.docker.state(name)["StartedAt"]
            shown = self.machine.check("date", "--utc", f"--date={started}", "+%s.%N")
            self.assertAlmostEqual(self.value(name, "container_start_time_seconds"), float(shown), delta=1)
        finished = self.docker.state("three")["FinishedAt"]
        shown = self.machine.check("date", "--utc", f"--date={finished}", "+%s.%N")
        self.assertAlmostEqual(
            self.own("fournines_container_finished_timestamp_seconds", "three"), float(shown), delta=1
        )


if __name__ == "__main__":
    unittest.main()
