"""Builds and runs the doctest programs of a build directory, writes "passed failed skipped" to a file.

usage: doctest_suite.py COUNTS BUILD [--wrapper=COMMAND] [--source=PATTERN] [NAME...]
NAMEs are test programs as meson lists them; --source keeps only cases from matching source files.
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


def listed_tests(build, names):
    """Meson's tests of this directory, narrowed to names; unknown names end the run."""
    listing = subprocess.run(
        ["meson", "introspect", build, "--tests"], check=True, capture_output=True, text=True
    )
    tests = json.loads(listing.stdout)
    known = {test["name"] for test in tests}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"no test program named {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    if not tests:
        sys.exit(f"{build} has no test programs")
    return [test for test in tests if not names or test["name"] in names]


def compile_tests(build, tests):
    root = os.path.abspath(build)
    programs = sorted({os.path.relpath(test["cmd"][0], root) for test in tests})
    jobs = str(os.cpu_count() or 2)
    ninja = ["nice", "ninja", "-C", build, "-j", jobs, *programs]
    if subprocess.run(["flock", build, *ninja], check=False).returncode != 0:
        sys.exit(f"{build} does not compile")


def run_tests(build, tests, wrapper, source):
    command = ["meson", "test", "-C", build, "--no-rebuild", "--print-errorlogs"]
    if wrapper:
        command += ["--wrapper", wrapper]
    if source:
        command += ["--test-args", f"-sf={source}"]
    subprocess.run(command + [test["name"] for test in tests], check=False)
    with open(os.path.join(build, "meson-logs", "testlog.json"), encoding="utf-8") as log:
        return [json.loads(line) for line in log]


def tally(run):
    """(passed, failed, skipped) of one program; dying after or without a summary is a failure too."""
    summary = SUMMARY.search(run.get("stdout", ""))
    passed, failed, skipped = map(int, summary.groups()) if summary else (0, 0, 0)
    if run["result"] != "OK" and failed == 0:
        failed = 1
    return passed, failed, skipped


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("counts")
    parser.add_argument("build")
    parser.add_argument("--wrapper", default="")
    parser.add_argument("--source", default="")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()

    tests = listed_tests(options.build, options.names)
    compile_tests(options.build, tests)
    runs = run_tests(options.build, tests, options.wrapper, options.source)
    passed, failed, skipped = (sum(column) for column in zip(*map(tally, runs)))
    if options.source:
        skipped = 0  # doctest counts what the filter left out as skipped
    with open(options.counts, "w", encoding="utf-8") as out:
        print(passed, failed, skipped, file=out)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
