/* SPDX-License-Identifier: MIT */
/*
 * Between liblightvm and lightvm-restore. The program is started with one end of a SOCK_SEQPACKET pair as
 * descriptor RESTORE_SOCKET; it ends when the other end does. Each packet there brings one end of another
 * such pair, and a child is forked that gives away its rights and talks on it:
 *
 *   child   struct restore_message with RESTORE_HELLO and a pidfd of its own
 *   parent  maybe much later: struct restore_job, with the stream and with /dev/xen/privcmd, tied to the domain
 *   child   struct restore_message and what is asked (enum reader_ask). READER_POPULATE alone is answered, by
 *           as many words
 *   child   ends after READER_DONE or READER_FAILED. The parent kills it where it does not like what is asked.
 */
#ifndef TOOLSTACK_RESTORE_PROTOCOL_H
#define TOOLSTACK_RESTORE_PROTOCOL_H

#include "stream_reader.h"

#define RESTORE_SOCKET 3
#define RESTORE_HELLO  0                    /* beside enum reader_ask */
#define RESTORE_MAX    (READER_POLICY + 64) /* bytes of a packet's rest */

struct restore_job {
	struct reader_domain domain;
};

struct restore_message {
	uint32_t what;
	uint32_t size; /* of what follows */
};

/* lightvm-restore-hvm: one process for each restore; this is all that it says. */
#define RESTORE_HVM_STREAM 3
#define RESTORE_HVM_ANSWER 4

struct restore_hvm_answer {
	uint32_t failed; /* 0 or 1; then error counts */
	uint32_t reserved;
	uint64_t store_frame, console_frame; /* of the guest */
	struct lightvm_error error;
};

_Static_assert(sizeof(struct restore_hvm_answer) == 280, "protocol");
_Static_assert(sizeof(struct reader_domain) == 32, "protocol");
_Static_assert(sizeof(struct restore_message) == 8, "protocol");

#endif
