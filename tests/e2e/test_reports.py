"""What people say afterwards and ask for: exclusions, false incidents, any window, backups, the shipped schemas."""

import datetime
import itertools
import json
import pathlib
import re
import sqlite3
import threading
import unittest

import judged
from harness import FOURNINES, ROOT, EndToEnd, HttpServed, QuietHandler, free_port, get, run, wait_for

NUMBERS = {"number": (int, float), "integer": int, "string": str, "boolean": bool, "object": dict, "array": list, "null": type(None)}


def problems(schema, value, root, path="$"):
    """Why a value does not follow a JSON Schema; the keywords that ours use, no others."""
    known = {"$ref", "anyOf", "const", "enum", "type", "pattern", "properties", "required", "additionalProperties", "items", "minItems",
             "minimum", "maximum", "description", "title", "$schema", "$defs", "minProperties", "maxProperties"}
    if unknown := set(schema) - known:
        raise AssertionError(f"{path}: a keyword nobody checks: {unknown}")
    if "$ref" in schema:
        at = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            at = at[part]
        return problems(at, value, root, path)
    if "anyOf" in schema:
        tried = [problems(one, value, root, path) for one in schema["anyOf"]]
        return [] if any(not one for one in tried) else min(tried, key=len)
    found = []
    if "const" in schema and value != schema["const"]:
        found.append(f"{path}: is not {schema['const']}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{path}: {value!r} is none of {schema['enum']}")
    if "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        fits = any(isinstance(value, NUMBERS[one]) and not (isinstance(value, bool) and one in ("number", "integer")) for one in types)
        if not fits:
            return [*found, f"{path}: {value!r} is no {types}"]
    if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
        found.append(f"{path}: {value!r} does not look like {schema['pattern']}")
    if isinstance(value, dict):
        if not schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", len(value)):
            found.append(f"{path}: has {len(value)} keys")
        found += [f"{path}.{key}: is missing" for key in schema.get("required", ()) if key not in value]
        for key, one in value.items():
            of = schema.get("properties", {}).get(key, schema.get("additionalProperties", {}))
            if of is False:
                found.append(f"{path}.{key}: unknown")
            elif isinstance(of, dict):
                found += problems(of, one, root, f"{path}.{key}")
    if isinstance(value, list):
        for i, one in enumerate(value):
            found += problems(schema.get("items", {}), one, root, f"{path}[{i}]")
    return found


PROM = {"name": "prom", "type": "prometheus", "url": "http://127.0.0.1:9090"}


def utc(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Web(HttpServed):
    """Answers 200 to everything on a port that was free."""

    def __init__(self, port):
        class Fine(QuietHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

        super().__init__(Fine, port=port)


class Remarks(EndToEnd):
    SECONDS = 60

    def setUp(self):
        super().setUp()
        self.path = pathlib.Path(self.folder)

    def wait(self, condition, what):
        return wait_for(condition, self.SECONDS, what)

    def command(self, *arguments, expect=0, daemon=None):
        ended = run([FOURNINES, *arguments, f"--server={(daemon or self.daemon).url}"], self.folder)
        self.assertEqual(ended.returncode, expect, ended)
        return ended.stdout if expect == 0 else ended.stderr

    def report(self, *arguments):
        (slo,) = [s for s in json.loads(self.command("report", "--format=json", *arguments))["slos"] if s["slo"] == "web"]
        return slo

    def test_an_outage_is_excluded_marked_reported_kept_and_taken_back(self):
        port = free_port()
        url = f"http://127.0.0.1:{port}/"
        flags = ("--web.enable-admin-api",)
        # Nobody listens: down from the first probe on.
        self.daemon = self.keep(judged.Judge(self.folder, [judged.probed("web", url)], flags=flags))
        self.wait(lambda: self.daemon.slo("web")["budget_seconds"]["consumed"] > 3, "the judge sees it")
        self.keep(Web(port))
        self.wait(lambda: self.daemon.incidents("web") and not self.daemon.incidents("web")[0]["open"], "the judge sees it")
        incident = self.daemon.incidents("web")[0]

        before = self.report()
        self.assertEqual(before["incidents"]["closed"], 1)
        self.assertIsNone(before["raw"])
        self.assertGreater(before["down_seconds"], 3)
        self.assertGreater(before["exhaustion_seconds"], 0)
        for form in ("text", "markdown"):
            words = self.command("report", f"--format={form}")
            for part in ("budget", "spent in ", "burn rate", "MTTR ", "MTTF ", "MTBF ", "MTTD "):
                self.assertIn(part, words)

        self.assertRegex(self.command("incidents"), r"down [\d.]+s.*, ended up to [\d.]+m?s earlier")
        self.assertIn("| start | or since | declared | end | or already |", self.command("report", "--format=markdown"))

        # Marked as false: out of the statistics, on record with the reason.
        self.command("mark-false", "shop/web", str(incident["id"]), "--reason", "a test of the pager")
        marked = self.report()
        self.assertEqual(marked["incidents"]["closed"], 0)
        self.assertIsNone(marked["incidents"]["mttr_seconds"])
        self.assertEqual(marked["down_seconds"], before["down_seconds"])
        self.assertEqual(marked["list"][0]["false_reason"], "a test of the pager")
        self.assertIn("a test of the pager", self.command("incidents"))
        self.command("mark-false", "shop/web", "77", "--reason", "x", expect=2)
        self.command("mark-false", "shop/web", str(incident["id"]), "--undo")
        self.assertEqual(self.report()["incidents"]["closed"], 1)

        # Excluded: gauges and the statistics change, the raw numbers stay beside, counters stay.
        counted = self.daemon.state_seconds("web")["down"]
        exclusion = ("exclude", "shop/web", "--from", utc(incident["start"] - 1), "--to", utc(incident["end"]))
        refused = self.command("exclude", "nobody", *exclusion[2:], "--reason", "x", expect=2)
        self.assertIn("nobody", refused)
        number = self.command(*exclusion, "--reason", "the provider's outage").strip()
        self.wait(lambda: self.daemon.slo("web")["budget_seconds"]["consumed"] == 0, "the judge sees it")
        excluded = self.report()
        self.assertEqual(excluded["down_seconds"], 0)
        self.assertGreater(excluded["excluded_seconds"], 3)
        self.assertEqual(excluded["raw"]["down_seconds"], before["down_seconds"])
        self.assertEqual(excluded["incidents"]["closed"], 0)
        self.assertEqual([one["reason"] for one in excluded["exclusions"]], ["the provider's outage"])
        self.assertGreaterEqual(self.daemon.state_seconds("web")["down"], counted)
        markdown = self.command("report", "--format=markdown")
        self.assertIn("| shop/web |", markdown)
        self.assertIn("the provider's outage", markdown)

        # All of it is still there after kill -9.
        self.daemon.kill()
        self.daemon = self.keep(judged.Judge(self.folder, name="again", flags=flags))
        self.wait(lambda: self.daemon.slo("web")["state"] == "up", "the judge sees it")
        self.assertEqual(self.report()["down_seconds"], 0)
        self.command("unexclude", number)
        self.command("unexclude", number, expect=2)
        self.wait(lambda: self.daemon.slo("web")["budget_seconds"]["consumed"] > 3, "the judge sees it")

        # A backup opens as a history of its own.
        copy = self.path / "copy.db"
        self.command("backup", str(copy))
        with sqlite3.connect(copy) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone(), ("ok",))
            self.assertGreaterEqual(database.execute("SELECT count(*) FROM incidents").fetchone()[0], 1)
        self.command("backup", str(copy), expect=5)

    def test_any_window_any_period_and_no_change_without_leave(self):
        self.daemon = self.keep(judged.Judge(self.folder, [judged.probed("web", "http://127.0.0.1:1/", window={"calendar": "quarter", "timezone": "Europe/Berlin"})]))
        self.wait(lambda: self.daemon.slo("web")["state"] == "down", "the judge sees it")
        own = self.report()
        self.assertEqual(own["window"], "quarter")
        self.assertFalse(own["is_final"])
        seconds = ("up_seconds", "down_seconds", "unknown_seconds", "excluded_seconds", "before_seconds", "ahead_seconds")
        for arguments, days in (((), None), (("--window=17d",), 17), (("--window=400d",), 400), (("--month=2024-02",), 29), (("--period=2023",), 365)):
            report = self.report(*arguments)
            length = report["to"] - report["from"]
            self.assertAlmostEqual(sum(report[key] for key in seconds), length, delta=0.01)
            if days:
                self.assertAlmostEqual(length, days * 86400, delta=0.01)
        march = self.report("--month=2024-03", "--timezone=Europe/Berlin")
        self.assertEqual(march["to"] - march["from"], 31 * 86400 - 3600)
        self.assertEqual(march["before_seconds"], 31 * 86400 - 3600)
        self.assertEqual(march["verdict"], "undetermined")
        self.assertIn("quarter: violated" if own["verdict"] == "violated" else "quarter: ", self.command("report"))
        for arguments, told in ((("--window=x",), "window"), (("--month=2024-13",), "period"), (("--month=2024-01", "--timezone=Mars/X"), "timezone"),
                                (("--window=1d", "--month=2024-01"), "window")):
            self.assertIn(told, self.command("report", *arguments, expect=2))
        self.assertIn("--web.enable-admin-api", self.command("backup", str(self.path / "x.db"), expect=2))
        self.assertEqual(get(f"{self.daemon.url}/api/v1/exclusions").json()["exclusions"], [])

    def test_slices_of_own_series_follow_a_textfile(self):
        folder = self.path / "textfile"
        folder.mkdir()
        (folder / "shop.prom").write_text("shop_total{code=\"200\"} 10\nshop_total{code=\"500\"} 0\nshop_open 1\n")
        sliced = {"budgeting_method": "timeslices", "timeslice_window": "2s", "timeslice_target": 90, "objective": 99, "service": "shop"}
        self.daemon = self.keep(judged.Judge(self.folder, [
            {"name": "events", **sliced, "sli": {"events": {"bad": 'shop_total{code=~"5.."}', "total": "shop_total", "no_events": "good", "interval": "1s"}}},
            {"name": "open", "service": "shop", "objective": 99, "sli": {"gauge": {"metric": "shop_open", "interval": "1s"}}},
            {"name": "lost", **sliced, "sli": {"threshold": {"metric": "nowhere", "op": "lt", "value": 1, "interval": "1s"}}},
        ], flags=(f"--collector.textfile.directory={folder}",)))
        self.wait(lambda: self.daemon.slo("events")["state"] == "up" and self.daemon.slo("open")["state"] == "up", "both are good")
        self.wait(lambda: self.daemon.slo("lost")["cause"] == "no_data", "nothing to judge by")
        self.assertIn("nowhere", self.daemon.slo("lost")["problem"])
        enough = threading.Event()

        def sell():
            for each in itertools.count(1):
                (folder / "new").write_text(f"shop_total{{code=\"200\"}} {10 + each}\nshop_total{{code=\"500\"}} {each}\nshop_open 0\n")
                (folder / "new").rename(folder / "shop.prom")
                if enough.wait(0.2):
                    return

        # On a thread of its own: a slice without events, while an answer is waited for, would be a good one.
        seller = threading.Thread(target=sell)
        seller.start()
        self.addCleanup(seller.join)
        self.addCleanup(enough.set)
        self.wait(lambda: all(self.daemon.slo(name)["state"] == "down" for name in ("events", "open")), "both are bad")
        self.assertEqual(self.daemon.slo("events")["incidents"]["begun"], 1)
        enough.set()
        # Whole slices only: bad time is a multiple of two seconds.
        self.wait(lambda: self.daemon.slo("events")["state"] == "up", "no events are good")
        down = self.daemon.slo("events")["budget_seconds"]["consumed"]
        self.assertGreaterEqual(down, 2)
        self.assertEqual(down % 2, 0)

    def test_the_answers_follow_the_shipped_openapi(self):
        api = json.loads((ROOT / "app/schema/openapi.json").read_text())
        self.daemon = self.keep(judged.Judge(self.folder, [judged.probed("web", "http://127.0.0.1:1/")], flags=["--web.enable-admin-api"]))
        self.wait(lambda: self.daemon.incidents("web"), "the judge sees it")
        for path, operations in api["paths"].items():
            if "get" not in operations:
                continue
            schema = operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            answer = get(self.daemon.url + path).json()
            self.assertEqual(problems(schema, answer, api), [])
            # Nothing is told that is not described.
            self.assertLessEqual(set(answer), set(schema["properties"]))
            for name, of in (("slos", "Slo" if path.endswith("slos") else "Report"), ("incidents", "Incident")):
                for one in answer.get(name, []):
                    self.assertLessEqual(set(one), set(api["components"]["schemas"][of]["properties"]))

    def test_the_schema_of_the_file_agrees_with_the_loader(self):
        schema = json.loads((ROOT / "app/schema/fournines.schema.json").read_text())
        web = {"name": "web", "objective": 99.9, "probe": "http://127.0.0.1:1/"}
        lag = {"name": "lag", "objective": 99}
        night = {"name": "night", "start": "02:00", "duration": "30m", "every": ["tue"]}
        good = [
            {}, {"slos": [web]}, {"version": 1, "defaults": {"window": "28d", "labels": {"a": "b"}}, "slos": [{**web, "window": {"calendar": "week"}}]},
            {"slos": [{**web, "merge_gap": "0s", "alerting": {"min_failures": 3, "page_alert": {"disable": True}}}]},
            {"slos": [{**web, "alerting": {"page_alert": {"labels": {"team": "a"}, "annotations": {"runbook_url": "x"}}, "no_data": {"after": "5m", "severity": "page"}}}]},
            {"maintenance": [night]}, {"maintenance": [{"name": "once", "from": "2026-03-01T10:00:00Z", "to": "2026-03-01T11:00:00+01:00".replace("11", "12")}]},
            {"error_budget_policy": [{"remaining_below": "10%", "message": "x", "alert": "page"}]},
            {"alert_windows": [{"window": "90d", "page": [{"long": "1h", "short": "5m", "budget": "1%"}]}]},
            {"alerting": {"alertmanagers": [{"url": "http://127.0.0.1:9093"}], "resend_delay": "1m"}},
            {"container_slos": False}, {"slos": [{**web, "budgeting_method": "occurrences"}]},
            {"slos": [{**lag, "sli": {"container": "db"}}, {**web, "dependencies": ["lag"]}]},
            {"slos": [{**lag, "sli": {"container": {"name": "db-*", "states": ["running", "paused"], "healthy": False}}}]},
            {"slos": [{**lag, "sli": {"container": {"labels": {"tier": "db-*"}, "cgroup": "/shop.slice/*"}}}]},
            {"slos": [{**lag, "budgeting_method": "ratio_timeslices", "timeslice_window": "1m", "sli": {"gauge": "open"}}]},
            {"sources": [PROM], "slos": [{**lag, "sli": {"threshold": {"source": "prom", "query": "lag", "op": "lt", "value": 5}}}]},
            {"sources": [{**PROM, "headers": {"X-Scope-OrgID": "a"}, "backfill": "0s", "tls": {"insecure_skip_verify": True}}]},
        ]
        bad = [
            {"slo": []}, {"slos": [{"objective": 99}]}, {"slos": [{**web, "windows": "30d"}]}, {"slos": [{**web, "window": {"calendar": "day"}}]},
            {"slos": [{**web, "window": "thirty"}]}, {"slos": [{**web, "name": "a b"}]}, {"maintenance": [{**night, "every": ["tuesday"]}]},
            {"maintenance": [{**night, "counts_as": "down"}]}, {"exclusions": [{"slos": ["web"], "from": "2026", "to": "2027", "reason": "x"}]},
            {"slos": [{**web, "alerting": {"no_data": {"severity": "critical"}}}]}, {"slos": [{**web, "alerting": {"ticket_alert": {"label": {}}}}]},
            {"alert_windows": [{"page": []}]}, {"error_budget_policy": [{"message": "x"}]}, {"version": 2},
            {"container_slos": "some"}, {"slos": [{**web, "budgeting_method": "events"}]},
            {"slos": [{**lag, "sli": {"container": {"name": "db", "state": ["running"]}}}]},
            {"slos": [{**lag, "sli": {"container": {"name": "db", "states": ["up"]}}}]},
            {"slos": [{**lag, "sli": {"container": {"labels": {}}}}]}, {"slos": [{**lag, "sli": {"container": {"cgroup": "shop"}}}]},
            {"sources": [{"name": "prom"}]}, {"sources": [{**PROM, "type": "graphite"}]}, {"sources": [{**PROM, "timeout": "soon"}]},
        ]
        file = self.path / "c.yml"
        for config, fine in [(c, True) for c in good] + [(c, False) for c in bad]:
            file.write_text(json.dumps(config))
            ended = run([FOURNINES, "validate", str(file)], self.folder)
            self.assertEqual(ended.returncode, 0 if fine else 2, (config, ended))
            self.assertEqual(problems(schema, config, schema) == [], fine, (config, problems(schema, config, schema)))
        shown = run([FOURNINES, "config", "show"], self.folder)
        self.assertEqual(shown.returncode, 0, shown)
        self.assertIn("host-up", shown.stdout)


if __name__ == "__main__":
    unittest.main()
