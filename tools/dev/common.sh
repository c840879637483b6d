# Words for the user and the small things every part needs. Sourced by ./dev.

say() { printf '== %s\n' "$*" >&2; }

fail() {
  printf 'dev: %s\n' "$*" >&2
  exit 2
}

jobs_count() { nproc 2>/dev/null || echo 2; }

# Runs a command with the rights to install packages: as it is for root, through sudo for a user.
as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "neither root nor sudo: ask an administrator to run: $*"
  fi
}

# Our own C++ files, tracked or new, one a line; arguments narrow it to folders.
cpp_sources() {
  find "${@:-.}" -name '*.cpp' -o -name '*.h' |
    sed 's|^\./||' | grep -vE '^(build|build-[^/]*|subprojects|\.tools|data|\.git)/' | LC_ALL=C sort
}
