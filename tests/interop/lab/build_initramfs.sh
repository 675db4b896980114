#!/bin/sh
# Packs a root file system for the kernel peer's guest out of installed Debian packages:
# linux-image-amd64, busybox-static, cpio, dash, iproute2, iputils-ping, kmod; with "ppp" as second
# argument, xl2tpd and ppp too.
#
#   build_initramfs.sh OUTPUT [ppp]
set -eu
output=$1
here=$(cd "$(dirname "$0")" && pwd)
version=$(ls /lib/modules | grep -- '-amd64$' | sort -V | tail -1)
modules="virtio_pci virtio_net virtio_console l2tp_core l2tp_netlink l2tp_eth l2tp_ip l2tp_ip6 8021q"
# dash, because busybox's own shell would run its applets instead of these programs.
programs="$(command -v dash) $(command -v ip) $(command -v ping)"
plugins=
if [ "${2:-}" = ppp ]; then
  modules="$modules ppp_generic ppp_async pppox l2tp_ppp"
  programs="$programs /usr/sbin/pppd /usr/sbin/xl2tpd"
  plugins=$(echo /usr/lib/pppd/*/pppol2tp.so)
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/bin" "$root/etc" "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/tmp" \
  "$root/lib/modules/$version"

cp /bin/busybox "$root/bin/busybox"
for applet in $(/bin/busybox --list); do
  case $applet in
    busybox | sh | ip | ping) ;;
    *) ln -s busybox "$root/bin/$applet" ;;
  esac
done

for program in $programs; do
  cp -L "$program" "$root/bin/"
  ldd "$program" | grep -o '/[^ )]*' | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
done

ln -s dash "$root/bin/sh"
for plugin in $plugins; do
  mkdir -p "$root$(dirname "$plugin")"
  cp "$plugin" "$root$plugin"
done

for module in $modules; do
  modprobe -S "$version" --show-depends "$module" | awk '$1 == "insmod" { print $2 }'
done | sort -u | while read -r file; do
  mkdir -p "$root$(dirname "$file")"
  cp "$file" "$root$file"
done
cp "/lib/modules/$version/modules.builtin" "/lib/modules/$version/modules.order" \
  "$root/lib/modules/$version/"
depmod -b "$root" "$version"

cp "$here/guest_init.sh" "$root/init"
chmod +x "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$output"
