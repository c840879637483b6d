"""Every kind of probe against real servers: what works is good, and each failure has its class and its message."""

import contextlib
import os
import pathlib
import signal
import socket
import ssl
import stat
import time
import unittest

from harness import FOURNINES, PEERS, EndToEnd, Nginx, Process, free_port, get, peer, run, wait_for
from judged import Judge, OneScenario
from raw_server import Raw, echo
from stand_in_systemd import StandInSystemd


class Authority:
    """A throw-away CA and certificates of its own."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.ca = self.folder / "ca.pem"
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                     "-subj", "/CN=throw-away", "-keyout", "ca.key", "-out", "ca.pem")

    def openssl(self, *arguments):
        ended = run(["openssl", *arguments], folder=self.folder)
        if ended.returncode != 0:
            raise AssertionError(f"openssl {arguments}: {ended.stderr}")

    def certificate(self, name, subject, days=20):
        """Makes a certificate of this subject alternative name; returns its file and its key's."""
        (self.folder / f"{name}.ext").write_text(f"subjectAltName={subject}\n", encoding="ascii")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                     "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                     "-days", str(days), "-extfile", f"{name}.ext", "-out", f"{name}.pem")
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def context(self, *certificate, **options):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificate(*certificate, **options))
        return context


def reset(connection):
    connection.recv(4096)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def slow_header(connection):
    connection.recv(4096)
    for byte in b"HTTP/1.1 200 OK\r\n" * 100:
        connection.sendall(bytes([byte]))
        time.sleep(0.1)


def smtp(context=None, keeps_its_word=True):
    """A mail server; with a context it offers STARTTLS, and then begins TLS or goes on in clear."""

    def greet(connection, offer):
        connection.recv(512)
        connection.sendall(b"250-mail.example\r\n" + offer + b"250 HELP\r\n")

    def talk(connection):
        connection.sendall(b"220 mail.example ESMTP\r\n")
        greet(connection, b"250-STARTTLS\r\n" if context else b"")
        connection.recv(512)
        if not context:
            return
        connection.sendall(b"220 begin\r\n")
        if not keeps_its_word:
            connection.recv(512)
            connection.sendall(b"421 or rather not\r\n")
            return
        with context.wrap_socket(connection, server_side=True) as secure:
            greet(secure, b"250-AUTH PLAIN\r\n")
            secure.recv(512)
    return talk


class Dnsmasq(Process):
    def __init__(self, folder, *options, name="dnsmasq"):
        self.port = free_port()
        libraries = ":".join(str(path) for path in (PEERS / "lib").glob("*-linux-gnu"))
        super().__init__(
            [peer("sbin/dnsmasq"), "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null",
             "--log-facility=-", "--user=root", "--pid-file=", "--bind-interfaces", "--listen-address=127.0.0.1",
             f"--port={self.port}", *options],
            folder, name, env={**os.environ, "LD_LIBRARY_PATH": libraries},
        )
        self.wait_until(lambda: "started" in self.log(), "dnsmasq started")


class Kinds(OneScenario):
    """All probes at once, asked about one by one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.probes = {}
        cls.add_http()
        cls.add_tls()
        cls.add_streams()
        cls.add_dns()
        cls.add_local()
        slos = [
            {"name": name, "objective": 99, "sli": {"probe": {"interval": "1s", **probe}}}
            for name, (probe, _) in cls.probes.items()
        ]
        bus = {"DBUS_SYSTEM_BUS_ADDRESS": cls.systemd.address}
        cls.judge = cls.keep(Judge(cls.folder, slos, env={**os.environ, **bus}))
        cls.judge.wait_until(lambda: all(row["last"] for row in cls.last().values()), "a result of every probe")

    @classmethod
    def last(cls):
        return {row["probe"]: row for row in cls.judge.api("probes")["probes"]}

    @classmethod
    def add(cls, name, probe, *expected):
        """expected: nothing for good, else phase and a part of the reason."""
        cls.probes[name] = (probe, expected)

    @classmethod
    def add_http(cls):
        served = pathlib.Path(cls.folder) / "served"
        served.mkdir()
        (served / "long.txt").write_text("a line of text that compresses well\n" * 5000 + "the end\n", encoding="ascii")
        (served / "health.json").write_text('{"status": "up", "checks": [{"name": "db", "ok": true}]}', encoding="ascii")
        (served / "post").mkdir()
        nginx = cls.keep(Nginx(cls.subfolder(), f"""
            root {served}; gzip on; gzip_types text/plain; gzip_min_length 1; keepalive_timeout 1;
            location = / {{ return 200 "welcome"; }}
            location = /500 {{ return 500; }}
            location = /loop {{ return 302 /loop; }}
            location = /moved {{ return 302 /; }}
            location = /slow-body {{ limit_rate 1k; alias {served}/long.txt; gzip off; }}
            location = /only-post {{ if ($request_method != POST) {{ return 405; }} return 204; }}
            location = /secret {{ if ($http_authorization != "Basic b3BzOnMzY3JldA==") {{ return 401; }} return 204; }}
            location = /token {{ if ($http_authorization != "Bearer t0ken") {{ return 401; }} return 204; }}
        """))
        url = nginx.url
        password = pathlib.Path(cls.folder) / "password"
        password.write_text("s3cret\n", encoding="ascii")
        password.chmod(0o600)
        token = pathlib.Path(cls.folder) / "token"
        token.write_text("t0ken\n", encoding="ascii")
        token.chmod(0o600)
        cls.add("ok", {"http": f"{url}/"})
        cls.add("status-500", {"http": f"{url}/500"}, "http", "status 500 is not among 200-399")
        cls.add("status-500-wanted", {"http": f"{url}/500", "expect": {"status": [500, "2xx"]}})
        cls.add("redirect-is-an-answer", {"http": f"{url}/loop"})
        cls.add("redirect-followed", {"http": f"{url}/moved", "follow_redirects": True, "expect": {"status": 200}})
        cls.add("redirect-loop", {"http": f"{url}/loop", "follow_redirects": True}, "http", "more than 10 redirections")
        cls.add("gzip", {"http": f"{url}/long.txt", "expect": {"body_contains": "the end"}})
        cls.add("slow-body", {"http": f"{url}/slow-body"}, "timeout", "while reading the answer")
        cls.add("body-missing", {"http": f"{url}/", "expect": {"body_contains": "farewell"}},
                "content", "does not contain")
        cls.add("pattern", {"http": f"{url}/", "expect": {"body_matches": "^wel[a-z]+$", "body_lacks": "error"}})
        cls.add("pattern-fails", {"http": f"{url}/", "expect": {"body_lacks": "come"}}, "content", "matches the pattern come")
        cls.add("json", {"http": f"{url}/health.json", "expect": {"json": {"/status": "up", "/checks/0/ok": "true"}}})
        cls.add("json-differs", {"http": f"{url}/health.json", "expect": {"json": {"/status": "down"}}},
                "content", '/status is "up", not down')
        cls.add("method-and-body", {"http": f"{url}/only-post", "method": "POST", "body": "a=b"})
        cls.add("method-refused", {"http": f"{url}/only-post"}, "http", "status 405")
        cls.add("basic-auth", {"http": f"{url}/secret", "basic_auth": {"username": "ops", "password_file": str(password)}})
        cls.add("bearer", {"http": f"{url}/token", "bearer_token_file": str(token)})
        cls.add("through-proxy", {"http": "http://nowhere.invalid/", "proxy": url, "expect": {"body_contains": "welcome"}})
        # The server closes an idle connection after a second, under each attempt.
        cls.add("kept", {"http": f"{url}/", "keepalive": "kept", "interval": "1010ms"})
        cls.add("kept-and-fresh", {"http": f"{url}/", "keepalive": "both", "interval": "300ms"})
        cls.add("reset", {"http": f"http://127.0.0.1:{cls.keep(Raw(reset)).port}/"}, "http", "reset")
        cls.add("slow-header", {"http": f"http://127.0.0.1:{cls.keep(Raw(slow_header)).port}/"},
                "timeout", "while reading the answer")
        cls.add("refused", {"http": f"http://127.0.0.1:{free_port()}/"}, "connect", "Connection refused")
        cls.add("no-such-name", {"dns": {"server": "nowhere.invalid", "query": "a.example"}}, "resolve", "nowhere.invalid")
        # What carries a secret and fails: neither the reason nor anything else may tell it.
        cls.add("basic-auth-500", {"http": f"{url}/500", "basic_auth": {"username": "ops", "password_file": str(password)}},
                "http", "status 500")
        cls.add("bearer-refused", {"http": f"http://127.0.0.1:{free_port()}/", "bearer_token_file": str(token)},
                "connect", "Connection refused")
        path = str(pathlib.Path(cls.folder) / "nginx.sock")
        cls.keep(Nginx(cls.subfolder(), f"listen unix:{path}; return 204;"))
        cls.add("unix", {"http": "http://backend/", "unix_socket": path})
        cls.add("unix-missing", {"unix": f"{path}.gone"}, "connect", "No such file")

    @classmethod
    def add_tls(cls):
        cls.authority = authority = Authority(cls.subfolder())
        ca = str(authority.ca)

        def serve(name, subject, **options):
            port = free_port()
            certificate, key = authority.certificate(name, subject, **options)
            cls.keep(Nginx(cls.subfolder(), f"listen 127.0.0.1:{port} ssl http2; ssl_certificate {certificate};"
                                            f"ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3; return 204;"))
            return port

        good = serve("good", "IP:127.0.0.1")
        expired = serve("expired", "IP:127.0.0.1", days=-1)
        wrong = serve("wrong", "DNS:other.example")
        cls.add("https", {"http": f"https://127.0.0.1:{good}/", "ca_file": ca, "expect": {"certificate_days": 7}})
        cls.add("https-soon", {"http": f"https://127.0.0.1:{good}/", "ca_file": ca, "expect": {"certificate_days": 60}},
                "tls", "fewer than 60")
        cls.add("https-expired", {"http": f"https://127.0.0.1:{expired}/", "ca_file": ca}, "tls", "expired")
        cls.add("https-wrong-name", {"http": f"https://127.0.0.1:{wrong}/", "ca_file": ca}, "tls", "127.0.0.1")
        cls.add("https-stranger", {"http": f"https://127.0.0.1:{good}/"}, "tls", "certificate")
        cls.add("https-unverified", {"http": f"https://127.0.0.1:{wrong}/", "insecure_skip_verify": True})
        cls.add("tls", {"tls": f"127.0.0.1:{good}", "ca_file": ca, "expect": {"certificate_days": 7}})
        cls.add("tls-expired", {"tls": f"127.0.0.1:{expired}", "ca_file": ca}, "tls", "expired")
        cls.add("tls-wrong-name", {"tls": f"127.0.0.1:{wrong}", "ca_file": ca}, "tls", "mismatch")
        cls.add("tls-other-name", {"tls": f"127.0.0.1:{wrong}", "ca_file": ca, "server_name": "other.example"})
        cls.add("tls-on-plain", {"tls": f"127.0.0.1:{cls.keep(Raw(echo)).port}"}, "tls", "")

    @classmethod
    def add_streams(cls):
        port = cls.keep(Raw(echo)).port
        cls.add("tcp", {"tcp": f"127.0.0.1:{port}"})
        cls.add("tcp-echo", {"tcp": f"127.0.0.1:{port}", "dialogue": [{"send": "hello 42"}, {"expect": "^hello (\\d+)$"}]})
        cls.add("tcp-wrong", {"tcp": f"127.0.0.1:{port}", "dialogue": [{"send": "hello"}, {"expect": "^goodbye"}]},
                "timeout", "waiting for a line that matches ^goodbye, the last one was 'hello'")
        cls.add("tcp-refused", {"tcp": f"127.0.0.1:{free_port()}"}, "connect", "refused")
        steps = [{"expect": "^220", "send": "EHLO prober"}, {"expect": "^250[- ]STARTTLS", "send": "STARTTLS"},
                 {"expect": "^220", "starttls": True}]
        steps += [{"send": "EHLO prober"}, {"expect": "^250[- ]AUTH", "send": "QUIT"}]
        secure = {"dialogue": steps, "server_name": "mail.example", "ca_file": str(cls.authority.ca)}

        def serve(*server):
            return f"127.0.0.1:{cls.keep(Raw(smtp(*server))).port}"

        mail = cls.authority.context("mail", "DNS:mail.example")
        cls.add("starttls", {"tcp": serve(mail), **secure, "expect": {"certificate_days": 7}})
        cls.add("starttls-soon", {"tcp": serve(mail), **secure, "expect": {"certificate_days": 60}}, "tls", "fewer than 60")
        cls.add("starttls-wrong-name", {"tcp": serve(mail), **secure, "server_name": "other.example"}, "tls", "mismatch")
        cls.add("starttls-expired", {"tcp": serve(cls.authority.context("old-mail", "DNS:mail.example", days=-1)), **secure},
                "tls", "expired")
        cls.add("starttls-in-clear", {"tcp": serve(mail, False), **secure}, "tls", "")
        cls.add("smtp-without-starttls", {"tcp": serve(), **secure}, "timeout", "^250[- ]STARTTLS")

    @classmethod
    def add_dns(cls):
        names = cls.keep(Dnsmasq(cls.subfolder(), "--address=/web.example/192.0.2.7", "--local=/gone.example/",
                                 "--txt-record=text.example,hello"))
        silent = cls.keep(Dnsmasq(cls.subfolder()))
        silent.popen.send_signal(signal.SIGSTOP)
        cls.addClassCleanup(silent.popen.send_signal, signal.SIGCONT)

        def query(server, name, **more):
            return {"server": f"127.0.0.1:{server.port}", "query": name, **more}

        answer = {"answers_match": "192\\.0\\.2\\.7"}
        cls.add("dns", {"dns": query(names, "web.example"), "expect": answer})
        cls.add("dns-tcp", {"dns": query(names, "web.example", tcp=True), "expect": answer})
        cls.add("dns-text", {"dns": query(names, "text.example", type="TXT"), "expect": {"answers_match": '"hello"'}})
        cls.add("dns-lies", {"dns": query(names, "web.example"), "expect": {"all_answers_match": "203\\.0\\.113\\.9"}},
                "content", "192.0.2.7")
        cls.add("dns-no-such-name", {"dns": query(names, "gone.example")}, "content", "NXDOMAIN")
        cls.add("dns-no-such-name-wanted", {"dns": query(names, "gone.example"), "expect": {"rcode": "NXDOMAIN"}})
        cls.add("dns-refused", {"dns": query(names, "elsewhere.test")}, "content", "REFUSED")
        cls.add("dns-silent", {"dns": query(silent, "web.example")}, "timeout", "no answer within")
        cls.add("dns-nobody", {"dns": {"server": f"127.0.0.1:{free_port()}", "query": "a.example"}}, "connect", "refused")

    @classmethod
    def add_local(cls):
        script = pathlib.Path(cls.folder) / "check"
        script.write_text("#!/bin/sh\necho \"$1 disks\"\nsleep ${3:-0}\nexit $2\n", encoding="ascii")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        cls.add("exec", {"exec": [str(script), "two", "0"]})
        cls.add("exec-fails", {"exec": [str(script), "no", "2"]}, "content", "exit code 2: no disks")
        cls.add("exec-code-wanted", {"exec": [str(script), "some", "3"], "expect": {"exit_codes": [0, 3]}})
        cls.add("exec-hangs", {"exec": [str(script), "slow", "0", "30"]}, "timeout", "did not end within 800 ms: slow disks")
        cls.add("exec-missing", {"exec": ["/nonexistent/check"]}, "connect", "No such file")
        cls.add("process", {"process": "nginx", "at_least": 2})
        cls.add("process-few", {"process": "no-such-program"}, "content", "0 of at least 1 processes")
        cls.systemd = cls.keep(StandInSystemd(cls.subfolder()))
        cls.systemd.units |= {"web_2eservice": "active", "broken_2eservice": "failed"}
        cls.add("unit", {"systemd": "web.service"})
        cls.add("unit-failed", {"systemd": "broken.service"}, "content", "broken.service: is failed")
        cls.add("unit-unknown", {"systemd": "none.service"}, "content", "none.service: is inactive")
        cls.add("icmp", {"icmp": "localhost", "ip_version": 4})
        cls.add("icmp-v6", {"icmp": "::1"})

    def test_what_works_is_good_and_each_failure_has_its_class_and_message(self):
        settled = {}

        def look():
            """A monitor that is starved says so and nothing else: the next attempt may tell more."""
            for name, row in self.last().items():
                if row["last"]["cause"] not in ("late", "stalled", "stopped"):
                    settled.setdefault(name, row["last"])
            return settled.keys() >= self.probes.keys()

        self.judge.wait_until(look, "an attempt of every probe that was watched", 60)
        for name, (_, expected) in self.probes.items():
            with self.subTest(name):
                last = settled[name]
                if name.startswith("icmp") and last["cause"] == "local" and os.geteuid() != 0:
                    self.skipTest(f"an ordinary user gets no ICMP socket here: {last['reason']}")
                if not expected:
                    self.assertEqual((last["outcome"], last["reason"]), ("good", ""))
                    continue
                phase, reason = expected
                self.assertEqual((last["outcome"], last["phase"], last["cause"]), ("bad", phase, ""), last["reason"])
                self.assertIn(reason, last["reason"])

    def test_a_connection_closed_under_a_probe_is_no_failure(self):
        for name in ("kept", "kept-and-fresh"):
            self.judge.wait_until(
                lambda name=name: self.judge.metric("probe_attempts_total", probe=name, outcome="good") >= 5, "attempts"
            )
            self.assertEqual(self.judge.metric("probe_attempts_total", probe=name, outcome="bad"), 0)

    def test_what_was_seen_of_the_answer_is_in_the_series(self):
        names = ("gzip", "https", "ok", "redirect-followed", "tls", "starttls")
        page = self.judge.wait_until(
            lambda: (page := self.judge.metrics())
            and all(("probe_success", frozenset({("probe", name)})) in page["probe_success"].samples for name in names)
            and page, "a page with a result of each that was watched"
        )
        text = "a line of text that compresses well\n" * 5000 + "the end\n"
        self.assertEqual(page["probe_http_uncompressed_body_length"].value(probe="gzip"), len(text))
        self.assertEqual(page["probe_http_content_length"].value(probe="gzip"), -1)  # compressed on the way
        self.assertEqual(page["probe_http_version"].value(probe="https"), 2)
        self.assertEqual(page["probe_http_version"].value(probe="ok"), 1.1)
        self.assertEqual(page["probe_http_redirects"].value(probe="redirect-followed"), 1)
        for name in ("https", "tls", "starttls"):
            left = page["probe_ssl_earliest_cert_expiry"].value(probe=name) - time.time()
            self.assertAlmostEqual(left / 86400, 20, delta=0.1)
            self.assertEqual(page["probe_tls_version_info"].value(probe=name, version="TLS 1.3"), 1)

    def test_no_secret_is_on_any_page_or_in_the_log(self):
        paths = ("/metrics", "/", "/api/v1/probes", "/api/v1/slos", "/api/v1/incidents", "/api/v1/status")
        pages = [get(f"{self.judge.url}{path}").text for path in paths]
        shown = [run([FOURNINES, *words, self.judge.config]).stdout for words in (("config", "show", "--config.file"), ("validate",))]
        self.assertTrue(all(shown))
        for text in (*pages, *shown, self.judge.log()):
            for secret in ("s3cret", "t0ken", "b3BzOnMzY3JldA=="):
                self.assertNotIn(secret, text)

    def test_a_killed_program_leaves_no_zombie(self):
        def zombies():
            found = []
            for stat_file in pathlib.Path("/proc").glob("[0-9]*/stat"):
                with contextlib.suppress(OSError):
                    fields = stat_file.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
                    if fields[0] == "Z" and int(fields[1]) == self.judge.popen.pid:
                        found.append(stat_file)
            return found

        self.judge.wait_until(
            lambda: self.judge.metric("probe_failures_total", probe="exec-hangs", phase="timeout") >= 2, "two time-outs"
        )
        wait_for(lambda: not zombies(), 5, "no zombies")


class Unit(EndToEnd):
    def test_a_unit_that_fails_is_down_and_a_systemd_that_does_not_answer_is_unknown(self):
        systemd = self.keep(StandInSystemd(self.folder))
        systemd.units["web_2eservice"] = "active"
        slo = {"name": "unit", "objective": 99, "merge_gap": "0s", "sli": {"probe": {"systemd": "web.service", "interval": "500ms"}}}
        judge = self.keep(Judge(self.folder, [slo], env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": systemd.address}))

        def state(wanted):
            judge.wait_until(lambda: judge.slo("unit")["state"] == wanted, f"unit is {wanted}")

        state("up")
        systemd.units["web_2eservice"] = "failed"
        state("down")
        systemd.units["web_2eservice"] = "reloading"
        state("up")
        systemd.silent = True
        state("unknown")
        systemd.silent = False
        state("up")
        self.assertEqual(len(judge.incidents("unit")), 1)


if __name__ == "__main__":
    unittest.main()
