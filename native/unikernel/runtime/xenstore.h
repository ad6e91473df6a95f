/* SPDX-License-Identifier: MIT */
/*
 * XenStore, for a guest that was started by another toolstack: its store page is no device page. Paths may be
 * relative to the guest's own directory. Calls wait, and only threads may make them, no event handler.
 */
#ifndef RUNTIME_XENSTORE_H
#define RUNTIME_XENSTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XENSTORE_PATH 256 /* bytes of a path, with its NUL */

/* Only where there is no device page. Answers to control/shutdown from then on. */
void xenstore_init(void);

/* Before a suspend: waits until nothing is under way, and lets nothing begin until xenstore_resume. */
void xenstore_hold(void);
/*
 * After it; new: in a restored domain, with the same page, another port, and a store that knows nothing of our
 * watches. Those, and the devices, come back in a thread of the store's.
 */
void xenstore_resume(bool new);
/* Waits until the devices are back, for NOXS_ANNOUNCED_MS at most. */
void xenstore_settle(void);

/*
 * A kind of devices. It names itself in its own file, and is in an image only if something in the program uses
 * that file.
 */
struct xenstore_driver {
	/* Before main: waits until it can be used, or gives up. NULL: there is nothing to wait for. */
	void (*start)(void);
	/* In a restored domain, which has other ports and other back-ends: does not wait. */
	void (*lose)(void);
	/* Then, in the store's thread: looks for them. */
	void (*resume)(void);
	/* Whether what was lost is back. */
	bool (*ready)(void);
};

#define XENSTORE_DRIVER(driver)                                                                              \
	static const struct xenstore_driver *const driver##_entry                                            \
	    __attribute__((section(".xenstore_drivers"), used)) = &(driver)

/* Starts them all, if there is a store. */
void xenstore_start_drivers(void);

/* The value as a string, cut to size; false: there is no such node, or no store answers. */
bool xenstore_read(const char *path, char *value, size_t size);
bool xenstore_read_number(const char *path, uint64_t *value);
/* Of the node `name` below a directory. */
bool xenstore_read_number_at(const char *directory, const char *name, uint64_t *value);
bool xenstore_write(const char *path, const char *value);
bool xenstore_write_number_at(const char *directory, const char *name, uint64_t value);
/* The names below a node, each ended by NUL, and one more NUL; false: there is no such node, or they do not
 * fit. */
bool xenstore_list(const char *path, char *names, size_t size);

/*
 * Called in a thread of the store's, once at first and then whenever something at or below the path changes.
 * It may wait. The path is the caller's, for good; another one for the same hook and data takes its place.
 */
typedef void (*xenstore_hook)(void *data);
bool xenstore_watch(const char *path, xenstore_hook hook, void *data);

#endif
