/* SPDX-License-Identifier: MIT */
/* What both ways share: the table of files, requests that go on after a partial transfer, and the telling of results. */
#include "disk_io.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <unistd.h>

#include "disk_io_ways.h"

int disk_io_open_file(struct disk_io *disk_io, int descriptor, uint32_t *file)
{
	int result = ENFILE;

	for (uint32_t i = 0; i < DISK_IO_FILES; i++) {
		if (disk_io->files[i] >= 0)
			continue;
		result = disk_io->way->set_file(disk_io, i, descriptor);
		if (result != 0)
			break;
		disk_io->files[i] = descriptor;
		*file = i;
		break;
	}
	return result;
}

void disk_io_close_file(struct disk_io *disk_io, uint32_t file)
{
	(void)disk_io->way->set_file(disk_io, file, -1);
	/* An io_uring lets go of a file some second later, and with it lightvmd's lock would stay: the guest could not be
	 * started again before that. */
	(void)flock(disk_io->files[file], LOCK_UN);
	close(disk_io->files[file]);
	disk_io->files[file] = -1;
}

uint32_t disk_io_add_memory(struct disk_io *disk_io, void *base, size_t size)
{
	uint32_t memory = 0;

	if (disk_io->way->set_memory == NULL || disk_io->memory_count == DISK_IO_MEMORIES)
		goto out;
	if (disk_io->way->set_memory(disk_io, disk_io->memory_count, base, size) != 0)
		goto out;
	memory = ++disk_io->memory_count;

out:
	return memory;
}

void disk_io_ask(struct disk_io *disk_io, struct disk_io_request *request)
{
	request->next = NULL;
	if (disk_io->asked_last != NULL)
		disk_io->asked_last->next = request;
	else
		disk_io->asked_first = request;
	disk_io->asked_last = request;
	disk_io->asked_count++;
	if (disk_io->way->begin != NULL)
		disk_io->way->begin(disk_io);
}

struct disk_io_request *disk_io_take(struct disk_io *disk_io)
{
	struct disk_io_request *request = disk_io->asked_first;

	if (request == NULL)
		return NULL;
	disk_io->asked_count--;
	disk_io->asked_first = request->next;
	if (disk_io->asked_first == NULL)
		disk_io->asked_last = NULL;
	return request;
}

void disk_io_push(struct disk_io *disk_io)
{
	if (disk_io->asked_first != NULL || disk_io->way->push_always)
		disk_io->way->push(disk_io);
}

/* Moves the vector on by so many bytes; true: there is more to transfer. */
static bool advance(struct disk_io_request *request, uint64_t bytes)
{
	request->offset += bytes;
	while (request->vector_count > 0 && bytes >= request->vector->iov_len) {
		bytes -= request->vector->iov_len;
		request->vector++;
		request->vector_count--;
	}
	if (request->vector_count == 0)
		return false;
	request->vector->iov_base = (char *)request->vector->iov_base + bytes;
	request->vector->iov_len -= bytes;
	return true;
}

void disk_io_finish(struct disk_io *disk_io, struct disk_io_request *request)
{
	int result = request->result;

	if (request->act != DISK_IO_FLUSH && result == 0)
		result = -EIO; /* the file ends before */
	if (result == -EINTR || result == -EAGAIN || (request->act != DISK_IO_FLUSH && result > 0 &&
	                                              advance(request, (uint64_t)result))) {
		disk_io_ask(disk_io, request);
		return;
	}
	request->done(request, result < 0 ? -result : 0);
}

int disk_io_open(struct disk_io **disk_io, struct loop *loop, bool use_ring)
{
	struct disk_io *made = calloc(1, sizeof(*made));
	int result = ENOMEM;

	if (made == NULL)
		goto out;
	made->loop = loop;
	for (uint32_t i = 0; i < DISK_IO_FILES; i++)
		made->files[i] = -1;
	result = ENOSYS;
	if (use_ring)
		result = disk_io_ring_open(made);
	if (result != 0)
		result = disk_io_threads_open(made);
	if (result != 0)
		goto out;
	result = loop_add(loop, made->event, EPOLLIN, &made->source);
	if (result != 0) {
		made->way->close(made);
		goto out;
	}
	*disk_io = made;

out:
	if (result != 0)
		free(made);
	return result;
}

void disk_io_close(struct disk_io *disk_io)
{
	if (disk_io == NULL)
		return;
	loop_remove(disk_io->loop, disk_io->event, &disk_io->source);
	disk_io->way->close(disk_io);
	for (uint32_t i = 0; i < DISK_IO_FILES; i++) {
		if (disk_io->files[i] >= 0)
			close(disk_io->files[i]);
	}
	free(disk_io);
}

bool disk_io_has_ring(const struct disk_io *disk_io)
{
	return disk_io->way->push_always;
}
