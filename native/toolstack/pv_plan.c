/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* The guest's interface, not that of old tools. */
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#include <xen/xen.h>
#include "error.h"
#include "pv_plan.h"

#define PAGE_SHIFT    12
#define PAGE_SIZE     (1ULL << PAGE_SHIFT)
#define ENTRIES_SHIFT 9
#define ENTRIES       (1ULL << ENTRIES_SHIFT)
#define MAP_ALIGN     (4ULL << 20)
#define MAP_SPARE     (512ULL << 10)

/* Page table entry bits of the x86-64 architecture. */
#define ENTRY_PRESENT  (1ULL << 0)
#define ENTRY_WRITABLE (1ULL << 1)
#define ENTRY_USER     (1ULL << 2) /* a PV kernel runs in ring 3 */
#define ENTRY_ACCESSED (1ULL << 5)
#define ENTRY_DIRTY    (1ULL << 6)
#define ENTRY_TABLE    (ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_USER | ENTRY_ACCESSED | ENTRY_DIRTY)
#define ENTRY_PAGE     (ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_ACCESSED) /* Xen adds that it may be used */

static uint64_t pages(uint64_t bytes)
{
	return (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* The bits of an address below what one entry of a table of this level spans. */
static unsigned int level_shift(unsigned int level)
{
	return PAGE_SHIFT + (level - 1) * ENTRIES_SHIFT;
}

/* How many tables of each level map [base, end). */
static uint64_t count_tables(struct pv_plan *plan, uint64_t end)
{
	uint64_t total = 0;
	unsigned int level;

	for (level = 1; level < 4; level++) {
		unsigned int shift = level_shift(level + 1);

		plan->level_count[level] = ((end - 1) >> shift) - (plan->base >> shift) + 1;
		total += plan->level_count[level];
	}
	plan->level_count[4] = 1;
	return total + 1;
}

int pv_plan_make(struct pv_plan *plan, const struct image *image, uint64_t ramdisk_size,
                 uint64_t memory_bytes, uint32_t control_count, struct lightvm_error *error)
{
	uint64_t next, end, last, lean;

	memset(plan, 0, sizeof(*plan));
	plan->base = image->virt_base;
	plan->frame_count = memory_bytes >> PAGE_SHIFT;
	plan->image_count = pages(image->end - image->virt_base);
	next = plan->image_count;
	plan->ramdisk_pfn = next;
	plan->ramdisk_count = pages(ramdisk_size);
	plan->ramdisk_size = ramdisk_size;
	next += plan->ramdisk_count;
	plan->list_pfn = next;
	plan->list_count = pages(plan->frame_count * sizeof(uint64_t));
	next += plan->list_count;
	plan->start_info_pfn = next++;
	plan->device_pfn = next++;
	plan->console_pfn = next++;
	plan->control_pfn = next;
	next += control_count;
	plan->tables_pfn = next;
	/* The tables map themselves too, so their number depends on itself. */
	plan->tables_count = 0;
	do {
		last = plan->tables_count;
		plan->stack_pfn = plan->tables_pfn + last;
		end = plan->base + ((plan->stack_pfn + 1) << PAGE_SHIFT) + MAP_SPARE;
		end = (end + MAP_ALIGN - 1) & ~(MAP_ALIGN - 1);
		plan->tables_count = count_tables(plan, end);
	} while (plan->tables_count != last);
	plan->mapped_end = end;
	/* A guest that maps its memory by itself does so when it needs it; Xen checks each entry that there
	 * is now. */
	plan->mapped_count = (end - plan->base) >> PAGE_SHIFT;
	lean = plan->stack_pfn + 1 + pages(image->mapped_spare);
	if (image->mapped_spare != 0 && lean < plan->mapped_count)
		plan->mapped_count = lean;
	if (plan->mapped_count > plan->frame_count)
		plan->mapped_count = plan->frame_count;
	if (plan->stack_pfn >= plan->frame_count)
		return error_set(
		    error, EINVAL, "lay out guest",
		    "The guest's %llu KiB of memory are too few: its image, ramdisk and tables need %llu "
		    "KiB.",
		    (unsigned long long)memory_bytes >> 10,
		    (unsigned long long)((plan->stack_pfn + 1) << PAGE_SHIFT) >> 10);
	return 0;
}

void *pv_memory_frame(const struct pv_memory *memory, uint64_t pfn)
{
	return memory->start + ((uint64_t)memory->place[pfn] << PAGE_SHIFT);
}

static void place(struct pv_memory *memory, uint64_t pfn, uint64_t count)
{
	uint64_t i;

	for (i = pfn; i < pfn + count; i++)
		if (memory->place[i] == PV_ZERO)
			memory->place[i] = (uint32_t)memory->count++;
}

void pv_plan_place(const struct pv_plan *plan, const struct image *image, struct pv_memory *memory)
{
	uint64_t pfn;
	uint32_t i;

	memory->count = 0;
	for (pfn = 0; pfn < plan->tables_pfn + plan->tables_count; pfn++)
		memory->place[pfn] = PV_ZERO;
	for (i = 0; i < image->segment_count; i++) {
		uint64_t start = image->segments[i].start - plan->base, size = image->segments[i].file_size;

		if (size > 0)
			place(memory, start >> PAGE_SHIFT, pages(start + size) - (start >> PAGE_SHIFT));
	}
	place(memory, plan->ramdisk_pfn, plan->ramdisk_count);
	place(memory, plan->list_pfn, plan->list_count);
	/* Those that others see before the guest runs must be zero by then, so all of them are written. */
	place(memory, plan->start_info_pfn, plan->tables_pfn - plan->start_info_pfn);
	place(memory, plan->tables_pfn, plan->tables_count);
}

/* Level 1: one entry for each frame that exists; page tables can only be read, which Xen insists on. */
static void fill_pages(const struct pv_plan *plan, const uint64_t *mfns, uint64_t *table)
{
	uint64_t first = (plan->base >> PAGE_SHIFT) & (ENTRIES - 1);
	uint64_t pfn;

	for (pfn = 0; pfn < plan->mapped_count; pfn++)
		table[first + pfn] = mfns[pfn] << PAGE_SHIFT | ENTRY_PAGE;
	for (pfn = plan->tables_pfn; pfn < plan->tables_pfn + plan->tables_count; pfn++)
		table[first + pfn] &= ~ENTRY_WRITABLE;
}

static void fill_tables(const struct pv_plan *plan, const uint64_t *mfns, const struct pv_memory *memory)
{
	uint64_t pfn = plan->tables_pfn, below, i;
	unsigned int level;

	memset(pv_memory_frame(memory, pfn), 0, plan->tables_count << PAGE_SHIFT);
	/* The tables of one level are neighbours, so their entries are too. */
	for (level = 4; level > 1; level--) {
		uint64_t *table = pv_memory_frame(memory, pfn);
		uint64_t first = (plan->base >> level_shift(level)) & (ENTRIES - 1);

		below = pfn + plan->level_count[level];
		for (i = 0; i < plan->level_count[level - 1]; i++)
			table[first + i] = mfns[below + i] << PAGE_SHIFT | ENTRY_TABLE;
		pfn = below;
	}
	fill_pages(plan, mfns, pv_memory_frame(memory, pfn));
}

/* Copies to the guest's addresses from `offset` on, counted from its first frame. */
static void copy(const struct pv_memory *memory, uint64_t offset, const void *bytes, uint64_t size)
{
	const char *next = bytes;

	while (size > 0) {
		uint64_t within = offset & (PAGE_SIZE - 1);
		uint64_t part = PAGE_SIZE - within < size ? PAGE_SIZE - within : size;

		memcpy((char *)pv_memory_frame(memory, offset >> PAGE_SHIFT) + within, next, part);
		offset += part;
		next += part;
		size -= part;
	}
}

void pv_plan_fill(const struct pv_plan *plan, const struct image *image, const void *ramdisk,
                  const uint64_t *mfns, const struct pv_memory *memory)
{
	uint64_t pfn;
	uint32_t i;

	for (pfn = 0; pfn < plan->tables_pfn; pfn++)
		if (memory->place[pfn] != PV_ZERO)
			memset(pv_memory_frame(memory, pfn), 0, PAGE_SIZE);
	for (i = 0; i < image->segment_count; i++) {
		const struct image_segment *segment = &image->segments[i];

		copy(memory, segment->start - plan->base, image->bytes + segment->offset, segment->file_size);
	}
	copy(memory, plan->ramdisk_pfn << PAGE_SHIFT, ramdisk, plan->ramdisk_size);
	copy(memory, plan->list_pfn << PAGE_SHIFT, mfns, plan->frame_count * sizeof(*mfns));
	fill_tables(plan, mfns, memory);
}

void pv_plan_fill_start(const struct pv_plan *plan, const struct pv_start *start,
                        const struct pv_memory *memory)
{
	start_info_t *info = pv_memory_frame(memory, plan->start_info_pfn);

	snprintf(info->magic, sizeof(info->magic), "xen-3.0-x86_64");
	info->nr_pages = plan->frame_count;
	info->flags = SIF_VIRT_P2M_4TOOLS; /* the frame list's address is enough for us */
	info->shared_info = start->shared_info_mfn << PAGE_SHIFT;
	info->store_mfn = start->device_mfn;
	info->store_evtchn = start->event_channel;
	info->console.domU.mfn = start->console_mfn;
	info->console.domU.evtchn = start->event_channel;
	info->pt_base = plan->base + (plan->tables_pfn << PAGE_SHIFT);
	info->nr_pt_frames = plan->tables_count;
	info->mfn_list = plan->base + (plan->list_pfn << PAGE_SHIFT);
	if (plan->ramdisk_size > 0) {
		info->mod_start = plan->base + (plan->ramdisk_pfn << PAGE_SHIFT);
		info->mod_len = plan->ramdisk_size;
	}
	if (start->command_line != NULL)
		snprintf((char *)info->cmd_line, sizeof(info->cmd_line), "%s", start->command_line);
}
