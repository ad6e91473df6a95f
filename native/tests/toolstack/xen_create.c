/* SPDX-License-Identifier: MIT */
/*
 * On a real Xen host: creates guests from a kernel, waits for the first sign of life of each, lists them,
 * destroys them, and looks whether anything is left. Says what each step took, beside posix_spawn of a static
 * program, taken in turn with it.
 *
 *   xen_create KERNEL [COUNT [keep]]     keep: all guests live at once (default); one: each is destroyed at
 * once
 */
#include <errno.h>
#include <poll.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <lightvm/lightvm.h>
#include <lightvm/noxs.h>

#define SKIPPED     77
#define MAX_GUESTS  4096
#define MEMORY      (4ULL << 20)
#define FIRST_EVENT 5000 /* ms */
#define FREE_TRIES  100
#define FREE_PAUSE  20000 /* us */
#define FREE_SLACK  (1ULL << 20)

enum { CREATE, BIND, UNPAUSE, EVENT, TOTAL, SPAWN, DESTROY, ROWS };
static const char *const row_names[ROWS] = {"lightvm_guest_create", "bind port",   "unpause", "first event",
                                            "total but bind",       "posix_spawn", "destroy"};
static double rows[ROWS][MAX_GUESTS];

static struct lightvm_host *host;
static struct lightvm_error error;
static xenevtchn_handle *channels;
static xengnttab_handle *grants;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static _Noreturn void fail(const char *what, const char *why)
{
	printf("FAILED: %s: %s\n", what, why);
	exit(1);
}

static void check(int rc, const char *what)
{
	char text[320];

	if (rc == 0)
		return;
	snprintf(text, sizeof(text), "%s: %s (errno %d)", error.step, error.message, error.error_number);
	fail(what, text);
}

static void *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	struct stat status;
	void *bytes = NULL;

	if (file == NULL || fstat(fileno(file), &status) != 0)
		fail(path, strerror(errno));
	*size = (size_t)status.st_size;
	bytes = malloc(*size);
	if (bytes == NULL || fread(bytes, 1, *size, file) != *size)
		fail(path, "cannot be read");
	fclose(file);
	return bytes;
}

/* What is pending is taken; whether something was. */
static bool take_event(int timeout)
{
	struct pollfd fd = {.fd = xenevtchn_fd(channels), .events = POLLIN};
	int ready = poll(&fd, 1, timeout);
	int port;

	if (ready <= 0)
		return false;
	port = xenevtchn_pending(channels);
	if (port < 0)
		fail("xenevtchn_pending", strerror(errno));
	xenevtchn_unmask(channels, (evtchn_port_t)port);
	return true;
}

/* What the guest and its builder wrote, seen through the grants as lightvm-io sees it. */
static void check_pages(const struct lightvm_guest_layout *layout, const uint8_t uuid[16], bool running)
{
	struct noxs_device_page *page;
	struct noxs_sysctl *sysctl;

	page = xengnttab_map_grant_ref(grants, layout->domid, layout->device_gref, PROT_READ | PROT_WRITE);
	sysctl = xengnttab_map_grant_ref(grants, layout->domid, layout->sysctl_gref, PROT_READ | PROT_WRITE);
	if (page == NULL || sysctl == NULL)
		fail("map grants", strerror(errno));
	if (page->magic != NOXS_MAGIC || memcmp(page->uuid, uuid, 16) != 0 || page->device_count < 2)
		fail("device page", "not as written");
	if (page->devices[0].type != NOXS_SYSCTL || page->devices[0].event_channel != layout->event_channel)
		fail("device page", "no sysctl");
	if (sysctl->control.type != NOXS_SYSCTL || sysctl->control.backend_state != NOXS_CONNECTED)
		fail("sysctl page", "not as written");
	if (sysctl->control.frontend_state != (running ? NOXS_CONNECTED : NOXS_UNKNOWN))
		fail("sysctl page", running ? "the guest did not connect" : "written before the guest ran");
	xengnttab_unmap(grants, page, 1);
	xengnttab_unmap(grants, sysctl, 1);
}

static double spawn_once(void)
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

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static void report(int count)
{
	for (int row = 0; row < ROWS; row++) {
		qsort(rows[row], (size_t)count, sizeof(double), compare);
		printf("%-22s min %7.3f  median %7.3f  p99 %7.3f ms\n", row_names[row], rows[row][0],
		       rows[row][count / 2], rows[row][count * 99 / 100]);
	}
}

static uint64_t free_memory(void)
{
	struct lightvm_host_info info;

	check(lightvm_host_info(host, &info, &error), "host info");
	return info.free_bytes;
}

static void make_uuid(uint8_t uuid[16], int number)
{
	memset(uuid, 0xA5, 16);
	memcpy(uuid + 12, &number, sizeof(number));
}

static void start_guest(int i, struct lightvm_guest_config *config, struct lightvm_guest_layout *layout)
{
	double begin, created, bound, event;
	int port;

	make_uuid(config->uuid, i);
	begin = now();
	check(lightvm_guest_create(host, config, layout, &error), "create");
	created = now();
	if (i == 0)
		check_pages(layout, config->uuid, false);
	port = xenevtchn_bind_interdomain(channels, layout->domid, layout->event_channel);
	if (port < 0)
		fail("bind", strerror(errno));
	xenevtchn_unmask(channels, (evtchn_port_t)port);
	/* Binding itself raises an event. */
	while (take_event(1))
		;
	bound = now();
	check(lightvm_domain_unpause(host, layout->domid, &error), "unpause");
	rows[UNPAUSE][i] = now() - bound;
	if (!take_event(FIRST_EVENT))
		fail("first event", "none came");
	event = now();
	rows[CREATE][i] = created - begin;
	rows[BIND][i] = bound - created;
	rows[EVENT][i] = event - bound - rows[UNPAUSE][i];
	rows[TOTAL][i] = event - begin - rows[BIND][i];
	check_pages(layout, config->uuid, true);
	xenevtchn_unbind(channels, (evtchn_port_t)port);
	rows[SPAWN][i] = spawn_once();
}

static void stop_guest(int i, const struct lightvm_guest_layout *layout)
{
	double begin = now();

	check(lightvm_domain_destroy(host, layout->domid, &error), "destroy");
	rows[DESTROY][i] = now() - begin;
}

/* How many of our guests Xen lists; all must be there or none. */
static void check_list(int expected)
{
	static struct lightvm_domain_info list[MAX_GUESTS + 64];
	uint8_t uuid[16];
	uint32_t count;
	int ours = 0, tries;

	for (tries = 0; tries < FREE_TRIES; tries++) {
		ours = 0;
		check(lightvm_domain_list(host, 0, MAX_GUESTS + 64, list, &count, &error), "list");
		make_uuid(uuid, 0);
		for (uint32_t i = 0; i < count; i++)
			ours += memcmp(list[i].uuid, uuid, 12) == 0;
		if (ours == expected)
			return;
		usleep(FREE_PAUSE);
	}
	printf("%d guests listed, %d expected\n", ours, expected);
	fail("list", "wrong");
}

int main(int argc, char **argv)
{
	struct lightvm_guest_config config = {.memory_bytes = MEMORY, .vcpu_count = 1, .control_pages = 1};
	static struct lightvm_guest_layout layouts[MAX_GUESTS];
	int count = argc > 2 ? atoi(argv[2]) : 200;
	bool one = argc > 3 && strcmp(argv[3], "one") == 0;
	uint64_t before, after = 0;

	if (access("/proc/xen/privcmd", F_OK) != 0) {
		printf("skipped: no Xen here\n");
		return SKIPPED;
	}
	if (argc < 2 || count < 1 || count > MAX_GUESTS)
		fail("usage", "xen_create KERNEL [COUNT [keep|one]]");
	check(lightvm_host_open(LIGHTVM_ABI, &host, &error), "open");
	channels = xenevtchn_open(NULL, 0);
	grants = xengnttab_open(NULL, 0);
	if (channels == NULL || grants == NULL)
		fail("open", strerror(errno));
	config.kernel = read_file(argv[1], (size_t *)&config.kernel_size);
	before = free_memory();
	for (int i = 0; i < count; i++) {
		start_guest(i, &config, &layouts[i]);
		if (one)
			stop_guest(i, &layouts[i]);
	}
	check_list(one ? 0 : count);
	for (int i = 0; !one && i < count; i++)
		stop_guest(i, &layouts[i]);
	check_list(0);
	for (int tries = 0; tries < FREE_TRIES; tries++) {
		after = free_memory();
		if (after + FREE_SLACK >= before)
			break;
		usleep(FREE_PAUSE);
	}
	if (after + FREE_SLACK < before)
		fail("memory", "not all of it came back");
	report(count);
	printf("passed: %d guests, free memory %llu KiB before, %llu KiB after\n", count,
	       (unsigned long long)before >> 10, (unsigned long long)after >> 10);
	return 0;
}
