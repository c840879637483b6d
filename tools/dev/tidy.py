"""Runs clang-tidy over our sources, and remembers what was clean: sources are looked at again only when one of them, a
header it includes, how it is compiled, .clang-tidy or clang-tidy itself changed.

usage: tidy.py BUILD SOURCE...      BUILD holds compile_commands.json of clang; paths are from the root

Nearly all the time goes into headers, which clang-tidy walks through anew for each file. So a dozen sources are looked
at as one text, in which a name that an earlier one defines as well is changed. Where clang-tidy says anything at all, a
finding or a name that clashes still, the text is halved, down to a source by itself, whose findings are shown.
What was clean is kept as empty files, named by a hash, in $XDG_CACHE_HOME/fournines-tidy.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

TIDY = "clang-tidy-19"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "fournines-tidy"
TOGETHER = 12  # sources in a text
UNNAMED = re.compile(r"^namespace \{$(.*?)^\}  // namespace$", re.M | re.S)
# What a line that begins at the margin defines: a type, a constant, a function.
DEFINED = re.compile(
    r"^(?![\s#/}]|template)"
    r"(?:(?:class|struct|enum|enum class) (\w+)|.*?(?<![:<])\b(?!const\b|noexcept\b)(\w+)(?= ?[({=\[]))",
    re.M,
)


def compile_commands(build):
    """source -> (folder to compile in, compiler, its arguments without the files and without warnings)"""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    commands = {}
    for entry in entries:
        arguments = [word for word in shlex.split(entry["command"]) if os.path.basename(word) != "ccache"]
        kept, words = [], iter(arguments[1:-1])
        for word in words:
            if word in ("-o", "-MF", "-MQ", "-include-pch"):
                next(words)
            elif word not in ("-c", "-MD") and not word.startswith(("-W", "-DCHECKOUT=")):
                kept.append(word)
        source = os.path.relpath(os.path.join(entry["directory"], entry["file"]))
        commands[source] = (entry["directory"], arguments[0], tuple(kept))
    return commands


def together(sources, commands):
    """Lists of sources that are compiled alike."""
    alike = {}
    for source in sources:
        alike.setdefault(commands[source], []).append(source)
    for command, list_of_all in alike.items():
        for first in range(0, len(list_of_all), TOGETHER):
            yield list_of_all[first : first + TOGETHER], command


def joined(sources):
    """Their text, in which what is private to one source clashes with nothing that is private to another."""
    parts, known = [], set()
    for number, source in enumerate(sources):
        text = pathlib.Path(source).read_text(encoding="utf-8")
        private = "".join(UNNAMED.findall(text))
        names = {name for pair in DEFINED.findall(private) for name in pair if name}
        for name in names & known:
            # Not where it is a member, qualified or in an #include.
            use = re.compile(rf"^#.*|(?<![.>:\w]){name}\b", re.M)
            text = use.sub(lambda found: found[0] if found[0][0] == "#" else f"{found[0]}_{number}", text)
        known |= names
        parts.append(text)
    return "\n".join(parts)


def check(sources, command, common):
    """What clang-tidy says of these sources: an entry for each that has findings."""
    folder, compiler, arguments = command
    text = joined(sources).encode()
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
    commands = compile_commands(build)
    version = subprocess.run([TIDY, "--version"], check=True, capture_output=True).stdout
    common = version + pathlib.Path(".clang-tidy").read_bytes()
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for found in pool.map(lambda group: check(*group, common), together(sources, commands)):
            bad += len(found)
            for said in found:
                print(said, flush=True)
    print(f"clang-tidy: {len(sources)} sources, {bad} with findings", file=sys.stderr)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
