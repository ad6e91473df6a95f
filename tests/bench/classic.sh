# Sourced in dom0 by the bench's scripts: the classic toolstack with its best settings (oxenstored, xenconsoled without logs, and what
# xen-utils' hotplug scripts come to). classic.c does the same for lightvm-bench.

# start_classic MODULE...
start_classic() {
	local b=/usr/lib/xen-4.17/bin
	curl -sf -X POST --unix-socket /run/lightvm/lightvmd.sock http://x/v1/host/domain-events/release
	mkdir -p /run/lock /run/xen /run/xenstored /var/lib/xen /var/log/xen
	pidof oxenstored xenstored >/dev/null || { [ -x $b/oxenstored ] && $b/oxenstored || xenstored; }
	$b/xen-init-dom0 >/dev/null
	pidof xenconsoled >/dev/null || $b/xenconsoled
	modprobe -a xen-netback bridge "$@"
}

# make_bridge NAME ADDRESS/PREFIX SCRIPT: a bridge, and the hotplug script that puts vifs on it.
make_bridge() {
	ip link show "$1" >/dev/null 2>&1 || ip link add "$1" type bridge
	ip addr replace "$2" dev "$1"
	ip link set "$1" up
	cat >"$3" <<-EOF
		#!/bin/sh
		[ "\$1" = online ] || [ "\$1" = add ] || exit 0
		ip link set "\$vif" master $1 up || exit 1
		xenstore-write "\$XENBUS_PATH/hotplug-status" connected
	EOF
	chmod 755 "$3"
}
