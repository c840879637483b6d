"""Builds and runs the doctest programs of a build directory, writes "passed failed skipped" to a file
and what the failed ones printed to one of that name with ".failed" behind it.

usage: doctest_suite.py COUNTS BUILD [--wrapper=COMMAND] [--suite=SUITE] [--no-suite=SUITE] [NAME...]
NAMEs are test programs as meson lists them, suites are meson's too.
Counts come from doctest's own summary line in meson's test log:
  [doctest] test cases:  5 |  5 passed | 0 failed | 0 skipped
"""

import argparse
import json
import os
import re
import subprocess
import sys

SUMMARY = re.compile(
    r"^\[doctest\] test cases: *\d+ \| *(\d+) passed \| *(\d+) failed \| *(\d+) skipped", re.M
)


def listed_tests(options):
    """Meson's tests of this directory, narrowed to what was asked for; unknown names end the run."""
    subprocess.run(["flock", options.build, "ninja", "-C", options.build, "build.ninja"], check=True)
    listing = subprocess.run(
        ["meson", "introspect", options.build, "--tests"], check=True, capture_output=True, text=True
    )
    tests = [test for test in json.loads(listing.stdout) if in_suite(test, options)]
    known = {test["name"] for test in tests}
    unknown = [name for name in options.names if name not in known]
    if unknown:
        sys.exit(f"no test program named {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    if not tests:
        sys.exit(f"{options.build} has no test programs")
    return [test for test in tests if not options.names or test["name"] in options.names]


def in_suite(test, options):
    suites = {suite.rpartition(":")[2] for suite in test["suite"]}
    return (not options.suite or options.suite in suites) and options.no_suite not in suites


def compile_tests(build, tests):
    root = os.path.abspath(build)
    programs = sorted({os.path.relpath(test["cmd"][0], root) for test in tests})
    jobs = str(os.cpu_count() or 2)
    ninja = ["nice", "ninja", "-C", build, "-j", jobs, *programs]
    if subprocess.run(["flock", build, *ninja], check=False).returncode != 0:
        sys.exit(f"{build} does not compile")


def run_tests(build, tests, wrapper):
    # Sanitizers, and compilers beside them, slow a program down; a time limit is for what hangs.
    command = wrapper.split()  # around meson itself, which would name its log after a wrapper of its own
    command += ["meson", "test", "-C", build, "--no-rebuild", "--print-errorlogs", "--timeout-multiplier=3"]
    subprocess.run(command + [test["name"] for test in tests], check=False)
    with open(os.path.join(build, "meson-logs", "testlog.json"), encoding="utf-8") as log:
        return [json.loads(line) for line in log]


def tally(run):
    """(passed, failed, skipped) of one program; dying after or without a summary is a failure too."""
    summary = SUMMARY.search(run.get("stdout", ""))
    passed, failed, skipped = map(int, summary.groups()) if summary else (0, 0, 0)
    if run["result"] != "OK":
        return passed, max(failed, 1), 0  # cases after a crash are not skipped on purpose
    return passed, failed, skipped


def write_failures(path, runs):
    failures = [run for run in runs if run["result"] != "OK"]
    if not failures:
        return
    with open(path, "w", encoding="utf-8") as out:
        for run in failures:
            print(f"{run['name']}: {run['result']}", run.get("stdout", ""), run.get("stderr", ""), sep="\n", file=out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("counts")
    parser.add_argument("build")
    parser.add_argument("--wrapper", default="")
    parser.add_argument("--suite", default="")
    parser.add_argument("--no-suite", default="")
    parser.add_argument("names", nargs="*")
    options = parser.parse_intermixed_args()

    tests = listed_tests(options)
    compile_tests(options.build, tests)
    runs = run_tests(options.build, tests, options.wrapper)
    passed, failed, skipped = (sum(column) for column in zip(*map(tally, runs)))
    with open(options.counts, "w", encoding="utf-8") as out:
        print(passed, failed, skipped, file=out)
    write_failures(options.counts + ".failed", runs)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
