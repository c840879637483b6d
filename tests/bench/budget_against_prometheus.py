"""The question "how much of 30 days was down?" asked of Prometheus and of the engine, in one run, as a ratio.

Prometheus gets 30 days of one objective's state counters at 15 s in blocks, as if it had scraped them, and is asked for increase(...[30d]) over
its API. The engine is asked through its benchmark for the same window over a log of state changes. Prometheus extrapolates and answers
over HTTP, the engine is exact and called directly: the ratio says what a question costs, not who is better. Nothing is asserted.
"""

import json
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEERS = ROOT / ".tools" / "root" / "usr" / "bin"
BUILD = ROOT / "build-bench"
ENGINE = BUILD / "tests" / "bench" / "bench_slo_tick"
DAYS, STEP_SECONDS = 30, 15
QUERY = 'sum(increase(slo_state_seconds_total{state="down"}[30d])) / 259.2'


def write_history(path, end):
    """Down for 2 of every 10,000 scrapes."""
    down = up = 0
    with open(path, "w", encoding="ascii") as file:
        file.write("# TYPE slo_state_seconds counter\n")
        lines = {"up": [], "down": []}
        for i in range(DAYS * 86400 // STEP_SECONDS + 1):
            at = end - DAYS * 86400 + i * STEP_SECONDS
            lines["up"].append(f'slo_state_seconds_total{{service="a",slo="a",state="up"}} {up} {at}\n')
            lines["down"].append(f'slo_state_seconds_total{{service="a",slo="a",state="down"}} {down} {at}\n')
            if i % 10000 < 2:
                down += STEP_SECONDS
            else:
                up += STEP_SECONDS
        for state in lines.values():
            file.writelines(state)
        file.write("# EOF\n")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(url, at):
    query = urllib.parse.urlencode({"query": QUERY, "time": at})
    with urllib.request.urlopen(f"{url}/api/v1/query?{query}", timeout=30) as answer:
        result = json.loads(answer.read())["data"]["result"]
    return float(result[0]["value"][1])


def time_prometheus(folder):
    end = int(time.time()) // 7200 * 7200
    history = folder / "history.om"
    write_history(history, end)
    subprocess.run([PEERS / "promtool", "tsdb", "create-blocks-from", "openmetrics", history, folder / "data"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (folder / "prometheus.yml").write_text("{}", encoding="ascii")
    url = f"http://127.0.0.1:{free_port()}"
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen(
            [PEERS / "prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             "--storage.tsdb.retention.time=90d", f"--web.listen-address={url.removeprefix('http://')}"],
            stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                value = ask(url, end)
                break
            except (OSError, IndexError):
                if time.monotonic() > deadline or server.poll() is not None:
                    sys.exit((folder / "log").read_text()[-2000:])
                time.sleep(0.1)
        times = []
        for _ in range(21):
            started = time.perf_counter()
            ask(url, end)
            times.append(time.perf_counter() - started)
        return value, statistics.median(times), min(times), max(times)
    finally:
        server.terminate()
        server.wait(20)


def time_engine():
    subprocess.run(["ninja", "-C", BUILD, ENGINE.relative_to(BUILD)], check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run([ENGINE, "--benchmark_filter=BM_AnyWindow/changes:1000$", "--benchmark_format=json",
                           "--benchmark_repetitions=7", "--benchmark_report_aggregates_only=true"],
                          check=True, capture_output=True, text=True)
    rows = json.loads(done.stdout)["benchmarks"]
    return next(row["cpu_time"] for row in rows if row["aggregate_name"] == "median")


def main():
    with tempfile.TemporaryDirectory(prefix="fournines-bench-") as folder:
        value, median, least, most = time_prometheus(pathlib.Path(folder))
    engine_ns = time_engine()
    print(json.dumps({
        "prometheus_30d_query_ms": {"median": round(median * 1e3, 2), "min": round(least * 1e3, 2),
                                    "max": round(most * 1e3, 2)},
        "budget_used_by_prometheus": value,
        "engine_30d_window_ns": round(engine_ns, 1),
        "ratio": f"1/{median * 1e9 / engine_ns:,.0f}",
    }, indent=2))


if __name__ == "__main__":
    main()
