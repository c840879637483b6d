"""Runs clang-tidy over our sources, and remembers what was clean: sources are looked at again only when one of them, a
header it includes, how it is compiled, .clang-tidy or clang-tidy itself changed.

usage: tidy.py BUILD SOURCE...      BUILD holds compile_commands.json of clang; paths are from the root

Nearly all the time goes into headers, which clang-tidy walks through anew for each file. So sources are looked at as
one text, the one that the compiler was given (joined.py). Where clang-tidy says anything at all of it, the text is
halved, down to a source by itself, whose findings are shown.
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

import joined

TIDY = "clang-tidy-19"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "fournines-tidy"


def compiled_together(build, wanted):
    """(sources, folder to compile in, compiler, its arguments without the files and without warnings), for each text"""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    for entry in entries:
        folder, words = entry["directory"], shlex.split(entry["command"])
        unity = os.path.join(folder, entry["file"])
        if not joined.UNITY.fullmatch(unity):
            continue
        sources = [source for source in joined.included(unity) if source in wanted]
        compiler = next(number for number, word in enumerate(words) if "clang++" in word)
        kept, arguments = [], iter(words[compiler + 1 : -1])
        for word in arguments:
            if word in ("-o", "-MF", "-MQ"):
                next(arguments)
            elif word not in ("-c", "-MD") and not word.startswith("-W"):
                kept.append(word)
        if sources:
            yield sources, (folder, words[compiler], tuple(kept))


def check(sources, command, common):
    """What clang-tidy says of these sources: an entry for each that has findings."""
    folder, compiler, arguments = command
    text = joined.joined(sources).encode()
    if len(sources) == 1:
        file = os.path.abspath(sources[0])
    else:
        file = os.path.join(folder, f"tidy-{hashlib.sha256(' '.join(sources).encode()).hexdigest()[:16]}.cpp")
        pathlib.Path(file).write_bytes(text)
    try:
        seen = subprocess.run(
            [compiler, *arguments, "-E", "-P", "-o", "-", file], cwd=folder, check=False, capture_output=True
        ).stdout
        # Comments may silence a check, and -E drops them: the sources themselves count too.
        stamp = CACHE / hashlib.sha256(b"\0".join([common, repr(command[1:]).encode(), text, seen])).hexdigest()
        if stamp.exists():
            return []
        run = subprocess.run(
            ["nice", TIDY, "--quiet", file, "--", *arguments],
            cwd=folder, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        found = []
        if run.returncode != 0:
            if len(sources) == 1:
                return [run.stdout.decode(errors="replace")]
            half = len(sources) // 2
            found = check(sources[:half], command, common) + check(sources[half:], command, common)
        if not found:
            CACHE.mkdir(parents=True, exist_ok=True)
            stamp.touch()
        return found
    finally:
        if len(sources) > 1:
            os.remove(file)


def main():
    build, *sources = sys.argv[1:]
    groups = list(compiled_together(build, set(sources)))
    compiled = {source for group, _ in groups for source in group}
    if missing := sorted(set(sources) - compiled):
        sys.exit(f"{build} does not compile {', '.join(missing)}")
    version = subprocess.run([TIDY, "--version"], check=True, capture_output=True).stdout
    common = version + pathlib.Path(".clang-tidy").read_bytes()
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for found in pool.map(lambda group: check(*group, common), groups):
            bad += len(found)
            for said in found:
                print(said, flush=True)
    print(f"clang-tidy: {len(sources)} sources, {bad} with findings", file=sys.stderr)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
