"""One attempt on request, and targets that come from files."""

import json
import pathlib
import threading
import time
import unittest

from harness import EndToEnd, get, wait_for
from raw_server import Raw, echo


class ProbeEndpoint(EndToEnd):
    """GET /probe, blackbox_exporter's way, and targets from files."""

    def config(self, **more):
        path = pathlib.Path(self.folder) / "fournines.yml"
        path.write_text(json.dumps({
            "probe_modules": {
                "http_2xx": {"kind": "http", "timeout": "2s", "allow": ["http://127\\.0\\.0\\.1:[0-9]+/.*"]},
                "echo": {"kind": "tcp", "timeout": "2s", "allow": ["127\\.0\\.0\\.1:[0-9]+"],
                         "dialogue": [{"send": "ping"}, {"expect": "ping"}]},
            }, **more,
        }), encoding="utf-8")
        return path

    def start(self, **more):
        return self.start_daemon(f"--config.file={self.config(**more)}", f"--storage.path={self.folder}/state")

    def test_one_attempt_is_made_and_shown_under_blackbox_exporters_names(self):
        nginx = self.start_nginx("return 200;")
        daemon = self.start()
        page = get(f"{daemon.url}/probe?target={nginx.url}/&module=http_2xx").text
        self.assertIn('probe_success{probe="http_2xx"} 1\n', page)
        self.assertIn('probe_http_status_code{probe="http_2xx"} 200\n', page)
        self.assertIn('probe_http_duration_seconds{probe="http_2xx",phase="connect"}', page)
        raw = self.keep(Raw(echo))
        self.assertIn('probe_success{probe="echo"} 1\n', get(f"{daemon.url}/probe?target=127.0.0.1:{raw.port}&module=echo").text)
        nginx.kill()
        self.assertIn('probe_success{probe="http_2xx"} 0\n', get(f"{daemon.url}/probe?target={nginx.url}/").text)

    def test_only_configured_modules_and_allowed_targets(self):
        daemon = self.start()

        def status(query):
            return get(f"{daemon.url}/probe?{query}").status

        self.assertEqual(status("target=http://127.0.0.1:1/&module=none"), 400)
        self.assertEqual(status("module=http_2xx"), 400)
        self.assertEqual(status("target=http://192.0.2.1/&module=http_2xx"), 403)
        self.assertEqual(status("target=http://169.254.169.254/latest/meta-data/"), 403)
        self.assertEqual(status("target=file:///etc/passwd"), 403)

    def test_scrapes_do_not_wait_for_slow_probes(self):
        hang = self.keep(Raw(lambda connection: time.sleep(5)))
        daemon = self.start()
        query = f"{daemon.url}/probe?target=http://127.0.0.1:{hang.port}/"
        threads = [threading.Thread(target=get, args=(query,)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for _ in range(5):
            self.assertIn("fournines", daemon.scrape("slo", timeout=1.5) + "fournines")
        for thread in threads:
            thread.join()

    def test_targets_come_and_go_with_their_files_and_a_bad_file_keeps_the_last_good(self):
        nginx = self.start_nginx("return 200;")
        folder = pathlib.Path(self.folder) / "targets"
        folder.mkdir()
        daemon = self.start(probe_targets=[{"module": "http_2xx", "files": [f"{folder}/*.yml", f"{folder}/*.json"]}])

        def names():
            return {row["probe"] for row in get(f"{daemon.url}/api/v1/probes").json()["probes"]}

        def put(name, text):
            temporary = pathlib.Path(self.folder) / "new"
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(folder / name)

        self.assertEqual(names(), set())
        put("a.yml", f"- targets: ['{nginx.url}/']\n  labels: {{probe: front, team: web}}\n")
        wait_for(lambda: names() == {"front"}, 5, "a target from YAML")
        put("b.json", json.dumps([{"targets": [f"{nginx.url}/one", f"{nginx.url}/two"]}]))
        three = {"front", f"http_2xx/{nginx.url}/one", f"http_2xx/{nginx.url}/two"}
        wait_for(lambda: names() == three, 5, "targets from JSON")
        daemon.wait_until(lambda: 'probe_success{probe="front",team="web"} 1' in daemon.scrape("probes"), "it is probed")
        rows = {row["probe"]: row["labels"] for row in get(f"{daemon.url}/api/v1/probes").json()["probes"]}
        self.assertEqual(rows, {"front": {"team": "web"}, **{name: {} for name in three - {"front"}}})
        put("a.yml", "- targets: [unclosed\n")
        daemon.wait_until(lambda: "keeps what it said last" in daemon.log(), "a line about the bad file")
        self.assertEqual(names(), three)
        self.assertIn("fournines_probe_target_files_bad 1\n", get(f"{daemon.url}/metrics").text)
        (folder / "b.json").unlink()
        wait_for(lambda: names() == {"front"}, 5, "targets are gone with their file")


if __name__ == "__main__":
    unittest.main()
