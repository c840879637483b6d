"""No client can stop the running daemon: not by being slow, not by being many, not by being malformed."""

import urllib.parse

import gate_load
from harness import EndToEnd


class NoClientStopsIt(EndToEnd):
    def address_of(self, daemon):
        url = urllib.parse.urlsplit(daemon.url)
        return url.hostname, url.port

    def assert_serves_under_load(self, *launcher):
        """500 that drip, 200 idle and 200 that do not read: 500 scrapes, and 300 connects at once, none fails."""
        gate_load.raise_own_limit()
        daemon = self.start_daemon(launcher=launcher)
        result = gate_load.load(self.address_of(daemon))
        failures = {name: value for name, value in result.items() if name.endswith("failures")}
        self.assertTrue(failures, result)
        self.assertEqual(set(failures.values()), {0}, result)
        print(result)
        daemon.stop()

    def test_slow_idle_and_non_reading_clients_cost_no_scrape(self):
        self.assert_serves_under_load()

    def test_nor_do_they_with_256_descriptors(self):
        self.assert_serves_under_load("prlimit", "--nofile=256:256")

    def test_every_known_attack_leaves_it_answering_and_its_memory_flat(self):
        daemon = self.start_daemon()
        result = gate_load.run_attacks(self.address_of(daemon), daemon.popen.pid)
        self.assertEqual((result["failures"], result["wrong"]), (0, []), result)
        self.assertLessEqual(result["growth_kb"], gate_load.GROWTH_LIMIT_KB, result)
        daemon.stop()
