/* SPDX-License-Identifier: MIT */
/* xl in the same dom0, with its best settings: oxenstored, everything on tmpfs, no device that the guest does
 * not use. */
#include "bench.h"

#include <stdio.h>
#include <unistd.h>

#define SAVED BENCH_DIRECTORY "/xl.saved"

void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
		die("cannot write %s: %m", path);
}

bool start_classic(struct http *http)
{
	/* xenstored cannot start while lightvmd holds VIRQ_DOM_EXC. */
	int status = http_request(http, "POST", "/v1/host/domain-events/release", NULL, NULL);

	if (status != 204)
		die("lightvmd did not release the domain events: %d", status);
	return try_shell("mkdir -p /run/lock /run/xen /run/xenstored /var/lib/xen /var/log/xen; "
	                 "b=/usr/lib/xen-4.17/bin; "
	                 "pidof oxenstored xenstored >/dev/null || { $b/oxenstored || xenstored; } && "
	                 "$b/xen-init-dom0 && { pidof xenconsoled >/dev/null || $b/xenconsoled; }") == 0;
}

bool prepare_xl(struct http *http)
{
	bool started = start_classic(http);

	write_file(XL_NOOP,
	           "name = \"bench-xl\"\ntype = \"pv\"\nmemory = 4\nvcpus = 1\nkernel = \"" BENCH_DIRECTORY
	           "/noop.elf\"\n");
	write_file(XL_SAVED,
	           "name = \"bench-xl\"\ntype = \"pv\"\nmemory = 4\nvcpus = 1\nkernel = \"" BENCH_DIRECTORY
	           "/" SAVED_IMAGE ".elf\"\n");
	bool works = started && try_shell("xl create -q " XL_NOOP " && xl destroy bench-xl") == 0;
	if (!works)
		fprintf(stderr, "xl cannot create a guest here (see /var/log/xen); its rows are left out\n");
	return works;
}

bool prepare_xl_daytime(struct http *http)
{
	/* The hotplug scripts of xen-utils do the same and much more; this is what is needed of them. */
	write_file(BENCH_DIRECTORY "/vif", "#!/bin/sh\n"
	                                   "[ \"$1\" = online ] || [ \"$1\" = add ] || exit 0\n"
	                                   "ip link set \"$vif\" master benchbr up || exit 1\n"
	                                   "xenstore-write \"$XENBUS_PATH/hotplug-status\" connected\n");
	write_file(XL_DAYTIME,
	           "name = \"bench-xl\"\ntype = \"pv\"\nmemory = 4\nvcpus = 1\n"
	           "kernel = \"" BENCH_DIRECTORY "/daytime.elf\"\n"
	           "extra = \"ip=" XL_DAYTIME_ADDRESS "/24 gateway=10.119.0.1\"\n"
	           "vif = [ \"mac=02:00:00:00:77:02,bridge=benchbr,script=" BENCH_DIRECTORY "/vif\" ]\n");
	bool works = start_classic(http) &&
	             try_shell("chmod 755 " BENCH_DIRECTORY "/vif; modprobe xen-netback; modprobe bridge; "
	                       "ip link show benchbr >/dev/null 2>&1 || { ip link add benchbr type bridge && "
	                       "ip addr add 10.119.0.1/24 dev benchbr && ip link set benchbr up; }") == 0;
	if (!works)
		fprintf(stderr, "xl and a bridge cannot be had here; its rows are left out\n");
	return works;
}

bool xl_can_save(const char *config)
{
	xl_create(config, "saved");
	/* Bounded: xl itself waits a minute for a guest that does not answer. */
	bool saves = try_shell("timeout 20 xl save bench-xl-saved " SAVED) == 0;
	bool restores = saves && try_shell("timeout 60 xl restore " SAVED) == 0;
	try_shell("xl destroy bench-xl-saved");
	if (!restores)
		fprintf(stderr, "xl cannot %s the guest of %s; these rows are left out\n",
		        saves ? "restore" : "save", config);
	return restores;
}

double xl_create(const char *config, const char *name)
{
	char assignment[80];
	char *const argv[] = {"xl", "create", "-q", (char *)(uintptr_t)config, assignment, NULL};

	snprintf(assignment, sizeof assignment, "name=\"bench-xl-%s\"", name);
	return run_peer(argv);
}

double xl_destroy(const char *name)
{
	char domain[80];
	char *const argv[] = {"xl", "destroy", domain, NULL};

	snprintf(domain, sizeof domain, "bench-xl-%s", name);
	return run_peer(argv);
}

double xl_save(const char *name)
{
	char domain[80];
	char *const argv[] = {"xl", "save", domain, SAVED, NULL};

	snprintf(domain, sizeof domain, "bench-xl-%s", name);
	return run_peer(argv);
}

double xl_restore(void)
{
	static char *const argv[] = {"xl", "restore", SAVED, NULL};

	return run_peer(argv);
}
