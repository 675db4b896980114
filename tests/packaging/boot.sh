#!/bin/sh
# Boots the system's own systemd with nothing but what a test asks for, in namespaces of its own and
# on a copy of the file system that is forgotten with them. Run in a new cgroup by:
#   unshare --pid --fork --mount --propagation private --net --uts --ipc --cgroup sh boot.sh FOLDER
# Nothing outside FOLDER is written, and that is a file system of its own.
set -e
folder=$1
mount -t tmpfs tmpfs "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root"
root=$folder/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$root"
mount -t proc proc "$root/proc"
mount --bind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
if [ -d /sys/fs/cgroup/systemd ]; then
  mount -t tmpfs tmpfs "$root/sys/fs/cgroup"
  mkdir "$root/sys/fs/cgroup/systemd"
  mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
else
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
fi
ip link set lo up
# Only this target is started; what else the system has is left alone.
cat >"$root/etc/systemd/system/test.target" <<UNIT
[Unit]
DefaultDependencies=no
UNIT
exec env -i container=longwire-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  chroot "$root" /lib/systemd/systemd --system --unit=test.target --log-target=null
