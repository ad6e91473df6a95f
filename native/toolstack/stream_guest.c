/* SPDX-License-Identifier: MIT */
/*
 * All of a guest has been read: its own frame numbers become machine frames, in its page tables, its frame
 * list, its vCPUs and start_info.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* The guest's interface, not that of old tools. */
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#include <xen/xen.h>
#include "error.h"
#include "stream_guest.h"

#define STEP       "finish guest"
#define MAX_GDT    FIRST_RESERVED_GDT_ENTRY
#define GDT_PAGE   (STREAM_PAGE_SIZE / 8) /* entries of a page */
#define ABSENT_MFN (~0UL)                 /* in a guest's frame list */

static uint64_t mfn_of(const struct stream_guest *guest, uint64_t pfn)
{
	return pfn < guest->frame_count ? guest->mfns[pfn] : READER_ABSENT;
}

bool stream_is_page(const struct stream_guest *guest, uint64_t pfn)
{
	return mfn_of(guest, pfn) != READER_ABSENT &&
	       (guest->types[pfn] == 0 || guest->types[pfn] == STREAM_ALLOCATE);
}

static bool is_top_table(const struct stream_guest *guest, uint64_t pfn)
{
	return mfn_of(guest, pfn) != READER_ABSENT && (guest->types[pfn] & STREAM_LEVEL) == 4 &&
	       guest->types[pfn] < STREAM_BROKEN;
}

static int ask(struct stream_guest *guest, enum reader_ask what, const void *bytes, size_t size)
{
	return guest->host->ask(guest->host->context, what, bytes, size, NULL, guest->error);
}

static int fix_table(struct stream_guest *guest, uint64_t *table, unsigned int level)
{
	for (unsigned int i = 0; i < STREAM_ENTRIES; i++) {
		uint64_t entry = table[i], pfn = (entry & STREAM_FRAME_MASK) >> STREAM_PAGE_SHIFT, mfn;

		if ((entry & STREAM_PRESENT) == 0)
			continue;
		/* Xen puts its own there. */
		if (level == 4 && i >= STREAM_XEN_FIRST && i <= STREAM_XEN_LAST) {
			table[i] = 0;
			continue;
		}
		mfn = mfn_of(guest, pfn);
		if (mfn == READER_ABSENT || (level > 1 && (entry & STREAM_LARGE) != 0))
			return stream_bad(guest, "a page table has %llx", (unsigned long long)entry);
		table[i] = (entry & ~STREAM_FRAME_MASK) | mfn << STREAM_PAGE_SHIFT;
	}
	return 0;
}

static bool is_table(const struct stream_guest *guest, uint64_t pfn)
{
	uint8_t type = guest->types[pfn];

	return guest->mfns[pfn] != READER_ABSENT && type < STREAM_BROKEN && (type & STREAM_LEVEL) != 0;
}

/* At the end, and not as they come: what they name may come later, and a live stream brings them again. */
static int fix_tables(struct stream_guest *guest)
{
	uint64_t *table;

	for (uint64_t pfn = 0; pfn < guest->frame_end; pfn++) {
		if (!is_table(guest, pfn))
			continue;
		table = stream_page(guest, pfn);
		if (table == NULL || fix_table(guest, table, guest->types[pfn] & STREAM_LEVEL) != 0)
			return -1;
	}
	return 0;
}

static int write_list(struct stream_guest *guest)
{
	uint64_t page, done = 0, total = guest->list_last + 1, *entries;
	unsigned int i;

	for (page = 0; page < guest->list_count; page++) {
		if (!stream_is_page(guest, guest->list[page]))
			return stream_bad(guest, "its frame list is not there");
		entries = stream_page(guest, guest->list[page]);
		if (entries == NULL)
			return -1;
		for (i = 0; i < STREAM_ENTRIES && done < total; i++, done++)
			entries[i] = guest->mfns[done] != READER_ABSENT ? guest->mfns[done] : ABSENT_MFN;
	}
	return 0;
}

/* Time and vCPUs as they were; no event is pending, and none gets through until the guest wants it. */
static int write_shared_info(struct stream_guest *guest)
{
	const shared_info_t *old = guest->shared_info;
	shared_info_t *new = guest->host->map(guest->host->context, &guest->domain->shared_info_mfn, 1);

	if (new == NULL)
		return error_set(guest->error, errno, STEP,
		                 "The new domain's shared page cannot be mapped: %s.", strerror(errno));
	memcpy(new->vcpu_info, old->vcpu_info, sizeof(new->vcpu_info));
	for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		new->vcpu_info[i].evtchn_pending_sel = 0;
	memset(new->evtchn_pending, 0, sizeof(new->evtchn_pending));
	memset(new->evtchn_mask, 0xff, sizeof(new->evtchn_mask));
	new->arch = old->arch;
	new->arch.pfn_to_mfn_frame_list_list = 0; /* the guest says it again */
	guest->host->unmap(guest->host->context, new, 1);
	return 0;
}

/* vCPU 0's rdx says where it is: the argument of the hypercall in which the guest stands. */
static int write_start_info(struct stream_guest *guest, uint64_t pfn, struct reader_pages *pages)
{
	const struct reader_domain *domain = guest->domain;
	start_info_t *start;

	if (!stream_is_page(guest, pfn))
		return stream_bad(guest, "it has no start_info");
	start = stream_page(guest, pfn);
	if (start == NULL)
		return -1;
	pages->store_pfn = start->store_mfn;
	pages->console_pfn = start->console.domU.mfn;
	if (!stream_is_page(guest, pages->store_pfn) || !stream_is_page(guest, pages->console_pfn))
		return stream_bad(guest, "its start_info names no console or no store");
	start->nr_pages = guest->populated;
	start->shared_info = domain->shared_info_mfn << STREAM_PAGE_SHIFT;
	start->flags = 0;
	start->store_mfn = guest->mfns[pages->store_pfn];
	start->store_evtchn = domain->store_port;
	start->console.domU.mfn = (uint32_t)guest->mfns[pages->console_pfn];
	start->console.domU.evtchn = domain->console_port;
	return 0;
}

/* The two page tables of a vCPU, as their registers hold them. */
static int fix_register(struct stream_guest *guest, uint64_t *value, uint64_t flags)
{
	uint64_t pfn = xen_cr3_to_pfn(*value & ~flags);

	if (!is_top_table(guest, pfn))
		return stream_bad(guest, "a vCPU uses page table %llx", (unsigned long long)pfn);
	*value = xen_pfn_to_cr3(guest->mfns[pfn]) | flags;
	return 0;
}

static int fix_vcpu(struct stream_guest *guest, struct guest_vcpu *vcpu)
{
	struct stream_vcpu *head = vcpu->state[VCPU_BASIC];
	vcpu_guest_context_t *context = (vcpu_guest_context_t *)(head + 1);
	uint64_t i;

	if (vcpu->size[VCPU_BASIC] != sizeof(*head) + sizeof(*context))
		return stream_bad(guest, "a vCPU has %u bytes", vcpu->size[VCPU_BASIC]);
	if (context->gdt_ents > MAX_GDT)
		return stream_bad(guest, "a vCPU has %lu segments", context->gdt_ents);
	for (i = 0; i * GDT_PAGE < context->gdt_ents; i++) {
		if (!stream_is_page(guest, context->gdt_frames[i]))
			return stream_bad(guest, "a vCPU's segments are not there");
		context->gdt_frames[i] = guest->mfns[context->gdt_frames[i]];
	}
	if (fix_register(guest, &context->ctrlreg[3], 0) != 0)
		return -1;
	/* Bit 0: there is one. */
	if ((context->ctrlreg[1] & 1) != 0 && fix_register(guest, &context->ctrlreg[1], 1) != 0)
		return -1;
	if (head->vcpu == 0)
		context->user_regs.rdx = guest->mfns[context->user_regs.rdx];
	return 0;
}

static int fix_vcpus(struct stream_guest *guest, struct reader_pages *pages)
{
	const struct guest_vcpu *first = &guest->vcpus[0];
	const struct stream_vcpu *head = first->state[VCPU_BASIC];
	const vcpu_guest_context_t *context;

	if (head == NULL || first->size[VCPU_BASIC] != sizeof(*head) + sizeof(*context))
		return stream_bad(guest, "it has no first vCPU");
	context = (const vcpu_guest_context_t *)(head + 1);
	if (write_start_info(guest, context->user_regs.rdx, pages) != 0)
		return -1;
	for (uint32_t i = 0; i < guest->domain->vcpu_count; i++)
		if (guest->vcpus[i].state[VCPU_BASIC] != NULL && fix_vcpu(guest, &guest->vcpus[i]) != 0)
			return -1;
	return 0;
}

static int tell_pins(struct stream_guest *guest)
{
	struct reader_table tables[STREAM_BATCH];
	size_t count = 0;
	uint64_t pfn;
	int rc = 0;

	for (pfn = 0; rc == 0 && pfn < guest->frame_end; pfn++) {
		if (is_table(guest, pfn) && (guest->types[pfn] & STREAM_PINNED) != 0)
			tables[count++] =
			    (struct reader_table){.level = guest->types[pfn] & STREAM_LEVEL, .pfn = pfn};
		if (count < STREAM_BATCH && pfn + 1 < guest->frame_end)
			continue;
		if (count > 0)
			rc = ask(guest, READER_PIN, tables, count * sizeof(*tables));
		count = 0;
	}
	return rc;
}

static int tell_vcpus(struct stream_guest *guest)
{
	static const enum reader_ask what[VCPU_KINDS] = {READER_VCPU_BASIC, READER_VCPU_EXTENDED,
	                                                 READER_VCPU_XSAVE, READER_VCPU_MSRS};

	for (uint32_t i = 0; i < guest->domain->vcpu_count; i++)
		for (unsigned int kind = 0; kind < VCPU_KINDS; kind++) {
			const struct guest_vcpu *vcpu = &guest->vcpus[i];

			/* An empty one is what Xen gives of what a vCPU does not use. */
			if (vcpu->state[kind] == NULL || vcpu->size[kind] == sizeof(struct stream_vcpu))
				continue;
			if (ask(guest, what[kind], vcpu->state[kind], vcpu->size[kind]) != 0)
				return -1;
		}
	return 0;
}

int stream_finish(struct stream_guest *guest)
{
	struct reader_pages pages;

	if (guest->shared_info == NULL || guest->list == NULL)
		return stream_bad(guest, "it has no shared page or no frame list");
	if (fix_tables(guest) != 0 || write_list(guest) != 0 || write_shared_info(guest) != 0 ||
	    fix_vcpus(guest, &pages) != 0)
		return -1;
	stream_unmap(guest);
	if (guest->has_tsc && ask(guest, READER_TSC, &guest->tsc, sizeof(guest->tsc)) != 0)
		return -1;
	if (tell_pins(guest) != 0 || tell_vcpus(guest) != 0)
		return -1;
	return ask(guest, READER_DONE, &pages, sizeof(pages));
}
