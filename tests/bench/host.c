/* SPDX-License-Identifier: MIT */
/* What the host has and does, by the kernel's and Xen's own accounts: past lightvmd, which is what is
 * measured. */
#include "bench.h"

#include <lightvm/lightvm.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH 1024

long read_kb(const char *path, const char *field)
{
	FILE *file = fopen(path, "re");
	char line[256];
	long kb = -1;

	while (file != NULL && kb < 0 && fgets(line, sizeof line, file) != NULL)
		if (strncmp(line, field, strlen(field)) == 0)
			kb = atol(line + strlen(field));
	if (file != NULL)
		fclose(file);
	if (kb < 0)
		die("no %s in %s", field, path);
	return kb;
}

int pid_of(const char *unit)
{
	char command[128], line[64] = "";

	snprintf(command, sizeof command, "systemctl show -p MainPID --value %s", unit);
	FILE *pipe = popen(command, "re");
	if (pipe == NULL || fgets(line, sizeof line, pipe) == NULL || atoi(line) == 0)
		die("%s does not run", unit);
	pclose(pipe);
	return atoi(line);
}

/* All its threads', those included that have ended, to the nanosecond: the ticks of /proc/PID/stat are too
 * coarse. */
static double process_seconds(int pid)
{
	struct timespec spent;
	clockid_t clock;
	int error = clock_getcpuclockid(pid, &clock);

	if (error != 0 || clock_gettime(clock, &spent) != 0)
		die("no CPU time of process %d", pid);
	return (double)spent.tv_sec + (double)spent.tv_nsec / 1e9;
}

static struct lightvm_host *xen(void)
{
	static struct lightvm_host *host; /* for as long as the program runs */
	struct lightvm_error error;

	if (host == NULL && lightvm_host_open(LIGHTVM_ABI, &host, &error) != 0)
		die("%s: %s", error.step, error.message);
	return host;
}

/* Counts the domains but dom0, and adds up their time. */
static int sum_domains(double *dom0, double *guests)
{
	static struct lightvm_domain_info domains[BATCH];
	struct lightvm_error error;
	uint32_t first = 0, count;
	int found = 0;

	*dom0 = *guests = 0;
	do {
		if (lightvm_domain_list(xen(), first, BATCH, domains, &count, &error) != 0)
			die("%s: %s", error.step, error.message);
		for (uint32_t i = 0; i < count; i++) {
			double seconds = (double)domains[i].cpu_time_ns / 1e9;

			first = domains[i].domid + 1;
			if (domains[i].domid == 0) {
				*dom0 += seconds;
				continue;
			}
			*guests += seconds;
			if ((domains[i].flags & LIGHTVM_DOMAIN_DYING) == 0)
				found++;
		}
	} while (count == BATCH);
	return found;
}

void read_cpu_time(struct cpu_time *time)
{
	time->lightvmd = process_seconds(pid_of("lightvmd"));
	time->lightvm_io = process_seconds(pid_of("lightvm-io"));
	sum_domains(&time->dom0, &time->guests);
}

int count_domains(void)
{
	double dom0, guests;

	return sum_domains(&dom0, &guests);
}

long free_kb(void)
{
	struct lightvm_host_info info;
	struct lightvm_error error;

	if (lightvm_host_info(xen(), &info, &error) != 0)
		die("%s: %s", error.step, error.message);
	return (long)(info.free_bytes / 1024) + read_kb("/proc/meminfo", "MemAvailable:");
}
