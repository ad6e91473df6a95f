/* SPDX-License-Identifier: MIT */
/*
 * How a PV guest's memory looks when it first runs. Frames from 0 up: the image, the ramdisk, the frame list,
 * start_info, the device page, the console ring, the control pages, the page tables (top level first), one
 * page of stack, and behind them what is free. All of it is mapped at the image's base address, as xen/xen.h
 * asks for: to a multiple of 4 MiB, with 512 KiB to spare. Pure arithmetic: no Xen here.
 */
#ifndef TOOLSTACK_PV_PLAN_H
#define TOOLSTACK_PV_PLAN_H

#include <stdint.h>
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
	uint64_t mapped_end; /* virtual address: up to there reach the tables */
	uint64_t mapped_count; /* frames that they map */
};

/* What start_info says beside the plan. */
struct pv_start {
	uint64_t shared_info_mfn, console_mfn, device_mfn;
	uint32_t event_channel;
	const char *command_line; /* or NULL */
};

/* EINVAL: the guest's memory does not hold it. */
int pv_plan_make(struct pv_plan *plan, const struct image *image, uint64_t ramdisk_size,
                 uint64_t memory_bytes, uint32_t control_count, struct lightvm_error *error);

/*
 * Where those frames' content is written that have some: pages one after another. The others of the first
 * tables_pfn + tables_count are all zero when the guest begins.
 */
struct pv_memory {
	char *start;
	uint32_t *place; /* by frame: which of the pages, or PV_ZERO; tables_pfn + tables_count of them */
	uint64_t count;  /* pages */
};

#define PV_ZERO UINT32_MAX

/* Fills place and count. The page tables, all written, have the last places, in their order. */
void pv_plan_place(const struct pv_plan *plan, const struct image *image, struct pv_memory *memory);
/*
 * Writes the image, the ramdisk (as large as planned), the frame list and page tables; all else of the pages
 * is zeroed. mfns has frame_count entries.
 */
void pv_plan_fill(const struct pv_plan *plan, const struct image *image, const void *ramdisk,
                  const uint64_t *mfns, const struct pv_memory *memory);
/* Fills the start_info page, after that. */
void pv_plan_fill_start(const struct pv_plan *plan, const struct pv_start *start,
                        const struct pv_memory *memory);
/* A frame that has a place. */
void *pv_memory_frame(const struct pv_memory *memory, uint64_t pfn);

#endif
