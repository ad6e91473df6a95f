/* SPDX-License-Identifier: MIT */
/*
 * Frames that wait because a guest has posted no room for them: so that a sender which is faster than it for
 * a while need not send them again. Bounded for each adapter and for all, and not for long.
 */
#ifndef LIGHTVM_IO_NETWORK_PARK_H
#define LIGHTVM_IO_NETWORK_PARK_H

#include "network_batch.h"

/* NULL: there is no memory. */
struct park *park_make(void);
void park_free(struct park *park);

/* Keeps a frame of which all is in memory of ours. False: there is no room for more. */
bool park_put(struct park *park, struct adapter *adapter, const struct frame *frame);

/* A frame that waits, as parts of `frames`. The first one is adapter->parked. */
#define PARK_PARTS (TAP_FRAME_MAX / NET_PAGE_SIZE)
void park_get(const struct park *park, const struct parked *parked, struct frame frames[PARK_PARTS]);
struct parked *park_next(const struct parked *parked);
/* Forgets the first one: it has been copied, or is not to be. */
void park_drop(struct park *park, struct adapter *adapter);

#endif
