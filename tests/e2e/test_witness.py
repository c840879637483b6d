"""The witness of test_host_alerts.py is no rubber stamp: readings made by hand, and a Prometheus that says what it is told to."""

import unittest

from witness import Reading, Witness

BEGIN, SECONDS = 1000, 60
PACED = ({"__name__": "up"}, range(BEGIN, BEGIN + SECONDS))
NAME = "NodeCPUHighUsage"


def reading(at, busy, space=0.5):
    made = Reading.__new__(Reading)
    made.at = at
    made.values = dict.fromkeys(("busy", "stolen", "load", "cpu some", "io full", "memory full", "pgmajfault", "memory", "swap",
                                 "oom_kill", "clock"), 0)
    made.values |= {"busy": busy, "uptime": 1e6, ("space", "/srv"): space, ("files", "/srv"): space, ("wait", "1"): 0}
    return made


class Told(Witness):
    """busy: from which to which second the processors are, for the given part of the time."""

    def __init__(self, alerts, busy=(0, 0), part=1, pace=PACED, **more):
        self.readings, self.error = [], None
        spent = 0
        for half in range(2 * SECONDS):
            at = half / 2
            spent += part / 2 if busy[0] <= at < busy[1] else 0
            self.readings.append(reading(BEGIN + at, spent, **more))
        self.alerts, self.pace = alerts, pace

    def told(self, _, selector):
        return self.alerts if selector.startswith("ALERTS") else [self.pace]

    def watched(self, _):
        return [(NAME, {})]


def fired(*seconds, name=NAME, **labels):
    return [({"alertname": name, **labels}, [BEGIN + at for at in seconds])]


def wrong(told, expected=lambda *_: False):
    return [labels["alertname"] for labels, *_ in told.wrong(None, expected)]


class TheWitness(unittest.TestCase):
    def test_what_fires_while_it_is_true_is_right(self):
        self.assertEqual(wrong(Told(fired(*range(25, 41)), busy=(14, 40))), [])

    def test_what_fires_over_calm_processors_is_wrong(self):
        self.assertEqual(wrong(Told(fired(30))), [NAME])

    def test_what_fires_at_half_its_threshold_is_wrong(self):
        self.assertEqual(wrong(Told(fired(30), busy=(0, SECONDS), part=0.45)), [NAME])

    def test_what_fires_long_before_or_after_it_was_true_is_wrong(self):
        for at in (10, 58):
            with self.subTest(at=at):
                self.assertEqual(wrong(Told(fired(at), busy=(20, 40))), [NAME])

    def test_what_nobody_can_witness_has_to_be_expected(self):
        told = Told(fired(30, name="HostDown"))
        self.assertEqual(wrong(told), ["HostDown"])
        self.assertEqual(wrong(told, lambda name, labels, at: name == "HostDown" and at >= BEGIN + 30), [])

    def test_a_file_system_counts_by_its_own_room_and_by_severity(self):
        alert = fired(30, name="NodeFilesystemAlmostOutOfSpace", mountpoint="/srv", severity="critical")
        self.assertEqual(wrong(Told(alert, space=0.02)), [])
        self.assertEqual(wrong(Told(alert, space=0.04)), ["NodeFilesystemAlmostOutOfSpace"])

    def test_what_is_true_for_long_and_not_told_is_missed(self):
        busy = {"busy": (10, 50), "part": 1.2}
        self.assertEqual(Told(fired(), **busy).missed(None)[0][0], NAME)
        self.assertEqual(Told(fired(*range(22, 52)), **busy).missed(None), [])

    def test_nothing_is_missed_that_prometheus_did_not_look_at(self):
        gap = ({"__name__": "up"}, [at for at in PACED[1] if (at - BEGIN) % 5 < 3])
        self.assertEqual(Told(fired(), busy=(10, 50), part=1.2, pace=gap).missed(None), [])

    def test_what_could_not_be_read_is_an_error(self):
        told = Told(fired())
        told.error = FileNotFoundError("/proc/stat")
        with self.assertRaises(FileNotFoundError):
            told.wrong(None, lambda *_: False)

    def test_this_machine_can_be_read(self):
        made = Reading("self", [])
        for name in ("busy", "stolen", "load", "cpu some", "io full", "memory full", "pgmajfault", "memory", "swap", "oom_kill", "clock"):
            self.assertGreaterEqual(made[name], 0, name)
        self.assertLess(made["memory"], 1)


if __name__ == "__main__":
    unittest.main()
