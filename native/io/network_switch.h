/* SPDX-License-Identifier: MIT */
/* Where frames go. */
#ifndef LIGHTVM_IO_NETWORK_SWITCH_H
#define LIGHTVM_IO_NETWORK_SWITCH_H

#include "network_batch.h"

/* A frame of a guest; `head` is the same as info.bytes, writable. */
void switch_frame(struct batch *batch, struct frame *frame, uint8_t *head);
/* A frame of the host, for a network (`owner`). */
void switch_host_frame(struct batch *batch, void *owner, const struct frame *frame);
/* A frame of the TAP that is an adapter's own (`owner`). */
void switch_bridge_frame(struct batch *batch, void *owner, const struct frame *frame);

#endif
