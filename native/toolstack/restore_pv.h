/* SPDX-License-Identifier: MIT */
/* A PV guest's domain while a reader fills it: does for the reader what needs rights, and believes nothing it says. */
#ifndef TOOLSTACK_RESTORE_PV_H
#define TOOLSTACK_RESTORE_PV_H

#include "save.h"
#include "stream_reader.h"

struct restore_pv {
	struct lightvm_host *host;
	struct restore *restore;
	struct reader_domain domain; /* what the reader is told */
	uint64_t frame_limit;
	uint64_t *mfns;     /* frame_limit entries; READER_ABSENT */
	uint64_t populated;
	void *cpuid;        /* READER_CPUID's, until the MSRs come too */
	size_t cpuid_size;
	bool done;          /* READER_DONE has come, and was good */
};

int restore_pv_begin(struct restore_pv *pv, struct lightvm_host *host, struct restore *restore,
                     struct lightvm_error *error);
void restore_pv_end(struct restore_pv *pv);

/* What a reader asks (stream_reader.h); answer has STREAM_BATCH words. EBADMSG: it may not. */
int restore_pv_ask(struct restore_pv *pv, enum reader_ask what, const void *bytes, size_t size, void *answer,
                   struct lightvm_error *error);

/* Reads the stream in a process of its own; it serves what that asks. */
int restore_pv_there(struct restore_pv *pv, struct lightvm_restorer *restorer, struct lightvm_error *error);
/* Reads the stream in this process. */
int restore_pv_here(struct restore_pv *pv, struct lightvm_error *error);

#endif
