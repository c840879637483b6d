"""Control groups of the real kernel that vanish and come again, between two scrapes and while they are read."""

import os
import threading
import unittest

import exposition
from harness import Daemon
from judged import OneScenario
from namespaces import CGROUPS, hierarchies, make_group, remove_groups, why_not

PARENT = "fournines-churn"
CHURNED = 40
SCRAPES = 30
MIB = 1 << 20
# What one kept descriptor may cost, by the kernel's own accounts (./dev bench containers_in_guest).
DIRECTORY_BYTES, FILE_BYTES = 1280, 6000
WHY_NOT = why_not()


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Churn(OneScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(remove_groups, "", [PARENT])
        make_group(f"{PARENT}/stays")
        cls.daemon = cls.keep(Daemon(cls.folder, f"--storage.path={cls.folder}/state"))

    def test_descriptors_stay_within_the_memory_given_to_them(self):
        budget = 500_000
        names = [f"many-{number}" for number in range(100)]
        for name in names:
            make_group(f"{PARENT}/{name}")
        self.addCleanup(lambda: [self.remove(name) for name in names])
        folder = self.subfolder()
        daemon = self.keep(Daemon(folder, f"--storage.path={folder}", f"--collector.containers.kernel-memory={budget}"))
        for _ in range(3):
            page = exposition.parse(daemon.scrape("containers"))
        shown = {path for _, labels in page["container_memory_usage_bytes"].samples for name, path in labels if name == "id"}
        self.assertLessEqual({f"/{PARENT}/{name}" for name in names}, shown)
        cost = 0
        for number in os.listdir(f"/proc/{daemon.popen.pid}/fd"):
            path = f"/proc/{daemon.popen.pid}/fd/{number}"
            if os.path.islink(path) and os.readlink(path).startswith(f"{CGROUPS}/"):
                cost += DIRECTORY_BYTES if os.path.isdir(path) else FILE_BYTES
        self.assertGreater(cost, budget / 2)
        self.assertLessEqual(cost, budget)

    def page(self):
        return exposition.parse(self.daemon.scrape("containers"))

    @staticmethod
    def limits(page, name):
        return [value for (_, labels), value in page["container_spec_memory_limit_bytes"].samples.items()
                if ("id", f"/{PARENT}/{name}") in labels]

    @staticmethod
    def limit(name, size):
        file = "memory/{}/memory.limit_in_bytes" if (CGROUPS / "memory").is_dir() else "{}/memory.max"
        (CGROUPS / file.format(f"{PARENT}/{name}")).write_text(str(size), encoding="utf-8")

    def kept(self, name):
        """What descriptors of the daemon point to below the group."""
        found = []
        for number in os.listdir(f"/proc/{self.daemon.popen.pid}/fd"):
            try:
                target = os.readlink(f"/proc/{self.daemon.popen.pid}/fd/{number}")
            except FileNotFoundError:
                continue
            if f"/{PARENT}/{name}" in target:
                found.append(target)
        return found

    @staticmethod
    def remove(name):
        for top in hierarchies():
            os.rmdir(top / PARENT / name)

    def assert_no_trouble(self, page):
        self.assertEqual(page["container_scrape_error"].value(), 0)
        self.assertNotIn("level=error", self.daemon.log())

    def test_one_that_is_gone_is_let_go_and_one_of_its_name_is_another(self):
        make_group(f"{PARENT}/one")
        self.limit("one", 32 * MIB)
        self.page()
        self.assertEqual(self.limits(self.page(), "one"), [32 * MIB])
        self.assertTrue([path for path in self.kept("one") if "/one/" in path], "files of it are kept open")
        self.remove("one")
        page = self.page()
        self.assertEqual(self.limits(page, "one"), [])
        self.assertEqual(self.kept("one"), [])
        self.assert_no_trouble(page)
        make_group(f"{PARENT}/one")
        self.limit("one", 64 * MIB)
        self.page()
        self.remove("one")  # and another before anybody looks
        make_group(f"{PARENT}/one")
        self.limit("one", 128 * MIB)
        self.assertEqual(self.limits(self.page(), "one"), [128 * MIB])
        self.remove("one")

    def test_scrapes_stay_whole_while_groups_come_and_go(self):
        done = threading.Event()

        def churn():
            while not done.is_set():
                for number in range(CHURNED):
                    make_group(f"{PARENT}/goes-{number}")
                for number in range(CHURNED):
                    self.remove(f"goes-{number}")

        thread = threading.Thread(target=churn)
        thread.start()
        seen = set()
        try:
            for _ in range(SCRAPES):
                page = self.page()
                here = {dict(labels)["id"] for _, labels in page["container_last_seen"].samples}
                self.assertIn(f"/{PARENT}/stays", here)
                self.assert_no_trouble(page)
                seen |= {path for path in here if path.startswith(f"/{PARENT}/goes-")}
        finally:
            done.set()
            thread.join()
        self.assertGreater(len(seen), 1, "some were seen")
        page = self.page()
        self.assertEqual([path for _, labels in page["container_last_seen"].samples
                          for name, path in labels if name == "id" and "/goes-" in path], [])
        self.assertEqual(self.kept("goes-"), [])


if __name__ == "__main__":
    unittest.main()
