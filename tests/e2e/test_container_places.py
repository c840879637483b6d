"""From where the daemon sees containers: as an ordinary user, out of a container that has the host's /proc, /sys and /
read-only, and inside control group namespaces."""

import os
import pathlib
import re
import signal
import unittest

import exposition
from engines import OnDocker
from harness import FOURNINES, Daemon, get, run, wait_for
from namespaces import CGROUPS, remove_groups

NOBODY = 65534
SLEEP = ("sleep", "100000")
NESTED = "fournines-nested"


class Places(OnDocker):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        os.chmod(cls.folder, 0o755)  # for other users
        cls.web = cls.docker.run("web", *SLEEP, options=["--memory=64m"])

    def start_in_machine(self, name, *launcher, more=(), state=None):
        if state is None:
            state = pathlib.Path(self.subfolder())
            os.chown(state, NOBODY, NOBODY)
        return self.keep(Daemon(state, f"--storage.path={state}", *more, launcher=[*self.machine.launcher, *launcher], name=name))

    def labels(self, page, identity):
        return [dict(labels) for _, labels in page["container_last_seen"].samples if ("id", identity) in labels]

    def test_an_ordinary_user_sees_all_numbers_and_no_names(self):
        daemon = self.start_in_machine(
            "nobody", "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        page = exposition.parse(daemon.scrape("containers"))
        (labels,) = self.labels(page, f"/docker/{self.web}")
        self.assertNotIn("image", labels)
        for family in ("container_cpu_usage_seconds_total", "container_memory_working_set_bytes",
                       "container_network_receive_bytes_total", "container_spec_memory_limit_bytes",
                       "container_pressure_cpu_waiting_seconds_total", "container_threads"):
            found = [pairs for _, pairs in page[family].samples if ("id", f"/docker/{self.web}") in pairs]
            self.assertTrue(found, family)
        self.assertIn("names of containers are incomplete", daemon.log())

    def test_an_ordinary_user_of_the_socket_has_names_states_and_health(self):
        self.machine.check("chmod", "666", "/run/docker.sock")
        self.addCleanup(self.machine.check, "chmod", "600", "/run/docker.sock")
        state = pathlib.Path(self.subfolder())
        os.chown(state, NOBODY, NOBODY)

        def start():
            return self.start_in_machine(
                "socket", "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--",
                more=["--collector.containers.docker-socket=/run/docker.sock"], state=state)

        daemon = start()
        (labels,) = self.labels(exposition.parse(daemon.scrape("containers")), f"/docker/{self.web}")
        self.assertEqual((labels["name"], labels["image"]), ("web", "fournines-test"))
        self.docker.run("late", *SLEEP, options=["--health-cmd=true", "--health-interval=200ms"])
        self.docker.run("three", "sh", "-c", "exit 3")
        for wanted in ('container_health_state{[^}]*name="late"[^}]*} 1', 'fournines_container_state{name="late",state="running"} 1',
                       'fournines_container_exit_code{name="three"} 3'):
            wait_for(lambda line=wanted: re.search(line, daemon.scrape("containers")), 20, wanted)
        wait_for(lambda: self.judged(daemon, "late") == "up", 20, "it is judged")
        self.docker.docker("kill", "late")  # by a person: no failure, although its exit code is 137
        wait_for(lambda: self.judged(daemon, "late") is None, 20, "the record ends")
        self.assertNotIn("container-late", get(f"{daemon.url}/api/v1/incidents").text)
        # Also while nobody looked.
        self.docker.run("later", *SLEEP)
        wait_for(lambda: self.judged(daemon, "later") == "up", 20, "it is judged")
        self.machine.signal(daemon, signal.SIGTERM)
        daemon.popen.wait(20)
        self.docker.docker("kill", "later")
        daemon = start()
        wait_for(lambda: 'fournines_container_state{name="later",state="exited"} 1' in daemon.scrape("containers"), 20, "its state")
        wait_for(lambda: self.judged(daemon, "later") is None, 20, "its record ends, too")
        self.assertNotIn("container-later", get(f"{daemon.url}/api/v1/incidents").text)
        self.docker.docker("rm", "--force", "late", "later", "three")
        wait_for(lambda: 'name="late"' not in daemon.scrape("containers"), 20, "it is gone")
        self.assertNotIn("names of containers are incomplete", daemon.log())

    @staticmethod
    def judged(daemon, name):
        """The state of its objective; None when there is none."""
        slos = get(f"{daemon.url}/api/v1/slos").json()["slos"]
        return next((slo["state"] for slo in slos if slo["slo"] == f"container-{name}"), None)

    def test_a_container_with_the_hosts_folders_read_only_sees_the_others(self):
        page = self.page_in_container("watcher", 9876)
        (labels,) = self.labels(page, f"/docker/{self.web}")
        self.assertEqual(labels["name"], "web")
        self.assertEqual(self.values(page, "container_spec_memory_limit_bytes"), [64 << 20])

    def test_with_the_hosts_processes_it_sees_networks_and_starts_too(self):
        page = self.page_in_container("neighbour", 9877, "--pid=host")
        self.assertEqual(len(self.values(page, "container_network_receive_bytes_total")), 1)
        self.assertEqual(len(self.values(page, "container_start_time_seconds")), 1)
        self.assertEqual(self.values(page, "container_processes"), [1])

    def values(self, page, family):
        return [value for (_, pairs), value in page[family].samples.items() if ("id", f"/docker/{self.web}") in pairs]

    def page_in_container(self, name, port, *more):
        # Links of the host point to places outside /host.
        loader = os.path.realpath(re.findall(r"(/lib\S*/ld-linux\S+) ", run(["ldd", FOURNINES]).stdout)[0])
        libraries = {os.path.realpath(os.path.dirname(found)) for found in
                     re.findall(r"=> (/\S+) ", run(["ldd", FOURNINES]).stdout)}
        self.docker.docker(
            "run", "--detach", "--name", name, "--network=host", "--read-only", *more,
            "--volume=/:/host:ro", "--volume=/proc:/host/proc:ro", "--volume=/sys:/host/sys:ro", "fournines-test",
            f"/host{loader}", "--library-path", ":".join(f"/host{path}" for path in sorted(libraries)),
            f"/host{FOURNINES.resolve()}", "--path.procfs=/host/proc", "--path.sysfs=/host/sys", "--path.rootfs=/host",
            f"--web.listen-address=127.0.0.1:{port}",
        )
        answer = wait_for(lambda: get(f"http://127.0.0.1:{port}/metrics?collect[]=containers", timeout=5), 30,
                          "the daemon in the container answers")
        self.assertEqual(self.docker.docker("logs", name).count('level=error'), 0)
        return exposition.parse(answer.text)

    def test_in_a_namespace_of_groups_the_mounts_decide_what_is_seen(self):
        self.addCleanup(remove_groups, "", [NESTED])
        enter = "".join(f"echo $$ >{group}/cgroup.procs; " for group in self.nested_groups())
        daemon = self.start_in_machine("namespaced", "sh", "-c", f"{enter} exec unshare --cgroup \"$@\"", "sh")
        self.addCleanup(self.machine.signal, daemon, signal.SIGKILL)
        page = exposition.parse(daemon.scrape("containers"))
        self.assertEqual(len(self.labels(page, f"/docker/{self.web}")), 1)

    def test_in_a_namespace_of_groups_with_own_mounts_its_root_is_the_root(self):
        self.addCleanup(remove_groups, "", [NESTED])
        inner = "7c" * 32
        enter = "".join(f"mkdir -p {group}/docker/{inner}; echo $$ >{group}/cgroup.procs; "
                        for group in self.nested_groups())
        mounts = "".join(f"mount --bind {group} {group.parent} && " for group in self.nested_groups())
        daemon = self.start_in_machine(
            "own-mounts", "sh", "-c",
            f"{enter} exec unshare --cgroup --mount sh -c '{mounts}exec \"$@\"' sh \"$@\"", "sh")
        self.addCleanup(self.machine.signal, daemon, signal.SIGKILL)
        page = exposition.parse(daemon.scrape("containers"))
        used = {dict(labels)["id"] for _, labels in page["container_memory_usage_bytes"].samples}
        self.assertIn(f"/docker/{inner}", used)
        self.assertNotIn(f"/{NESTED}/docker/{inner}", used)

    @staticmethod
    def nested_groups():
        """A group of the test's own in each hierarchy that a process may enter as it is."""
        tops = [CGROUPS] if (CGROUPS / "cgroup.controllers").exists() else [CGROUPS / "memory", CGROUPS / "cpu"]
        for top in tops:
            (top / NESTED).mkdir(exist_ok=True)
        return [top / NESTED for top in tops]


if __name__ == "__main__":
    unittest.main()
