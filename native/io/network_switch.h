/* SPDX-License-Identifier: MIT */
/* Where frames go. */
#ifndef LIGHTVM_IO_NETWORK_SWITCH_H
#define LIGHTVM_IO_NETWORK_SWITCH_H

#include "network_batch.h"

/*
 * Whether a guest may send this frame; if not, it has been counted. `head` is the same as info.bytes,
 * writable: what it leaves to be done is made as receivers expect it.
 */
bool switch_admit(struct frame *frame, uint8_t *head);
/* Sends it where it is to go. */
void switch_frame(struct batch *batch, const struct frame *frame);
/* How large a frame its receiver takes, if it was made of several like this TCP segment; 0: it wants each as
 * it is. */
size_t switch_limit(const struct frame *frame);
/* A frame of the host, for a network (`owner`). */
void switch_host_frame(struct batch *batch, void *owner, const struct frame *frame);
/* A frame of the TAP that is an adapter's own (`owner`). */
void switch_bridge_frame(struct batch *batch, void *owner, const struct frame *frame);

#endif
