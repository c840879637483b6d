"""CPU that the daemon uses in 30 s when nobody scrapes it: without configuration, and with one probe a second."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOURNINES = pathlib.Path(os.environ.get("FOURNINES", ROOT / "build" / "fournines"))
SECONDS = 30


def cpu_ms(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total / 1e6


def idle(folder, *flags):
    log = pathlib.Path(folder) / "log"
    with open(log, "wb") as errors:
        daemon = subprocess.Popen([FOURNINES, "--web.listen-address=127.0.0.1:0", f"--storage.path={folder}/state",
                                   *flags], stderr=errors)
    try:
        while not re.search("listening", log.read_text()):
            time.sleep(0.01)
        time.sleep(2)  # start-up work is not idling
        before = cpu_ms(daemon.pid)
        time.sleep(SECONDS)
        return round(cpu_ms(daemon.pid) - before, 2)
    finally:
        daemon.terminate()
        daemon.wait(10)


def main():
    report = {}
    with tempfile.TemporaryDirectory(prefix="fournines-bench-") as folder:
        report["zero_config_ms_per_30s"] = idle(folder)
    with tempfile.TemporaryDirectory(prefix="fournines-bench-") as folder:
        config = pathlib.Path(folder) / "config.yml"
        config.write_text('{"slos": [{"name": "refused", "objective": 99.99, "sli": {"probe": '
                          '{"http": "http://127.0.0.1:9/", "interval": "1s"}}}]}', encoding="ascii")
        report["one_failing_probe_a_second_ms_per_30s"] = idle(folder, f"--config.file={config}")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
