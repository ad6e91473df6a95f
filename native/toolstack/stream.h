/* SPDX-License-Identifier: MIT */
/*
 * libxc's migration stream, version 3, as far as x86 PV guests use it: a header, a description of the domain, then
 * records, each padded to 8 bytes, up to STREAM_END. Little endian but for the first header. Xen's
 * docs/specs/libxc-migration-stream says what each is.
 */
#ifndef TOOLSTACK_STREAM_H
#define TOOLSTACK_STREAM_H

#include <stdint.h>
#include <sys/uio.h>

#define STREAM_MARKER  UINT64_MAX
#define STREAM_IDENT   0x58454e46U /* "XENF"; this and version are big endian */
#define STREAM_VERSION 3           /* 2 differs in what need not be there */
#define STREAM_PV      1

#define STREAM_BATCH   1024U         /* pages of one record, at most */
#define STREAM_MAX     (128U << 20)  /* bytes of one record, at most: libxc's own limit */

enum stream_type {
	STREAM_END = 0x00,
	STREAM_PAGES = 0x01,
	STREAM_PV_INFO = 0x02,
	STREAM_P2M = 0x03,
	STREAM_VCPU_BASIC = 0x04,
	STREAM_VCPU_EXTENDED = 0x05,
	STREAM_VCPU_XSAVE = 0x06,
	STREAM_SHARED_INFO = 0x07,
	STREAM_TSC = 0x08,
	STREAM_VCPU_MSRS = 0x0c,
	STREAM_VERIFY = 0x0d,
	STREAM_STATIC_END = 0x10,
	STREAM_CPUID = 0x11,
	STREAM_MSR = 0x12,
	STREAM_OPTIONAL = 1U << 31, /* whoever does not know it may skip it */
};

struct stream_header {
	uint64_t marker;
	uint32_t ident;
	uint32_t version;
	uint16_t options; /* 0: little endian */
	uint16_t reserved;
	uint32_t reserved2;
};

struct stream_domain {
	uint32_t type;
	uint16_t page_shift;
	uint16_t reserved;
	uint32_t xen_major, xen_minor;
};

struct stream_record {
	uint32_t type;
	uint32_t length; /* without the padding */
};

/* STREAM_PAGES: this, then `count` words (the page's type << 60, its frame number), then the pages that have data. */
struct stream_pages {
	uint32_t count;
	uint32_t reserved;
};

#define STREAM_PFN_MASK   ((1ULL << 52) - 1)
#define STREAM_TYPE_SHIFT 60
/* Types: 0 is an ordinary page, 1 to 4 a page table of that level, and more than that: */
#define STREAM_PINNED     0x8U /* that page table is pinned */
#define STREAM_LEVEL      0x7U
#define STREAM_BROKEN     0xdU /* these three bring no data */
#define STREAM_ALLOCATE   0xeU /* has memory; ours is zero then, which libxenguest does not promise */
#define STREAM_ABSENT     0xfU

struct stream_pv_info {
	uint8_t guest_width; /* bytes: 8 */
	uint8_t levels;      /* of page tables: 4 */
	uint16_t reserved;
	uint32_t reserved2;
};

/* STREAM_P2M: this, then the frame numbers of the pages that hold the guest's list of its frames. */
struct stream_p2m {
	uint32_t first, last; /* frames that are listed, inclusive */
};

/* STREAM_VCPU_*: this, then what Xen gave. */
struct stream_vcpu {
	uint32_t vcpu;
	uint32_t reserved;
};

struct stream_tsc {
	uint32_t mode;
	uint32_t khz;
	uint64_t elapsed_ns;
	uint32_t incarnation;
	uint32_t reserved;
};

_Static_assert(sizeof(struct stream_header) == 24, "format");
_Static_assert(sizeof(struct stream_domain) == 16, "format");
_Static_assert(sizeof(struct stream_record) == 8, "format");
_Static_assert(sizeof(struct stream_pages) == 8, "format");
_Static_assert(sizeof(struct stream_pv_info) == 8, "format");
_Static_assert(sizeof(struct stream_p2m) == 8, "format");
_Static_assert(sizeof(struct stream_vcpu) == 8, "format");
_Static_assert(sizeof(struct stream_tsc) == 24, "format");

/* Page table entries of a 64-bit PV guest. */
#define STREAM_ENTRIES      512U
#define STREAM_PRESENT      (1ULL << 0)
#define STREAM_LARGE        (1ULL << 7) /* above level 1 */
#define STREAM_FRAME_MASK   0x000ffffffffff000ULL
#define STREAM_XEN_FIRST    256U /* entries of level 4 that are Xen's */
#define STREAM_XEN_LAST     271U
#define STREAM_PAGE_SIZE    4096U
#define STREAM_PAGE_SHIFT   12

/* Takes from the front of a vector what a call has read or written. */
static inline void stream_advance(struct iovec **vector, size_t *count, size_t size)
{
	while (*count > 0 && size >= (*vector)->iov_len) {
		size -= (*vector)->iov_len;
		++*vector;
		--*count;
	}
	if (size > 0) {
		(*vector)->iov_base = (char *)(*vector)->iov_base + size;
		(*vector)->iov_len -= size;
	}
}

#endif
