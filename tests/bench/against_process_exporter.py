"""CPU for a page of process groups: fournines' namedprocess against process-exporter, in one run, with many idle
processes beside those that are there anyway.

process-exporter is not in Debian; give its path (built with Go from github.com/ncabatoff/process-exporter):

  tests/bench/against_process_exporter.py --process-exporter=PATH
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from against_node_exporter import FOURNINES, Server, compare, free_port, memory  # noqa: E402


def processes():
    return sum(1 for path in pathlib.Path("/proc").iterdir() if path.name.isdigit())


def user_processes():
    """Without kernel threads, which neither program looks into."""
    count = 0
    for path in pathlib.Path("/proc").iterdir():
        try:
            if path.name.isdigit() and (path / "cmdline").read_bytes():
                count += 1
        except OSError:
            pass
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--process-exporter", required=True, help="path of the program")
    parser.add_argument("--processes", type=int, default=300, help="idle processes to start")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=20, help="scrapes in a round, back to back")
    options = parser.parse_args()

    idle = [subprocess.Popen(["sleep", "1d"]) for _ in range(options.processes)]
    servers = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder) / "groups.yml"
            config.write_text('process_names:\n  - name: "{{.Comm}}"\n    cmdline: [".+"]\n', encoding="utf-8")

            def start(name, command, path="/metrics"):
                port = free_port()
                servers.append(Server(name, [str(part).replace("PORT", str(port)) for part in command], port, path))
                return servers[-1]

            ours = start("fournines", [FOURNINES, "--web.listen-address=127.0.0.1:PORT", f"--storage.path={folder}",
                                       "--collector.disable-defaults", "--collector.namedprocess",
                                       "--web.disable-exporter-metrics"],
                         "/metrics?collect[]=namedprocess")
            base = [options.process_exporter, "-web.listen-address=127.0.0.1:PORT", f"-config.path={config}"]
            lean = start("process-exporter without smaps and threads", [*base, "-gather-smaps=false", "-threads=false"])
            full = start("process-exporter as it comes", base)
            for server in servers:
                for _ in range(5):
                    server.scrape(gzip=False)
            report = {"processes": processes(), "of_users": user_processes()}
            for theirs in (lean, full):
                compared = compare(ours, theirs, options.rounds, options.count, gzip=False)
                compared["ours_us_a_process"] = round(compared["ours_us"] / report["of_users"], 1)
                report[theirs.name] = compared
            report["memory"] = {server.name: memory(server.process.pid) for server in servers}
            print(json.dumps(report, indent=2))
            for server in servers:
                server.stop()
            servers.clear()
    finally:
        for server in servers:
            server.stop()
        for process in idle:
            process.terminate()
        for process in idle:
            process.wait()


if __name__ == "__main__":
    main()
