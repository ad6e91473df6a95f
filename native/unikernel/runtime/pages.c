/* SPDX-License-Identifier: MIT */
/*
 * The guest's free memory in pages. All of it lies in one stretch, behind the page tables that the builder
 * made: what was never used is above `frontier`, what was given back is in a list of runs, sorted by address.
 * The builder maps some of it; what is above is mapped here when the frontier comes near: up to the end of the
 * builder's last table in small steps, then 2 MiB at a time.
 */
#include <lightvm/memory.h>
#include "runtime.h"

#define ENTRIES     512UL
#define TABLE_BITS  9
#define FRAME_MASK  0x000ffffffffff000UL
#define PRESENT     0x01UL
#define ENTRY_TABLE 0x67UL /* present, writable, user, accessed, dirty */
#define ENTRY_PAGE  0x67UL
#define ENTRY_READ  0x65UL
#define REGION      (ENTRIES << PAGE_SHIFT) /* what one level-1 table maps */
#define SPARE       128UL                   /* pages behind its stack that every builder maps; start.S says so */
#define STEP        64UL                    /* pages that are mapped by one call */

/* Lies in its own first page. */
struct run {
	size_t count;
	struct run *next;
};

static char *frontier, *mapped_end, *tabled_end, *memory_end;
static struct run *runs;
static size_t run_pages;
/* Pages for tables to come, taken many at once: tables among the rest would leave no long runs. */
static char *tables;
static size_t table_count;

static uint64_t *table_of(uint64_t entry)
{
	const unsigned long *machine_to_physical = (const unsigned long *)MACH2PHYS_VIRT_START;

	return (uint64_t *)(image_start +
	                    (machine_to_physical[(entry & FRAME_MASK) >> PAGE_SHIFT] << PAGE_SHIFT));
}

/* The entry of a table of this level for an address; NULL if a table above is absent. */
static uint64_t *find_entry(const char *address, unsigned int level)
{
	uint64_t *table = (uint64_t *)start_info->pt_base, *entry;
	unsigned int now;

	for (now = 4;; now--) {
		entry = table + ((uint64_t)address >> (PAGE_SHIFT + TABLE_BITS * (now - 1))) % ENTRIES;
		if (now == level)
			return entry;
		if ((*entry & PRESENT) == 0)
			return NULL;
		table = table_of(*entry);
	}
}

static uint64_t page_entry(const char *address, uint64_t flags)
{
	return pointer_to_machine_frame(address) << PAGE_SHIFT | flags;
}

static void require(long result, const char *what)
{
	if (result != 0)
		panic("Xen refused to %s (%ld)", what, result);
}

/* Makes a filled page a table: Xen takes none that can still be written. */
static void add_table(uint64_t *entry, const char *table)
{
	uint64_t machine =
	    pointer_to_machine_frame((char *)entry) << PAGE_SHIFT | ((uint64_t)entry & (PAGE_SIZE - 1));
	struct mmu_update update = {.ptr = machine | MMU_NORMAL_PT_UPDATE,
	                            .val = page_entry(table, ENTRY_TABLE)};

	require(hypercall_update_va_mapping(table, page_entry(table, ENTRY_READ), UVMF_INVLPG),
	        "protect a page table");
	require(hypercall_mmu_update(&update, 1), "take a page table");
}

static char *take_table(void)
{
	char *table = tables;

	tables += PAGE_SIZE;
	table_count--;
	memset(table, 0, PAGE_SIZE);
	return table;
}

/* Keeps enough for the next region, if there is one. */
static void refill_tables(void)
{
	size_t regions = tabled_end < memory_end ? (size_t)(memory_end - tabled_end) / REGION + 1 : 0;
	size_t room = (size_t)(mapped_end - frontier) >> PAGE_SHIFT, need = regions + regions / ENTRIES + 1;

	if (table_count >= 2 || regions == 0)
		return;
	table_count = need < room ? need : room;
	tables = frontier;
	frontier += table_count * PAGE_SIZE;
}

/* Maps pages from `start` on by entries of a table that is there. The end of what is mapped then. */
static char *fill_table(char *start)
{
	static struct mmu_update updates[STEP];
	uint64_t *entry = find_entry(start, 1);
	unsigned int count = 0;
	char *page;

	for (page = start; page < memory_end && count < STEP; page += PAGE_SIZE, entry++) {
		if (page != start && ((uint64_t)page & (REGION - 1)) == 0)
			break;
		if ((*entry & PRESENT) != 0)
			continue;
		updates[count++] = (struct mmu_update){
		    .ptr = pointer_to_machine_frame((char *)entry) << PAGE_SHIFT |
		           ((uint64_t)entry & (PAGE_SIZE - 1)) | MMU_NORMAL_PT_UPDATE,
		    .val = page_entry(page, ENTRY_PAGE)};
	}
	if (count > 0)
		require(hypercall_mmu_update(updates, count), "map memory");
	return page;
}

static bool has_table(const char *address)
{
	const uint64_t *entry = find_entry(address, 2);

	return entry != NULL && (*entry & PRESENT) != 0;
}

/* Maps what is next to come, a region at most. The end of what is mapped then. */
static char *map_next(char *start)
{
	uint64_t *entry, *table;
	char *page;

	if (has_table(start))
		return fill_table(start);
	entry = find_entry(start, 2);
	if (entry == NULL) {
		entry = find_entry(start, 3);
		if (entry == NULL)
			panic("more memory than 512 GiB");
		add_table(entry, take_table());
		entry = find_entry(start, 2);
	}
	table = (uint64_t *)take_table();
	for (page = start; page < start + REGION && page < memory_end; page += PAGE_SIZE)
		table[((uint64_t)page >> PAGE_SHIFT) % ENTRIES] = page_entry(page, ENTRY_PAGE);
	add_table(entry, (char *)table);
	tabled_end = start + REGION;
	return start + REGION;
}

static void start(void)
{
	/* Behind the tables lies the builder's page of stack. */
	frontier = (char *)start_info->pt_base + (start_info->nr_pt_frames + 1) * PAGE_SIZE;
	memory_end = image_start + start_info->nr_pages * PAGE_SIZE;
	/* Xen's own builder maps on to a multiple of 4 MiB; ours does not, and leaves the rest of its last table free. */
	mapped_end = frontier + SPARE * PAGE_SIZE;
	tabled_end = (char *)(((uint64_t)mapped_end + REGION - 1) & ~(REGION - 1));
	while (tabled_end < memory_end && has_table(tabled_end))
		tabled_end += REGION;
	if (frontier > memory_end)
		frontier = memory_end;
	if (mapped_end > memory_end)
		mapped_end = memory_end;
	refill_tables();
}

static void *take_new(size_t count)
{
	size_t size = count * PAGE_SIZE;
	char *pages;

	while (mapped_end < memory_end && size > (size_t)(mapped_end - frontier)) {
		if (size > (size_t)(memory_end - frontier))
			return NULL;
		mapped_end = map_next(mapped_end);
		refill_tables();
	}
	if (size > (size_t)(memory_end - frontier))
		return NULL;
	pages = frontier;
	frontier += size;
	return pages;
}

void *pages_alloc(size_t count)
{
	struct run **link, *run;

	if (memory_end == NULL)
		start();
	for (link = &runs; *link != NULL; link = &(*link)->next) {
		run = *link;
		if (run->count < count)
			continue;
		/* From its end: the rest stays where it is in the list. */
		run->count -= count;
		run_pages -= count;
		if (run->count == 0)
			*link = run->next;
		return (char *)run + run->count * PAGE_SIZE;
	}
	if (count > (size_t)(memory_end - frontier) / PAGE_SIZE)
		return NULL;
	return take_new(count);
}

void pages_free(void *pages, size_t count)
{
	struct run *run = pages, *before = NULL, *after = runs;

	if (count == 0)
		return;
	while (after != NULL && after < run) {
		before = after;
		after = after->next;
	}
	run->count = count;
	run->next = after;
	run_pages += count;
	if (after != NULL && (char *)run + run->count * PAGE_SIZE == (char *)after) {
		run->count += after->count;
		run->next = after->next;
	}
	if (before == NULL) {
		runs = run;
	} else if ((char *)before + before->count * PAGE_SIZE == (char *)run) {
		before->count += run->count;
		before->next = run->next;
	} else {
		before->next = run;
	}
}

size_t memory_free(void)
{
	if (memory_end == NULL)
		start();
	return run_pages * PAGE_SIZE + (size_t)(memory_end - frontier);
}

void page_unmap(void *page)
{
	require(hypercall_update_va_mapping(page, 0, UVMF_INVLPG), "unmap a page");
}

void page_map_again(void *page)
{
	require(hypercall_update_va_mapping(page, page_entry(page, ENTRY_PAGE), UVMF_INVLPG), "map a page");
}

void page_map_machine(void *page, uint64_t mfn)
{
	require(hypercall_update_va_mapping(page, mfn << PAGE_SHIFT | ENTRY_PAGE, UVMF_INVLPG),
	        "map Xen's page");
}
