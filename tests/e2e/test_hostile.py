"""A machine in trouble is still measured: a mount that never answers, mount names nobody would choose.

The mounts live in namespaces of their own (isolated.py), which takes root.
"""

import json
import os
import pathlib
import re
import sys
import time

import exposition
from harness import EndToEnd, needs_root, wait_for

ISOLATED = pathlib.Path(__file__).with_name("isolated.py")


@needs_root
class Mounts(EndToEnd):
    def start_with_mounts(self, mounts, *flags):
        """The daemon among mounts given as [(type, name below the test's folder in bytes)]."""
        self.base = os.fsencode(self.folder)
        described = [{"type": kind, "path": os.path.join(self.base, name).hex()} for kind, name in mounts]
        return self.start_daemon(*flags, launcher=[sys.executable, ISOLATED, json.dumps(described)])

    def filesystems(self, daemon, name):
        """{mount point: value} of one filesystem family, for mounts of this test."""
        family = exposition.parse(daemon.scrape("filesystem"))[name]
        values = {dict(labels)["mountpoint"]: value for (_, labels), value in family.samples.items()}
        return {point: value for point, value in values.items() if point.startswith(self.folder)}


    def assert_scrapes_are_quick(self, daemon):
        durations = []
        for _ in range(20):
            started = time.monotonic()
            daemon.scrape()
            durations.append(time.monotonic() - started)
        print(f"first scrape {durations[0] * 1000:.1f} ms, slowest {max(durations) * 1000:.1f} ms", flush=True)
        self.assertLess(max(durations), 1)

    def assert_does_not_grow(self, daemon):
        """Threads and descriptors, over 100 scrapes."""
        launcher = daemon.popen.pid
        (pid,) = pathlib.Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split()

        def owned():
            return [len(os.listdir(f"/proc/{pid}/{what}")) for what in ("fd", "task")]

        for _ in range(10):
            daemon.scrape()
        first = owned()
        for _ in range(100):
            daemon.scrape()
        for before, after in zip(first, owned()):
            self.assertLessEqual(after, before + 2)


class FirstScrape(EndToEnd):
    def test_the_table_of_descriptors_is_wide_enough_before_it(self):
        """Once threads share it, the kernel waits some 10 ms each time it grows."""
        daemon = self.start_daemon()

        def width():
            status = pathlib.Path(f"/proc/{daemon.popen.pid}/status").read_text()
            return int(re.search(r"^FDSize:\s+(\d+)", status, re.MULTILINE)[1])

        before = width()
        daemon.scrape()
        self.assertEqual(width(), before)


class HungMount(Mounts):
    def test_every_scrape_is_quick_and_says_which_mount_hangs(self):
        daemon = self.start_with_mounts([("hung", b"hung"), ("tmpfs", b"fine")])
        self.assert_scrapes_are_quick(daemon)

        hung, fine = f"{self.folder}/hung", f"{self.folder}/fine"
        wait_for(
            lambda: self.filesystems(daemon, "node_filesystem_device_error") == {hung: 1, fine: 0},
            20, "device_error 1 for the hung mount and 0 for the other",
        )
        self.assertEqual(list(self.filesystems(daemon, "node_filesystem_size_bytes").items()), [(fine, 65536)])

    def test_threads_and_descriptors_do_not_grow(self):
        self.assert_does_not_grow(self.start_with_mounts([("hung", b"hung")]))

    def test_sigterm_ends_it_within_five_seconds(self):
        daemon = self.start_with_mounts([("hung", b"hung")])
        daemon.scrape()
        took = daemon.stop(seconds=5)
        print(f"ended {took:.2f} s after SIGTERM", flush=True)


class HungTextDirectory(Mounts):
    def test_a_directory_of_text_files_that_never_answers_hides_no_other_and_delays_nothing(self):
        good = pathlib.Path(self.folder) / "good"
        good.mkdir()
        (good / "shop.prom").write_text("shop_open 1\n", encoding="ascii")
        flags = [f"--collector.textfile.directory={self.folder}/{name}" for name in ("hung", "good")]
        daemon = self.start_with_mounts([("hung", b"hung")], *flags)
        self.assert_scrapes_are_quick(daemon)
        page = exposition.parse(daemon.scrape())
        self.assertEqual(page["shop_open"].value(), 1)
        self.assertEqual(page["node_textfile_scrape_error"].value(), 1)
        self.assertIn(f"{self.folder}/hung", daemon.log())
        self.assert_does_not_grow(daemon)
        took = daemon.stop(seconds=5)
        print(f"ended {took:.2f} s after SIGTERM", flush=True)


class OddNames(Mounts):
    def test_odd_mount_names_give_a_valid_page_that_prometheus_takes(self):
        names = {
            b"not\xff\xfeutf8": "not\ufffdutf8",
            b"new\nline": "new\nline",
            b'quo"te': 'quo"te',
            b"back\\slash": "back\\slash",
            b"sp ace\ttab": "sp ace\ttab",
            b"octal\\040": "octal\\040",
            b"l" * 200: "l" * 200,
            "snowman \u2603".encode(): "snowman \u2603",
        }
        daemon = self.start_with_mounts([("tmpfs", name) for name in names])
        expected = {f"{self.folder}/{shown}" for shown in names.values()}
        wait_for(
            lambda: set(self.filesystems(daemon, "node_filesystem_size_bytes")) == expected,
            20, f"exactly these mount points: {sorted(expected)}",
        )
        exposition.parse(daemon.scrape())

        prometheus = self.start_prometheus({"fournines": daemon.url.removeprefix("http://")})
        wait_for(lambda: prometheus.query("up"), 20, "a first scrape")
        self.assertEqual([value for _, value in prometheus.query("up")], [1], prometheus.targets())
        self.assertTrue(prometheus.query('node_filesystem_size_bytes{mountpoint=~".*snowman.*"}'))
