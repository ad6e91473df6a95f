/* SPDX-License-Identifier: MIT */
/*
 * Reads the stream of a 64-bit PV guest into the memory of a domain. What it reads may be hostile: it runs in
 * a process that can do nothing but map that one domain's memory, and has to ask for all else (struct
 * reader_host), in terms that can be checked by whoever has the rights. Needs no Xen library.
 */
#ifndef TOOLSTACK_STREAM_READER_H
#define TOOLSTACK_STREAM_READER_H

#include <lightvm/lightvm.h>
#include "stream.h"

#define READER_CLEAR  (1ULL << 63)
#define READER_ABSENT 0      /* the machine frame of a frame that is not there: no guest has that one */
#define READER_VCPU   16384U /* bytes of one vCPU's state of one kind, at most */
#define READER_POLICY 65536U /* bytes of a CPU policy */

/* What is asked; in this order, pages any number of times before the rest. */
enum reader_ask {
	READER_CPUID = 1, /* xen_cpuid_leaf_t[] */
	READER_MSR,       /* xen_msr_entry_t[] */
	READER_POPULATE,  /* uint64_t[]: frame numbers that have no memory yet, STREAM_BATCH at most; with
	                     READER_CLEAR,  those that are to be zero. Answer: as many machine frames */
	READER_TSC,       /* struct stream_tsc */
	READER_PIN, /* struct reader_table[]: page tables that were pinned. Nothing is mapped any more */
	READER_VCPU_BASIC, /* struct stream_vcpu, vcpu_guest_context_t */
	READER_VCPU_EXTENDED,
	READER_VCPU_XSAVE,
	READER_VCPU_MSRS,
	READER_DONE,   /* struct reader_pages */
	READER_FAILED, /* struct lightvm_error; from another process only */
};

struct reader_table {
	uint32_t level;
	uint32_t reserved;
	uint64_t pfn;
};

/* Where start_info says that these lie. */
struct reader_pages {
	uint64_t store_pfn;
	uint64_t console_pfn;
};

/* What is known of the new domain from the start. */
struct reader_domain {
	uint64_t page_count; /* of its memory, at most */
	uint32_t vcpu_count;
	uint32_t domid;
	uint64_t shared_info_mfn;
	uint32_t console_port;
	uint32_t store_port;
};

struct reader_host {
	/* 0, or -1 with *error; `answer` has room for what enum reader_ask says. */
	int (*ask)(void *context, enum reader_ask what, const void *bytes, size_t size, void *answer,
	           struct lightvm_error *error);
	/*
	 * Maps machine frames of the domain, in this order, to be read and written. NULL: some cannot be. Any
	 * number of mappings may be there at once, but each frame in one of them alone, and none of them any
	 * more at READER_PIN.
	 */
	void *(*map)(void *context, const uint64_t *mfns, size_t count);
	void (*unmap)(void *context, void *memory, size_t count);
	void *context;
};

/* The frame numbers that a domain of so many pages may have: it may have holes. */
uint64_t reader_frame_limit(uint64_t page_count);

/* Reads it all. 0; or -1 with *error: EBADMSG, or what the host said. *progress may be NULL. */
int reader_run(const struct reader_domain *domain, const struct reader_host *host, int fd,
               struct lightvm_progress *progress, struct lightvm_error *error);

#endif
