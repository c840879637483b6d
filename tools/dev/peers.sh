# The real servers the tests talk to. Installing them would start services on the user's machine, so
# their packages are fetched and unpacked into .tools/ instead, at the version the distribution offers.

readonly peers_root=.tools/root
readonly peer_packages=(prometheus prometheus-alertmanager prometheus-node-exporter nginx)

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
    dpkg-deb -x .tools/debs/"$name"_*.deb "$peers_root"
    [[ $name != prometheus-alertmanager ]] || move_alertmanager_templates
    touch ".tools/$name.unpacked"
  done
}

download_peers() {
  local sandbox=()
  # As root apt drops to its own user, who may not write below a private checkout.
  [[ $(id -u) -ne 0 ]] || sandbox=(-o APT::Sandbox::User=root)
  (cd .tools/debs && rm -f "${@/%/_*.deb}" && apt-get download -q "${sandbox[@]}" "$@" </dev/null >&2)
}

# Debian's Alertmanager reads its templates from /usr/share, where nothing is installed: its copy here reads
# them below the folder it is started in. The two paths are equally long.
move_alertmanager_templates() {
  LC_ALL=C sed -i 's|/usr/share/prometheus/alertmanager|/proc/self/cwd/alertmanager-shared|g' \
    "$peers_root/usr/bin/prometheus-alertmanager"
}
