/* SPDX-License-Identifier: MIT */
/* What a reader has gathered of a guest, and what is made of it when all is there. */
#ifndef TOOLSTACK_STREAM_GUEST_H
#define TOOLSTACK_STREAM_GUEST_H

#include <stdbool.h>
#include "stream_reader.h"

/* What a stream brings of one vCPU, each of these once. */
enum { VCPU_BASIC, VCPU_EXTENDED, VCPU_XSAVE, VCPU_MSRS, VCPU_KINDS };

struct guest_vcpu {
	void *state[VCPU_KINDS]; /* struct stream_vcpu, then the state; NULL: none came */
	uint32_t size[VCPU_KINDS];
};

struct stream_mapping {
	char *memory;
	size_t count; /* pages */
};

struct stream_guest {
	const struct reader_domain *domain;
	const struct reader_host *host;
	struct lightvm_error *error;
	uint64_t frame_count; /* entries of the next three */
	uint64_t frame_end;   /* no frame from here on has been named */
	uint64_t *mfns;       /* READER_ABSENT: no memory yet */
	uint8_t *types;       /* as in STREAM_PAGES */
	char **pages;         /* where each is mapped; NULL: nowhere */
	struct stream_mapping *mappings;
	size_t mapping_count, mapping_room;
	uint64_t populated;
	uint64_t *list; /* frame numbers of the pages of the guest's frame list */
	uint64_t list_count;
	uint64_t list_last; /* frames that it lists, less 1 */
	void *shared_info;  /* the old one */
	struct stream_tsc tsc;
	bool has_tsc;
	struct guest_vcpu *vcpus;
};

/* EBADMSG with a sentence. */
int stream_bad(struct stream_guest *guest, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether the frame has memory, and is an ordinary page. */
bool stream_is_page(const struct stream_guest *guest, uint64_t pfn);

#define STREAM_MAPPING ((char *)1) /* in pages: about to be mapped */

/* stream_memory.c: the guest's frames, mapped once each when they are needed first, and all let go at the
 * end. */
/* Maps those of the frames, which have memory, that are mapped nowhere yet; STREAM_BATCH at most. */
int stream_map(struct stream_guest *guest, const uint64_t *pfns, size_t count);
/* One of them, mapped. NULL with *error. */
void *stream_page(struct stream_guest *guest, uint64_t pfn);
void stream_unmap(struct stream_guest *guest);

/* Everything has come: page tables, frame list, shared_info, start_info; then vCPUs and the rest are told. */
int stream_finish(struct stream_guest *guest);

#endif
