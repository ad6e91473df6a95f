/* SPDX-License-Identifier: MIT */
/* One queue of a TAP: frames to and from the host, each with a header that says what is left to be done to
 * it. */
#ifndef LIGHTVM_IO_NETWORK_TAP_H
#define LIGHTVM_IO_NETWORK_TAP_H

#include "loop.h"
#include "network_offload.h"

#define TAP_FRAME_MAX (17 * 4096) /* bytes that any frame of a TAP fits into */

struct network_tap {
	int descriptor; /* -1: there is none */
	size_t header_size;
	struct source source;
	/* network_batch.c's: how frames come. */
	uint64_t read_ns;
	uint32_t read; /* frames in the last turn */
	uint32_t singles;
};

/* network_tap_device.c: attaches the queue; the size of its header. 0 or an errno. The tests have one of
 * their own. */
int tap_attach(int descriptor, size_t *header_size);

/* Begins to wait for frames; keeps the descriptor. 0 or an errno, and it stays the caller's. */
int tap_open(struct network_tap *tap, struct loop *loop, int descriptor,
             void (*ready)(struct source *, uint32_t));
/* Good for one that is not open too. */
void tap_close(struct network_tap *tap, struct loop *loop);

enum tap_result {
	TAP_DONE,
	TAP_EMPTY, /* reading: there is none; writing: there is no room */
	TAP_LOST,  /* the interface is gone */
};

/* Reads one frame into `bytes`, of TAP_FRAME_MAX; a frame that makes no sense has a size of 0. */
enum tap_result tap_read(struct network_tap *tap, uint8_t *bytes, size_t *size, struct offload *offload);
/* Writes one, which was prepared (offload_prepare) if its checksum is blank. */
enum tap_result tap_write(struct network_tap *tap, const struct frame_info *info,
                          const struct offload *offload);

#endif
