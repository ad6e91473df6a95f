/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "xen_common.h"

#define LIST_SIZE  8192
#define TRIES      200
#define PAUSE      20000 /* us */
#define FREE_SLACK MIB

struct lightvm_host *host;
struct lightvm_error error;
xenevtchn_handle *channels;
xengnttab_handle *grants;

void xen_open(void)
{
	if (access("/proc/xen/privcmd", F_OK) != 0) {
		printf("skipped: no Xen here\n");
		exit(SKIPPED);
	}
	check(lightvm_host_open(LIGHTVM_ABI, &host, &error), "open");
	channels = xenevtchn_open(NULL, 0);
	grants = xengnttab_open(NULL, 0);
	if (channels == NULL || grants == NULL)
		fail("open", strerror(errno));
}

void fail(const char *what, const char *why)
{
	printf("FAILED: %s: %s\n", what, why);
	exit(1);
}

void check(int rc, const char *what)
{
	char text[320];

	if (rc == 0)
		return;
	snprintf(text, sizeof(text), "%s: %s (errno %d)", error.step, error.message, error.error_number);
	fail(what, text);
}

void expect(bool holds, const char *what)
{
	if (!holds)
		fail(what, "is not so");
}

double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

void *read_file(const char *path, uint64_t *size)
{
	FILE *file = fopen(path, "rb");
	struct stat status;
	void *bytes;

	if (file == NULL || fstat(fileno(file), &status) != 0)
		fail(path, strerror(errno));
	*size = (uint64_t)status.st_size;
	bytes = malloc(*size);
	if (bytes == NULL || fread(bytes, 1, *size, file) != *size)
		fail(path, "cannot be read");
	fclose(file);
	return bytes;
}

uint64_t free_memory(void)
{
	struct lightvm_host_info info;

	check(lightvm_host_info(host, &info, &error), "host info");
	return info.free_bytes;
}

void make_uuid(uint8_t uuid[16], int number)
{
	memset(uuid, 0xA5, 16);
	memcpy(uuid + 12, &number, sizeof(number));
}

void check_list(int expected)
{
	static struct lightvm_domain_info list[LIST_SIZE];
	uint8_t uuid[16];
	uint32_t count;
	int ours = 0;

	make_uuid(uuid, 0);
	for (int tries = 0; tries < TRIES; tries++) {
		ours = 0;
		check(lightvm_domain_list(host, 0, LIST_SIZE, list, &count, &error), "list");
		for (uint32_t i = 0; i < count; i++)
			ours += memcmp(list[i].uuid, uuid, 12) == 0;
		if (ours == expected)
			return;
		usleep(PAUSE);
	}
	printf("%d guests listed, %d expected\n", ours, expected);
	fail("list", "wrong");
}

void check_memory(uint64_t before)
{
	for (int tries = 0; tries < TRIES; tries++) {
		if (free_memory() + FREE_SLACK >= before)
			return;
		usleep(PAUSE);
	}
	fail("memory", "not all of it came back");
}

evtchn_port_t bind(const struct lightvm_guest_layout *layout)
{
	int port = xenevtchn_bind_interdomain(channels, layout->domid, layout->event_channel);

	if (port < 0)
		fail("bind", strerror(errno));
	return (evtchn_port_t)port;
}

void unbind(evtchn_port_t port)
{
	/* What was told and not taken stays in the device's ring, and enough of it is EFBIG for good. */
	while (take_event(0))
		;
	xenevtchn_unbind(channels, port);
}

bool take_event(int timeout_ms)
{
	struct pollfd fd = {.fd = xenevtchn_fd(channels), .events = POLLIN};
	int ready = poll(&fd, 1, timeout_ms);
	int port;

	if (ready <= 0)
		return false;
	port = xenevtchn_pending(channels);
	if (port < 0)
		fail("xenevtchn_pending", strerror(errno));
	xenevtchn_unmask(channels, (evtchn_port_t)port);
	return true;
}

void *map_grant(uint32_t domid, uint32_t reference)
{
	void *page = xengnttab_map_grant_ref(grants, domid, reference, PROT_READ | PROT_WRITE);

	if (page == NULL)
		fail("map grant", strerror(errno));
	return page;
}

double spawn_once(void)
{
	char *argv[] = {"busybox", "true", NULL};
	double start = now();
	int status;
	pid_t pid;

	if (posix_spawn(&pid, "/bin/busybox", NULL, NULL, argv, NULL) != 0)
		return 0;
	waitpid(pid, &status, 0);
	return now() - start;
}

int compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}
