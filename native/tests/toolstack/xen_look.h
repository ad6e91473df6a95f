/* SPDX-License-Identifier: MIT */
/* Looks into a paused PV domain as its first vCPU would see it: registers, page tables, memory. */
#ifndef TOOLSTACK_XEN_LOOK_H
#define TOOLSTACK_XEN_LOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <xenctrl.h>

#define LOOK_CLOCK_NATIVE 2 /* XEN_CPUID_TSC_MODE_NEVER_EMULATE */

struct look {
	uint32_t domid;
	uint32_t clock; /* how Xen serves reads of the time stamp counter */
	vcpu_guest_context_x86_64_t vcpu;
	start_info_t *start;
	uint64_t start_address;
	xen_pfn_t *list; /* machine frames, by the guest's */
	uint64_t frames;
	uint64_t root;         /* machine frame of the top table */
	uint64_t shared_frame; /* of shared_info, as Xen has it */
	char *memory;          /* all of the guest's frames, in their order */
};

void look_open(struct look *look, uint32_t domid);
void look_close(struct look *look);

/* The frame of the guest that a machine frame is; UINT64_MAX: none. */
uint64_t look_pfn(const struct look *look, uint64_t mfn);
/* The level-1 entry of an address; 0: there is none. */
uint64_t look_entry(const struct look *look, uint64_t address);
/* Maps a machine frame of the guest for reading; to be unmapped. */
void *look_map(uint32_t domid, uint64_t mfn);
void look_unmap(void *page);

#endif
