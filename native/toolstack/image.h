/* SPDX-License-Identifier: MIT */
/*
 * What a kernel's ELF image says of itself. Images come from users: everything here is checked against the
 * size of the buffer before it is read, and libxenguest, a less suspicious parser, sees an image only after
 * that.
 */
#ifndef TOOLSTACK_IMAGE_H
#define TOOLSTACK_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <lightvm/lightvm.h>

#define IMAGE_MAX_SEGMENTS 16
#define IMAGE_NONE         UINT64_MAX
/* Guests with memory of their own (PVH) have a hole from here to 4 GiB: ACPI tables, APIC, Xen's pages. */
#define IMAGE_PVH_HOLE 0xfc000000ULL

struct image_segment {
	uint64_t offset;    /* of its bytes in the file */
	uint64_t file_size; /* how many; the rest up to memory_size is zero */
	uint64_t start;     /* virtual address; physical for PVH */
	uint64_t memory_size;
};

struct image {
	const uint8_t *bytes;
	uint64_t size;
	uint64_t
	    virt_base;  /* virtual address of the guest's frame 0; 0 for PVH, which begins without paging */
	uint64_t entry; /* of the first instruction */
	uint64_t hypercall_page;  /* or IMAGE_NONE */
	uint64_t start, end;      /* virtual addresses of the first byte and behind the last */
	uint64_t mapped_spare;    /* bytes behind its stack that must be mapped; 0: as xen/xen.h says */
	bool is_unikernel;        /* one of ours, by its GUEST_OS note */
	bool noxs;                /* it gets a device page: set by whoever builds or restores it */
	uint64_t control_pages;   /* physical address of those that it brings with it, or IMAGE_NONE */
	bool loads_ramdisk_apart; /* its ramdisk need not be mapped at its start */
	bool has_initial_p2m;     /* it wants its frame list at an address of its own */
	uint64_t initial_p2m;     /* that address */
	char guest_os[32];
	uint32_t segment_count;
	struct image_segment segments[IMAGE_MAX_SEGMENTS];
};

/*
 * ENOEXEC with a sentence, if it is no 64-bit ELF image with the notes of a Xen kernel that runs as a guest
 * of this type (enum lightvm_guest_type). Borrows bytes.
 */
int image_parse(const void *bytes, uint64_t size, uint32_t type, struct image *image,
                struct lightvm_error *error);

/*
 * Whether it is to have a device page: a unikernel has, and a Linux that brings control pages with it, unless its
 * command line (or NULL) says NOXS_SWITCH "off".
 */
bool image_wants_noxs(const struct image *image, const char *command_line);

/*
 * Whether the guest's addresses hold what a builder maps at its start: from its first frame on the image,
 * `beside` bytes of a ramdisk, the list of its frames (or that where the image wants it), page tables and a
 * spare. libxenguest takes that for granted: where its addresses wrap around it plans forever.
 */
bool image_has_room(const struct image *image, uint64_t memory_bytes, uint64_t beside);

#endif
