#!/usr/bin/env python3
"""Writes the dashboards that ship, grafana/dashboards/*.json, from grafana/source.

usage: generate.py [--check]     --check writes nothing and fails when a file is not what its source says
"""

import importlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = ("slo", "host", "containers", "probes", "itself")

sys.path.insert(0, str(HERE / "source"))
sys.dont_write_bytecode = True


def rendered():
    """{file: text} of every dashboard."""
    boards = {}
    for name in SOURCES:
        boards |= importlib.import_module(name).BOARDS
    return {HERE / "dashboards" / f"{name}.json": json.dumps(make(), indent=1, ensure_ascii=False) + "\n" for name, make in boards.items()}


def main():
    files = rendered()
    old = {path: path.read_text(encoding="utf-8") for path in (HERE / "dashboards").glob("*.json")}
    if "--check" in sys.argv:
        wrong = sorted(path.name for path in files.keys() | old.keys() if files.get(path) != old.get(path))
        sys.exit(f"not what grafana/source says: {', '.join(wrong)}; run grafana/generate.py" if wrong else 0)
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    for path in old.keys() - files.keys():
        path.unlink()


if __name__ == "__main__":
    main()
