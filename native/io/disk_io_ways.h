/* SPDX-License-Identifier: MIT */
/* Between disk_io.c and the two ways of doing it. */
#ifndef LIGHTVM_IO_DISK_IO_WAYS_H
#define LIGHTVM_IO_DISK_IO_WAYS_H

#include "disk_io.h"

struct disk_io_way {
	bool push_always; /* also when nothing was asked for since */
	void (*push)(struct disk_io *disk_io);
	/* Or NULL: is told of each that is asked for, and may begin it. It tells nobody of results. */
	void (*begin)(struct disk_io *disk_io);
	/* Or NULL. 0 or an errno. */
	int (*set_memory)(struct disk_io *disk_io, uint32_t place, void *base, size_t size);
	int (*set_file)(struct disk_io *disk_io, uint32_t file, int descriptor);
	void (*close)(struct disk_io *disk_io);
};

struct disk_io {
	const struct disk_io_way *way;
	struct loop *loop;
	struct source source;
	int event; /* the way's own descriptor, readable while results are there */
	int files[DISK_IO_FILES];
	uint32_t memory_count;
	struct disk_io_request *asked_first; /* not begun yet */
	struct disk_io_request *asked_last;
	uint32_t asked_count;
	void *state; /* the way's own */
};

/* Set way, event, source and state, or leave nothing behind: 0 or an errno. */
int disk_io_ring_open(struct disk_io *disk_io);
int disk_io_threads_open(struct disk_io *disk_io);

/* The first of those that were asked for, or NULL. */
struct disk_io_request *disk_io_take(struct disk_io *disk_io);
/* request->result is there: tells the owner, or asks for the rest. */
void disk_io_finish(struct disk_io *disk_io, struct disk_io_request *request);

#endif
