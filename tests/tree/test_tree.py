"""Tripwires: rules of the tree that nobody has to remember, because breaking one fails here."""

import os
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ("exporter", "slo", "alerts", "app")
CODE = {".cpp", ".h", ".py", ".sh"}
MAX_LINES = 400

# What each folder may include, beside itself.
LAYERS = {
    "exporter/core": (),
    "exporter/host": ("exporter/core",),
    "exporter/containers": ("exporter/core",),
    "exporter/probes": ("exporter/core",),
    "exporter/http": ("exporter/core",),
    "slo": ("exporter",),
    "alerts": ("exporter", "slo"),
    "app": ("exporter", "slo", "alerts"),
}

# What the common headers are for, because no compiler misses an #include that another source in one text has.
STANDARD = {
    "algorithm": r"std::(ranges::(all_of|any_of|count|count_if|find|find_if|max|min|none_of|sort)\b|(clamp|max|min|sort)\()",
    "array": r"std::array\b",
    "chrono": r"std::chrono\b",
    "cstdint": r"std::u?int(8|16|32|64)_t\b",
    "expected": r"std::(expected|unexpected)\b",
    "functional": r"std::(function|hash|greater)\b",
    "map": r"std::(multi)?map\b",
    "memory": r"std::(unique_ptr|shared_ptr|make_unique|make_shared)\b",
    "mutex": r"std::(mutex|lock_guard|unique_lock|scoped_lock|once_flag)\b",
    "optional": r"std::(optional|nullopt)\b",
    "span": r"std::span\b",
    "string": r"std::(string|to_string)\b",
    "string_view": r"std::string_view\b",
    "thread": r"std::(jthread|thread|this_thread)\b",
    "unordered_map": r"std::unordered_map\b",
    "utility": r"std::(exchange|forward|move|pair)\b",
    "vector": r"std::vector\b",
}

TYPE = re.compile(r"^(?:struct|class|enum class|enum) (\w+)\b(?!<)[^;]*?\{", re.M)
DECLARED = re.compile(r"\b(?:struct|class|enum class|enum|using|typename)(?:\.\.\.)? (\w+)\b")

# Hosts from which packages come: a build takes them from the user's own configuration.
REGISTRIES = (
    "deb.debian.org security.debian.org archive.ubuntu.com pypi.org files.pythonhosted.org registry.npmjs.org "
    "proxy.golang.org static.crates.io registry-1.docker.io ghcr.io quay.io"
).split()


def is_ours(path):
    """Not built, fetched or downloaded."""
    parts = path.relative_to(ROOT).parts
    if parts[0] == "subprojects":
        return len(parts) < 3 or parts[1] == "packagefiles"
    return not (parts[0] in (".git", ".tools", "data") or re.match(r"build(-|$)", parts[0]) or "__pycache__" in parts)


def our_files():
    for folder, folders, files in os.walk(ROOT):
        here = pathlib.Path(folder)
        folders[:] = [name for name in folders if is_ours(here / name)]
        yield from (here / name for name in files if is_ours(here / name))


FILES = sorted(our_files())


def name_of(path):
    return str(path.relative_to(ROOT))


def is_source(path):
    return name_of(path).startswith(tuple(f"{folder}/" for folder in (*SOURCES, "tests")))


def text_of(path):
    return path.read_text(encoding="utf-8")


def lines_of_text_files():
    """(place, line) of everything people wrote; recorded data speaks as it was recorded."""
    recorded = ("tests/fixtures/", "tests/golden/", "tests/fuzz/corpus/", "tests/tree/")
    for path in FILES:
        data = path.read_bytes()
        if name_of(path).startswith(recorded) or b"\0" in data:
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            yield f"{name_of(path)}:{number}", line


class Tree(unittest.TestCase):
    maxDiff = None

    def assert_none(self, offences, rule):
        self.assertEqual(sorted(offences), [], rule)

    def test_a_folder_includes_only_folders_above_it(self):
        offences = []
        for path in FILES:
            name = name_of(path)
            if path.suffix not in (".cpp", ".h") or not is_source(path) or name.startswith("tests/"):
                continue
            layer = next((layer for layer in LAYERS if name.startswith(layer + "/")), None)
            if layer is None:
                offences.append(f"{name} stands in no layer")
                continue
            for included in re.findall(r'^\s*#\s*include\s*"([^"]+)"', text_of(path), re.M):
                if not included.startswith(tuple(f"{above}/" for above in (layer, *LAYERS[layer]))):
                    offences.append(f"{name} includes {included}")
        self.assert_none(offences, "exporter -> slo -> alerts -> app; core <- host, containers, probes, http")

    def test_a_source_includes_what_it_uses(self):
        standard, own, code, defined, seen_twice = {}, {}, {}, {}, set()
        for path in FILES:
            if path.suffix not in (".cpp", ".h") or not is_source(path):
                continue
            text = text_of(path)
            standard[path] = set(re.findall(r"^#include <(\w+)>", text, re.M))
            own[path] = [ROOT / name for name in re.findall(r'^#include "([^"]+)"', text, re.M)]
            code[path] = re.sub(r'//.*|"(\\.|[^"\\])*"', "", text)
            for name in TYPE.findall(text) if path.suffix == ".h" else ():
                seen_twice.update({name} & defined.keys())
                defined[name] = path
        headers_of_types = {name: path for name, path in defined.items() if name not in seen_twice}

        def reached(path, seen):
            if path not in seen and path in own:
                seen.add(path)
                for header in own[path]:
                    reached(header, seen)
            return seen

        offences = []
        for path in code:
            near = reached(path, set())
            there = set().union(*(standard[header] for header in near))
            for header, used in STANDARD.items():
                if header not in there and re.search(used, code[path]):
                    offences.append(f"{name_of(path)} uses <{header}>: {re.search(used, code[path])[0]}")
            declared = set().union(*(DECLARED.findall(code[header]) for header in near))
            named = set(re.findall(r"(?<![.>])(?<!prometheus::)(?<!RE2::)(?<!benchmark::)\b[A-Z]\w+", code[path]))
            offences += [
                f"{name_of(path)} uses {name_of(headers_of_types[name])}: {name}"
                for name in named & headers_of_types.keys() - declared
            ]
        self.assert_none(offences, "it has to compile by itself, too")

    def test_a_type_is_defined_once_in_its_namespace(self):
        defined, offences = {}, []
        for path in FILES:
            if path.suffix != ".h" or not is_source(path):
                continue
            text = text_of(path)
            namespace = re.search(r"^namespace ([\w:]+) \{", text, re.M)
            for name in TYPE.findall(text):
                qualified = f"{namespace[1] if namespace else ''}::{name}"
                if qualified in defined:
                    offences.append(f"{qualified} is defined in {defined[qualified]} and in {name_of(path)}")
                defined[qualified] = name_of(path)
        self.assert_none(offences, "a linker takes two types of one name for the same one")

    def test_no_file_passes_the_limit_of_lines(self):
        lengths = {
            name_of(path): text_of(path).count("\n")
            for path in FILES
            if path.suffix in CODE or path == ROOT / "dev"
        }
        self.assert_none(
            [f"{name}: {lines} lines" for name, lines in lengths.items() if lines > MAX_LINES],
            f"at most {MAX_LINES} lines",
        )

    def test_forbidden_words_stand_nowhere(self):
        # Nothing may know where this checkout lies, or the folder around it where that is not a common one.
        checkout = [str(ROOT)]
        common = map(pathlib.Path, ("/", "/data", "/home", "/mnt", "/opt", "/root", "/src", "/srv", "/tmp", "/usr/src", "/var"))
        if ROOT.parent not in common:
            checkout.append(str(ROOT.parent))
        rules = {
            "work left for later": r"\b(TODO|FIXME|XXX|HACK)\b",
            "std::regex": r"(?<!`)\bstd::w?regex\b|#\s*include\s*<regex>",
            "a path of one machine": "(?<![\\w.])(" + "|".join(map(re.escape, checkout)) + ")/",
            "a package registry": r"\b(" + "|".join(map(re.escape, REGISTRIES)) + r")\b",
        }
        compiled = {rule: re.compile(pattern) for rule, pattern in rules.items()}
        offences = [
            f"{place}: {rule}: {line.strip()[:80]}"
            for place, line in lines_of_text_files()
            for rule, pattern in compiled.items()
            if pattern.search(line)
        ]
        self.assert_none(offences, "words that do not land")

    def test_every_source_is_listed_in_a_meson_build_and_every_listed_one_exists(self):
        listed = set()
        for path in FILES:
            if path.name == "meson.build" and "subprojects" not in path.parts:
                code = re.sub(r"#.*|output: '[^']*'", "", text_of(path))
                here = os.path.relpath(path.parent, ROOT)
                listed |= {os.path.normpath(f"{here}/{name}") for name in re.findall(r"'([^'\s]+\.cpp)'", code)}
        present = {name_of(path) for path in FILES if path.suffix == ".cpp" and is_source(path)}
        self.assert_none([f"{source} is not listed" for source in present - listed], "listed")
        self.assert_none([f"{source} does not exist" for source in listed - present], "present")

    def test_every_name_taken_from_another_namespace_is_used(self):
        offences = []
        for path in FILES:
            if path.suffix == ".cpp" and is_source(path):
                code = re.sub(r"//.*", "", text_of(path))
                for name in re.findall(r"^\s*using [\w:]+::(\w+);", code, re.M):
                    if not re.search(rf"(?<!::)\b{name}\b", code):
                        offences.append(f"{name_of(path)}: using {name}")
        self.assert_none(offences, "using-declarations that serve nothing")

    def test_every_fuzz_target_is_run_and_has_seeds(self):
        targets = text_of(ROOT / "tests/fuzz/main.cpp")
        offences = []
        for path in (ROOT / "tests/fuzz").glob("*.cpp"):
            if path.name == "main.cpp":
                continue
            if f"TARGET({path.stem})" not in targets:
                offences.append(f"{path.stem} is not among the targets of tests/fuzz/main.cpp")
            if not list((ROOT / "tests/fuzz/corpus" / path.stem).glob("*")):
                offences.append(f"tests/fuzz/corpus/{path.stem} has no seeds")
        self.assert_none(offences, "fuzz targets")


class Collectors(unittest.TestCase):
    """Each row of exporter/host/table.cpp has its test, its fixture with a golden page, and its line in README.md."""

    @classmethod
    def setUpClass(cls):
        rows = re.findall(r"\b(\w+)_row\(\)", text_of(ROOT / "exporter/host/table.cpp"))
        definition = re.compile(r'CollectorRow (\w+)_row\(\) \{\s*return (?:CollectorRow)?\{\s*(?:\.name = )?"(\w+)"')
        defined = {}
        for source in (ROOT / "exporter/host").glob("*.cpp"):
            for function, name in definition.findall(text_of(source)):
                defined[function] = (name, source.stem)
        cls.unknown = [function for function in rows if function not in defined]
        cls.collectors = [defined[function] for function in rows if function in defined]

    def lacking(self, has, what):
        lacks = [f"{name} has no {what}" for name, source in self.collectors if not has(name, source)]
        self.assertEqual(lacks, [])

    def test_the_rows_of_the_table_are_found(self):
        self.assertEqual(self.unknown, [])
        self.assertGreaterEqual(len(self.collectors), 1)
        names = [name for name, _ in self.collectors]
        self.assertEqual(len(names), len(set(names)))

    def test_each_has_a_unit_test(self):
        tests = [text_of(path) for path in (ROOT / "tests/exporter/host").glob("*_test.cpp")]
        self.lacking(lambda _, source: any(f'"exporter/host/{source}.h"' in text for text in tests), "unit test")

    def test_each_succeeds_on_a_fixture_in_a_golden_page(self):
        pages = [text_of(path) for path in (ROOT / "tests/golden").rglob("*") if path.is_file()]
        success = 'node_scrape_collector_success{collector="%s"} 1'
        self.lacking(lambda name, _: any(success % name in page for page in pages), "fixture with a golden page")

    def test_each_has_a_row_in_the_readme(self):
        readme = ROOT / "README.md"
        text = text_of(readme) if readme.exists() else ""
        self.lacking(lambda name, _: re.search(rf"^\|\s*`?{name}`?\s*\|", text, re.M), "row in README.md")


if __name__ == "__main__":
    unittest.main()
