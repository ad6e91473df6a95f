/* SPDX-License-Identifier: MIT */
/* What is written into guest memory, looked at without a guest: noxs pages, errors, and the first frames. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#include <xen/xen.h>
#include "error.h"
#include "image.h"
#include "layout.h"
#include "pv_plan.h"
#include "sample_image.h"
#include "test.h"

#define MEMORY (4ULL << 20)
#define FRAMES (MEMORY >> 12)

static const uint8_t uuid[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static void test_device_page(void)
{
	struct guest_pages pages = {
	    .console_pfn = 40, .device_pfn = 39, .control_count = 3, .control_pfn = {41, 42, 43}};
	struct guest_identity identity = {.name = "web-1", .announced = 2, .entropy = {[31] = 9}};
	static union {
		struct noxs_device_page table;
		uint8_t bytes[NOXS_PAGE_SIZE];
	} page;

	memcpy(identity.uuid, uuid, sizeof(uuid));
	memset(&page, 0xff, sizeof(page));
	layout_device_page(&page, &identity, 7, &pages);
	CHECK(page.table.magic == NOXS_MAGIC);
	CHECK(memcmp(page.bytes, "n0XS", 4) == 0);
	CHECK(page.table.version == NOXS_VERSION);
	CHECK(page.table.generation == 0);
	CHECK(page.table.device_count == 4);
	CHECK(memcmp(page.table.uuid, uuid, 16) == 0);
	CHECK(page.table.devices[0].type == NOXS_SYSCTL && page.table.devices[0].id == 0);
	CHECK(page.table.devices[0].event_channel == 7);
	CHECK(page.table.devices[0].control_gref == NOXS_GREF_CONTROL &&
	      page.table.devices[0].control_pfn == 41);
	CHECK(page.table.devices[1].type == NOXS_CONSOLE);
	CHECK(page.table.devices[1].control_gref == NOXS_GREF_CONSOLE &&
	      page.table.devices[1].control_pfn == 40);
	CHECK(page.table.devices[3].type == NOXS_NONE);
	CHECK(page.table.devices[3].control_gref == NOXS_GREF_CONTROL + 2);
	CHECK(page.table.devices[3].control_pfn == 43);
	CHECK(page.table.announced == 2 && page.table.entropy[31] == 9);
	for (size_t i = 64 + 4 * 32; i < sizeof(page); i++)
		CHECK(page.bytes[i] == 0 || (i >= 2112 && i < 2117));
	CHECK(strcmp(page.table.name, "web-1") == 0);
	identity.name = "0123456789012345678901234567890123456789012345678901234567890123456789";
	layout_device_page(&page, &identity, 7, &pages);
	CHECK(strlen(page.table.name) == NOXS_NAME_SIZE - 1);
}

static void test_sysctl_page(void)
{
	static union {
		struct noxs_sysctl sysctl;
		uint8_t bytes[NOXS_PAGE_SIZE];
	} page;

	memset(&page, 0xff, sizeof(page));
	layout_sysctl_page(&page);
	CHECK(page.sysctl.control.type == NOXS_SYSCTL);
	CHECK(page.sysctl.control.backend_state == NOXS_CONNECTED);
	CHECK(page.sysctl.control.frontend_state == NOXS_UNKNOWN);
	CHECK(page.sysctl.request == 0 && page.sysctl.ended == 0 && page.sysctl.features == 0);
}

static void test_error(void)
{
	struct lightvm_error error;
	char long_text[400];
	int rc;

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	rc = error_set(&error, ENOMEM, "populate memory", "%u of %s", 5, "them\x80\n");
	CHECK(rc == -1 && errno == ENOMEM && error.error_number == ENOMEM);
	CHECK(strcmp(error.step, "populate memory") == 0);
	CHECK(strcmp(error.message, "5 of them??") == 0);
	error_set(&error, EIO, long_text, "%s", long_text);
	CHECK(strlen(error.step) == sizeof(error.step) - 1);
	CHECK(strlen(error.message) == sizeof(error.message) - 1);
	CHECK(error_set(NULL, EIO, "a", "b") == -1);
}

/* Walks the page tables as the processor does; 0 is "not mapped". */
static uint64_t translate(const struct pv_plan *plan, const uint64_t *memory, uint64_t first_mfn,
                          uint64_t address, bool *writable)
{
	uint64_t entry = (first_mfn + plan->tables_pfn) << 12;

	for (int level = 4; level >= 1; level--) {
		uint64_t mfn = (entry & 0xffffffffff000ULL) >> 12;
		uint64_t index = address >> (12 + (level - 1) * 9) & 511;

		CHECK(mfn >= first_mfn + plan->tables_pfn);
		CHECK(mfn < first_mfn + plan->tables_pfn + plan->tables_count);
		entry = memory[(mfn - first_mfn) * 512 + index];
		if ((entry & 1) == 0)
			return 0;
	}
	*writable = (entry & 2) != 0;
	return (entry & 0xffffffffff000ULL) | (address & 4095);
}

static void check_mappings(const struct pv_plan *plan, const uint64_t *memory, uint64_t first_mfn)
{
	bool writable = true;

	for (uint64_t pfn = 0; pfn < FRAMES; pfn++) {
		bool table = pfn >= plan->tables_pfn && pfn < plan->tables_pfn + plan->tables_count;
		uint64_t address = plan->base + (pfn << 12);

		CHECK(translate(plan, memory, first_mfn, address + 8, &writable) ==
		      (pfn < plan->mapped_count ? ((first_mfn + pfn) << 12) + 8 : 0));
		CHECK(writable == !table);
	}
	CHECK(translate(plan, memory, first_mfn, 0, &writable) == 0);
	CHECK(translate(plan, memory, first_mfn, plan->base - 4096, &writable) == 0);
	CHECK(translate(plan, memory, first_mfn, plan->base + MEMORY, &writable) == 0);
}

/* The guest's first frames as they are when it begins: what the plan writes, and zeros. To be freed. */
static uint8_t *make_memory(const struct pv_plan *plan, const struct image *image, const void *ramdisk,
                            const uint64_t *mfns, const struct pv_start *start)
{
	uint64_t count = plan->tables_pfn + plan->tables_count;
	uint8_t *whole = calloc(count, 4096);
	struct pv_memory memory = {.place = malloc(count * sizeof(uint32_t))};
	uint64_t written = 0;

	pv_plan_place(plan, image, &memory);
	memory.start = malloc(memory.count << 12);
	memset(memory.start, 0xee, memory.count << 12);
	pv_plan_fill(plan, image, ramdisk, mfns, &memory);
	pv_plan_fill_start(plan, start, &memory);
	for (uint64_t pfn = 0; pfn < count; pfn++) {
		if (memory.place[pfn] == PV_ZERO)
			continue;
		CHECK(memory.place[pfn] == written);
		written++;
		memcpy(whole + (pfn << 12), pv_memory_frame(&memory, pfn), 4096);
	}
	CHECK(written == memory.count);
	/* Back-ends look at these while the guest is still being built. */
	for (uint64_t pfn = plan->start_info_pfn; pfn < plan->tables_pfn; pfn++)
		CHECK(memory.place[pfn] != PV_ZERO);
	free(memory.start);
	free(memory.place);
	return whole;
}

static void test_plan(void)
{
	static struct sample_image sample;
	static uint64_t mfns[FRAMES];
	const uint64_t first_mfn = 0x123400;
	struct lightvm_error error;
	struct image image;
	struct pv_plan plan;
	struct pv_start start = {.shared_info_mfn = 5,
	                         .console_mfn = 6,
	                         .device_mfn = 7,
	                         .event_channel = 9,
	                         .command_line = "one two"};
	uint8_t *memory;
	start_info_t *info;

	sample_make(&sample);
	CHECK(image_parse(&sample, sizeof(sample), LIGHTVM_PV, &image, &error) == 0);
	CHECK(pv_plan_make(&plan, &image, 0, MEMORY, 2, &error) == 0);
	CHECK(plan.image_count == 4 && plan.list_pfn == 4 && plan.list_count == 2);
	CHECK(plan.control_pfn + 2 == plan.tables_pfn);
	CHECK(plan.level_count[1] == 2 && plan.level_count[2] == 1 && plan.level_count[3] == 1);
	CHECK(plan.tables_count == 5 && plan.stack_pfn == plan.tables_pfn + 5);
	CHECK(plan.mapped_end == SAMPLE_BASE + MEMORY && plan.mapped_count == FRAMES);
	/* One that maps its memory by itself: the same tables, with less in them. */
	image.mapped_spare = 64 << 12;
	CHECK(pv_plan_make(&plan, &image, 0, MEMORY, 2, &error) == 0);
	CHECK(plan.tables_count == 5 && plan.mapped_count == plan.stack_pfn + 65);
	for (uint64_t i = 0; i < FRAMES; i++)
		mfns[i] = first_mfn + i;
	memory = make_memory(&plan, &image, NULL, mfns, &start);
	CHECK(memcmp(memory, sample.text, 4096) == 0);
	for (size_t i = 4096; i < 4 * 4096; i++)
		CHECK(memory[i] == 0);
	CHECK(memcmp(memory + (plan.list_pfn << 12), mfns, sizeof(mfns)) == 0);
	info = (start_info_t *)(memory + (plan.start_info_pfn << 12));
	CHECK(strcmp(info->magic, "xen-3.0-x86_64") == 0 && info->nr_pages == FRAMES);
	CHECK(info->shared_info == 5ULL << 12 && info->store_mfn == 7 && info->console.domU.mfn == 6);
	CHECK(info->store_evtchn == 9 && info->console.domU.evtchn == 9);
	CHECK(strcmp((char *)info->cmd_line, "one two") == 0);
	CHECK(info->mod_start == 0 && info->mod_len == 0);
	CHECK(memory[plan.console_pfn << 12] == 0 && memory[plan.control_pfn << 12] == 0);
	check_mappings(&plan, (uint64_t *)memory, first_mfn);
	free(memory);

	/* More than a level-1 and a level-2 table's worth; then an image that does not fit. */
	CHECK(pv_plan_make(&plan, &image, 0, 4ULL << 30, 1, &error) == 0);
	CHECK(plan.list_count == 2048 && plan.mapped_end >= SAMPLE_BASE + ((plan.stack_pfn + 1) << 12));
	image.end = image.virt_base + MEMORY;
	CHECK(pv_plan_make(&plan, &image, 0, MEMORY, 1, &error) == -1 && error.error_number == EINVAL);
}

static void test_ramdisk(void)
{
	static struct sample_image sample;
	static uint64_t mfns[FRAMES];
	static char ramdisk[4096 + 10];
	const uint64_t first_mfn = 0x123400;
	struct lightvm_error error;
	struct image image;
	struct pv_plan plan;
	struct pv_start start = {0};
	uint8_t *memory, *copy;
	start_info_t *info;

	memset(ramdisk, 'r', sizeof(ramdisk));
	sample_make(&sample);
	CHECK(image_parse(&sample, sizeof(sample), LIGHTVM_PV, &image, &error) == 0);
	CHECK(pv_plan_make(&plan, &image, sizeof(ramdisk), MEMORY, 1, &error) == 0);
	CHECK(plan.ramdisk_pfn == plan.image_count && plan.ramdisk_count == 2);
	CHECK(plan.list_pfn == plan.ramdisk_pfn + 2);
	for (uint64_t i = 0; i < FRAMES; i++)
		mfns[i] = first_mfn + i;
	memory = make_memory(&plan, &image, ramdisk, mfns, &start);
	info = (start_info_t *)(memory + (plan.start_info_pfn << 12));
	CHECK(info->mod_start == SAMPLE_BASE + (plan.ramdisk_pfn << 12));
	CHECK(info->mod_len == sizeof(ramdisk));
	copy = memory + (plan.ramdisk_pfn << 12);
	CHECK(memcmp(copy, ramdisk, sizeof(ramdisk)) == 0);
	for (size_t i = sizeof(ramdisk); i < 2 * 4096; i++)
		CHECK(copy[i] == 0);
	CHECK(memcmp(memory + (plan.list_pfn << 12), mfns, sizeof(mfns)) == 0);
	check_mappings(&plan, (uint64_t *)memory, first_mfn);
	free(memory);

	CHECK(pv_plan_make(&plan, &image, MEMORY, MEMORY, 1, &error) == -1 && error.error_number == EINVAL);
}

int main(void)
{
	test_device_page();
	test_sysctl_page();
	test_error();
	test_plan();
	test_ramdisk();
	return TEST_RESULT();
}
