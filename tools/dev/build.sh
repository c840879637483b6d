# Build directories. One per purpose, so that switching between them never rebuilds:
#   build          release, what users get       build-test    unit tests, same flags
#   build-tsan     unit tests, threads           build-bench   benchmarks, release flags
#   build-clang    unit tests and fuzz targets, address + undefined; what clang warns of, and clang-tidy

# A result counts in every checkout of the same sources, whatever folder it lies in.
export CCACHE_NOHASHDIR=1
export CCACHE_DEPEND=1  # what the compiler says it read is enough: the cache need not preprocess each source itself
export CCACHE_DIR=${CCACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/ccache}

# configure COMPILER DIRECTORY OPTION... runs meson only when the compiler or an option changed, and then from
# nothing, because meson keeps a directory's first compiler and flags. The cache makes that cheap.
configure() {
  local compiler=$1 dir=$2 wanted
  shift 2
  ! command -v ccache >/dev/null || compiler="ccache $compiler"
  # Many sources as one text: a build from nothing takes half the time.
  compiler="python3 $(printf %q "$PWD/tools/dev/joined.py") $compiler"
  set -- -Dunity=on "$@"
  wanted="$compiler $*"
  if [[ -f $dir/build.ninja && $(cat "$dir/dev-options" 2>/dev/null) == "$wanted" ]]; then
    return
  fi
  say "configuring $dir"
  rm -rf "$dir"
  CXX=$compiler meson setup "$dir" "$@" >&2
  echo "$wanted" >"$dir/dev-options"
}

# compile DIRECTORY [TARGET...], one at a time in a directory, and kinder than the tests that may run beside.
compile() {
  local dir=$1
  shift
  flock "$dir" nice ninja -C "$dir" -j "$(jobs_count)" "$@" >&2
}

build_release() {
  local revision
  install_packages "${build_packages[@]}"
  configure g++ build
  revision=$(git rev-parse --short HEAD 2>/dev/null) || revision=unknown
  if [[ $revision != "$(cat build/dev-revision 2>/dev/null)" ]]; then
    meson configure build "-Drevision=$revision"
    echo "$revision" >build/dev-revision
  fi
  compile build app/fournines
  ln -sfn app/fournines build/fournines
}

clang_runtime() { dirname "$(clang++-19 -print-file-name=libclang_rt.tsan-x86_64.so)"; }

# Sanitizer builds are for one run after each change, so they are made to compile quickly.
readonly sanitizer_options=(-Dunity_size=66 -Dtests=true -Doptimization=0 -Db_lundef=false)

configure_tests() {
  case $1 in
    build-test) configure g++ build-test -Dtests=true ;;
    # With the shared runtime: tests that count allocations bring an operator new of their own.
    build-tsan) configure clang++-19 build-tsan "${sanitizer_options[@]}" -Db_sanitize=thread -Dcpp_args=-g1 \
      "-Dcpp_link_args=-shared-libsan -Wl,-rpath,$(clang_runtime)" ;;
    # With the benchmarks, so that they go on compiling. The first finding ends a program, which is also quicker to
    # compile. clang blames g++ 12's own stable_sort for using a deprecated function.
    build-clang) configure clang++-19 build-clang "${sanitizer_options[@]}" -Db_sanitize=address,undefined \
      -Dfuzzers=true -Dbenchmarks=true -Dwerror=true \
      "-Dcpp_args=-g1 -fno-sanitize-recover=all -fsanitize=fuzzer-no-link -Wno-deprecated-declarations" ;;
    build-bench) configure g++ build-bench -Dbenchmarks=true ;;
  esac
}
