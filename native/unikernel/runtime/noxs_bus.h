/* SPDX-License-Identifier: MIT */
/*
 * Devices that come and go by the device page. A driver names itself with NOXS_DRIVER in its own file; it is
 * in an image only if something in the program uses that file.
 */
#ifndef RUNTIME_NOXS_BUS_H
#define RUNTIME_NOXS_BUS_H

#include <stdbool.h>
#include <lightvm/noxs.h>

struct noxs_driver {
	enum noxs_type type;
	/* A device has appeared; `control` is its control page. Gives what the others get. NULL: it is not
	 * taken. */
	void *(*add)(const struct noxs_device *device, void *control);
	/* There was an event, perhaps of this device: look at the states and at the rings. Runs as a handler
	 * does. */
	void (*event)(void *object);
	/* The guest was restored: the other end of its rings is gone. The device may come again, or its entry go. */
	void (*lose)(void *object);
	/* It has come again: another port, perhaps another back-end; its control page is as at first. */
	void (*renew)(void *object, const struct noxs_device *device);
	/* Its entry has gone: free everything. */
	void (*remove)(void *object);
	/* Whether a program can use it: main waits for that, NOXS_ANNOUNCED_MS at most. */
	bool (*ready)(void *object);
};

#define NOXS_DRIVER(driver)                                                                                  \
	static const struct noxs_driver *const driver##_entry                                                \
	    __attribute__((section(".noxs_drivers"), used)) = &(driver)

/* Finds the devices, and waits for those that were announced. */
void noxs_bus_start(void);
/*
 * In a restored domain: lose, with the old ports; resume, with the new ones; then, in a thread, settle, which waits
 * for the devices to come again as they did at the start, and takes those that have not for gone.
 */
void noxs_bus_lose(void);
void noxs_bus_resume(void);
void noxs_bus_settle(void);

#endif
