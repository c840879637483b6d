"""A compiler that is given many sources as one text, where private names do not clash.

usage: joined.py COMPILER ARGUMENT...

Most of what a compiler does for a short source it does for the headers, anew for each. Meson's unity builds make
sources that include many others; but two sources may use one name for different things that are private to each,
in "namespace {". So the text that this hands to the compiler has those names changed, where an earlier source defines
them as well. Every other call is passed on as it is.
"""

import os
import pathlib
import re
import subprocess
import sys

UNITY = re.compile(r".*-unity\d+\.cpp")
INCLUDED = re.compile(r'^#include\s*[<"](.*)[>"]$', re.M)
UNNAMED = re.compile(r"^namespace \{$(.*?)^\}  // namespace$", re.M | re.S)
# What a line that begins at the margin defines: a type, a constant, a function.
DEFINED = re.compile(
    r"^(?![\s#/}]|template|TEST_CASE|static_assert)"
    r"(?:(?:class|struct|enum class|enum) (\w+)|.*?(?<![:<])\b(?!const\b|noexcept\b)(\w+)(?= ?[({=\[]))",
    re.M,
)
# Directives, comments, raw and plain strings; a quote as a character begins none.
NOT_CODE = r'''^#[^\n]*|//[^\n]*|'\\?"'|R"(?P<end>\w*)\(.*?\)(?P=end)"|"(?:[^"\\\n]|\\.)*"'''


def included(unity):
    """The sources that one of Meson's unity sources stands for."""
    return [os.path.relpath(name) for name in INCLUDED.findall(pathlib.Path(unity).read_text(encoding="utf-8"))]


def joined(sources):
    """Their text; lines are still known by the file they come from."""
    parts, known = [], set()
    for number, source in enumerate(sources):
        text = pathlib.Path(source).read_text(encoding="utf-8")
        private = "".join(UNNAMED.findall(text))
        names = {name for pair in DEFINED.findall(private) for name in pair if name}
        for name in names & known:
            # Not where it is a member or qualified.
            use = re.compile(rf"{NOT_CODE}|(?<![.>:\w])(?P<name>{name})\b", re.M | re.S)
            text = use.sub(lambda found: f"{found[0]}_{number}" if found["name"] else found[0], text)
        known |= names
        parts.append(f'#line 1 "{source}"\n{text}')
    return "\n".join(parts)


def main(command):
    source = next((word for word in command if UNITY.fullmatch(word)), None)
    if source is None or "-c" not in command:
        return subprocess.run(command, check=False).returncode
    sources = included(source)
    text = pathlib.Path(source.replace("-unity", "-joined"))
    text.write_text(joined(sources), encoding="utf-8")
    status = subprocess.run([str(text) if word == source else word for word in command], check=False).returncode
    if status == 0 and "-MF" in command:
        # What the compiler did not see for itself: where the text came from.
        with open(command[command.index("-MF") + 1], "a", encoding="utf-8") as dependencies:
            print(f"{command[command.index('-o') + 1]}: {os.path.relpath(__file__)} {' '.join(sources)}", file=dependencies)
    elif status != 0:
        print(f"{text}: is {len(sources)} sources as one text; a name that clashes there needs another", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
