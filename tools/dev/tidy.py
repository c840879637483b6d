"""Runs clang-tidy over our sources, and remembers what was clean: a source is looked at again only when it, a header
it includes, how it is compiled, .clang-tidy or clang-tidy itself changed.

usage: tidy.py BUILD SOURCE...      BUILD holds compile_commands.json of clang; paths are from the root
What was clean is kept as empty files, named by a hash, in $XDG_CACHE_HOME/fournines-tidy.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

TIDY = "clang-tidy-19"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "fournines-tidy"


def compile_commands(build):
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    return {os.path.relpath(os.path.join(entry["directory"], entry["file"])): entry for entry in entries}


def preprocess(entry):
    """The compiler's arguments and the whole text that it would see."""
    arguments = shlex.split(entry["command"])
    while os.path.basename(arguments[0]) == "ccache":
        arguments = arguments[1:]
    drop_next, kept = False, []
    for argument in arguments:
        if drop_next or argument in ("-c", "-MD"):
            drop_next = False
        elif argument in ("-o", "-MF", "-MQ"):
            drop_next = True
        else:
            kept.append(argument)
    text = subprocess.run(
        [*kept, "-E", "-P", "-o", "-"], cwd=entry["directory"], check=False, capture_output=True
    ).stdout
    return " ".join(kept).encode() + b"\0" + text


def check(source, entry, build, common):
    """Returns what clang-tidy said, or nothing when the source is clean."""
    text = preprocess(entry)
    # Comments may silence a check, and -E drops them: the source itself counts too.
    key = hashlib.sha256(common + text + pathlib.Path(source).read_bytes()).hexdigest()
    stamp = CACHE / key
    if stamp.exists():
        return ""
    run = subprocess.run(
        ["nice", TIDY, "-p", build, "--quiet", source], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if run.returncode == 0:
        CACHE.mkdir(parents=True, exist_ok=True)
        stamp.touch()
        return ""
    return run.stdout.decode(errors="replace")


def main():
    build, *sources = sys.argv[1:]
    commands = compile_commands(build)
    version = subprocess.run([TIDY, "--version"], check=True, capture_output=True).stdout
    common = version + pathlib.Path(".clang-tidy").read_bytes()
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for said in pool.map(lambda name: check(name, commands[name], build, common), sources):
            if said:
                bad += 1
                print(said, flush=True)
    print(f"clang-tidy: {len(sources)} sources, {bad} with findings", file=sys.stderr)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
