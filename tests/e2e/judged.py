"""What the tests of judging and paging share: configurations, and a daemon asked for what it knows."""

import http.client
import json
import pathlib
import shutil
import tempfile
import threading
import time

import exposition
from harness import FOURNINES, Daemon, EndToEnd, get, run

STATES = ("up", "down", "unknown", "excluded")


def probed(name, url, interval="1s", objective=99.99, service="shop", **more):
    """An objective whose incidents never merge, so that each outage stands for itself."""
    return {
        "service": service, "name": name, "objective": objective, "merge_gap": "0s",
        "sli": {"probe": {"http": url, "interval": interval}}, **more,
    }


def write_config(path, slos, alertmanagers=(), **alerting):
    """JSON is YAML."""
    config = {"slos": slos, "alerting": {"alertmanagers": [{"url": url} for url in alertmanagers], **alerting}}
    pathlib.Path(path).write_text(json.dumps(config, indent=1), encoding="utf-8")
    return path


class Judge(Daemon):
    """fournines with a configuration and a history; another one in the same folder goes on where it ended."""

    def __init__(self, folder, slos=None, alertmanagers=(), name="fournines", flags=(), alerting=None, **options):
        folder = pathlib.Path(folder)
        self.config = folder / "fournines.yml"
        if slos is not None:
            write_config(self.config, slos, alertmanagers, **(alerting or {}))
        self.state = folder / "state"
        super().__init__(
            folder, f"--config.file={self.config}", f"--storage.path={self.state}", *flags, name=name, **options
        )

    def api(self, path):
        answer = get(f"{self.url}/api/v1/{path}")
        if answer.status != 200:
            raise AssertionError(f"/api/v1/{path}: {answer.status} {answer.body[:200]!r}")
        return answer.json()

    def slo(self, name):
        (found,) = [slo for slo in self.api("slos")["slos"] if slo["slo"] == name]
        return found

    def incidents(self, name):
        """Newest first."""
        return [incident for incident in self.api("incidents")["incidents"] if incident["slo"] == name]

    def metrics(self):
        return exposition.parse(self.scrape("slo", "probes"))

    def metric(self, name, **labels):
        return self.metrics()[name].value(**labels)

    def seconds(self, name):
        """{state: seconds} of one objective as it is judged now; the whole history is younger than its window."""
        slo = self.slo(name)
        window = slo["windows"][slo["window"]]
        return {state: window[f"{state}_seconds"] for state in STATES}

    def state_seconds(self, name, service="shop"):
        """The same as counters on /metrics: as far as they are on disk, a few seconds behind."""
        family = self.metrics()["slo_state_seconds_total"]
        return {state: family.value(service=service, slo=name, state=state) for state in STATES}

    def report(self):
        """What `fournines report` prints as JSON, by objective."""
        ended = run([FOURNINES, "report", "--format=json", f"--server={self.url}"])
        if ended.returncode != 0:
            raise AssertionError(f"report: {ended}")
        return {slo["slo"]: slo for slo in json.loads(ended.stdout)["slos"]}


class AlertWatch:
    """Asks Alertmanager for its alerts again and again, and keeps when each was first seen.

    seen maps (alertname, slo, origin) to the wall clock's time; now holds those of the newest answer with
    Alertmanager's own record of each. An Alertmanager that does not answer leaves both as they were.
    """

    PERIOD_SECONDS = 0.05

    def __init__(self, alertmanager):
        self.url = f"{alertmanager.url}/api/v2/alerts"
        self.seen = {}
        self.now = {}
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while not self.stopping.wait(self.PERIOD_SECONDS):
            try:
                alerts = get(self.url, timeout=5).json()
            except (OSError, http.client.HTTPException, ValueError):
                continue
            at = time.time()
            self.now = {self.key(alert["labels"]): alert for alert in alerts}
            for key in self.now:
                self.seen.setdefault(key, at)

    @staticmethod
    def key(labels):
        return labels["alertname"], labels.get("slo", ""), labels.get("origin", "")

    def kill(self):
        self.stopping.set()
        self.thread.join()


class OneScenario(EndToEnd):
    """Tests that look at one scenario from several sides: what setUpClass starts lives until the last of them ended."""

    @classmethod
    def setUpClass(cls):
        if not FOURNINES.exists():
            raise AssertionError(f"{FOURNINES} is not built: ./dev build")
        cls.folder = tempfile.mkdtemp(prefix="fournines-e2e-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)

    def setUp(self):
        """Everything is there already."""

    @classmethod
    def keep(cls, server):
        cls.addClassCleanup(server.kill)
        return server

    @classmethod
    def subfolder(cls):
        """Two servers of one kind need a folder each."""
        return tempfile.mkdtemp(dir=cls.folder)
