"""What a person at the shell meets: one line and exit code 2 for what is wrong, answers on standard output."""

import signal
import socket

import exposition
from harness import FOURNINES, EndToEnd, get, run


class WrongUse(EndToEnd):
    def assert_refused(self, *arguments, naming):
        """Exit code 2 and exactly one line on standard error that names the culprit, nothing else."""
        ended = run([FOURNINES, *arguments], self.folder)
        self.assertEqual(ended.returncode, 2, ended)
        self.assertEqual(ended.stdout, "")
        self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)
        self.assertTrue(ended.stderr.endswith("\n"))
        self.assertIn(naming, ended.stderr)
        return ended.stderr

    def test_an_unknown_flag_is_named_with_the_nearest_known_one(self):
        line = self.assert_refused("--collector.disable-default", naming="--collector.disable-default")
        self.assertIn("--collector.disable-defaults", line)

    def test_an_unknown_command_is_named(self):
        self.assert_refused("scarpe", naming="scarpe")

    def test_a_bad_value_is_named_with_its_flag(self):
        self.assert_refused("--log.level=loud", naming="--log.level")
        self.assert_refused("--web.listen-address=127.0.0.1:http!", naming="127.0.0.1:http!")

    def test_a_procfs_that_is_not_there_ends_the_start(self):
        self.assert_refused("--path.procfs=/nonexistent", naming="/nonexistent")
        self.assert_refused("scrape", "--path.procfs=/nonexistent", naming="/nonexistent")

    def test_a_port_in_use_ends_the_start(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            self.assert_refused(f"--web.listen-address={address}", naming=address)

    def test_a_web_configuration_is_refused_not_ignored(self):
        self.assert_refused("--web.config.file=web.yml", naming="--web.config.file")


class Answers(EndToEnd):
    def answer(self, *arguments):
        ended = run([FOURNINES, *arguments], self.folder)
        self.assertEqual(ended.returncode, 0, ended)
        self.assertEqual(ended.stderr, "")
        return ended.stdout

    def test_version_is_printed_as_prometheus_programs_do(self):
        self.assertRegex(self.answer("--version"), r"\Afournines, version \d+\.\d+\.\d+ \(.*revision: \S+\)\n")

    def test_help_names_flags_and_commands(self):
        text = self.answer("--help")
        for word in ("--web.listen-address", "--collector.disable-defaults", "--path.procfs", "scrape", "validate"):
            self.assertIn(word, text)

    def test_scrape_prints_one_page(self):
        families = exposition.parse(self.answer("scrape"))
        self.assertIn("node_uname_info", families)
        self.assertIn("node_scrape_collector_success", families)

    def test_scrape_takes_the_collector_flags(self):
        families = exposition.parse(self.answer("scrape", "--collector.disable-defaults", "--collector.loadavg"))
        self.assertIn("node_load1", families)
        self.assertNotIn("node_uname_info", families)


class Serving(EndToEnd):
    def test_sigterm_and_sigint_end_it_with_0_within_two_seconds(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name):
                daemon = self.start_daemon()
                self.assertIn("node_load1", daemon.scrape())
                code, _ = daemon.signal_and_wait(number, 2)
                self.assertEqual(code, 0, daemon.log())

    def test_sigterm_ends_it_while_a_client_holds_a_connection(self):
        daemon = self.start_daemon()
        host, port = daemon.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as idle:
            idle.sendall(b"GET /metrics HTTP/1.1\r\n")
            daemon.stop()

    def test_health_and_readiness_answer_200(self):
        daemon = self.start_daemon()
        for path in ("/-/healthy", "/-/ready"):
            self.assertEqual(get(daemon.url + path).status, 200)

    def test_an_unknown_path_is_404_and_a_wrong_method_405(self):
        daemon = self.start_daemon()
        self.assertEqual(get(f"{daemon.url}/nowhere").status, 404)
        self.assertEqual(get(f"{daemon.url}/metrics", method="DELETE").status, 405)

    def test_an_unknown_or_switched_off_collector_is_a_400(self):
        daemon = self.start_daemon("--no-collector.loadavg")
        for name in ("nosuch", "loadavg"):
            answer = get(f"{daemon.url}/metrics?collect[]={name}")
            self.assertEqual(answer.status, 400)
            self.assertIn(name, answer.text)
