/* SPDX-License-Identifier: MIT */
/*
 * Reading, writing and flushing of disks without waiting: by io_uring or, where the kernel has or allows none, by a few
 * threads. Both are set up before the seccomp filter, and the io_uring is restricted to these three acts on registered
 * files: what it does no filter sees.
 *
 * One thread calls all of this. What is asked for begins with disk_io_push, at the end of a turn of the loop.
 */
#ifndef LIGHTVM_IO_DISK_IO_H
#define LIGHTVM_IO_DISK_IO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "loop.h"

#define DISK_IO_FILES    2048 /* disks that can be open at once */
#define DISK_IO_MEMORIES 16

enum disk_io_act {
	DISK_IO_READ,
	DISK_IO_WRITE,
	DISK_IO_FLUSH, /* returns when all that was written before is on stable storage */
};

struct disk_io;

/* One act. The owner keeps it, its vector and its memory until `done`, which is called from the loop. */
struct disk_io_request {
	void (*done)(struct disk_io_request *request, int error_number);
	uint32_t file; /* as disk_io_open_file gave it */
	uint32_t act;  /* enum disk_io_act */
	uint64_t offset; /* bytes */
	struct iovec *vector; /* is changed */
	uint32_t vector_count;
	uint32_t memory; /* as disk_io_add_memory gave it: the whole vector lies there; 0: somewhere */
	/* disk_io's */
	int result;
	bool alone; /* not to be done together with others any more */
	struct disk_io_request *next;
};

/* `use_ring` false: threads, even where there is an io_uring. Returns 0 or an errno. */
int disk_io_open(struct disk_io **disk_io, struct loop *loop, bool use_ring);
void disk_io_close(struct disk_io *disk_io); /* NULL is fine; waits for what is under way */
bool disk_io_has_ring(const struct disk_io *disk_io);

/* Takes a descriptor over, on success: 0 and *file, or an errno. */
int disk_io_open_file(struct disk_io *disk_io, int descriptor, uint32_t *file);
/* Nothing of it is under way: gives up the lock that came with it, too. */
void disk_io_close_file(struct disk_io *disk_io, uint32_t file);

/*
 * Has the kernel know memory that requests go to again and again, so that it need not look for its pages each time, nor
 * mark them as changed. It stays until disk_io_close. 0: it is not to be had, and not needed.
 */
uint32_t disk_io_add_memory(struct disk_io *disk_io, void *base, size_t size);

/* Notes a request for the next push. Reads and writes are done whole: a file that ends before is EIO. */
void disk_io_ask(struct disk_io *disk_io, struct disk_io_request *request);
void disk_io_push(struct disk_io *disk_io);

#endif
