/* SPDX-License-Identifier: MIT */
/* A device in XenStore: where its back-end is, and the states that the two ends tell each other
 * (xen/io/xenbus.h). */
#ifndef RUNTIME_XENBUS_H
#define RUNTIME_XENBUS_H

#include <lightvm/threads.h>
#include "xenstore.h"

struct xenbus_device {
	char path[XENSTORE_PATH];    /* of our nodes: device/vbd/51712 */
	char backend[XENSTORE_PATH]; /* of the back-end's */
	char watched[XENSTORE_PATH]; /* of its state */
	uint16_t domid;              /* the back-end's */
	uint32_t state;              /* enum noxs_state, the back-end's; 0 when its nodes are gone */
	struct wait_queue changed;   /* woken whenever it changes */
	void (*hook)(void *data);    /* or NULL; called then, in a thread of the store's */
	void *data;
};

/*
 * hook and data are the caller's. false: there is no such device. It is watched from then on, for good; again in
 * a restored domain, where its back-end is another.
 */
bool xenbus_open(struct xenbus_device *device, const char *path);
/* Until the back-end's state is one of `states`, a set of 1 << state, for NOXS_STEP_MS at most; false: it is
 * not. */
bool xenbus_wait(struct xenbus_device *device, uint32_t states);
bool xenbus_set_state(struct xenbus_device *device, uint32_t state);
/* A new port for the back-end; 0: Xen has none left. */
uint32_t xenbus_port(const struct xenbus_device *device);

#endif
