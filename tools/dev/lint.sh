# Checks that need clang 19: format, clang-tidy (see .clang-tidy), thread annotations. One result each.

verdict() { # SUITE STATUS
  if [[ $2 -eq 0 ]]; then echo "1 0 0" >"$results/$1"; else echo "0 1 0" >"$results/$1"; fi
  return "$2"
}

format_verb() {
  install_packages clang-format-19
  cpp_sources | xargs -r clang-format-19 -i
}

format_suite() {
  local status=0
  cpp_sources | xargs -r clang-format-19 --dry-run -Werror || status=1
  verdict format "$status"
}

# Sources only: headers are seen through them, tests are left to the compiler's warnings.
tidy_suite() {
  local status=0
  configure_tests build-clang
  compile build-clang build.ninja  # and with it the list of how each file is compiled
  cpp_sources exporter slo alerts app | grep '\.cpp$' | xargs -r python3 tools/dev/tidy.py build-clang || status=1
  verdict tidy "$status"
}

# Everything compiled by clang with warnings as errors; -Wthread-safety is among them.
thread_safety_suite() {
  local status=0
  configure_tests build-clang
  compile build-clang || status=1
  verdict thread-safety "$status"
}
