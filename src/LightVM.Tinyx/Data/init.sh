#!/bin/sh
# PID 1 of a Tinyx guest: mounts, network, the application as its own user, and the end when it ends.
# /etc/tinyx.conf says what: COMMAND, RUN_AS (empty: root), DIRECTORY, ON_EXIT (poweroff or restart), SH (which shell);
# /etc/tinyx.env is the command's environment. In an image that is not Debian's, tools of our own come first.
export PATH=/usr/lib/tinyx/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t devtmpfs -o mode=755 dev /dev
exec </dev/console >/dev/console 2>&1
mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t sysfs -o nosuid,nodev,noexec sys /sys
ln -sfn /proc/self/fd /dev/fd
ln -sfn fd/0 /dev/stdin
ln -sfn fd/1 /dev/stdout
ln -sfn fd/2 /dev/stderr
. /etc/tinyx.conf
hostname "$(cat /etc/hostname)"
ip link set lo up
if [ -e /sys/class/net/eth0 ]; then
	# The application is the only one here, so any port may be its own.
	echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
	udhcpc -q -n -t 10 -T 1 -i eth0 -s /usr/lib/tinyx/udhcpc >/dev/null 2>&1 || echo "tinyx: no address by DHCP on eth0"
fi

# /sbin/poweroff and /sbin/reboot, which Xen's requests run, send these two.
end=
trap 'end=poweroff; stop' USR2
trap 'end=reboot; stop' TERM
stop() {
	[ -z "$main" ] || kill -TERM "$main" 2>/dev/null
	( sleep 10; kill -KILL -1 ) & # it may not want to end
}

echo "tinyx: starts $COMMAND"
run=". /etc/tinyx.env; cd \"$DIRECTORY\" && exec $COMMAND"
while :; do
	if [ -n "$RUN_AS" ]; then
		# Through a pidfile that is not there: otherwise it would look for its like among all processes.
		start-stop-daemon -S -p /run/none -c "$RUN_AS" -x "$SH" -- -c "$run" &
	else
		"$SH" -c "$run" &
	fi
	main=$!
	code=0
	while kill -0 $main 2>/dev/null; do
		wait $main
		code=$?
	done
	main=
	[ -z "$end" ] || break
	echo "tinyx: the application ended with exit code $code"
	if [ "$ON_EXIT" != restart ]; then
		end=poweroff
		break
	fi
	sleep 1
done
echo "tinyx: ends ($end)"
sync
busybox $end -f
