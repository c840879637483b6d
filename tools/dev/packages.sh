# Debian and Ubuntu packages, by what needs them. Only what is missing is installed, never a service.

readonly build_packages=(
  g++ meson ninja-build pkg-config ccache
  prometheus-cpp-dev nlohmann-json3-dev libspdlog-dev libfmt-dev
  libhowardhinnant-date-dev libyaml-cpp-dev libcli11-dev libsqlite3-dev libsystemd-dev libcurl4-openssl-dev
  tzdata libssl-dev libc-ares-dev libisal-dev libre2-dev libcrypt-dev
)
readonly unit_packages=(python3 doctest-dev dbus-daemon libdeflate-dev)
readonly e2e_packages=(
  python3 strace faketime util-linux libpcre2-8-0 python3-prometheus-client
  iproute2 openssl qemu-system-x86
)
readonly draw_packages=(chromium openssl)
readonly bench_packages=(python3 libbenchmark-dev)
readonly clang_packages=("${unit_packages[@]}" clang-19 libclang-rt-19-dev libbenchmark-dev)

package_installed() {
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed* ]]
}

packages_known() {
  local name
  for name in "$@"; do apt-cache show "$name" >/dev/null 2>&1 || return; done
}

update_package_lists() {
  say "refreshing apt's package lists"
  as_root apt-get update -q </dev/null >&2
}

# install_packages NAME... installs those of the named packages that are not there yet.
install_packages() {
  local name missing=()
  if ! command -v apt-get >/dev/null; then
    say "no apt here; this needs what Debian calls: $*"
    return
  fi
  for name in $(printf '%s\n' "$@" | sort -u); do
    package_installed "$name" || missing+=("$name")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0

  say "installing with apt: ${missing[*]}"
  packages_known "${missing[@]}" || update_package_lists
  apt_install "${missing[@]}" || { update_package_lists && apt_install "${missing[@]}"; }
}

apt_install() {
  local options=()
  # A machine that is thrown away after the tests need not have each file on its disk before the next one comes.
  [[ ${CI-} != true ]] || options=(-o Dpkg::Options::=--force-unsafe-io)
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${options[@]}" "$@" </dev/null >&2
}
