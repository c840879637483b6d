"""A real Prometheus is the reader that counts: it scrapes the daemon, and promtool finds nothing to say."""

import json
import urllib.parse

import exposition
from harness import ROOT, EndToEnd, get, promtool, wait_for


class ScrapedByPrometheus(EndToEnd):
    def test_up_is_1_and_the_samples_arrive(self):
        daemon = self.start_daemon()
        prometheus = self.start_prometheus({"fournines": daemon.url.removeprefix("http://")})
        wait_for(lambda: prometheus.query("up"), 20, "a first scrape")
        self.assertEqual([value for _, value in prometheus.query("up")], [1], prometheus.targets())

        page = exposition.parse(daemon.scrape())
        scraped = wait_for(lambda: prometheus.query("scrape_samples_scraped > 0"), 20, "samples")
        samples = sum(len(family.samples) for family in page.values())
        self.assertAlmostEqual(scraped[0][1], samples, delta=samples / 10)
        (load,) = prometheus.query("node_load1")
        self.assertEqual(load[0]["job"], "fournines")


class ShippedExample(EndToEnd):
    def test_the_daemon_answers_every_job_of_the_example_and_no_family_twice(self):
        daemon = self.start_daemon()
        example = json.loads((ROOT / "alerts/examples/prometheus.json").read_text(encoding="utf-8"))
        pages = {}
        for job in example["scrape_configs"]:
            if job["job_name"] == "prometheus":  # which scrapes itself
                continue
            query = urllib.parse.urlencode(job["params"], doseq=True)
            answer = get(f"{daemon.url}/metrics?{query}")
            self.assertEqual(answer.status, 200, (job["job_name"], answer.body))
            pages[job["job_name"]] = set(exposition.parse(answer.text))
        self.assertIn("node_load1", pages["node"])
        self.assertIn("container_last_seen", pages["cadvisor"])
        self.assertIn("slo_state", pages["fournines"])
        self.assertEqual([name for name in pages["node"] | pages["fournines"] if name.startswith("container_")], [])
        both = {name for name in pages["node"] & pages["fournines"] if name.startswith(("node_load", "slo_", "probe_"))}
        self.assertEqual(both, set())


class CheckedByPromtool(EndToEnd):
    def test_promtool_finds_nothing_in_the_families_of_our_own(self):
        page = self.start_daemon().scrape()
        own = [
            line
            for line in page.splitlines(keepends=True)
            if line.removeprefix("# HELP ").removeprefix("# TYPE ").startswith(("fournines_", "process_"))
        ]
        self.assertTrue([line for line in own if line.startswith("fournines_")], "no fournines_ families")
        self.assertTrue([line for line in own if line.startswith("process_")], "no process_ families")
        checked = promtool("check", "metrics", stdin="".join(own))
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))
