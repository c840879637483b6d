"""Every panel of every dashboard, drawn in a browser with Grafana's own components from a live Prometheus.

The daemon watches real containers and services while both are hurt on purpose; then each panel must show something, or
stand in NEEDS with what it would take. Nothing may be an error, an unknown unit, or lie upon another panel.

Pictures go to build/dashboards, or where FOURNINES_PICTURES says.
"""

import itertools
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

# pylint: disable=wrong-import-position
from engines import Docker, why_no_engines
from harness import Alertmanager, Daemon, HttpServed, Prometheus, QuietHandler, WebhookReceiver, get, throw_away_certificate, wait_for
from judged import OneScenario, write_config
from namespaces import Machine

DASHBOARDS = ROOT / "grafana" / "dashboards"
TOOLS = ROOT / ".tools" / "dashboards"  # npm's packages, and the page that is made of them
PICTURES = pathlib.Path(os.environ.get("FOURNINES_PICTURES", ROOT / "build" / "dashboards"))

SCREENS = {"wide": 1920, "laptop": 1366}
WATCH_SECONDS = 120  # at a scrape a second as many as half an hour has at one every 15 s
OUTAGE_SECONDS = 6

# What may be empty, and what it would take; all else has to show something.
NEEDS = {
    ("host.json", "Do tasks wait?"): "a kernel with pressure stall information",
    ("containers.json", "Pressure"): "a kernel with pressure stall information",
    ("containers.json", "Disk bytes"): "a kernel that counts disk bytes for groups without limits",
}

WHY_NOT = why_no_engines()


class Service(HttpServed):
    """A web service that can be hurt: 500 while broken is set. Over TLS when it has a certificate."""

    def __init__(self, certificate=None):
        self.broken = threading.Event()
        service = self

        class Handler(QuietHandler):
            def do_GET(self):
                body = b"well\n"
                self.send_response(500 if service.broken.is_set() else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
        super().__init__(Handler, context)
        self.url = self.url.replace("127.0.0.1", "localhost") + "/"  # the certificate's name


def install_tools():
    """npm's packages lie beside the peers; installed anew only when they are to be others."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    wanted = (HERE / "package-lock.json").read_text(encoding="utf-8")
    installed = TOOLS / "installed-lock.json"  # written when the installation has come to its end
    for name in ("package.json", "package-lock.json", "build.mjs", "draw.mjs"):
        shutil.copy(HERE / name, TOOLS)
    shutil.copytree(HERE / "src", TOOLS / "src", dirs_exist_ok=True)
    if not installed.exists() or installed.read_text(encoding="utf-8") != wanted:
        subprocess.run(["npm", "ci", "--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund",
                        "--prefer-offline", "--fetch-retries=5"], cwd=TOOLS, check=True)
        installed.write_text(wanted, encoding="utf-8")


# The schema's types are enumerations where a file has plain text; and they leave out what a data source adds to
# annotations and variables.
TYPES = """
import type { AnnotationQuery, Dashboard, VariableModel } from '@grafana/schema';

type Plain<T> = T extends string ? `${T}` : T extends (infer U)[] ? Plain<U>[] : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
interface OfPrometheus {
  expr: string; step: string; titleFormat: string; textFormat: string; tagKeys: string; useValueForTime: 'on'; hide: boolean;
}
type Board = Plain<Omit<Dashboard, 'annotations' | 'templating'>> & {
  annotations: { list: (Plain<AnnotationQuery> & Partial<OfPrometheus>)[] };
  templating: { list: (Plain<VariableModel> & { definition?: string })[] };
};
"""


class Typed(unittest.TestCase):
    def test_every_dashboard_is_what_grafana_s_schema_says(self):
        install_tools()
        source = TOOLS / "boards.ts"
        boards = [path.read_text(encoding="utf-8") for path in sorted(DASHBOARDS.glob("*.json"))]
        texts = [f"export const board{number}: Board = {board};" for number, board in enumerate(boards)]
        # One that is wrong on purpose: a check that takes everything would be worth nothing.
        wrong = boards[0].replace('"schemaVersion"', '"schemaversion"')
        texts.append(f"// @ts-expect-error\nexport const wrong: Board = {json.dumps(json.loads(wrong))};")
        source.write_text(TYPES + "\n".join(texts), encoding="utf-8")
        checked = subprocess.run(
            ["node_modules/.bin/tsc", "--noEmit", "--skipLibCheck", "--strict", "--target", "es2022", "--module", "esnext",
             "--moduleResolution", "bundler", source.name], cwd=TOOLS, capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout)


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Drawn(OneScenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        install_tools()
        subprocess.run(["node", "build.mjs", "bundle"], cwd=TOOLS, check=True)
        PICTURES.mkdir(parents=True, exist_ok=True)
        cls.machine = cls.keep(Machine(cls.folder))
        cls.docker = cls.keep(Docker(cls.folder, cls.machine))
        cls.machine.enter_for(cls)
        certificate = throw_away_certificate(cls.folder)
        cls.web, cls.api = cls.keep(Service()), cls.keep(Service(certificate))
        alertmanager = cls.keep(Alertmanager(cls.folder, cls.keep(WebhookReceiver()).url))
        objectives = [
            cls.objective("web", "30d", {"http": cls.web.url, "interval": "1s"}),
            cls.objective("api", "1h", {"http": cls.api.url, "interval": "1s", "ca_file": certificate[0]}),
        ]
        config = write_config(pathlib.Path(cls.folder) / "fournines.yml", objectives, [alertmanager.url])
        cls.daemon = cls.keep(Daemon(
            cls.folder, f"--config.file={config}", "--web.enable-lifecycle", f"--storage.path={cls.folder}/state", launcher=cls.machine.launcher,
        ))
        cls.addresses = {job: daemon.url.removeprefix("http://") for job, daemon in (("fournines", cls.daemon), ("server", cls.recorded_host()))}
        cls.prometheus = cls.keep(Prometheus(cls.folder, cls.addresses))
        cls.judge_by_prometheus(config, objectives, alertmanager.url)
        cls.begin = time.time()
        cls.hurt()
        cls.end = time.time()
        cls.docker.docker("rm", "--force", "loop")  # its network device would come and go while Chromium draws
        cls.reports = cls.draw()

    @staticmethod
    def objective(name, window, probe):
        return {"service": "shop", "name": name, "objective": 99.9, "window": window, "merge_gap": "0s", "sli": {"probe": probe}}

    @classmethod
    def judge_by_prometheus(cls, config, objectives, alertmanager_url):
        """One more objective, by what Prometheus keeps, from a reload on."""
        asked = {"source": "prom", "bad": "sum(increase(probe_failures_total[{{.window}}]))", "total": "sum(increase(probe_attempts_total[{{.window}}]))"}
        more = {"service": "shop", "name": "asked", "objective": 99.9, "window": "1h", "budgeting_method": "timeslices",
                "timeslice_target": 99.9, "sli": {"events": asked}}
        text = json.loads(write_config(config, [*objectives, more], [alertmanager_url]).read_text(encoding="utf-8"))
        text["sources"] = [{"name": "prom", "type": "prometheus", "url": cls.prometheus.url}]
        config.write_text(json.dumps(text), encoding="utf-8")
        answer = get(f"{cls.daemon.url}/-/reload", method="POST")
        if answer.status != 200:
            raise AssertionError(answer.text)
        wait_for(lambda: cls.seen("fournines_source_up") == 1, 60, "Prometheus is asked")

    @classmethod
    def recorded_host(cls):
        """The files of a server with sensors, arrays and a firewall, beside this machine; its history is empty."""
        server = ROOT / "tests" / "fixtures" / "server"
        return cls.keep(Daemon(
            cls.folder, f"--path.procfs={server}/proc", f"--path.sysfs={server}/sys", f"--path.rootfs={server}/root",
            f"--path.udev.data={server}/udev", f"--storage.path={cls.folder}/server", name="server", launcher=cls.machine.launcher,
        ))

    @classmethod
    def hurt(cls):
        """What a bad half hour brings, in a minute: an outage, containers that are busy, throttled, killed and ill."""
        work = "while :; do i=$((i+1)); done"
        for name, script, options in (
            ("burner", work, ("--cpus=0.1", "--memory=64m")),
            ("talker", "httpd -p 80 -h /bin; while :; do wget -q -O /dev/null http://127.0.0.1/busybox; sleep 0.1; done", ("--memory=64m",)),
            ("hog", "while :; do tail /dev/zero; sleep 3; done", ("--memory=16m", "--memory-swap=16m")),
            ("sick", "exec sleep 1000", ("--health-cmd=false", "--health-interval=1s", "--health-retries=2")),
            ("loop", "sleep 4; exit 1", ("--restart=always",)),
        ):
            cls.docker.run(name, "sh", "-c", script, options=options)
        started = time.monotonic()
        wait_for(lambda: cls.seen("sum(slo_state{service='shop', state='up'})") >= 2, 30, "both services are up")
        cls.web.broken.set()
        broken = time.monotonic()
        wait_for(lambda: cls.seen("sum(slo_incident_open{service='shop'})") >= 1, 30, "the outage is an incident")
        wait_for(lambda: time.monotonic() - broken > OUTAGE_SECONDS, OUTAGE_SECONDS + 5, "the outage has lasted")
        cls.web.broken.clear()
        wait_for(lambda: cls.seen("sum(slo_incident_open{service='shop'})") == 0, 30, "the outage has ended")
        wait_for(lambda: cls.seen("sum(increase(slo_incident_duration_seconds_count{service='shop'}[1m]))") > 0.5, 30, "the incident's length is on disk")
        wait_for(lambda: time.monotonic() - started > WATCH_SECONDS, WATCH_SECONDS, "there is enough to see")
        wait_for(lambda: cls.seen("sum(container_health_state == 0) or vector(9)") == 0, 30, "a container is unhealthy")

    @classmethod
    def seen(cls, expression):
        found = cls.prometheus.query(expression)
        return found[0][1] if found else 0

    @classmethod
    def draw(cls):
        """Each dashboard dark and light, on a wide screen and on a laptop's; what shows one machine, with the other one once more."""
        views = []
        for path in sorted(DASHBOARDS.glob("*.json")):
            variables = {"service": "shop", "slo": "web"} if path.stem == "slo-detail" else {}
            if path.stem in ("host", "fournines"):
                variables = {"instance": cls.addresses["fournines"]}
                views.append({"dashboard": path.name, "theme": "dark", "width": 1920, "variables": {"instance": cls.addresses["server"]}})
            for theme, (screen, width) in itertools.product(("dark", "light"), SCREENS.items()):
                views.append({"dashboard": path.name, "theme": theme, "width": width, "variables": variables,
                              "picture": f"{path.stem}-{theme}-{screen}.png"})
        options = {
            "bundle": str(TOOLS / "bundle"), "dashboards": str(DASHBOARDS), "prometheus": cls.prometheus.url, "views": views,
            "pictures": str(PICTURES), "from": str(int(cls.begin)), "to": str(int(cls.end)), "chromium": shutil.which("chromium"),
        }
        drawn = subprocess.run(["node", "draw.mjs", json.dumps(options)], cwd=TOOLS, check=False, capture_output=True, text=True, timeout=600)
        if drawn.returncode != 0:
            raise AssertionError(f"drawing ended with {drawn.returncode}: {drawn.stderr[-4000:]}")
        return json.loads(drawn.stdout)

    def panels(self):
        for report in self.reports:
            self.assertNotIn("error", report, report["dashboard"])
            for panel in report["panels"]:
                yield report, panel

    def test_nothing_went_wrong_while_drawing(self):
        wrong = [(report["dashboard"], panel["title"], panel["error"]) for report, panel in self.panels() if "error" in panel]
        self.assertEqual(wrong, [])
        said = [(report["dashboard"], report["console"]) for report in self.reports if report["console"]]
        self.assertEqual(said, [])

    def test_every_panel_shows_something_or_says_what_it_needs(self):
        full = {(report["dashboard"], panel["title"]) for report, panel in self.panels() if panel["series"]}
        empty = {(report["dashboard"], panel["title"]) for report, panel in self.panels()} - full
        self.assertEqual(sorted(empty - NEEDS.keys()), [])
        known = {(report["dashboard"], panel["title"]) for report, panel in self.panels()}
        self.assertEqual(sorted(NEEDS.keys() - known), [], "no such panel")

    def test_no_graph_has_a_value_that_is_no_number(self):
        odd = {(report["dashboard"], panel["title"]) for report, panel in self.panels() if panel["odd"] and panel["type"] == "timeseries"}
        self.assertEqual(odd, set())

    def test_every_unit_is_one_of_grafanas(self):
        self.assertEqual([(report["dashboard"], panel["title"], panel["units"]) for report, panel in self.panels() if panel["units"]], [])

    def test_no_title_heading_or_cell_is_cut_off(self):
        cut = {(report["dashboard"], report["width"], panel["title"], *panel["cut"]) for report, panel in self.panels() if panel["cut"]}
        self.assertEqual(cut, set())

    def test_every_variable_has_a_value(self):
        self.assertEqual([(report["dashboard"], report["empty"]) for report in self.reports if report["empty"]], [])

    def test_every_dashboard_has_its_pictures(self):
        for report in filter(lambda report: "picture" in report, self.reports):
            picture = (PICTURES / report["picture"]).read_bytes()
            self.assertTrue(picture.startswith(b"\x89PNG"), report["picture"])

    def test_the_daemon_serves_the_same_dashboards(self):
        for path in DASHBOARDS.glob("*.json"):
            self.assertEqual(get(f"{self.daemon.url}/dashboards/{path.name}").text, path.read_text(encoding="utf-8"), path.name)


if __name__ == "__main__":
    unittest.main()
