"""What is acknowledged survives: kill -9, power failures, full and failing disks.

Every test runs tests/slo/crash_writer.cpp, which says "ack N" after each durable write, and afterwards has it
read back what is there. FOURNINES_BUILD names the build directory that has it.
"""

import contextlib
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

from store_replay import Recording

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILDS = [os.environ.get("FOURNINES_BUILD", "build"), "build-test"]
WRITERS = [ROOT / build / "tests" / "slo" / "crash_writer" for build in BUILDS]
WRITER = next((str(path) for path in WRITERS if path.exists()), None)
SECONDS = 120  # for one program; other work may be running beside


class Reading:
    """What `crash_writer read` found in a directory."""

    def __init__(self, directory):
        run = subprocess.run([WRITER, "read", directory], capture_output=True, text=True, timeout=SECONDS, check=False)
        self.code = run.returncode
        self.log = run.stderr
        self.rows, self.half, self.said = set(), set(), {}
        for line in run.stdout.splitlines():
            word, _, rest = line.partition(" ")
            if word == "row":
                self.rows.add(int(rest))
            elif word == "half":
                self.half.add(int(rest))
            else:
                self.said[word] = rest


def acks_of(output):
    return [int(number) for number in re.findall(r"^ack (\d+)$", output, re.M)]


class StoreTest(unittest.TestCase):
    def setUp(self):
        self.assertIsNotNone(WRITER, f"none of {', '.join(map(str, WRITERS))}; built with -Dtests=true")
        self.temp = tempfile.mkdtemp(prefix="fournines-store-")
        self.addCleanup(shutil.rmtree, self.temp, ignore_errors=True)
        self.directory = os.path.join(self.temp, "state")

    def assert_kept(self, directory, acks, damaged=()):
        reading = Reading(directory)
        self.assertEqual(reading.code, 0, reading.log)
        self.assertEqual(sorted(set(acks) - reading.rows - set(damaged)), [], "acknowledged and lost")
        self.assertEqual(reading.half, set(damaged), "came back in part")
        if not damaged:
            self.assertEqual(reading.said, {"check": "1", "dropped": "0", "damaged": ""})
        return reading

    def write(self, count, prefix=(), directory=None):
        command = [*prefix, WRITER, "write", directory or self.directory, str(count)]
        return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)

    def launch(self, command):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def start(self, count, directory=None):
        command = [WRITER, "write", directory or self.directory, str(count)]
        return self.launch(command)


class Killed(StoreTest):
    def test_100_kills_lose_no_acknowledged_row(self):
        chance = random.Random(9999)
        total = 0
        for life in range(10):
            directory = os.path.join(self.temp, str(life))
            acks = []
            for _ in range(10):
                process = self.start(10**9, directory)
                time.sleep(chance.uniform(0.005, 0.2))
                # On a slow disk that is too early for many rows: half of the lives last for some in any case.
                written = [process.stdout.readline() for _ in range(chance.choice((0, chance.randrange(20, 40))))]
                process.kill()
                acks += acks_of("".join(written) + process.communicate()[0])
                self.assertEqual(process.returncode, -signal.SIGKILL)
            self.assert_kept(directory, acks)
            total += len(acks)
        self.assertGreater(total, 1000)


class PowerFailure(StoreTest):
    """The recorded system calls of a run, replayed up to each sync with what was not synced lost or torn."""

    def record(self, *runs, acks=()):
        """One run after another: how many rows, and which of its calls to fdatasync() fail."""
        trace = os.path.join(self.temp, "trace")
        recording = Recording(self.directory, acks)
        for count, failing in runs:
            strace = ["strace", "-f", "-y", "-xx", "-s", "200000", "-o", trace, "-e", f"trace={Recording.CALLS}"]
            if failing:
                strace += ["-e", f"inject=fdatasync:error=EIO:when={failing}"]
            run = self.write(count, strace)
            self.assertEqual((run.returncode, len(acks_of(run.stdout))), (0, count), run.stderr)
            recording.add(pathlib.Path(trace).read_text(encoding="ascii"))
        return recording

    def assert_survives(self, recording, damaged=()):
        images = 0
        for number, (acks, image) in enumerate(recording.crashes(random.Random(7))):
            directory = os.path.join("/dev/shm" if os.path.isdir("/dev/shm") else self.temp, f"fournines-{os.getpid()}")
            try:
                image.write(directory)
                with self.subTest(image=number, what=image.what):
                    self.assert_kept(directory, acks, damaged)
            finally:
                shutil.rmtree(directory, ignore_errors=True)
            images += 1
        return images

    def test_no_acknowledged_row_is_lost_whatever_the_disk_had_of_the_rest(self):
        # The second run begins with the log of the first copied into the file, and goes on from there.
        images = self.assert_survives(self.record((25, None), (15, None)))
        self.assertGreater(images, 200)

    def test_a_failed_sync_whose_pages_the_kernel_forgot_loses_nothing(self):
        # Linux marks pages that it could not write as clean: the next sync succeeds without them. The calls of the
        # store's thread are those for the log's head, its name in the directory, the first commit, the second one,
        # which alone has a heartbeat, and writing the log again. A new log's name is lost with call 2; when 4 and 5
        # fail the log reads as if it held the second commit.
        for before, failing in ((0, "2"), (20, "1..2"), (20, "4..5"), (20, "3..9"), (20, "4+5")):
            with self.subTest(before=before, failing=failing):
                shutil.rmtree(self.directory, ignore_errors=True)
                recording = self.record((before, None), (12, failing)) if before else self.record((12, failing))
                self.assertGreater(recording.failed_syncs, 0)
                self.assert_survives(recording)

    def test_the_replacement_of_a_damaged_file_can_be_cut_short_anywhere(self):
        self.assertEqual(self.write(20).returncode, 0)
        with contextlib.closing(sqlite3.connect(os.path.join(self.directory, "fournines.db"))) as database:
            database.execute("UPDATE documents SET value = x'00' WHERE key = '000000005'")
            database.commit()
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        recording = self.record((5, None), acks=range(1, 21))
        self.assertTrue(any("damaged" in name for name in os.listdir(self.directory)))
        self.assert_survives(recording, damaged=[5])


class FailingDisk(StoreTest):
    def test_injected_errors_lose_nothing_are_told_and_heal(self):
        for fault in (
            "pwrite64:error=ENOSPC:when=30..60",
            "pwrite64:error=EIO:when=25..27",
            "fdatasync:error=EIO:when=20",
            "fdatasync:error=EIO:when=8..30",
            "fsync:error=EIO:when=3+7",
            "openat:error=EMFILE:when=45..60",
        ):
            with self.subTest(fault=fault):
                shutil.rmtree(self.directory, ignore_errors=True)
                trace = ["strace", "-f", "-o", "/dev/null", "-e", "trace=" + fault.partition(":")[0]]
                run = self.write(60, [*trace, "-e", f"inject={fault}"])
                self.assertEqual(run.returncode, 0, run.stderr)
                self.assertEqual(acks_of(run.stdout), list(range(1, 61)))
                self.assert_kept(self.directory, range(1, 61))
                if "fdatasync" in fault or "pwrite64" in fault:
                    told = re.findall(r"^durable (\d)", run.stdout, re.M)
                    self.assertEqual((told[0], told[-1]), ("0", "1"))

    def test_errors_at_every_sync_in_turn_lose_nothing(self):
        for number in range(1, 25):
            with self.subTest(number=number):
                shutil.rmtree(self.directory, ignore_errors=True)
                os.mkdir(self.directory)
                trace = ["strace", "-f", "-o", "/dev/null", "-e", "trace=fdatasync,fsync"]
                run = self.write(12, [*trace, "-e", f"inject=fdatasync,fsync:error=EIO:when={number}"])
                self.assertEqual((run.returncode, len(acks_of(run.stdout))), (0, 12), run.stderr)
                self.assert_kept(self.directory, range(1, 13))

    def test_a_page_that_cannot_be_read_at_the_start_costs_the_file_but_not_the_daemon(self):
        self.assertEqual(self.write(20).returncode, 0)
        before = pathlib.Path(self.directory, "fournines.db").read_bytes()
        # Without -f: only the thread that starts meets it.
        trace = ["strace", "-o", "/dev/null", "-e", "trace=pread64"]
        run = self.write(5, [*trace, "-e", "inject=pread64:error=EIO:when=6"])
        self.assertEqual((run.returncode, acks_of(run.stdout)), (0, [1, 2, 3, 4, 5]), run.stderr)
        reading = Reading(self.directory)
        self.assertEqual(reading.rows, {1, 2, 3, 4, 5})
        self.assertEqual(pathlib.Path(self.directory, reading.said["damaged"]).read_bytes(), before)

    def test_a_disk_that_fails_for_ever_acknowledges_nothing_and_keeps_what_it_had(self):
        self.assertEqual(self.write(20).returncode, 0)
        # -D: the writer is our child, so that it and not the tracer is killed.
        trace = ["strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=fdatasync"]
        process = self.launch(
            [*trace, "-e", "inject=fdatasync:error=EIO:when=1+", WRITER, "write", self.directory, "9"]
        )
        self.assertTrue(process.stdout.readline().startswith("durable 0 " + self.directory))
        process.kill()
        self.assertEqual(acks_of(process.communicate()[0]), [])
        self.assert_kept(self.directory, range(1, 21))


class Refused(StoreTest):
    def assert_refused(self, run, kind):
        self.assertEqual(run.returncode, 3, run.stdout + run.stderr)
        self.assertRegex(run.stdout, f"^error {kind} {re.escape(self.directory)}")

    def test_a_second_daemon_is_refused_at_once(self):
        first = self.start(10**9)
        self.assertEqual(first.stdout.readline(), "ack 1\n")
        self.assert_refused(self.write(1), "conflict")
        first.kill()
        acks = acks_of(first.communicate()[0])
        self.assert_kept(self.directory, [1, *acks])

    def test_a_file_that_another_program_holds_is_unavailable_and_stays_as_it_is(self):
        self.assertEqual(self.write(3).returncode, 0)
        holder = sqlite3.connect(os.path.join(self.directory, "fournines.db"), isolation_level=None)
        with self.subTest("written"):
            holder.execute("BEGIN EXCLUSIVE")
            self.assert_refused(self.write(1), "unavailable")
            holder.execute("ROLLBACK")
        with self.subTest("only open"):
            holder.execute("SELECT count(*) FROM slos").fetchall()
            self.assert_refused(self.write(1), "unavailable")
        holder.close()
        self.assert_kept(self.directory, range(1, 4))

    def test_nobody_can_join_while_the_store_runs(self):
        first = self.start(10**9)
        self.assertEqual(first.stdout.readline(), "ack 1\n")
        reader = sqlite3.connect(os.path.join(self.directory, "fournines.db"), timeout=0)
        with self.assertRaisesRegex(sqlite3.OperationalError, "locked"):
            reader.execute("SELECT count(*) FROM slos")
        reader.close()


class Mounted(StoreTest):
    """In a mount namespace of its own; from here its files are seen through /proc."""

    def enter(self, mount, count):
        os.makedirs(self.directory)
        user = [] if os.geteuid() == 0 else ["--map-root-user"]
        unshare = ["unshare", "--mount", *user]
        if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("no mount namespaces here")
        script = f'{mount} && exec "$1" write "$2" "$3"'
        command = [*unshare, "sh", "-c", script, "sh", WRITER, self.directory, str(count)]
        return self.launch(command)

    def next_line(self, process, start):
        acks = []
        for line in process.stdout:
            acks += acks_of(line)
            if line.startswith(start):
                return acks
        return self.fail(f"no line begins with {start!r}")

    def test_a_full_file_system_is_told_and_heals(self):
        process = self.enter('mount -t tmpfs -o size=2m tmpfs "$2"', 1000)
        inside = f"/proc/{process.pid}/root{self.directory}"
        acks = self.next_line(process, "ack 10")
        with open(os.path.join(inside, "filler"), "wb", buffering=0) as filler:
            try:
                while filler.write(bytes(4096)):
                    pass
            except OSError:
                pass
        acks += self.next_line(process, "durable 0")
        os.unlink(os.path.join(inside, "filler"))
        acks += self.next_line(process, "durable 1")
        # The file system goes with the process, so the copy is made while it runs.
        acks += self.next_line(process, "ack ")
        process.send_signal(signal.SIGSTOP)
        copy = os.path.join(self.temp, "copy")
        shutil.copytree(inside, copy)
        process.kill()
        self.assert_kept(copy, acks)

    def test_a_full_file_system_at_the_start_still_gives_its_history(self):
        self.assertEqual(self.write(20).returncode, 0)
        kept = os.path.join(self.temp, "kept")
        os.rename(self.directory, kept)
        process = self.enter(
            f'mount -t tmpfs -o size=2m tmpfs "$2" && cp {kept}/* "$2" && {{ cat /dev/zero > "$2/filler" || true; }}', 5
        )
        self.next_line(process, "durable 0")
        os.unlink(f"/proc/{process.pid}/root{self.directory}/filler")
        # Numbers go on from what was read although nothing could be written.
        self.assertEqual(self.next_line(process, "ack 25"), [21, 22, 23, 24, 25])

    def test_a_read_only_directory_is_an_input_output_error(self):
        process = self.enter('mount --bind "$2" "$2" && mount -o remount,bind,ro "$2"', 1)
        output = process.communicate(timeout=SECONDS)[0]
        self.assertEqual(process.returncode, 3, output)
        self.assertRegex(output, f"^error io {re.escape(self.directory)}.*Read-only file system")


if __name__ == "__main__":
    unittest.main()
