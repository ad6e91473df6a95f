/* SPDX-License-Identifier: MIT */
/*
 * On a real Xen host: creates guests from a kernel, waits for the first sign of life of each, lists them,
 * destroys them, and looks whether anything is left. Says what each step took, beside posix_spawn of a static
 * program, taken in turn with it.
 *
 *   xen_create KERNEL [COUNT [all|one]]     all: they live at once (default); one: each is destroyed at once
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "xen_common.h"

#define MAX_GUESTS  4096
#define FIRST_EVENT 5000 /* ms */

enum { CREATE, BIND, UNPAUSE, EVENT, TOTAL, SPAWN, DESTROY, ROWS };
static const char *const row_names[ROWS] = {
    [CREATE] = "lightvm_guest_create",
    [BIND] = "bind port",
    [UNPAUSE] = "unpause",
    [EVENT] = "first event",
    [TOTAL] = "total but bind",
    [SPAWN] = "posix_spawn",
    [DESTROY] = "destroy",
};
static double rows[ROWS][MAX_GUESTS];

/* What the guest and its builder wrote, seen through the grants as lightvm-io sees it. */
static void check_pages(const struct lightvm_guest_layout *layout, const uint8_t uuid[16], bool running)
{
	struct noxs_device_page *page = map_grant(layout->domid, layout->device_gref);
	struct noxs_sysctl *sysctl = map_grant(layout->domid, layout->sysctl_gref);

	expect(page->magic == NOXS_MAGIC && memcmp(page->uuid, uuid, 16) == 0, "device page is ours");
	expect(page->device_count >= 2 && page->devices[0].type == NOXS_SYSCTL, "device page has a sysctl");
	expect(page->devices[0].event_channel == layout->event_channel, "sysctl has the port");
	expect(sysctl->control.type == NOXS_SYSCTL, "control page is a sysctl's");
	expect(sysctl->control.backend_state == NOXS_CONNECTED, "back-end is connected");
	expect(sysctl->control.frontend_state == (running ? NOXS_CONNECTED : NOXS_UNKNOWN),
	       running ? "guest has connected" : "guest has not run yet");
	xengnttab_unmap(grants, page, 1);
	xengnttab_unmap(grants, sysctl, 1);
}

/* The median of `count` quotients total / posix_spawn from `first` on: each pair was taken in one moment. */
static double quotient(int first, int count)
{
	static double quotients[MAX_GUESTS];

	for (int i = 0; i < count; i++)
		quotients[i] =
		    rows[SPAWN][first + i] > 0 ? rows[TOTAL][first + i] / rows[SPAWN][first + i] : 0;
	qsort(quotients, (size_t)count, sizeof(double), compare_doubles);
	return quotients[count / 2];
}

static void report(int count)
{
	int quarter = (count + 3) / 4;

	printf("total in posix_spawns: %.2f; first quarter of the guests %.2f, last quarter %.2f\n",
	       quotient(0, count), quotient(0, quarter), quotient(count - quarter, quarter));
	for (int row = 0; row < ROWS; row++) {
		qsort(rows[row], (size_t)count, sizeof(double), compare_doubles);
		printf("%-22s min %7.3f  median %7.3f  p99 %7.3f ms\n", row_names[row], rows[row][0],
		       rows[row][count / 2], rows[row][count * 99 / 100]);
	}
}

static void start_guest(int i, struct lightvm_guest_config *config, struct lightvm_guest_layout *layout)
{
	double begin, created, bound, event;
	struct noxs_sysctl *sysctl;
	evtchn_port_t port;

	make_uuid(config->uuid, i);
	begin = now();
	check(lightvm_guest_create(host, config, layout, &error), "create");
	created = now();
	if (i == 0)
		check_pages(layout, config->uuid, false);
	sysctl = map_grant(layout->domid, layout->sysctl_gref);
	port = bind(layout);
	bound = now();
	check(lightvm_domain_unpause(host, layout->domid, &error), "unpause");
	rows[UNPAUSE][i] = now() - bound;
	/* Binding itself raises an event, which may come late. */
	while (__atomic_load_n(&sysctl->control.frontend_state, __ATOMIC_ACQUIRE) != NOXS_CONNECTED)
		expect(take_event(FIRST_EVENT), "the guest's first event came");
	event = now();
	rows[CREATE][i] = created - begin;
	rows[BIND][i] = bound - created;
	rows[EVENT][i] = event - bound - rows[UNPAUSE][i];
	rows[TOTAL][i] = event - begin - rows[BIND][i];
	if (i == 0)
		check_pages(layout, config->uuid, true);
	xengnttab_unmap(grants, sysctl, 1);
	unbind(port);
	rows[SPAWN][i] = spawn_once();
}

static void stop_guest(int i, const struct lightvm_guest_layout *layout)
{
	double begin = now();

	check(lightvm_domain_destroy(host, layout->domid, &error), "destroy");
	rows[DESTROY][i] = now() - begin;
}

int main(int argc, char **argv)
{
	struct lightvm_guest_config config = {.memory_bytes = 4 * MIB, .vcpu_count = 1, .control_pages = 1};
	static struct lightvm_guest_layout layouts[MAX_GUESTS];
	int count = argc > 2 ? atoi(argv[2]) : 200;
	bool one = argc > 3 && strcmp(argv[3], "one") == 0;
	uint64_t before;

	xen_open();
	if (argc < 2 || count < 1 || count > MAX_GUESTS)
		fail("usage", "xen_create KERNEL [COUNT [all|one]]");
	config.kernel = read_file(argv[1], &config.kernel_size);
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
	check_memory(before);
	report(count);
	printf("passed: %d guests, nothing left\n", count);
	return 0;
}
