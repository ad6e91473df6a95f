/* SPDX-License-Identifier: MIT */
/* crun and runc: the same static busybox as posix_spawn's, in the namespaces of `crun spec`. */
#include "bench.h"

#include <stdio.h>

#define BUNDLE BENCH_DIRECTORY "/bundle"
#define IDLE   BENCH_DIRECTORY "/idle"

bool prepare_containers(void)
{
	return try_shell("set -e; cd " BENCH_DIRECTORY
	                 "; mkdir -p bundle/rootfs/bin bundle/rootfs/proc bundle/rootfs/dev; "
	                 "cp busybox bundle/rootfs/bin/true; cp busybox bundle/rootfs/bin/busybox; cd "
	                 "bundle; rm -f config.json; crun spec; "
	                 "sed -i 's/\"terminal\": true/\"terminal\": false/' config.json; rm -rf ../idle; "
	                 "mkdir ../idle; "
	                 "sed -e 's/\"sh\"/\"\\/bin\\/busybox\", \"sleep\", \"100000\"/' -e 's/\"path\": "
	                 "\"rootfs\"/\"path\": "
	                 "\"\\/run\\/lightvm-bench\\/bundle\\/rootfs\"/' config.json >../idle/config.json; "
	                 "sed -i 's/\"sh\"/\"\\/bin\\/true\"/' config.json") == 0;
}

static char *text(const char *string)
{
	return (char *)(uintptr_t)string; /* as execve wants it */
}

bool container_runs(const char *runtime)
{
	char *const argv[] = {text(runtime), "run", "--bundle", BUNDLE, "bench-true", NULL};
	bool runs = try_process(argv) == 0;

	if (!runs)
		fprintf(stderr, "%s cannot run a container here; its rows are left out\n", runtime);
	return runs;
}

double container_true(const char *runtime)
{
	char *const argv[] = {text(runtime), "run", "--bundle", BUNDLE, "bench-true", NULL};

	return run_peer(argv);
}

double container_start(const char *runtime, int number)
{
	char name[32];
	char *const argv[] = {text(runtime), "run", "--detach", "--bundle", IDLE, name, NULL};

	snprintf(name, sizeof name, "bench-idle-%d", number);
	return run_peer(argv);
}

double container_remove(const char *runtime, int number)
{
	char name[32];
	char *const argv[] = {text(runtime), "delete", "--force", name, NULL};

	snprintf(name, sizeof name, "bench-idle-%d", number);
	return run_peer(argv);
}
