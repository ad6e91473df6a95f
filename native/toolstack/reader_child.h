/* SPDX-License-Identifier: MIT */
/* A reading process for one stream, seen from here. It may be in the hands of whoever made the stream. */
#ifndef TOOLSTACK_READER_CHILD_H
#define TOOLSTACK_READER_CHILD_H

#include "restore_protocol.h"
#include "restore_pv.h"

struct reader_child {
	int talk;
	int pidfd; /* -1: it has not said hello yet */
	char packet[sizeof(struct restore_message) + RESTORE_MAX];
};

/* NULL with *error; `talk` is the caller's end, and becomes the child's to close. */
struct reader_child *reader_child_new(int talk, struct lightvm_error *error);
/* It ends, whatever it is in the middle of. NULL is fine. */
void reader_child_free(struct reader_child *child);

/* Gives it its stream, read from restore->fd. EPIPE: it was dead before that, and has read nothing. */
int reader_child_start(struct reader_child *child, const struct restore_pv *pv, struct lightvm_error *error);
/* Does what it asks, until it is done. */
int reader_child_serve(struct reader_child *child, struct restore_pv *pv, struct lightvm_error *error);

#endif
