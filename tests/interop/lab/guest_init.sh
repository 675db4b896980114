#!/bin/sh
# init of the kernel peer's guest: modules, the network card with the addresses of the kernel
# command line, then a command server on the virtio port "commands". A request is one line, the
# command in base64; its answer is one line, "STATUS BASE64(output)".
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
modprobe -a virtio_pci virtio_net virtio_console
modprobe -a l2tp_core l2tp_netlink l2tp_eth l2tp_ip l2tp_ip6 8021q
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
ip link set lo up
ip link set eth0 up
for word in $(cat /proc/cmdline); do
  case $word in
    lab.address=*) ip address add "${word#lab.address=}" dev eth0 nodad ;;
    lab.mtu=*) ip link set eth0 mtu "${word#lab.mtu=}" ;;
  esac
done

for port in /sys/class/virtio-ports/*; do
  [ "$(cat "$port/name")" = commands ] && device=/dev/${port##*/}
done
exec 3<>"$device"
echo ready >&3
while read -r request <&3; do
  echo "$request" | base64 -d >/run/command
  sh /run/command >/run/output 2>&1 </dev/null 3>&-
  echo "$? $(base64 /run/output | tr -d '\n')" >&3
done
poweroff -f
