"""Writes a C++ source that holds files as text: {name without its ending, text} in alphabetical order.

usage: embed.py OUTPUT FILE...
"""

import pathlib
import sys


def main():
    output, *files = map(pathlib.Path, sys.argv[1:])
    lines = ['#pragma GCC diagnostic ignored "-Woverlength-strings"', '#include "app/dashboards.h"', "", "namespace app {", "", "using namespace std::string_view_literals;  // their lengths are not counted while compiling", "", "std::span<const Dashboard> dashboards() {"]
    lines.append("  static constexpr Dashboard kDashboards[] = {")
    for path in sorted(files):
        text = path.read_text(encoding="utf-8")
        assert ')json"' not in text
        lines.append(f'      {{"{path.stem}", R"json({text})json"sv}},')
    lines += ["  };", "  return kDashboards;", "}", "", "}  // namespace app"]
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
