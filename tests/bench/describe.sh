# Sourced by the bench's scripts: what figures depend on. Wants $root and $lab.

word() { printf '%s' "$1" | tr -d '"\\\n'; }

# describe_run NAME TEXT: a JSON object of the lab NAME, which TEXT describes.
describe_run() {
	local name=$1 host commit
	on() { "$lab" exec --root "$root" --name "$name" -- "$@" </dev/null; }
	host=$(on curl -sf --unix-socket /run/lightvm/lightvmd.sock http://x/v1/host)
	field() { sed -nE "s/.*\"$1\":\"([^\"]*)\".*/\1/p" <<<"$host"; }
	commit=$(git -C "$root" describe --always --dirty --abbrev=9 2>/dev/null || echo unknown)
	printf '{"commit": "%s", "date": "%s", "machine": "%s", "accelerator": "%s", "lab": "%s"' \
		"$(word "$commit")" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
		"$(word "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs, $(awk '/^MemTotal/ { print int($2 / 1048576 + 0.5) }' /proc/meminfo) GB")" \
		"$("$lab" status --root "$root" --name "$name" --json | sed -nE 's/.*"accelerator": ?"([^"]*)".*/\1/p')" "$(word "$2")"
	printf ', "versions": "%s"}' "$(word "LightVM $(field version), Xen $(field xenVersion), Linux $(field kernelVersion), $(qemu-system-x86_64 --version | head -n 1), Debian $(cat /etc/debian_version), $(on crun --version | head -n 1), $(on runc --version | head -n 1), xl with $(on sh -c 'test -x /usr/lib/xen-4.17/bin/oxenstored && echo oxenstored || echo xenstored')")"
}
