"""A network of the test's own: two name spaces and a wire between them, which is cut.

Beyond the wire a gateway has two servers' addresses behind it. A server that goes silent while the gateway answers is
down; servers that go silent together with the gateway are unknown, because then it is the monitor that is cut off. A name
server that never answers says nothing about those whose names it should know.
"""

import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

from harness import FOURNINES, PEERS, START_SECONDS, EndToEnd, Process, needs_root, peer, run, wait_for

INNER = "10.77.0.2"
GATEWAY = "10.77.0.1"
SERVERS = ("10.88.0.1", "10.88.0.2")
INNER6, GATEWAY6, SERVER6 = "fd77::2", "fd77::1", "fd88::1"


class Namespace:
    """A network name space that lives as long as a sleeping process in it."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "300"])
        wait_for(lambda: self.link() != os.readlink("/proc/self/ns/net"), START_SECONDS, "a network name space")

    def link(self):
        return os.readlink(f"/proc/{self.holder.pid}/ns/net")

    def enter(self, *command):
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", *command]

    def ip(self, *arguments):
        ended = run(self.enter("ip", *arguments))
        if ended.returncode != 0:
            raise AssertionError(f"ip {arguments}: {ended.stderr}")

    def kill(self):
        self.holder.kill()
        self.holder.wait()


@needs_root
class CutNetwork(EndToEnd):
    def setUp(self):
        super().setUp()
        self.inner = self.keep(Namespace())
        self.outer = self.keep(Namespace())
        self.inner.ip("link", "add", "wire0", "type", "veth", "peer", "name", "wire1", "netns",
                      str(self.outer.holder.pid))
        self.inner.ip("link", "set", "lo", "up")
        self.outer.ip("link", "set", "lo", "up")
        self.inner.ip("addr", "add", f"{INNER}/24", "dev", "wire0")
        self.inner.ip("link", "set", "wire0", "up")
        self.outer.ip("addr", "add", f"{GATEWAY}/24", "dev", "wire1")
        self.outer.ip("link", "set", "wire1", "up")
        for address in SERVERS:
            self.outer.ip("addr", "add", f"{address}/32", "dev", "lo")
        self.inner.ip("route", "add", "default", "via", GATEWAY)
        self.set_addresses6()
        self.outer.ip("addr", "add", f"{SERVER6}/128", "dev", "lo", "nodad")
        # It logs nothing: a line would be written before the answer, and wait for a busy disk.
        server = ("import http.server\n"
                  "class Handler(http.server.SimpleHTTPRequestHandler):\n"
                  "    def log_message(self, *_):\n"
                  "        pass\n"
                  "http.server.ThreadingHTTPServer(('0.0.0.0', 8080), Handler).serve_forever()")
        serving = self.keep(Process(self.outer.enter("python3", "-c", server), self.folder, "server"))
        serving.wait_until(lambda: run(self.outer.enter(
            "python3", "-c", f"import socket; socket.create_connection(('{SERVERS[0]}', 8080), 1)")).returncode == 0,
            "the server listens")
        config = pathlib.Path(self.folder) / "fournines.yml"
        slos = [{"name": f"http{i}", "sli": {"probe": {"http": f"http://{address}:8080/"}}}
                for i, address in enumerate(SERVERS)]
        slos += [{"name": f"ping{i}", "sli": {"probe": {"icmp": address}}} for i, address in enumerate(SERVERS)]
        slos.append({"name": "ping6", "sli": {"probe": {"icmp": SERVER6}}})
        slos.append({"name": "named", "sli": {"probe": {"http": "http://web.test:8080/"}}})
        slos.append({"name": "local", "sli": {"probe": {"http": "http://127.0.0.1:1/"}}})
        for slo in slos:
            slo |= {"objective": 99, "merge_gap": "0s"}
            slo["sli"]["probe"] |= {"interval": "1s", "timeout": "600ms"}
        config.write_text(json.dumps({"slos": slos}), encoding="utf-8")
        resolv = pathlib.Path(self.folder) / "resolv.conf"
        resolv.write_text(f"nameserver {SERVERS[1]}\noptions attempts:1\n", encoding="ascii")
        libraries = ":".join(str(path) for path in (PEERS / "lib").glob("*-linux-gnu"))
        self.names = self.keep(Process(
            self.outer.enter(peer("sbin/dnsmasq"), "--keep-in-foreground", "--no-resolv", "--no-hosts", "--user=root",
                             "--conf-file=/dev/null", "--pid-file=", "--log-facility=-", "--bind-interfaces",
                             f"--listen-address={SERVERS[1]}", f"--address=/web.test/{SERVERS[0]}"),
            self.folder, "dnsmasq", env={**os.environ, "LD_LIBRARY_PATH": libraries}))
        self.names.wait_until(lambda: "started" in self.names.log(), "dnsmasq started")
        self.daemon = self.keep(Process(
            self.inner.enter("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"',
                             str(resolv), str(FOURNINES), "--web.listen-address=127.0.0.1:9999",
                             f"--config.file={config}", f"--storage.path={self.folder}/state"),
            self.folder, "fournines"))
        self.daemon.wait_until(lambda: "listening" in self.daemon.log(), "it listens")

    def set_addresses6(self):
        """They stay on a link that goes down and comes up, as those of version 4 do: both versions are cut, and come
        back, at once."""
        kept = run(self.outer.enter("sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/wire1/keep_addr_on_down"))
        self.assertEqual(kept.returncode, 0, kept.stderr)
        self.inner.ip("addr", "add", f"{INNER6}/64", "dev", "wire0", "nodad")
        self.outer.ip("addr", "add", f"{GATEWAY6}/64", "dev", "wire1", "nodad")
        self.inner.ip("-6", "route", "add", "default", "via", GATEWAY6)

    def ask(self, path):
        """The daemon listens in its own name space."""
        script = f"import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:9999{path}').read().decode())"
        ended = run(self.inner.enter("python3", "-c", script))
        if ended.returncode != 0:
            raise OSError(ended.stderr)
        return json.loads(ended.stdout)

    def states(self):
        return {slo["slo"]: slo["state"] for slo in self.ask("/api/v1/slos")["slos"]}

    def incidents(self):
        return {incident["slo"] for incident in self.ask("/api/v1/incidents")["incidents"]}

    def last(self):
        return {row["probe"]: row["last"] for row in self.ask("/api/v1/probes")["probes"]}

    def causes(self):
        return {probe: last["cause"] for probe, last in self.last().items()}

    def assert_failed(self, probe, phase, reason):
        last = self.last()[probe]
        self.assertEqual((last["outcome"], last["phase"], last["cause"]), ("bad", phase, ""), last)
        self.assertIn(reason, last["reason"])

    def wait_for_states(self, wanted, what):
        names = ("http0", "http1", "ping0", "ping1", "ping6")
        self.daemon.wait_until(
            lambda: [self.states()[name] for name in names] == wanted, f"{what}: {names} are {wanted}", 30)

    def test_a_name_server_that_never_answers_is_no_outage_of_the_named(self):
        self.wait_for("named", "up")
        self.names.popen.send_signal(signal.SIGSTOP)
        self.wait_for("named", "unknown")
        time.sleep(3)
        self.assertEqual(self.causes()["named"], "no_resolver")
        self.assertEqual(self.states()["http0"], "up")
        self.names.popen.send_signal(signal.SIGCONT)
        self.wait_for("named", "up")
        self.assertEqual(self.incidents(), {"local"})

    def wait_for(self, name, state):
        self.daemon.wait_until(lambda: self.states()[name] == state, f"{name} is {state}", 30)

    def test_a_cut_wire_is_no_outage_and_a_silent_server_is_one(self):
        self.wait_for_states(["up"] * 5, "at the start")
        self.assertEqual(self.states()["local"], "down")

        self.outer.ip("link", "set", "wire1", "down")
        self.wait_for_states(["unknown"] * 5, "the wire is cut")
        self.assertIn("network", self.causes().values())
        time.sleep(4)
        self.outer.ip("link", "set", "wire1", "up")
        self.wait_for_states(["up"] * 5, "the wire is whole")
        self.assertEqual(self.incidents(), {"local"})

        self.outer.ip("addr", "del", f"{SERVERS[0]}/32", "dev", "lo")
        self.outer.ip("route", "add", "blackhole", f"{SERVERS[0]}/32")
        self.outer.ip("addr", "del", f"{SERVER6}/128", "dev", "lo")
        self.outer.ip("-6", "route", "add", "blackhole", f"{SERVER6}/128")
        self.wait_for_states(["down", "up", "down", "up", "down"], "one server is silent, the gateway answers")
        self.wait_for("named", "down")
        gone = {"local", "http0", "ping0", "ping6", "named"}
        self.assertEqual(self.incidents(), gone)
        self.assert_failed("http0", "timeout", "while connecting")
        self.assert_failed("ping0", "timeout", "no echo")
        self.assert_failed("ping6", "timeout", "no echo")
        self.assert_failed("local", "connect", "Connection refused")

        self.inner.ip("route", "del", "default")
        self.inner.ip("-6", "route", "del", "default")
        self.wait_for_states(["unknown"] * 5, "there is no route")
        self.assertIn("no_route", self.causes().values())
        self.assertEqual(self.incidents(), gone)


if __name__ == "__main__":
    unittest.main()
