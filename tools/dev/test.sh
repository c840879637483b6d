# ./dev test, bench and fuzz. A suite runs in a process of its own ("./dev suite NAME [member...]") and leaves
# "passed failed skipped" in a file of that name, and what failed in NAME.failed or NAME.PART.failed; one that dies
# before that counts as one failure.

readonly default_suites=(tree unit golden asan tsan fuzz e2e draw)
readonly lint_suites=(format tidy thread-safety)

# Functions and lines by what comes with the compiler.
readonly symbolizer=external_symbolizer_path=/usr/bin/addr2line
export ASAN_OPTIONS=$symbolizer:detect_stack_use_after_return=1:strict_string_checks=1:detect_leaks=1
export UBSAN_OPTIONS=$symbolizer:halt_on_error=1:print_stacktrace=1
export TSAN_OPTIONS=$symbolizer:second_deadlock_stack=1

results=${DEV_RESULTS-}  # the folder for those files, made by test_verb

declare -A members=()  # suite -> its chosen members; empty means all
chosen=()              # suites in the order they run

choose_suite() {
  local suite=$1 member=${2-}
  if [[ ! -v members[$suite] ]]; then
    chosen+=("$suite")
    members[$suite]=$member
  elif [[ -z $member ]]; then
    members[$suite]=
  elif [[ -n ${members[$suite]} ]]; then
    members[$suite]+=" $member"
  fi
}

# A name is a suite, a member of one ("asan/http"), or a bare member: an end-to-end file, a fuzz target or
# a doctest program, which then runs plain and under the sanitizers.
choose_suites() {
  local name suite
  for name in "$@"; do
    if [[ " ${default_suites[*]} ${lint_suites[*]} " == *" $name "* ]]; then
      choose_suite "$name"
    elif [[ $name == */* ]]; then
      choose_suite "${name%%/*}" "${name#*/}"
    elif [[ -f tests/e2e/test_$name.py ]]; then
      choose_suite e2e "$name"
    elif [[ -f tests/fuzz/$name.cpp ]]; then
      choose_suite fuzz "$name"
    else
      for suite in unit asan tsan; do choose_suite "$suite" "$name"; done
    fi
  done
}

prepare_suites() {
  local suite packages=() peers=false
  for suite in "$@"; do
    case $suite in
      tree) packages+=(python3) ;;
      format) packages+=(clang-format-19) ;;
      unit | golden) packages+=("${build_packages[@]}" "${unit_packages[@]}") ;;
      asan | tsan | fuzz | thread-safety) packages+=("${build_packages[@]}" "${clang_packages[@]}") ;;
      tidy) packages+=("${build_packages[@]}" "${clang_packages[@]}" clang-tidy-19) ;;
      e2e)
        packages+=("${build_packages[@]}" "${unit_packages[@]}" "${e2e_packages[@]}")
        peers=true
        ;;
      draw)
        packages+=("${build_packages[@]}" "${unit_packages[@]}" "${e2e_packages[@]}" "${draw_packages[@]}")
        command -v node >/dev/null || packages+=(nodejs)
        command -v npm >/dev/null || packages+=(npm)
        peers=true
        ;;
      *) fail "unknown suite '$suite'" ;;
    esac
  done
  install_packages "${packages[@]}"
  [[ $peers == false ]] || { fetch_peers && install_peer_libraries; }
}

test_verb() {
  local suite
  if [[ $# -eq 0 ]]; then set -- "${default_suites[@]}"; fi
  choose_suites "$@"
  results=$(mktemp -d)
  export DEV_RESULTS=$results
  trap 'rm -rf "$results"' EXIT

  # What these two test compiles while the packages of the other suites arrive. They mostly wait, so they run beside the
  # compilers, which are niced.
  local waiting=() build_pid='' waiting_pids=()
  for suite in e2e draw; do [[ ! -v members[$suite] ]] || waiting+=("$suite"); done
  if [[ ${#waiting[@]} -gt 0 ]]; then
    install_packages "${build_packages[@]}"
    ./dev build &
    build_pid=$!
  fi
  prepare_suites "${chosen[@]}"
  if [[ -n $build_pid ]] && wait "$build_pid" && ./dev suite e2e-programs; then
    for suite in "${waiting[@]}"; do
      run_suite "$suite" >"$results/$suite.log" 2>&1 &
      waiting_pids+=($!)
    done
  fi
  for suite in "${chosen[@]}"; do
    [[ " ${waiting[*]} " == *" $suite "* ]] || run_suite "$suite"
  done
  if [[ ${#waiting_pids[@]} -gt 0 ]]; then
    say "waiting for ${waiting[*]}"
    wait "${waiting_pids[@]}" || true
    for suite in "${waiting[@]}"; do cat "$results/$suite.log"; done
  fi
  print_failures
  print_totals
}

run_suite() {
  local suite=$1 started=$SECONDS status=0
  say "suite $suite"
  # shellcheck disable=SC2086
  ./dev suite "$suite" ${members[$suite]} </dev/null || status=$?
  if [[ ! -s $results/$suite ]]; then
    echo "0 1 0" >"$results/$suite"
  fi
  echo "$((SECONDS - started))" >"$results/$suite.seconds"
  [[ $status -eq 0 ]] || say "suite $suite failed"
}

# Once more at the end, where it is found, and is kept by whoever keeps only the end.
print_failures() {
  local path
  for path in "$results"/*.failed; do
    [[ -e $path ]] || continue
    say "failed in $(basename "$path" .failed)"
    tail -n 200 "$path"
  done
}

print_totals() {
  local suite passed failed skipped all_passed=0 all_failed=0 all_skipped=0
  echo
  for suite in "${chosen[@]}"; do
    read -r passed failed skipped <"$results/$suite" || { passed=0 failed=1 skipped=0; }
    if [[ ${CI-} == true ]]; then
      failed=$((failed + skipped)) skipped=0
    fi
    printf '%-14s %5d passed %4d failed %4d skipped %5d s\n' "$suite" "$passed" "$failed" "$skipped" \
      "$(cat "$results/$suite.seconds" 2>/dev/null || echo 0)"
    all_passed=$((all_passed + passed)) all_failed=$((all_failed + failed))
    all_skipped=$((all_skipped + skipped))
  done
  local line="$all_passed passed, $all_failed failed"
  [[ $all_skipped -eq 0 ]] || line+=", $all_skipped skipped"
  echo "$line"
  [[ $all_failed -eq 0 ]]
}

# One suite, in its own process: "set -e" holds here as it would not below an "if".
suite_verb() {
  local suite=$1
  shift
  case $suite in
    unit) doctest_suite unit build-test --no-suite=golden "$@" ;;
    golden) doctest_suite golden build-test --suite=golden "$@" ;;
    # The recounts run in full in the plain build; here the first of them do, since they look for wrong numbers.
    asan) FOURNINES_SCRIPTS=${FOURNINES_SCRIPTS-0.1} doctest_suite asan build-clang "$@" ;;
    tsan) FOURNINES_SCRIPTS=${FOURNINES_SCRIPTS-0.03} doctest_suite tsan build-tsan "$@" ;;
    tree) python3 tools/dev/unittest_suite.py "$results/tree" tests/tree/test_tree.py ;;
    e2e) e2e_suite "$@" ;;
    e2e-programs) build_e2e_programs ;;
    draw) build_release && python3 tools/dev/unittest_suite.py "$results/draw" tests/dashboards/test_drawn.py ;;
    fuzz) fuzz_suite "$@" ;;
    format) format_suite ;;
    tidy) tidy_suite ;;
    thread-safety) thread_safety_suite ;;
    *) fail "unknown suite '$suite'" ;;
  esac
}

doctest_suite() {
  local suite=$1 dir=$2
  shift 2
  configure_tests "$dir"
  local wrapper=()
  [[ $suite != [at]san ]] || wrapper=("--wrapper=$(fixed_addresses)")
  python3 tools/dev/doctest_suite.py "$results/$suite" "$dir" "${wrapper[@]}" "$@"
}

# The sanitizers of g++ 12 cannot place their shadow memory when the kernel randomises 32 bits of a mapping's
# address, as new kernels do: without randomisation they always can.
fixed_addresses() {
  if setarch -R true 2>/dev/null; then
    echo "setarch -R"
  elif [[ $(cat /proc/sys/vm/mmap_rnd_bits) -gt 28 ]]; then
    say "setarch -R is not allowed here: setting vm.mmap_rnd_bits=28 for the sanitizers"
    as_root sysctl -q -w vm.mmap_rnd_bits=28 >&2
  fi
}

# What end-to-end tests run beside the daemon; before build-test is used by anybody else.
build_e2e_programs() {
  configure_tests build-test
  compile build-test tests/slo/crash_writer
}

# Two files at a time, since these tests mostly wait; from the last, because a long one stands there.
e2e_suite() {
  local name names passed failed skipped sum=(0 0 0)
  names=${*:-$(find tests/e2e -name 'test_*.py' | sed 's|.*/test_||; s|\.py$||' | LC_ALL=C sort -r)}
  for name in $names; do
    while [[ $(jobs -rp | wc -l) -ge 2 ]]; do wait -n || true; done
    python3 tools/dev/unittest_suite.py "$results/e2e.$name" "tests/e2e/test_$name.py" >"$results/e2e-$name.log" 2>&1 &
  done
  wait
  for name in $names; do
    cat "$results/e2e-$name.log"
    read -r passed failed skipped <"$results/e2e.$name" || { passed=0 failed=1 skipped=0; }
    sum=($((sum[0] + passed)) $((sum[1] + failed)) $((sum[2] + skipped)))
  done
  echo "${sum[*]}" >"$results/e2e"
  [[ ${sum[1]} -eq 0 ]]
}

fuzz_targets() { build-clang/tests/fuzz/fuzz --list; }

build_fuzz() {
  install_packages "${build_packages[@]}" "${clang_packages[@]}"
  configure_tests build-clang
  compile build-clang tests/fuzz/fuzz
}

# fuzz_target NAME LIBFUZZER-FLAG... starts from the kept seeds; what is found new stays in the build directory.
fuzz_target() {
  local name=$1
  shift
  mkdir -p "build-clang/corpus/$name"
  local seeds=()
  [[ ! -d tests/fuzz/corpus/$name ]] || seeds=("tests/fuzz/corpus/$name")
  build-clang/tests/fuzz/fuzz "--target=$name" -max_len=4096 -timeout=5 -rss_limit_mb=1024 \
    -artifact_prefix="build-clang/crash-$name-" -verbosity=0 -print_final_stats=1 "$@" \
    "build-clang/corpus/$name" "${seeds[@]}"
}

fuzz_suite() {
  build_fuzz
  local name passed=0 failed=0 names
  names=${*:-$(fuzz_targets)}
  for name in $names; do
    while [[ $(jobs -rp | wc -l) -ge $(jobs_count) ]]; do wait -n || true; done
    fuzz_target "$name" -runs=20000 -max_total_time=3 >"$results/fuzz-$name.log" 2>&1 \
      && touch "$results/fuzz-$name.passed" &
  done
  wait
  for name in $names; do
    if [[ -e $results/fuzz-$name.passed ]]; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      tail -n 40 "$results/fuzz-$name.log" >"$results/fuzz.$name.failed"
    fi
  done
  echo "$passed $failed 0" >"$results/fuzz"
}

fuzz_verb() {
  local seconds=${1-20} name
  [[ $seconds =~ ^[0-9]+$ ]] || fail "fuzz: seconds must be a number, got '$seconds'"
  build_fuzz
  for name in $(fuzz_targets); do
    say "fuzz $name for $seconds s"
    fuzz_target "$name" "-max_total_time=$seconds"
  done
  recount_random_scripts
}

# What the engine says against a recount, on scripts that nobody saw before; CI runs the same ones every time.
recount_random_scripts() {
  local seed
  seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
  say "recounts of random scripts: FOURNINES_SEED=$seed FOURNINES_SCRIPTS=2 build-test/tests/slo/test_slo"
  configure_tests build-test
  compile build-test tests/slo/test_slo
  FOURNINES_SEED=$seed FOURNINES_SCRIPTS=2 TZ=UTC LC_ALL=C.UTF-8 build-test/tests/slo/test_slo
}

bench_verb() {
  install_packages "${build_packages[@]}" "${bench_packages[@]}"
  fetch_peers
  build_release
  configure_tests build-bench
  python3 tools/dev/bench.py "$@"
}
