/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "disk_io_ways.h"

#define RING_ENTRIES 1024U

struct ring_state {
	struct io_uring ring;
	uint32_t under_way; /* bounded by the completion queue, so that it never overflows */
	uint32_t capacity;
};

static void collect(struct disk_io *disk_io)
{
	struct ring_state *state = disk_io->state;
	struct io_uring_cqe *completion;

	while (io_uring_peek_cqe(&state->ring, &completion) == 0) {
		struct disk_io_request *request = io_uring_cqe_get_data(completion);

		request->result = completion->res;
		io_uring_cqe_seen(&state->ring, completion);
		state->under_way--;
		disk_io_finish(disk_io, request);
	}
}

static void ready(struct source *source, uint32_t events)
{
	struct disk_io *disk_io = (void *)((char *)source - offsetof(struct disk_io, source));
	uint64_t count;
	ssize_t size = read(disk_io->event, &count, sizeof(count));

	(void)events;
	(void)size;
	collect(disk_io);
}

static void prepare(struct io_uring_sqe *entry, struct disk_io_request *request)
{
	int file = (int)request->file;

	switch (request->act) {
	case DISK_IO_READ:
		io_uring_prep_readv(entry, file, request->vector, request->vector_count, request->offset);
		break;
	case DISK_IO_WRITE:
		io_uring_prep_writev(entry, file, request->vector, request->vector_count, request->offset);
		break;
	default:
		io_uring_prep_fsync(entry, file, IORING_FSYNC_DATASYNC);
		break;
	}
	io_uring_sqe_set_flags(entry, IOSQE_FIXED_FILE);
	io_uring_sqe_set_data(entry, request);
}

/* What the kernel does at once is collected at once: that saves a turn of the loop. */
static void push(struct disk_io *disk_io)
{
	struct ring_state *state = disk_io->state;

	while (disk_io->asked_first != NULL) {
		uint32_t count = 0;

		while (disk_io->asked_first != NULL && state->under_way < state->capacity) {
			struct io_uring_sqe *entry = io_uring_get_sqe(&state->ring);

			if (entry == NULL)
				break;
			prepare(entry, disk_io_take(disk_io));
			state->under_way++;
			count++;
		}
		if (count == 0)
			break;
		(void)io_uring_submit(&state->ring);
		collect(disk_io);
	}
	if (io_uring_sq_ready(&state->ring) > 0)
		(void)io_uring_submit(&state->ring);
}

static int set_file(struct disk_io *disk_io, uint32_t file, int descriptor)
{
	struct ring_state *state = disk_io->state;
	int updated = io_uring_register_files_update(&state->ring, file, &descriptor, 1);

	return updated < 0 ? -updated : 0;
}

static void close_ring(struct disk_io *disk_io)
{
	struct ring_state *state = disk_io->state;

	io_uring_queue_exit(&state->ring);
	close(disk_io->event);
	free(state);
}

static const struct disk_io_way ring_way = {
    .push_always = true,
    .push = push,
    .set_file = set_file,
    .close = close_ring,
};

static int restrict_ring(struct io_uring *ring)
{
	struct io_uring_restriction allowed[] = {
	    {.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_READV},
	    {.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_WRITEV},
	    {.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_FSYNC},
	    {.opcode = IORING_RESTRICTION_SQE_FLAGS_REQUIRED, .sqe_flags = IOSQE_FIXED_FILE},
	    {.opcode = IORING_RESTRICTION_REGISTER_OP, .register_op = IORING_REGISTER_FILES_UPDATE},
	    {.opcode = IORING_RESTRICTION_REGISTER_OP, .register_op = IORING_REGISTER_ENABLE_RINGS},
	};

	return io_uring_register_restrictions(ring, allowed, sizeof(allowed) / sizeof(allowed[0]));
}

int disk_io_ring_open(struct disk_io *disk_io)
{
	struct io_uring_params parameters = {.flags = IORING_SETUP_R_DISABLED};
	struct ring_state *state = calloc(1, sizeof(*state));
	bool open = false;
	int result = -ENOMEM;

	disk_io->event = -1;
	if (state == NULL)
		goto out;
	disk_io->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (disk_io->event < 0) {
		result = -errno;
		goto out;
	}
	result = io_uring_queue_init_params(RING_ENTRIES, &state->ring, &parameters);
	if (result != 0)
		goto out;
	open = true;
	result = io_uring_register_files_sparse(&state->ring, DISK_IO_FILES);
	if (result == 0)
		result = io_uring_register_eventfd(&state->ring, disk_io->event);
	if (result == 0)
		result = restrict_ring(&state->ring);
	if (result == 0)
		result = io_uring_enable_rings(&state->ring);
	if (result != 0)
		goto out;
	state->capacity = parameters.cq_entries;
	disk_io->way = &ring_way;
	disk_io->source.ready = ready;
	disk_io->state = state;

out:
	if (result != 0) {
		if (open)
			io_uring_queue_exit(&state->ring);
		if (disk_io->event >= 0)
			close(disk_io->event);
		free(state);
	}
	return -result;
}
