/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <unistd.h>

#include "disk_io_ways.h"

#define RING_ENTRIES 1024U
/*
 * So many are begun at once, as one act where they follow each other on the disk and in memory. Such an act
 * is over when all of it is: of too many, guest, disk and this process would work in turn instead of at the
 * same time; of too few, each costs a call, and the disk's driver an act.
 */
#define AT_ONCE 4U

struct ring_state {
	struct io_uring ring;
	uint32_t under_way; /* bounded by the completion queue, so that it never overflows */
	uint32_t capacity;
	bool takes_memory;
};

static size_t size_of(const struct disk_io_request *request)
{
	return request->vector->iov_len;
}

/* Hands the result of an act to the requests that it was made of. Who got nothing of it is done again, and
 * alone. */
static void share_out(struct disk_io *disk_io, struct disk_io_request *first, int result)
{
	int left = result > 0 ? result : 0;

	for (struct disk_io_request *request = first, *next; request != NULL; request = next) {
		size_t size = size_of(request);

		next = request->next; /* finish() changes it */
		if (left == 0) {
			request->alone = true;
			disk_io_ask(disk_io, request);
			continue;
		}
		request->result = (size_t)left < size ? left : (int)size;
		left -= request->result;
		disk_io_finish(disk_io, request);
	}
}

static void collect(struct disk_io *disk_io)
{
	struct ring_state *state = disk_io->state;
	struct io_uring_cqe *completion;

	while (io_uring_peek_cqe(&state->ring, &completion) == 0) {
		struct disk_io_request *request = io_uring_cqe_get_data(completion);
		int result = completion->res;

		io_uring_cqe_seen(&state->ring, completion);
		state->under_way--;
		if (request->next != NULL) {
			share_out(disk_io, request, result);
		} else {
			request->result = result;
			disk_io_finish(disk_io, request);
		}
	}
}

static bool has_room(const struct disk_io *disk_io)
{
	const struct ring_state *state = disk_io->state;

	return state->under_way < state->capacity;
}

static void ready(struct source *source, uint32_t events)
{
	struct disk_io *disk_io = (void *)((char *)source - offsetof(struct disk_io, source));

	(void)events;
	collect(disk_io);
}

/* Whether it moves a single piece of memory that the kernel knows. */
static bool is_known(const struct disk_io_request *request)
{
	return request->act != DISK_IO_FLUSH && request->memory != 0 && request->vector_count == 1;
}

static bool goes_on(const struct disk_io_request *one, const struct disk_io_request *next)
{
	return next != NULL && is_known(next) && !next->alone && next->act == one->act &&
	       next->file == one->file && next->memory == one->memory &&
	       next->offset == one->offset + size_of(one) &&
	       next->vector->iov_base == (char *)one->vector->iov_base + size_of(one);
}

/* Takes the first that was asked for, with those that go on where it ends, at most so many. Their number. */
static uint32_t take_row(struct disk_io *disk_io, uint32_t most, struct disk_io_request **first, size_t *size)
{
	struct disk_io_request *last = disk_io_take(disk_io);
	uint32_t count = 1;

	*first = last;
	*size = is_known(last) ? size_of(last) : 0;
	while (*size != 0 && !last->alone && count < most && goes_on(last, disk_io->asked_first)) {
		last->next = disk_io_take(disk_io);
		last = last->next;
		*size += size_of(last);
		count++;
	}
	last->next = NULL;
	return count;
}

/* `size`: bytes of a row in memory that the kernel knows; else 0. */
static void prepare(struct io_uring_sqe *entry, struct disk_io_request *request, size_t size)
{
	int file = (int)request->file;
	void *base = size != 0 ? request->vector->iov_base : NULL;
	int memory = (int)request->memory - 1;

	if (request->act == DISK_IO_FLUSH)
		io_uring_prep_fsync(entry, file, IORING_FSYNC_DATASYNC);
	else if (request->act == DISK_IO_READ && size != 0)
		io_uring_prep_read_fixed(entry, file, base, (unsigned)size, request->offset, memory);
	else if (request->act == DISK_IO_READ)
		io_uring_prep_readv(entry, file, request->vector, request->vector_count, request->offset);
	else if (size != 0)
		io_uring_prep_write_fixed(entry, file, base, (unsigned)size, request->offset, memory);
	else
		io_uring_prep_writev(entry, file, request->vector, request->vector_count, request->offset);
	io_uring_sqe_set_flags(entry, IOSQE_FIXED_FILE);
	io_uring_sqe_set_data(entry, request);
}

/* Begins some of what was asked for. False: there is none, or no room. */
static bool begin(struct disk_io *disk_io)
{
	struct ring_state *state = disk_io->state;
	uint32_t count = 0;

	while (disk_io->asked_first != NULL && count < AT_ONCE && has_room(disk_io)) {
		struct io_uring_sqe *entry = io_uring_get_sqe(&state->ring);
		struct disk_io_request *request;
		size_t size;

		if (entry == NULL)
			break;
		count += take_row(disk_io, AT_ONCE - count, &request, &size);
		prepare(entry, request, size);
		state->under_way++;
	}
	if (io_uring_sq_ready(&state->ring) > 0)
		(void)io_uring_submit(&state->ring);
	return count > 0;
}

static void begin_early(struct disk_io *disk_io)
{
	struct ring_state *state = disk_io->state;

	if (disk_io->asked_count >= AT_ONCE && io_uring_sq_space_left(&state->ring) >= AT_ONCE)
		(void)begin(disk_io);
}

/* What the kernel does at once is collected at once: that saves a turn of the loop. */
static void push(struct disk_io *disk_io)
{
	bool begun;

	do {
		do {
			begun = begin(disk_io);
		} while (begun);
		collect(disk_io);
	} while (disk_io->asked_first != NULL && has_room(disk_io));
}

static int set_memory(struct disk_io *disk_io, uint32_t place, void *base, size_t size)
{
	struct ring_state *state = disk_io->state;
	const struct iovec memory = {.iov_base = base, .iov_len = size};
	const __u64 tag = 0;
	int updated;

	if (!state->takes_memory)
		return ENOTSUP;
	updated = io_uring_register_buffers_update_tag(&state->ring, place, &memory, &tag, 1);
	return updated < 0 ? -updated : 0;
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
	free(state);
}

static const struct disk_io_way ring_way = {
    .push_always = true,
    .push = push,
    .begin = begin_early,
    .set_memory = set_memory,
    .set_file = set_file,
    .close = close_ring,
};

static int restrict_ring(struct io_uring *ring)
{
	struct io_uring_restriction allowed[] = {
	    {.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_READV},
	    {.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_WRITEV},
	    {.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_READ_FIXED},
	    {.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_WRITE_FIXED},
	    {.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_FSYNC},
	    {.opcode = IORING_RESTRICTION_SQE_FLAGS_REQUIRED, .sqe_flags = IOSQE_FIXED_FILE},
	    {.opcode = IORING_RESTRICTION_REGISTER_OP, .register_op = IORING_REGISTER_FILES_UPDATE},
	    {.opcode = IORING_RESTRICTION_REGISTER_OP, .register_op = IORING_REGISTER_BUFFERS_UPDATE},
	    {.opcode = IORING_RESTRICTION_REGISTER_OP, .register_op = IORING_REGISTER_ENABLE_RINGS},
	};

	return io_uring_register_restrictions(ring, allowed, sizeof(allowed) / sizeof(allowed[0]));
}

int disk_io_ring_open(struct disk_io *disk_io)
{
	struct io_uring_params parameters = {.flags = IORING_SETUP_R_DISABLED | IORING_SETUP_COOP_TASKRUN};
	struct ring_state *state = calloc(1, sizeof(*state));
	bool open = false;
	int result = -ENOMEM;

	if (state == NULL)
		goto out;
	result = io_uring_queue_init_params(RING_ENTRIES, &state->ring, &parameters);
	if (result != 0)
		goto out;
	open = true;
	/* Linux 5.19 and later. */
	state->takes_memory = io_uring_register_buffers_sparse(&state->ring, DISK_IO_MEMORIES) == 0;
	result = io_uring_register_files_sparse(&state->ring, DISK_IO_FILES);
	if (result == 0)
		result = restrict_ring(&state->ring);
	if (result == 0)
		result = io_uring_enable_rings(&state->ring);
	if (result != 0)
		goto out;
	state->capacity = parameters.cq_entries;
	disk_io->event = state->ring.ring_fd;
	disk_io->way = &ring_way;
	disk_io->source.ready = ready;
	disk_io->state = state;

out:
	if (result != 0) {
		if (open)
			io_uring_queue_exit(&state->ring);
		free(state);
	}
	return -result;
}
