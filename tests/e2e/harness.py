"""Starts the real daemon and the real servers around it, each on a free loopback port.

Every test class derives from EndToEnd: what it starts runs in a temporary folder of the test and is gone when
the test ends. Servers come from .tools (see tools/dev/peers.sh); one that is not there is a failure, never a skip.
Nothing sleeps for a fixed time: wait_for() polls a condition until a deadline.
"""

import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOURNINES = pathlib.Path(os.environ.get("FOURNINES", ROOT / "build" / "fournines"))
PEERS = ROOT / ".tools" / "root" / "usr"

START_SECONDS = 30  # generous: compilers may be running beside the tests

needs_root = unittest.skipUnless(os.geteuid() == 0, "mounts, namespaces and other users take root")


def wait_for(condition, seconds, what):
    """Polls until condition() is true and returns its value; an exception of the network counts as not yet."""
    deadline = time.monotonic() + seconds
    seen = None
    while True:
        last = time.monotonic() > deadline  # read first: the last look begins after the deadline
        try:
            seen = condition()
            if seen:
                return seen
        except (OSError, http.client.HTTPException) as error:
            seen = error
        if last:
            raise AssertionError(f"not within {seconds} s: {what} (last seen: {seen!r})")
        time.sleep(0.02)


held_ports = []


def free_port():
    """A TCP port that is the caller's until this process ends, also while no server is on it: the socket that holds it
    never listens, so connections are refused, and servers that set SO_REUSEADDR, as all here do, may listen on it."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    held_ports.append(holder)
    return holder.getsockname()[1]


class Response:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def text(self):
        """Strict: bytes that are not UTF-8 are an error of the server."""
        return self.body.decode("utf-8")

    def json(self):
        return json.loads(self.body)


def get(url, timeout=10, headers=None, method="GET", body=None):
    """One request; statuses of 400 and more are answers, not exceptions."""
    request = urllib.request.Request(url, method=method, headers=headers or {}, data=body)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return Response(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Response(error.code, error.headers, error.read())


def peer(*candidates):
    """The path of a server's program below .tools."""
    for name in candidates:
        path = PEERS / name
        if path.exists():
            return str(path)
    raise AssertionError(f"{candidates[0]} is not in {PEERS}: ./dev test e2e fetches it")


class Process:
    """A started program; its standard output and error go to files so that no pipe can fill up."""

    def __init__(self, argv, folder, name, **popen_options):
        self.name = name
        self.log_path = pathlib.Path(folder) / f"{name}.stderr"
        self.out_path = pathlib.Path(folder) / f"{name}.stdout"
        with open(self.log_path, "wb") as log, open(self.out_path, "wb") as out:
            self.popen = subprocess.Popen([str(arg) for arg in argv], stdin=subprocess.DEVNULL, stdout=out, stderr=log,
                                          cwd=folder, **popen_options)

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def out(self):
        return self.out_path.read_text(encoding="utf-8", errors="replace")

    def running(self):
        return self.popen.poll() is None

    def wait_until(self, condition, what, seconds=START_SECONDS):
        """wait_for that gives up at once when the process has ended, and shows its log."""

        def met():
            value = condition()
            if not value and not self.running():
                raise AssertionError(f"{self.name} ended with {self.popen.returncode}: {what}")
            return value

        try:
            return wait_for(met, seconds, what)
        except AssertionError as error:
            tail = "\n".join(self.log().splitlines()[-20:])
            raise AssertionError(f"{error}\n--- log of {self.name}\n{tail}") from None

    def signal_and_wait(self, number, seconds):
        """Sends a signal, returns (exit code, seconds it took); a process that stays is an AssertionError."""
        started = time.monotonic()
        self.popen.send_signal(number)
        try:
            code = self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs {seconds} s after {number.name}\n{self.log()}") from None
        return code, time.monotonic() - started

    def kill(self):
        if self.running():
            self.popen.kill()
        self.popen.wait()


class Daemon(Process):
    """fournines serving, on a port of the kernel's choice unless told; url is known once it listens."""

    LISTENING = re.compile(r"\blistening\b.*?\baddress=\"?([^\s\"]+)")

    def __init__(self, folder, *flags, launcher=(), name="fournines", address="127.0.0.1:0", **popen_options):
        argv = [*launcher, FOURNINES, f"--web.listen-address={address}", *flags]
        super().__init__(argv, folder, name, **popen_options)
        found = self.wait_until(lambda: self.LISTENING.search(self.log()), "a log line with the address")
        self.url = f"http://{found.group(1)}"

    def scrape(self, *collectors, timeout=10):
        """The metrics page as text, of all collectors or only of the named ones."""
        query = urllib.parse.urlencode([("collect[]", name) for name in collectors])
        answer = get(f"{self.url}/metrics?{query}", timeout)
        if answer.status != 200:
            raise AssertionError(f"/metrics?{query}: {answer.status} {answer.body[:200]!r}")
        return answer.text

    def stop(self, seconds=2):
        """A clean end, as the contract wants it: exit code 0 within two seconds of SIGTERM."""
        code, took = self.signal_and_wait(signal.SIGTERM, seconds)
        if code != 0:
            raise AssertionError(f"{self.name} ended with {code} after SIGTERM\n{self.log()}")
        return took


class Prometheus(Process):
    """A real Prometheus; jobs maps job names to "host:port" targets, more goes into the configuration as it is."""

    def __init__(self, folder, jobs, interval="1s", rule_files=(), alertmanager=None):
        config = {
            "global": {"scrape_interval": interval, "evaluation_interval": interval},
            "rule_files": [str(path) for path in rule_files],
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": [target]}]} for job, target in jobs.items()
            ],
        }
        if alertmanager:
            config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]}
        path = pathlib.Path(folder) / "prometheus.yml"
        path.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
        address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{address}"
        super().__init__(
            [peer("bin/prometheus"), f"--config.file={path}", f"--web.listen-address={address}",
             f"--storage.tsdb.path={folder}/prometheus-data"],
            folder, "prometheus",
        )
        self.wait_until(lambda: ready(self.url), "Prometheus ready")

    def query(self, expression):
        """[(labels, value)] of an instant query."""
        answer = get(f"{self.url}/api/v1/query?{urllib.parse.urlencode({'query': expression})}").json()
        if answer["status"] != "success":
            raise AssertionError(f"{expression}: {answer}")
        return [(row["metric"], float(row["value"][1])) for row in answer["data"]["result"]]

    def targets(self):
        return get(f"{self.url}/api/v1/targets").json()["data"]["activeTargets"]


class Alertmanager(Process):
    """A real Alertmanager that sends every alert at once to one webhook, or does as its own config says.

    Another one in the same folder, with the address of one that ended, is that one started again.
    """

    def __init__(self, folder, webhook_url=None, config=None, address=None, cluster=("--cluster.listen-address=",)):
        config = config or {
            "route": {"receiver": "test", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s"},
            "receivers": [{"name": "test", "webhook_configs": [{"url": webhook_url}]}],
        }
        # Where tools/dev/peers.sh made this copy look for its templates.
        templates = pathlib.Path(folder) / "alertmanager-shared"
        if not templates.exists():
            templates.symlink_to(PEERS / "share/prometheus/alertmanager")
        path = pathlib.Path(folder) / "alertmanager.yml"
        path.write_text(json.dumps(config), encoding="utf-8")
        self.address = address or f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.address}"
        super().__init__(
            [peer("bin/prometheus-alertmanager"), f"--config.file={path}", f"--web.listen-address={self.address}",
             f"--storage.path={folder}/alertmanager-data", *cluster],
            folder, "alertmanager",
        )
        self.wait_until(lambda: ready(self.url), "Alertmanager ready")


class NodeExporter(Process):
    """Debian's, or a newer one whose path is in $NODE_EXPORTER."""

    PROGRAM = os.environ.get("NODE_EXPORTER")

    def __init__(self, folder, *flags):
        address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{address}"
        super().__init__(
            [self.PROGRAM or peer("bin/prometheus-node-exporter"), f"--web.listen-address={address}", *flags], folder, "node_exporter"
        )
        self.wait_until(lambda: answers(self.url), "node_exporter answers")

    scrape = Daemon.scrape


class Nginx(Process):
    """A real nginx with one server block; block is what stands inside it, such as "return 200;".

    One process: there is no worker that outlives a killed master.
    """

    def __init__(self, folder, block, port=None):
        folder = pathlib.Path(folder)
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        temporary = "".join(
            f"{kind}_temp_path {folder}/nginx-{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(
            f"daemon off; master_process off; {user} pid {folder}/nginx.pid; error_log stderr; events {{}}\n"
            f"http {{ access_log off; {temporary}\n"
            f"server {{ listen 127.0.0.1:{self.port};\n{block}\n}} }}\n",
            encoding="utf-8",
        )
        super().__init__(
            [peer("sbin/nginx"), "-c", folder / "nginx.conf", "-p", folder, "-e", "stderr"], folder, "nginx"
        )
        self.wait_until(lambda: answers(self.url), "nginx answers")


def ready(url):
    return get(f"{url}/-/ready", timeout=2).status == 200


def answers(url):
    return get(url, timeout=2).status < 600


class Served:
    """A server of Python's library, served on a thread of its own until kill()."""

    def __init__(self, server):
        self.server = server
        self.port = server.server_address[1]
        self.thread = threading.Thread(target=server.serve_forever)
        self.thread.start()

    def kill(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class QuietHandler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass


class HttpServed(Served):
    """HTTP on a loopback port, free or given, by a handler of the caller's; over TLS with a context."""

    def __init__(self, handler, context=None, port=0):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        super().__init__(server)
        self.address = f"127.0.0.1:{self.port}"
        self.url = f"{'https' if context else 'http'}://{self.address}"


class WebhookReceiver(HttpServed):
    """What Alertmanager notifies: keeps the decoded JSON of each POST in notifications, in order of arrival, and in arrived
    when it came, as time.monotonic() tells it."""

    def __init__(self):
        self.notifications = []
        self.arrived = []
        notifications, arrived = self.notifications, self.arrived

        class Handler(QuietHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                arrived.append(time.monotonic())
                notifications.append(json.loads(body))
                self.send_response(200)
                self.end_headers()

        super().__init__(Handler)
        self.url += "/"


def run(argv, folder=None, timeout=20, stdin=None):
    """One finished program: returncode, stdout and stderr as text."""
    return subprocess.run(
        [str(arg) for arg in argv], cwd=folder, timeout=timeout, check=False, text=True, capture_output=True,
        **({"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}),
    )


def promtool(*arguments, stdin=None):
    return run([peer("bin/promtool"), *arguments], stdin=stdin, timeout=180)  # hundreds of rules, minute by minute


def amtool(alertmanager, *arguments):
    return run([peer("bin/amtool"), f"--alertmanager.url={alertmanager.url}", *arguments])


def throw_away_certificate(folder):
    """Paths of a certificate for localhost and its key, good for 60 days."""
    certificate, key = f"{folder}/certificate.pem", f"{folder}/key.pem"
    made = run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "60",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate])
    if made.returncode != 0:
        raise AssertionError(f"openssl: {made.stderr}")
    return certificate, key


class EndToEnd(unittest.TestCase):
    """A temporary folder per test, and servers that end with it in reverse order of their start."""

    maxDiff = None

    def setUp(self):
        if not FOURNINES.exists():
            self.fail(f"{FOURNINES} is not built: ./dev build")
        self.folder = tempfile.mkdtemp(prefix="fournines-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def keep(self, server):
        self.addCleanup(server.kill)
        return server

    def start_daemon(self, *flags, **options):
        return self.keep(Daemon(self.folder, *flags, **options))

    def start_prometheus(self, jobs, **options):
        return self.keep(Prometheus(self.folder, jobs, **options))

    def start_alertmanager(self, webhook_url):
        return self.keep(Alertmanager(self.folder, webhook_url))

    def start_node_exporter(self, *flags):
        return self.keep(NodeExporter(self.folder, *flags))

    def start_nginx(self, block, **options):
        return self.keep(Nginx(self.folder, block, **options))

    def start_webhook_receiver(self):
        return self.keep(WebhookReceiver())
