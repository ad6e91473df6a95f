#!/bin/sh
# Called by udhcpc: takes the address, the way out, and the names' servers.
case $1 in
deconfig)
	ip link set "$interface" up
	;;
bound | renew)
	ip address flush dev "$interface" scope global
	ip address add "$ip/${mask:-24}" dev "$interface"
	[ -z "$mtu" ] || ip link set "$interface" mtu "$mtu"
	for gateway in $router; do ip route add default via "$gateway" dev "$interface"; done
	: >/etc/resolv.conf
	for server in $dns; do echo "nameserver $server" >>/etc/resolv.conf; done
	[ -z "$hostname" ] || hostname "$hostname"
	;;
esac
