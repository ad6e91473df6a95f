/* SPDX-License-Identifier: MIT */
/*
 * On a real Xen host: prepares shells, claims each, looks at what it then says of itself, destroys them, and
 * looks whether anything is left. Says what each step took, beside posix_spawn of a static program, taken in
 * turn with it.
 *
 *   xen_shell KERNEL [COUNT]
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "xen_common.h"

#define MAX_SHELLS 1024
#define PATIENCE   5000000 /* us */

enum { CREATE, OPEN, CLAIM, RUNS, TOTAL, RELEASE, SPAWN, ROWS };
static const char *const row_names[ROWS] = {
    [CREATE] = "lightvm_guest_create", [OPEN] = "lightvm_shell_open",    [CLAIM] = "claim",
    [RUNS] = "until it runs",          [TOTAL] = "claim, until it runs", [RELEASE] = "release",
    [SPAWN] = "posix_spawn",
};
static double rows[ROWS][MAX_SHELLS];
static struct lightvm_guest_layout layouts[MAX_SHELLS];
static struct lightvm_shell *shells[MAX_SHELLS];

/* Xen's own word for who a domain is. */
static void check_handle(uint32_t domid, const uint8_t uuid[16])
{
	struct lightvm_domain_info info;
	uint32_t count;

	check(lightvm_domain_list(host, domid, 1, &info, &count, &error), "list");
	expect(count == 1 && info.domid == domid && memcmp(info.uuid, uuid, 16) == 0,
	       "the domain has its handle");
}

static void check_identity(int i, const struct lightvm_claim *claim)
{
	struct noxs_device_page *page = map_grant(layouts[i].domid, layouts[i].device_gref);
	static const uint8_t none[32];

	expect(memcmp(page->uuid, claim->uuid, 16) == 0, "the device page has the guest's id");
	expect(strcmp(page->name, claim->name) == 0, "the device page has the guest's name");
	expect(page->announced == claim->announced_devices, "the device page announces the devices");
	expect(memcmp(page->entropy, none, sizeof(none)) != 0, "the device page has entropy");
	xengnttab_unmap(grants, page, 1);
	check_handle(layouts[i].domid, claim->uuid);
}

/* Every third is given another id than it was prepared with. */
static void claim_shell(int i)
{
	char name[32];
	struct lightvm_claim claim = {.name = name, .command_line = "claimed in time"};
	double begin, claimed;

	snprintf(name, sizeof(name), "shell-%d", i);
	if (i % 3 == 2) {
		make_uuid(claim.uuid, MAX_SHELLS + i);
		claim.flags = LIGHTVM_CLAIM_UUID;
	} else {
		make_uuid(claim.uuid, i);
	}
	expect(lightvm_shell_runs(shells[i], 0) == 0, "a shell does not run");
	begin = now();
	check(lightvm_shell_claim(host, shells[i], &claim, &error), "claim");
	claimed = now();
	expect(lightvm_shell_runs(shells[i], PATIENCE) == 1, "the guest runs");
	rows[TOTAL][i] = now() - begin;
	rows[CLAIM][i] = claimed - begin;
	rows[RUNS][i] = rows[TOTAL][i] - rows[CLAIM][i];
	begin = now();
	lightvm_shell_release(shells[i]);
	rows[RELEASE][i] = now() - begin;
	rows[SPAWN][i] = spawn_once();
	if (i < 6)
		check_identity(i, &claim);
}

static void prepare_shell(int i, struct lightvm_guest_config *config)
{
	double begin = now();

	make_uuid(config->uuid, i);
	check(lightvm_guest_create(host, config, &layouts[i], &error), "create");
	rows[CREATE][i] = now() - begin;
	check(lightvm_shell_open(host, layouts[i].domid, &shells[i], &error), "open");
	rows[OPEN][i] = now() - begin - rows[CREATE][i];
}

int main(int argc, char **argv)
{
	struct lightvm_guest_config config = {.memory_bytes = 4 * MIB, .vcpu_count = 1, .control_pages = 1};
	int count = argc > 2 ? atoi(argv[2]) : 60;
	struct lightvm_shell *shell;
	uint64_t before;

	xen_open();
	if (argc < 2 || count < 1 || count > MAX_SHELLS)
		fail("usage", "xen_shell KERNEL [COUNT]");
	config.kernel = read_file(argv[1], &config.kernel_size);
	before = free_memory();
	for (int i = 0; i < count; i++)
		prepare_shell(i, &config);
	check_list(count);
	for (int i = 0; i < count; i++)
		claim_shell(i);
	for (int i = 0; i < count; i++)
		check(lightvm_domain_destroy(host, layouts[i].domid, &error), "destroy");
	/* A shell that nobody claims: mapped pages keep the dead domain until the release. */
	prepare_shell(0, &config);
	check(lightvm_domain_destroy(host, layouts[0].domid, &error), "destroy");
	lightvm_shell_release(shells[0]);
	expect(lightvm_shell_open(host, 0x7fe0, &shell, &error) == -1 && shell == NULL,
	       "no domain, no shell");
	check_list(0);
	check_memory(before);
	for (int row = 0; row < ROWS; row++) {
		qsort(rows[row], (size_t)count, sizeof(double), compare_doubles);
		printf("%-22s min %7.3f  median %7.3f  p99 %7.3f ms\n", row_names[row], rows[row][0],
		       rows[row][count / 2], rows[row][count * 99 / 100]);
	}
	printf("passed: %d shells, nothing left\n", count);
	return 0;
}
