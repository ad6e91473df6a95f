/* SPDX-License-Identifier: MIT */
/* The file behind a console log: mapping it, and taking pages for it before they are written. */
#ifndef LIGHTVM_IO_LOG_FILE_H
#define LIGHTVM_IO_LOG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lightvm/io.h"

struct log_file {
	struct console_log *log; /* NULL: nothing is mapped */
	size_t size;
	uint8_t *present; /* one bit per page: it is there, a store cannot fail */
};

/*
 * Maps the log of this guest. The descriptor stays the caller's, and is no longer needed afterwards. Returns
 * 0 or an errno; EINVAL: it is no console log for this guest.
 */
int log_file_map(struct log_file *file, int descriptor, const uint8_t uuid[16], uint32_t domid);
void log_file_unmap(struct log_file *file);

/*
 * Makes sure that one drain of up to `count` bytes can be stored. The file may be sparse, and a store into a
 * page that the file system has no room for would end this process with SIGBUS: so ask before. False: no room
 * now.
 */
bool log_file_reserve(struct log_file *file, uint32_t count);

#endif
