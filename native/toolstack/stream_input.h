/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a stream. Every record but the last is followed by another: so the head of the next one comes
 * along with what is left of a record, for system calls are what a small guest's stream costs.
 */
#ifndef TOOLSTACK_STREAM_INPUT_H
#define TOOLSTACK_STREAM_INPUT_H

#include "stream_guest.h"

struct stream_input {
	struct stream_guest *guest; /* its error is set */
	int fd;
	struct stream_record next; /* the head of the record that is to be read */
};

/* Fills all of it; the vector is used up. */
int input_vector(struct stream_input *input, struct iovec *vector, size_t count);
int input_bytes(struct stream_input *input, void *bytes, size_t size);
/* The rest of a record of this length, its padding, and the next one's head. The vector has room for two
 * entries more. */
int input_rest(struct stream_input *input, struct iovec *vector, size_t count, uint32_t length);
/* The same in one piece; NULL: nothing is left of it but padding. */
int input_end(struct stream_input *input, void *bytes, size_t size, uint32_t length);
/* A whole record's body, to be freed. NULL: error is set. */
void *input_body(struct stream_input *input, uint32_t length);

/* stream_pages.c: a record of pages. */
struct stream_batch {
	uint64_t words[STREAM_BATCH]; /* of the record */
	uint64_t pfns[STREAM_BATCH], mfns[STREAM_BATCH];
	struct iovec vector[STREAM_BATCH + 2];
};

int stream_read_pages(struct stream_input *input, struct stream_batch *batch, uint32_t length,
                      uint32_t *count);

#endif
