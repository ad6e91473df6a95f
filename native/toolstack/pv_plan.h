/* SPDX-License-Identifier: MIT */
/*
 * How a PV guest's memory looks when it first runs. Frames from 0 up: the image, the ramdisk, the frame list,
 * start_info, the device page, the console ring, the control pages, the page tables (top level first), one page of stack,
 * and behind them what is free. All of it is mapped at the image's base address, as xen/xen.h asks for: to a
 * multiple of 4 MiB, with 512 KiB to spare. Pure arithmetic: no Xen here.
 */
#ifndef TOOLSTACK_PV_PLAN_H
#define TOOLSTACK_PV_PLAN_H

#include "image.h"
#include "layout.h"

struct pv_plan {
	uint64_t base;        /* virtual address of frame 0 */
	uint64_t frame_count; /* of the guest */
	uint64_t image_count; /* frames */
	uint64_t ramdisk_pfn, ramdisk_count;
	uint64_t ramdisk_size; /* bytes; 0: there is none */
	uint64_t list_pfn, list_count;
	uint64_t start_info_pfn;
	uint64_t device_pfn, console_pfn, control_pfn;
	uint64_t tables_pfn, tables_count;
	uint64_t level_count[5]; /* tables of level 1 to 4; [0] is unused */
	uint64_t stack_pfn;
	uint64_t mapped_end; /* virtual address */
};

/* What start_info says beside the plan. */
struct pv_start {
	uint64_t shared_info_mfn, console_mfn, device_mfn;
	uint32_t event_channel;
	const char *command_line; /* or NULL */
};

/* EINVAL: the guest's memory does not hold it. */
int pv_plan_make(struct pv_plan *plan, const struct image *image, uint64_t ramdisk_size, uint64_t memory_bytes,
                 uint32_t control_count, struct lightvm_error *error);

/*
 * Fills the guest's first frames, which lie one after another at `memory` (tables_pfn + tables_count of them,
 * their bytes undefined): the image, the ramdisk (as large as planned), the frame list, page tables; all else is
 * zeroed. mfns has frame_count entries.
 */
void pv_plan_fill(const struct pv_plan *plan, const struct image *image, const void *ramdisk,
                  const uint64_t *mfns, void *memory);
/* Fills the start_info page, in the same memory. */
void pv_plan_fill_start(const struct pv_plan *plan, const struct pv_start *start, void *memory);

#endif
