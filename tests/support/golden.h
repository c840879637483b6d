// Golden files: what a program printed once, looked at and kept. With FOURNINES_ACCEPT=1 in the
// environment the present text replaces the kept one, to be read in the diff before it is
// committed.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>

#include "tests/support/doctest.h"

namespace test {

inline void check_golden(const std::string& path, const std::string& text) {
  const char* accept = std::getenv("FOURNINES_ACCEPT");
  if (accept != nullptr && std::string_view(accept) == "1") {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file, "no golden file " << path << "; FOURNINES_ACCEPT=1 makes it");
  const std::string kept{std::istreambuf_iterator<char>(file), {}};
  if (kept == text) return;
  std::istringstream kept_lines(kept);
  std::istringstream lines(text);
  std::string kept_line;
  std::string line;
  int number = 0;
  do {
    ++number;
    if (!std::getline(kept_lines, kept_line)) kept_line = "(end)";
    if (!std::getline(lines, line)) line = "(end)";
  } while (kept_line == line && kept_line != "(end)");
  FAIL_CHECK(path << ":" << number << "\n  kept: " << kept_line << "\n  now:  " << line
                  << "\n  FOURNINES_ACCEPT=1 accepts what is now");
}

}  // namespace test
