"""The text exposition format 0.0.4, read strictly: anything the format does not allow is a ValueError."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
HEADER = re.compile(rf"# (HELP|TYPE) ({NAME}) (.*)")
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)(?: (-?\d+))?")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(,|$)')
ESCAPE = re.compile(r"\\(.)")
TYPES = {"counter", "gauge", "untyped", "histogram", "summary"}


class Family:
    """One metric family. samples maps (sample name, frozenset of label pairs) to the value."""

    def __init__(self, name):
        self.name = name
        self.type = "untyped"
        self.help = ""
        self.samples = {}

    def value(self, **labels):
        """The value of the series with exactly these labels."""
        return self.samples[self.name, frozenset(labels.items())]

    def label_values(self, label):
        return {dict(labels)[label] for _, labels in self.samples if label in dict(labels)}


def parse_labels(text):
    labels, position = [], 0
    while position < len(text):
        found = LABEL.match(text, position)
        if not found:
            raise ValueError(f"bad labels: {text!r}")
        value = ESCAPE.sub(lambda match: "\n" if match.group(1) == "n" else match.group(1), found.group(2))
        labels.append((found.group(1), value))
        position = found.end()
    if len({name for name, _ in labels}) != len(labels):
        raise ValueError(f"a label name stands twice: {text!r}")
    return frozenset((name, value) for name, value in labels if value)  # an empty label is no label


def parse(page):
    """{family name: Family} of a page, in the page's order."""
    if page and not page.endswith("\n"):
        raise ValueError("the last line has no end")
    families, current = {}, None
    for line in page.split("\n")[:-1]:
        if line.startswith("# HELP ") or line.startswith("# TYPE "):
            kind, name, rest = require(HEADER, line)
            if current is None or current.name != name:
                if name in families:
                    raise ValueError(f"family {name} stands in two places")
                current = families[name] = Family(name)
            if kind == "HELP":
                current.help = rest
            elif rest not in TYPES:
                raise ValueError(f"unknown type: {line!r}")
            else:
                current.type = rest
        elif line and not line.startswith("#"):
            name, labels, value, _ = require(SAMPLE, line)
            if current is None or not belongs(name, current):
                if name in families:
                    raise ValueError(f"family {name} stands in two places")
                current = families[name] = Family(name)
            key = name, parse_labels(labels or "")
            if key in current.samples:
                raise ValueError(f"series stands twice: {line!r}")
            current.samples[key] = float(value)
    return families


def is_late(families):
    """Whether a collector's series are of an earlier scrape: one that may block is waited for 10 ms only."""
    states = families["fournines_collector_state"].samples
    return any(value and ("state", "stale") in labels for (_, labels), value in states.items())


def require(pattern, line):
    found = pattern.fullmatch(line)
    if not found:
        raise ValueError(f"not in the format: {line!r}")
    return found.groups()


def belongs(sample_name, family):
    suffixes = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}
    return sample_name in {family.name + suffix for suffix in suffixes.get(family.type, ("",))}
