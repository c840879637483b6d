"""The same text files give the same series as node_exporter's textfile collector; what it refuses, we refuse."""

import pathlib

import exposition
from harness import EndToEnd, get, wait_for

GOOD = {
    "a/counter.prom": '# HELP jobs_total Jobs done.\n# TYPE jobs_total counter\njobs_total{queue="a\\"b\\n"} 5\n'
    'jobs_total{queue="c",host="x"} 7\n',
    "a/bare.prom": "bare_metric 1.5e3\n",
    "a/merged.prom": '# TYPE load gauge\n# HELP load Load.\nload{room="1"} 0.25\n',
    "b/merged.prom": '# TYPE load gauge\n# HELP load Load.\nload{room="2"} NaN\n',
    "b/histogram.prom": '# TYPE took histogram\ntook_bucket{le="0.50"} 1\ntook_bucket{le="+Inf"} 2\ntook_sum 3\n'
    "took_count 2\n",
    "b/summary.prom": '# TYPE lag summary\nlag{quantile="0.9"} 1\nlag_sum 2\nlag_count 3\n',
    "b/not_read.txt": "not_read 1\n",
}
BAD = {
    "no value": "x_a 1\nx_b\n",
    "no end of the last line": "x_a 1",
    "a time stamp": "x_a 1 1700000000000\n",
    "two types": "# TYPE x_a gauge\n# TYPE x_a counter\nx_a 1\n",
    "a type behind its samples": "x_a 1\n# TYPE x_a gauge\n",
    "an unknown type": "# TYPE x_a thing\nx_a 1\n",
    "an open brace": 'x_a{b="c" 1\n',
    "a reserved label": 'x_a{__name__="b"} 1\n',
    "an unknown escape": 'x_a{b="\\t"} 1\n',
    "a carriage return": "x_a 1\r\n",
}


def families(page):
    """What comes from files, and what is said about them."""
    ours = ("jobs_total", "bare_metric", "load", "took", "lag", "not_read", "x_", "node_textfile_")
    return {
        name: (family.type, family.help if "textfile" not in name else "", family.samples)
        for name, family in exposition.parse(page).items()
        if name.startswith(ours)
    }


def comparable(found):
    """NaN is not equal to itself."""
    return {
        name: (kind, text, {key: str(value) for key, value in samples.items()})
        for name, (kind, text, samples) in found.items()
    }


def scrape_in_time(daemon):
    """A page for which the directories were read in time."""
    return daemon.wait_until(
        lambda: not exposition.is_late(exposition.parse(page := daemon.scrape("textfile"))) and page,
        "a page with what the files hold now")


class Textfile(EndToEnd):
    def setUp(self):
        super().setUp()
        self.texts = pathlib.Path(self.folder) / "texts"
        self.write({"a/x.prom": "x_a 1\n", "b/x.prom": "x_b 1\n"})
        self.flags = [f"--collector.textfile.directory={self.texts}/*"]

    def write(self, files):
        for name, text in files.items():
            path = self.texts / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")

    def both(self):
        ours = comparable(families(scrape_in_time(self.daemon)))
        theirs = comparable(families(self.node_exporter.scrape("textfile")))
        return ours, theirs

    def test_good_and_bad_files_count_for_the_same(self):
        self.node_exporter = self.start_node_exporter(*self.flags)
        self.daemon = self.start_daemon(*self.flags)
        self.write(GOOD)
        ours, theirs = self.both()
        self.assertEqual(ours, theirs)
        self.assertIn("jobs_total", ours)
        self.assertEqual(ours["node_textfile_scrape_error"][2], {("node_textfile_scrape_error", frozenset()): "0.0"})
        for what, text in BAD.items():
            with self.subTest(what):
                self.write({"b/x.prom": text})
                ours, theirs = self.both()
                self.assertEqual(ours, theirs)
                error = ours["node_textfile_scrape_error"][2]
                self.assertEqual(error, {("node_textfile_scrape_error", frozenset()): "1.0"})
                self.assertIn("x_a", ours)  # of the file beside it

    def test_openmetrics_files_are_read_and_served_in_both_formats(self):
        self.write({"a/om.prom": '# TYPE jobs counter\njobs_total{queue="a"} 5 # {id="7"} 1\n# EOF\n'})
        daemon = self.start_daemon(*self.flags)
        page = exposition.parse(scrape_in_time(daemon))
        self.assertEqual(page["jobs_total"].type, "counter")
        self.assertEqual(page["jobs_total"].value(queue="a"), 5)
        answer = get(f"{daemon.url}/metrics", headers={"Accept": "application/openmetrics-text"})
        self.assertIn('# TYPE jobs counter\njobs_total{queue="a"} 5\n', answer.text)

    def test_a_file_in_place_of_another_is_seen_at_the_next_scrape(self):
        daemon = self.start_daemon(*self.flags)
        self.assertIn("\nx_a 1\n", scrape_in_time(daemon))
        self.write({"a/new": "x_a 2\n"})
        (self.texts / "a/new").rename(self.texts / "a/x.prom")
        wait_for(lambda: "\nx_a 2\n" in daemon.scrape("textfile"), 10, "the new value")
