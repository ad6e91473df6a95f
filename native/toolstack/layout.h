/* SPDX-License-Identifier: MIT */
/* What dom0 writes into a guest's noxs pages before the guest first runs. */
#ifndef TOOLSTACK_LAYOUT_H
#define TOOLSTACK_LAYOUT_H

#include <stdint.h>
#include <lightvm/noxs.h>

/* The pages that a builder set aside, as pseudo-physical and machine frame numbers. */
struct guest_pages {
	uint64_t console_pfn, console_mfn;
	uint64_t device_pfn, device_mfn;
	uint32_t control_count;
	uint64_t control_pfn[NOXS_MAX_CONTROL], control_mfn[NOXS_MAX_CONTROL];
};

/* What the device page says of the guest itself. */
struct guest_identity {
	uint8_t uuid[16];
	const char *name;   /* or NULL; cut to NOXS_NAME_SIZE - 1 bytes */
	uint32_t announced; /* devices that are still to come */
	uint8_t entropy[32];
};

/*
 * Fills a whole page: sysctl 0 on the first control page, console 0 on its ring, and one free entry for each
 * spare control page, which says where the spare lies, so that whoever adds a device later needs no other
 * record.
 */
void layout_device_page(void *page, const struct guest_identity *identity, uint32_t event_channel,
                        const struct guest_pages *pages);
/* Fills a whole page: the control page of sysctl 0. */
void layout_sysctl_page(void *page);

#endif
