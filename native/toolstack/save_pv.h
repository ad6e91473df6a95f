/* SPDX-License-Identifier: MIT */
/* Our own writer of a suspended PV guest's stream: all its memory in one go, machine frames looked up in its own list. */
#ifndef TOOLSTACK_SAVE_PV_H
#define TOOLSTACK_SAVE_PV_H

#include <sys/uio.h>
#include "save.h"
#include "stream.h"

/* The guest's frames, and back: which of them a machine frame is. */
struct frame_map {
	uint64_t count;   /* frames of the guest */
	uint64_t *mfns;   /* SAVE_ABSENT: none */
	uint64_t *list;   /* frame numbers of the pages of its frame list */
	uint64_t list_count;
	uint64_t *keys;   /* a hash table with open addressing: machine frames, 0 is free */
	uint32_t *values; /* frame numbers */
	uint64_t mask;
};

#define SAVE_ABSENT UINT64_MAX

/*
 * Reads the guest's list by its shared page. 0; -1 with *error: EINVAL, the guest's lists make no sense; ENOTSUP, it says
 * where they are in a way that this one does not follow.
 */
int frame_map_read(struct lightvm_host *host, uint32_t domid, const shared_info_any_t *shared,
                   struct frame_map *frames, struct lightvm_error *error);
void frame_map_free(struct frame_map *frames);
/* SAVE_ABSENT: it is none of the guest's. */
uint64_t frame_map_find(const struct frame_map *frames, uint64_t mfn);

struct save_pv {
	struct lightvm_host *host;
	const struct lightvm_save_config *config;
	struct lightvm_error *error;
	struct frame_map frames;
};

/* All of it is written; the vector is used up. */
int save_write(struct save_pv *save, struct iovec *vector, size_t count);
/* A record: what head and body hold, padded. */
int save_record(struct save_pv *save, uint32_t type, const void *head, size_t head_size, const void *body,
                size_t body_size);

/* save_vcpu.c: what Xen knows of the guest beside its memory, as records. */
int save_policy(struct save_pv *save);
int save_tsc(struct save_pv *save);
int save_vcpus(struct save_pv *save, uint32_t count);

/* ENOTSUP: by libxenguest then; nothing was written. */
int save_pv(struct lightvm_host *host, const struct lightvm_save_config *config, const xc_domaininfo_t *info,
            struct lightvm_error *error);

#endif
