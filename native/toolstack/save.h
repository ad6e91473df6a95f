/* SPDX-License-Identifier: MIT */
/* What the ways to save and restore share. */
#ifndef TOOLSTACK_SAVE_H
#define TOOLSTACK_SAVE_H

#include "build.h"

/* By libxenguest: whatever Xen can save. */
int save_xenguest(struct lightvm_host *host, const struct lightvm_save_config *config,
                  struct lightvm_error *error);

/* A domain that exists, whose memory a stream fills. */
struct restore {
	struct build build; /* config, domid and ports; pages is found */
	struct lightvm_guest_config shape;
	struct image image;
	int fd;
	struct lightvm_progress *progress; /* or NULL */
	uint32_t console_index;
	uint64_t grants_mfn; /* the first frame of its grant table; 0: not known */
};

/*
 * By libxenguest, in this process. Finds the console's and the device page; of a unikernel also its control pages. The
 * domain stays the caller's to destroy on failure.
 */
int restore_xenguest(struct lightvm_host *host, struct restore *restore, struct lightvm_error *error);

/* For tests: PV guests by libxenguest too. */
extern bool restore_by_xenguest;

/*
 * Writes all that is new in a restored domain into its pages, which are known: the device page, sysctl's, and what
 * else is ours, or an empty XenStore page; then the grants. Takes console_index from the console's.
 */
int restore_pages(struct lightvm_host *host, struct restore *restore, struct lightvm_error *error);

/* ECANCELED, if the caller wishes so. */
int save_check_cancel(const struct lightvm_progress *progress, const char *step, struct lightvm_error *error);

#endif
