# The real servers the tests talk to. Installing them would start services on the user's machine, so
# their packages are fetched and unpacked into .tools/ instead, at the version the distribution offers.

readonly peers_root=.tools/root
readonly peer_packages=(
  prometheus prometheus-alertmanager prometheus-node-exporter nginx
  prometheus-blackbox-exporter dnsmasq-base
  docker.io containerd runc podman conmon busybox-static linux-image-cloud-amd64
)
# Their programs want libraries, which are ordinary packages and start nothing.
readonly peers_with_libraries=(docker.io runc podman conmon dnsmasq-base)

fetch_peers() {
  local name missing=()
  for name in "${peer_packages[@]}"; do
    [[ -e .tools/$name.unpacked ]] || missing+=("$name")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  command -v apt-get >/dev/null || fail "no apt here: unpack ${missing[*]} into $peers_root"

  say "fetching into .tools (not installed): ${missing[*]}"
  mkdir -p .tools/debs "$peers_root"
  packages_known "${missing[@]}" || update_package_lists
  download_peers "${missing[@]}" || { update_package_lists && download_peers "${missing[@]}"; }
  for name in "${missing[@]}"; do
    dpkg-deb -x .tools/debs/"$(real_package "$name")"_*.deb "$peers_root"
    [[ $name != prometheus-alertmanager ]] || move_alertmanager_templates
    touch ".tools/$name.unpacked"
  done
}

download_peers() {
  local sandbox=()
  # As root apt drops to its own user, who may not write below a private checkout.
  [[ $(id -u) -ne 0 ]] || sandbox=(-o APT::Sandbox::User=root)
  local name packages=()
  for name in "$@"; do packages+=("$(real_package "$name")"); done
  (cd .tools/debs && rm -f "${packages[@]/%/_*.deb}" &&
    apt-get download -q "${sandbox[@]}" "${packages[@]}" </dev/null >&2)
}

# The package with the files: a kernel has its version in its name, and one package that points to the newest.
real_package() {
  if [[ $1 == linux-image-* ]]; then
    dependencies "$1" | grep -m 1 '^linux-image-' || echo "$1"
  else
    echo "$1"
  fi
}

dependencies() {
  apt-cache depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "$@" |
    sed -n 's/^ *Depends: //p'
}

install_peer_libraries() {
  command -v apt-get >/dev/null || return 0
  packages_known "${peers_with_libraries[@]}" || update_package_lists
  local libraries
  libraries=$(dependencies "${peers_with_libraries[@]}" | grep '^lib' | sort -u)
  # shellcheck disable=SC2086
  install_packages $libraries
}

# Debian's Alertmanager reads its templates from /usr/share, where nothing is installed: its copy here reads
# them below the folder it is started in. The two paths are equally long.
move_alertmanager_templates() {
  LC_ALL=C sed -i 's|/usr/share/prometheus/alertmanager|/proc/self/cwd/alertmanager-shared|g' \
    "$peers_root/usr/bin/prometheus-alertmanager"
}
