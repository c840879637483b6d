#!/bin/sh
# Process 1 of the guest of guest.py.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t devtmpfs devtmpfs /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo "+cpu +memory +io +pids" >/sys/fs/cgroup/cgroup.subtree_control
for module in /modules/*.ko; do insmod "$module"; done
ip link set lo up

sh /scenario
echo "$?" >/results/status

tar -cf /dev/vdb -C /results .
sync
poweroff -f
