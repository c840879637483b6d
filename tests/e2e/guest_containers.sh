# The scenario of test_cgroup2_guest.py; the values it begins with come from there.
groups=/sys/fs/cgroup

# Makes a group and everything above it, with all controllers.
make_group() {
  path=
  for part in $(echo "$1" | tr / ' '); do
    [ -z "$path" ] || echo "+cpu +memory +io +pids" >"$groups$path/cgroup.subtree_control"
    path=$path/$part
    mkdir -p "$groups$path"
  done
}

# Runs a command in a group, in the background.
run_in() {
  group=$1
  shift
  (
    echo 0 >"$groups$group/cgroup.procs"
    exec "$@"
  ) &
}

mkdir -p /run/containerd/io.containerd.runtime.v2.task/k8s.io
cp -r /bundles/* /run/containerd/io.containerd.runtime.v2.task/k8s.io/
for group in "$DOCKER" "$SERVER" "$SANDBOX" "$PODMAN/container" "$PLAIN" "$NGINX"; do make_group "$group"; done

echo "25000 100000" >"$groups$DOCKER/cpu.max"
echo 64M >"$groups$DOCKER/memory.max"
echo 20 >"$groups$DOCKER/pids.max"
echo 16M >"$groups$PODMAN/memory.max"
echo 50 >"$groups$PLAIN/cpu.weight"

run_in "$DOCKER" sh -c "$BURN; times >/results/times; touch /tmp/docker; exec sleep 1000"
run_in "$SANDBOX" unshare -n sh -c "touch /tmp/sandbox; exec sleep 1000"
sandbox=$!
until [ -e /tmp/sandbox ]; do sleep 0.1; done
# All containers of a pod share the network of its sandbox.
run_in "$SERVER" nsenter -t "$sandbox" -n \
  awk 'BEGIN { x = sprintf("%8388608s", ""); system("touch /tmp/server; sleep 1000") }'
run_in "$PODMAN/container" sh -c "(exec tail /dev/zero); touch /tmp/podman; exec sleep 1000"
identity=${PODMAN##*libpod-}
userdata=/run/containers/storage/overlay-containers/${identity%.scope}/userdata
mkdir -p "$userdata"
echo "$!" >"$userdata/pidfile"
run_in "$PLAIN" sh -c "
  dd if=/dev/zero of=/dev/vda bs=64k count=$((DISK_BYTES / 65536)) oflag=direct
  dd if=/dev/vda of=/dev/null bs=64k count=$((DISK_BYTES / 65536)) iflag=direct
  touch /tmp/plain; exec sleep 1000"
run_in "$NGINX" sh -c "touch /tmp/nginx; exec sleep 1000"
nginx=$!

for name in docker server sandbox podman plain nginx; do
  until [ -e "/tmp/$name" ]; do sleep 0.1; done
done

# Else neighbours go on looking for one another while the files are compared.
quiet='for which in all default; do echo 1 >/proc/sys/net/ipv6/conf/$which/disable_ipv6; done'
sh -c "$quiet" 2>/dev/null
nsenter -t "$sandbox" -n sh -c "$quiet" 2>/dev/null
/host/ip link add veth0 address 02:00:00:00:00:01 type veth peer name eth0 address 02:00:00:00:00:02 netns "$sandbox"
nsenter -t "$sandbox" -n ip addr add 10.0.0.2/24 dev eth0
nsenter -t "$sandbox" -n ip link set eth0 up
ip addr add 10.0.0.1/24 dev veth0
ip link set veth0 up
/host/ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 nud permanent dev veth0
nsenter -t "$sandbox" -n /host/ip neigh replace 10.0.0.1 lladdr 02:00:00:00:00:01 nud permanent dev eth0
ping -q -c 10 -i 0.1 -s 1000 10.0.0.2 >/dev/null

cd /tmp
fournines --storage.path=/tmp/state >/results/fournines.log 2>&1 &
until wget -q -O /dev/null http://127.0.0.1:9999/metrics; do sleep 0.1; done 2>/dev/null
sleep 3 # statistics of memory that nobody reads are up to two seconds old
wget -q -O /results/page "http://127.0.0.1:9999/metrics?collect[]=containers&collect[]=slo"

for group in "$DOCKER" "$SERVER" "$SANDBOX" "$PODMAN" "$PLAIN" "$NGINX"; do
  mkdir -p "/results/files$groups$group"
  cp -r "$groups$group/." "/results/files$groups$group" 2>/dev/null # some can only be written
done
mkdir -p /results/pids "/results/files/proc/$sandbox/net"
echo "$sandbox" >/results/pids/sandbox
cat "/proc/$sandbox/net/dev" >"/results/files/proc/$sandbox/net/dev"
for device in /sys/class/block/*; do echo "$(cat "$device/dev") ${device##*/}"; done >/results/devices

# A group goes, and then another has its name.
kill "$nginx"
until rmdir "$groups$NGINX"; do sleep 0.1; done 2>/dev/null
wget -q -O /results/page-without "http://127.0.0.1:9999/metrics?collect[]=containers"
make_group "$NGINX"
echo 8M >"$groups$NGINX/memory.max"
wget -q -O /results/page-anew "http://127.0.0.1:9999/metrics?collect[]=containers"
awk '$3 ~ /^cgroup/ { print $3 }' /proc/mounts >/results/filesystems
