/* SPDX-License-Identifier: MIT */
/*
 * What a PVH guest needs beyond libxenguest: it has memory of its own, from 0 up with a hole below 4 GiB,
 * ACPI tables in that hole, a map of both, and memory of Xen's for the tables that translate it.
 */
#ifndef TOOLSTACK_PVH_H
#define TOOLSTACK_PVH_H

#include "build.h"
#include "acpi.h"
/* Needs xenctrl.h before it. */
#include <xenguest.h>

struct pvh {
	struct e820entry map[4];
	uint8_t tables[ACPI_SIZE];
};

/* Bytes that Xen needs beside the guest's memory, to translate it: as much as xl gives. */
uint64_t pvh_paging_bytes(const struct build *build);
/* EINVAL, ENOTSUP: not these numbers, not on this host. Sets nested_paging. */
int pvh_check(struct lightvm_host *host, struct build *build, struct lightvm_error *error);
/* Before memory is populated: Xen's own memory for it, and how missed timer ticks are told. */
int pvh_prepare(struct lightvm_host *host, const struct build *build, struct lightvm_error *error);
/* Says where memory lies, before dom's memory is allocated. */
void pvh_place_memory(struct xc_dom_image *dom, uint64_t memory_bytes);
/* Tables and map, between that and the build. dom borrows from pvh. */
int pvh_describe(struct lightvm_host *host, struct xc_dom_image *dom, const struct build *build,
                 struct pvh *pvh, struct lightvm_error *error);

#endif
