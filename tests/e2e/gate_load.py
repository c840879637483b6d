"""What hostile clients cost an honest one, measured against a running daemon.

    gate_load.py --url http://127.0.0.1:9999             scrapes among slow, idle and non-reading clients
    gate_load.py --url http://127.0.0.1:9999 --attacks --pid PID      known attacks, one after another

Prints one JSON object; exits 1 when an honest request failed, an attack was answered wrongly or the daemon grew by
more than 4 MB. Times are printed, never judged: the load shares the machine with the daemon.
"""

import argparse
import json
import multiprocessing
import pathlib
import resource
import select
import selectors
import socket
import statistics
import sys
import time
import urllib.parse

TIMEOUT_SECONDS = 10
GROWTH_LIMIT_KB = 4 * 1024


def raise_own_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


# --- The honest client ---


def request_text(path="/metrics"):
    return f"GET {path} HTTP/1.1\r\nHost: load\r\nConnection: close\r\n\r\n".encode()


def is_whole(response):
    head, _, body = response.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    if not lines[0].startswith(b"HTTP/1.1 200 "):
        return False
    lengths = [line.split(b":")[1] for line in lines if line.lower().startswith(b"content-length:")]
    return len(lengths) == 1 and int(lengths[0]) == len(body)


def read_to_end(connection):
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


def scrape(address):
    """Seconds of one GET /metrics over a fresh connection; None when it failed."""
    started = time.monotonic()
    try:
        with socket.create_connection(address, timeout=TIMEOUT_SECONDS) as connection:
            connection.sendall(request_text())
            whole = is_whole(read_to_end(connection))
    except OSError:
        return None
    return time.monotonic() - started if whole else None


def scrape_all_at_once(address, count):
    """The same for count connections that are opened in one burst."""
    poller = selectors.DefaultSelector()
    started = {}
    received = {}
    connections = [socket.socket() for _ in range(count)]
    for connection in connections:
        connection.setblocking(False)
        started[connection] = time.monotonic()
        connection.connect_ex(address)
    for connection in connections:
        poller.register(connection, selectors.EVENT_WRITE)
        received[connection] = []
    seconds = []
    give_up = time.monotonic() + TIMEOUT_SECONDS
    while poller.get_map() and time.monotonic() < give_up:
        for key, events in poller.select(timeout=1):
            connection = key.fileobj
            try:
                if events & selectors.EVENT_WRITE:
                    connection.send(request_text())
                    poller.modify(connection, selectors.EVENT_READ)
                    continue
                part = connection.recv(1 << 16)
            except OSError:
                part = b""
            if part:
                received[connection].append(part)
                continue
            took = time.monotonic() - started[connection]
            seconds.append(took if is_whole(b"".join(received[connection])) else None)
            poller.unregister(connection)
            connection.close()
    return seconds + [None] * len(poller.get_map())


def summary(seconds, prefix=""):
    good = sorted(s * 1000 for s in seconds if s is not None)
    return {
        prefix + "failures": len(seconds) - len(good),
        prefix + "median_ms": round(statistics.median(good), 2) if good else None,
        prefix + "p99_ms": round(good[int(len(good) * 0.99) - 1], 2) if good else None,
        prefix + "max_ms": round(good[-1], 2) if good else None,
    }


# --- The others ---


def harass(address, loris, idle, deaf):
    """For ever: loris send one header line a second, idle nothing, deaf a request and then never read. Whoever is
    closed comes back."""
    raise_own_limit()
    poller = select.epoll()
    clients = {}
    absent = [(0.0, kind) for kind, count in (("loris", loris), ("idle", idle), ("deaf", deaf)) for _ in range(count)]
    next_line = time.monotonic()
    while True:
        now = time.monotonic()
        due, absent = [c for c in absent if c[0] <= now], [c for c in absent if c[0] > now]
        for _, kind in due:
            client = socket.socket()
            if kind == "deaf":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            try:
                client.settimeout(TIMEOUT_SECONDS)
                client.connect(address)
                client.setblocking(False)
                client.send(request_text() if kind == "deaf" else b"GET /metrics HTTP/1.1\r\n" if kind == "loris" else b"")
            except OSError:
                client.close()
                absent.append((now + 0.05, kind))
                continue
            clients[client.fileno()] = (client, kind)
            poller.register(client, select.EPOLLRDHUP)
        for descriptor, _ in poller.poll(timeout=0.02):
            client, kind = clients.pop(descriptor)
            poller.unregister(descriptor)
            client.close()
            # A page that fits the kernel's buffers is over at once: that would be load, not slowness.
            absent.append((now + (1.0 if kind == "deaf" else 0.02), kind))
        if now >= next_line:
            next_line += 1
            for client, kind in list(clients.values()):
                if kind == "loris":
                    try:
                        client.send(b"X-Slow: 1\r\n")
                    except OSError:
                        pass  # closed: the poll above sees it


def load(address, loris=500, idle=200, deaf=200, scrapes=500):
    others = multiprocessing.Process(target=harass, args=(address, loris, idle, deaf), daemon=True)
    others.start()
    try:
        time.sleep(3)  # until all have connected and the first were closed and came back
        seconds = []
        for _ in range(scrapes):
            seconds.append(scrape(address))
            time.sleep(0.02)
        burst = scrape_all_at_once(address, 300)
    finally:
        others.kill()
        others.join()
    quiet_burst = scrape_all_at_once(address, 300)
    return summary(seconds) | summary(burst, "burst_") | summary(quiet_burst, "quiet_burst_")


# --- Known attacks on HTTP libraries: tests/exporter/http/attacks_test.cpp explains them ---


def known_attacks():
    """(name, request, what floods after it, how many MB of it, status)"""
    get = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    post = "POST /metrics HTTP/1.1\r\nHost: x\r\n"
    junk = "x" * 4096
    return [
        ("chunked body without end", post + "Transfer-Encoding: chunked\r\n\r\n", "1000\r\n" + junk + "\r\n", 100, 411),
        ("body without length", post + "\r\n", junk, 100, 411),
        ("chunk size of -2", post + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffe\r\n", junk, 100, 411),
        ("body over the limit", post + "Content-Length: 209715200\r\n\r\n", junk, 100, 413),
        ("body within the limit", post + "Content-Length: 1000000\r\n\r\n", junk, 1, 405),
        ("header line without end", get + "A: ", junk, 100, 431),
        ("request line without end", "GET /", junk, 100, 414),
        ("100,000 headers", get + "A: b\r\n" * 100_000 + "\r\n", "", 0, 431),
        ("compressed body", post + "Content-Encoding: gzip\r\nContent-Length: 300000\r\n\r\n", junk, 1, 411),
        ("address from a header", get + "REMOTE_ADDR: 6.6.6.6\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n", "", 0, 200),
        ("hidden line break", get + "User-Agent: a%0d%0aEvil: 1\r\n\r\n", "", 0, 200),
        ("request in a body", get + "Content-Length: 32\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n", "", 0, 400),
        ("length and chunks", post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", 0, 411),
        ("1,500 ranges", get + "Range: bytes=" + "0-," * 1500 + "0-\r\n\r\n", "", 0, 200),
        ("path against a pattern", "GET /api/v1/" + "a" * 2000 + "! HTTP/1.1\r\nHost: x\r\n\r\n", "", 0, 404),
        ("brotli", get + "Accept-Encoding: br\r\n\r\n", "", 0, 200),
        ("expect", get + "Expect: 100-continue\r\n\r\n", "", 0, 200),
        ("TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "", 0, 400),
    ]


def attack(address, request, flood, flood_mb):
    """The whole response; None when the daemon cut the connection while the attacker was still sending."""
    with socket.create_connection(address, timeout=TIMEOUT_SECONDS) as connection:
        try:
            connection.sendall(request.encode("latin-1"))
            for _ in range(flood_mb * 1_000_000 // max(1, len(flood))):
                connection.sendall(flood.encode())
        except OSError:
            pass
        try:
            return read_to_end(connection) or None
        except OSError:
            return None


def memory_kb(pid, name):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise ValueError(f"/proc/{pid}/status: no {name}")


def run_attacks(address, pid=None):
    for _ in range(100):
        scrape(address)  # what the daemon needs anyway is not growth
    if pid:
        before = memory_kb(pid, "VmRSS")
        pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")  # forget the peak so far
    wrong = []
    failures = 0
    for name, request, flood, flood_mb, status in known_attacks():
        response = attack(address, request, flood, flood_mb)
        cut = response is None and flood_mb > 0
        if not cut and not (response or b"").startswith(f"HTTP/1.1 {status} ".encode()):
            wrong.append(f"{name}: {(response or b'nothing')[:40]!r}")
        if response and response.count(b"HTTP/1.1 ") != 1:
            wrong.append(f"{name}: more than one response")
        if scrape(address) is None:
            failures += 1
    result = {"failures": failures, "wrong": wrong}
    if pid:
        result["growth_kb"] = memory_kb(pid, "VmHWM") - before
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--attacks", action="store_true")
    parser.add_argument("--pid", type=int, help="of the daemon, to watch its memory")
    arguments = parser.parse_args()
    url = urllib.parse.urlsplit(arguments.url)
    address = (url.hostname, url.port)
    raise_own_limit()

    result = run_attacks(address, arguments.pid) if arguments.attacks else load(address)
    print(json.dumps(result))
    failed = any(value for key, value in result.items() if key.endswith("failures") or key == "wrong")
    return 1 if failed or result.get("growth_kb", 0) > GROWTH_LIMIT_KB else 0


if __name__ == "__main__":
    sys.exit(main())
