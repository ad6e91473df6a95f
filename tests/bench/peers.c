/* SPDX-License-Identifier: MIT */
/* xl, crun and runc in the same dom0. The classic toolstack's daemons are started for them, as its own scripts do. */
#include "bench.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct row *xl, *xl_process, *crun, *runc;
static bool have_xl, have_crun, have_runc;

static char *const xl_create[] = {"xl", "create", "-q", "/run/lightvm-bench/xl.cfg", NULL};
static char *const xl_destroy[] = {"xl", "destroy", "bench-xl", NULL};
static char *const xl_help[] = {"xl", "help", NULL};
static char *const crun_run[] = {"crun", "run", "--bundle", "/run/lightvm-bench/bundle", "bench-crun", NULL};
static char *const runc_run[] = {"runc", "run", "--bundle", "/run/lightvm-bench/bundle", "bench-runc", NULL};

static int shell(const char *script)
{
	char *const argv[] = {"sh", "-c", (char *)(uintptr_t)script, NULL};

	return try_process(argv);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
		die("cannot write %s: %m", path);
}

/* xenstored and what belongs to it, as the classic toolstack's own scripts start them. */
static bool start_classic(struct http *http)
{
	/* xenstored cannot start while lightvmd holds VIRQ_DOM_EXC. */
	int status = http_request(http, "POST", "/v1/host/domain-events/release", NULL, NULL);

	if (status != 204)
		die("lightvmd did not release the domain events: %d", status);
	status = shell("mkdir -p /run/lock /run/xen /run/xenstored /var/lib/xen /var/log/xen; b=/usr/lib/xen-4.17/bin; "
		       "pidof oxenstored xenstored >/dev/null || { $b/oxenstored || xenstored; } && "
		       "$b/xen-init-dom0 && { pidof xenconsoled >/dev/null || $b/xenconsoled; }");
	return status == 0;
}

static void setup_xl(struct http *http, const char *kernel)
{
	char config[512];
	bool started = start_classic(http);

	snprintf(config, sizeof config, "name = \"bench-xl\"\ntype = \"pv\"\nmemory = 4\nvcpus = 1\nkernel = \"%s\"\n", kernel);
	write_file("/run/lightvm-bench/xl.cfg", config);
	have_xl = started && try_process(xl_create) == 0 && try_process(xl_destroy) == 0;
	if (!have_xl)
		fprintf(stderr, "xl cannot create a guest here (see /var/log/xen); its rows are left out\n");
}

bool peers_bridge(struct http *http)
{
	/* The hotplug scripts of xen-utils do the same and much more; this is what is needed of them. */
	write_file("/run/lightvm-bench/vif",
		   "#!/bin/sh\n"
		   "[ \"$1\" = online ] || [ \"$1\" = add ] || exit 0\n"
		   "ip link set \"$vif\" master benchbr up || exit 1\n"
		   "xenstore-write \"$XENBUS_PATH/hotplug-status\" connected\n");
	write_file("/run/lightvm-bench/xl-daytime.cfg",
		   "name = \"bench-daytime\"\ntype = \"pv\"\nmemory = 4\nvcpus = 1\n"
		   "kernel = \"/run/lightvm-bench/daytime.elf\"\n"
		   "extra = \"ip=10.119.0.2/24 gateway=10.119.0.1\"\n"
		   "vif = [ \"mac=02:00:00:00:77:02,bridge=benchbr,script=/run/lightvm-bench/vif\" ]\n");
	bool started = start_classic(http);
	int status = shell("chmod 755 /run/lightvm-bench/vif; modprobe xen-netback; modprobe bridge; "
			   "ip link show benchbr >/dev/null 2>&1 || { ip link add benchbr type bridge && "
			   "ip addr add 10.119.0.1/24 dev benchbr && ip link set benchbr up; }");
	if (!started || status != 0)
		fprintf(stderr, "xl and a bridge cannot be had here; its rows are left out\n");
	return started && status == 0;
}

static void setup_containers(void)
{
	int status = shell("set -e; cd /run/lightvm-bench; mkdir -p bundle/rootfs/bin bundle/rootfs/proc bundle/rootfs/dev; "
			   "cp busybox bundle/rootfs/bin/true; cd bundle; rm -f config.json; crun spec; "
			   "sed -i -e 's/\"terminal\": true/\"terminal\": false/' -e 's/\"sh\"/\"\\/bin\\/true\"/' config.json");

	have_crun = status == 0 && try_process(crun_run) == 0;
	have_runc = status == 0 && try_process(runc_run) == 0;
	if (!have_crun || !have_runc)
		fprintf(stderr, "%s%s%s cannot run a container here; rows left out\n", have_crun ? "" : "crun",
			have_crun || have_runc ? "" : " and ", have_runc ? "" : "runc");
}

void peers_setup(struct http *http, const char *kernel)
{
	xl = row_new("create", "xl", "noop", 0, "client");
	xl_process = row_new("create", "xl-process", "none", 0, "client");
	crun = row_new("create", "crun", "busybox", 0, "client");
	runc = row_new("create", "runc", "busybox", 0, "client");
	setup_xl(http, kernel);
	setup_containers();
}

void peers_round(void)
{
	if (have_xl) {
		row_add(xl_process, run_peer(xl_help));
		row_add(xl, run_peer(xl_create));
		run_peer(xl_destroy);
	}
	if (have_crun)
		row_add(crun, run_peer(crun_run));
	if (have_runc)
		row_add(runc, run_peer(runc_run));
}

void peers_teardown(void)
{
	unlink("/run/lightvm-bench/xl.cfg");
}
