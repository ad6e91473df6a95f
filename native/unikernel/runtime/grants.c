/* SPDX-License-Identifier: MIT */
/*
 * The grant table. Xen's frames of it are mapped one by one as they are needed, each over a page of ours,
 * whose own memory is then lost: at most four pages.
 */
#include <lightvm/memory.h>
#include "grants.h"
#include "runtime.h"
#include <xen/grant_table.h>

#define MAX_FRAMES      4
#define FRAME_ENTRIES   (PAGE_SIZE / sizeof(grant_entry_v1_t))
#define FIRST_REFERENCE (NOXS_GREF_CONTROL + NOXS_MAX_CONTROL)

static grant_entry_v1_t *frames[MAX_FRAMES];
static uint32_t frame_count;
static uint32_t
    first_free; /* the entries that are free name the next one in `frame`, which Xen does not read then */

static grant_entry_v1_t *entry_of(uint32_t reference)
{
	return &frames[reference / FRAME_ENTRIES][reference % FRAME_ENTRIES];
}

static bool find_frames(xen_pfn_t list[MAX_FRAMES], uint32_t count)
{
	struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = count};
	long result;

	set_xen_guest_handle(setup.frame_list, list);
	result = hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1);
	return result == 0 && setup.status == GNTST_okay;
}

static bool grow(void)
{
	xen_pfn_t list[MAX_FRAMES] = {0};
	uint32_t reference, end;

	if (frame_count == MAX_FRAMES || !find_frames(list, frame_count + 1))
		return false;
	frames[frame_count] = pages_alloc(1);
	if (frames[frame_count] == NULL)
		return false;
	page_map_machine(frames[frame_count], list[frame_count]);
	reference = frame_count * (uint32_t)FRAME_ENTRIES;
	end = reference + (uint32_t)FRAME_ENTRIES;
	frame_count++;
	if (reference < FIRST_REFERENCE)
		reference = FIRST_REFERENCE;
	while (end-- > reference)
		grant_give_back(end);
	return true;
}

uint32_t grant_take(void)
{
	uint32_t reference;

	if (first_free == 0 && !grow())
		return 0;
	reference = first_free;
	first_free = entry_of(reference)->frame;
	return reference;
}

void grant_give_back(uint32_t reference)
{
	entry_of(reference)->frame = first_free;
	first_free = reference;
}

void grant_permit(uint32_t reference, uint16_t domid, const void *page, bool read_only)
{
	grant_entry_v1_t *entry = entry_of(reference);

	entry->frame = (uint32_t)pointer_to_machine_frame(page);
	entry->domid = domid;
	/* Xen reads the entry only once its flags are set. */
	__atomic_store_n(&entry->flags, GTF_permit_access | (read_only ? GTF_readonly : 0), __ATOMIC_RELEASE);
}

bool grant_revoke(uint32_t reference)
{
	grant_entry_v1_t *entry = entry_of(reference);
	uint16_t flags = __atomic_load_n(&entry->flags, __ATOMIC_RELAXED);

	/* Xen sets the two in the same step in which it checks the others. */
	do {
		if ((flags & (GTF_reading | GTF_writing)) != 0)
			return false;
	} while (!__atomic_compare_exchange_n(&entry->flags, &flags, 0, false, __ATOMIC_SEQ_CST,
	                                      __ATOMIC_RELAXED));
	return true;
}

uint32_t grant_page(uint16_t domid, const void *page, bool read_only)
{
	uint32_t reference = grant_take();

	if (reference != 0)
		grant_permit(reference, domid, page, read_only);
	return reference;
}

bool grant_end(uint32_t reference)
{
	if (!grant_revoke(reference))
		return false;
	grant_give_back(reference);
	return true;
}

/*
 * A frame of the table lies over a page of ours, whose own memory keeps a copy while the guest is saved, with
 * frames that mean something in another domain too.
 */
static grant_entry_v1_t spare[FRAME_ENTRIES];

void grants_put_away(void)
{
	const unsigned long *machine_to_physical = (const unsigned long *)MACH2PHYS_VIRT_START;

	for (uint32_t i = 0; i < frame_count; i++) {
		memcpy(spare, frames[i], PAGE_SIZE);
		for (uint32_t j = 0; j < FRAME_ENTRIES; j++) {
			spare[j].flags &= GTF_permit_access | GTF_readonly;
			if (spare[j].flags != 0)
				spare[j].frame = (uint32_t)machine_to_physical[spare[j].frame];
		}
		page_map_again(frames[i]);
		memcpy(frames[i], spare, PAGE_SIZE);
	}
}

/* In a table that is all zero but for what dom0 seeded. */
static void grant_again(uint32_t first)
{
	const unsigned long *list = (const unsigned long *)start_info->mfn_list;
	uint32_t reference, begin = first < FIRST_REFERENCE ? FIRST_REFERENCE : first;

	for (reference = begin; reference < first + FRAME_ENTRIES; reference++) {
		const grant_entry_v1_t *old = &spare[reference - first];
		grant_entry_v1_t *entry = entry_of(reference);

		entry->domid = old->domid;
		entry->frame = old->flags != 0 ? (uint32_t)list[old->frame] : old->frame;
		__atomic_store_n(&entry->flags, old->flags, __ATOMIC_RELEASE);
	}
}

void grants_bring_back(bool new)
{
	xen_pfn_t list[MAX_FRAMES] = {0};

	if (frame_count > 0 && !find_frames(list, frame_count))
		panic("Xen does not give the grant table");
	for (uint32_t i = 0; i < frame_count; i++) {
		memcpy(spare, frames[i], PAGE_SIZE);
		page_map_machine(frames[i], list[i]);
		if (new)
			grant_again(i * (uint32_t)FRAME_ENTRIES);
	}
}
