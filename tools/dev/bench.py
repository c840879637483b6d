"""Runs the benchmarks one after another, never two at once.

usage: bench.py [NAME...]
A NAME is a Google Benchmark program as meson lists it, or a script tests/bench/NAME.py that compares the release
build with something else and prints ratios. Without names all run.
"""

import json
import os
import pathlib
import subprocess
import sys

BUILD = "build-bench"


def programs():
    """{name: command} of everything there is to run."""
    subprocess.run(["ninja", "-C", BUILD, "build.ninja"], check=True)
    listing = subprocess.run(
        ["meson", "introspect", BUILD, "--benchmarks"], check=True, capture_output=True, text=True
    )
    found = {entry["name"]: entry["cmd"] for entry in json.loads(listing.stdout)}
    for script in sorted(pathlib.Path("tests/bench").glob("*.py")):
        found[script.stem] = [sys.executable, str(script)]
    return found


def compile_programs(paths):
    root = os.path.abspath(BUILD)
    targets = [os.path.relpath(path, root) for path in paths if path.startswith(root)]
    if targets and subprocess.run(["flock", BUILD, "ninja", "-C", BUILD, *targets], check=False).returncode != 0:
        sys.exit("the benchmarks do not compile")


def main(names):
    found = programs()
    unknown = [name for name in names if name not in found]
    if unknown:
        sys.exit(f"no benchmark named {', '.join(unknown)}; known: {', '.join(sorted(found)) or 'none'}")
    chosen = names or list(found)
    compile_programs([found[name][0] for name in chosen])
    failed = []
    for name in chosen:
        print(f"== {name}", flush=True)
        if subprocess.run(found[name], check=False).returncode != 0:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main(sys.argv[1:])
