/* SPDX-License-Identifier: MIT */
/*
 * A guest's console: from the out ring that the guest writes into the log that lightvmd reads.
 *
 * Nothing here is remembered outside the log itself (lightvm/io.h says how it is laid out), so a drain may be
 * cut off after any store, and the next process goes on without losing or doubling a byte. No system call is
 * made.
 */
#ifndef LIGHTVM_IO_CONSOLE_H
#define LIGHTVM_IO_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

#include <xen/io/console.h>

#include "lightvm/io.h"

struct console {
	struct console_log *log;                 /* mapped, shared with lightvmd */
	uint8_t *data;                           /* the log's data */
	volatile struct xencons_interface *ring; /* the guest's page: hostile */
	uint64_t lines; /* newlines before the log's head; counted anew by console_resume */
	uint32_t mask;  /* data_size - 1 */
};

enum console_result {
	CONSOLE_IDLE,    /* there was nothing */
	CONSOLE_DRAINED, /* bytes were taken: notify the guest, which may wait for room */
	CONSOLE_BROKEN,  /* the guest's index is impossible: have no more to do with this ring */
};

/*
 * Whether the mapped file of `size` bytes is a console log for this guest: 0, or EINVAL. Call it before
 * anything else touches the file.
 */
int console_check(const struct console_log *log, size_t size, const uint8_t uuid[16], uint32_t domid);

/* Bytes of the file in which a log with this header lies. */
size_t console_file_size(const struct console_log *log);

/*
 * Takes up a checked log where the last process left it: drops the entry of an unfinished drain, counts
 * lines, and gives the ring the consumer index that follows from the log.
 */
void console_resume(struct console *console, struct console_log *log,
                    volatile struct xencons_interface *ring);

/* Puts bytes into the in ring: 0, EAGAIN (there is not room for all of them), or EPROTO (an impossible index). */
int console_input(const struct console *console, const uint8_t *bytes, uint32_t size);

/* How many bytes wait in the ring; more than CONSOLE_RING_SIZE if the guest's index is impossible. */
uint32_t console_waiting(const struct console *console);

/* Whether the guest has ever written to this console in its present life. */
int console_used(const struct console *console);

/* Takes what is in the ring, as one drain. `now_ns` is CLOCK_REALTIME. */
enum console_result console_drain(struct console *console, uint64_t now_ns);

#endif
