/* SPDX-License-Identifier: MIT */
#include <lightvm/guest.h>
#include <lightvm/memory.h>
#include "descriptor.h"

#define STEP        32
#define LIMIT       4096
#define MILLISECOND 1000000UL
#define FOREVER     UINT64_MAX

struct descriptor {
	const struct descriptor_operations *operations; /* NULL: it is free */
	void *object;
};

static struct descriptor *table;
static int table_size;
static struct wait_queue changed;

int fail(int number)
{
	errno = number;
	return -1;
}

static int grow(void)
{
	struct descriptor *larger;
	int index = table_size;

	if (table_size == LIMIT)
		return fail(EMFILE);
	larger = realloc(table, (size_t)(table_size + STEP) * sizeof(*table));
	if (larger == NULL)
		return fail(ENOMEM);
	memset(larger + table_size, 0, STEP * sizeof(*table));
	table = larger;
	table_size += STEP;
	return index;
}

/* From 3: 0 to 2 are left to what a C program expects there. */
int descriptor_open(const struct descriptor_operations *operations, void *object)
{
	int index = 3;

	while (index < table_size && table[index].operations != NULL)
		index++;
	if (index >= table_size && grow() < 0)
		return -1;
	table[index] = (struct descriptor){operations, object};
	return index;
}

static struct descriptor *find(int number)
{
	if (number >= 0 && number < table_size && table[number].operations != NULL)
		return &table[number];
	errno = EBADF;
	return NULL;
}

void *descriptor_find(int number, const struct descriptor_operations *operations, int wrong)
{
	struct descriptor *descriptor = find(number);

	if (descriptor == NULL)
		return NULL;
	if (descriptor->operations == operations)
		return descriptor->object;
	errno = wrong;
	return NULL;
}

void descriptor_changed(void)
{
	wake_all(&changed);
}

ssize_t read(int number, void *bytes, size_t size)
{
	struct descriptor *descriptor = find(number);

	if (descriptor == NULL)
		return -1;
	if (descriptor->operations->read == NULL)
		return fail(EINVAL);
	return descriptor->operations->read(descriptor->object, bytes, size);
}

ssize_t write(int number, const void *bytes, size_t size)
{
	struct descriptor *descriptor = find(number);

	if (descriptor == NULL)
		return -1;
	if (descriptor->operations->write == NULL)
		return fail(EINVAL);
	return descriptor->operations->write(descriptor->object, bytes, size);
}

int close(int number)
{
	struct descriptor *descriptor = find(number), closed;

	if (descriptor == NULL)
		return -1;
	closed = *descriptor;
	descriptor->operations = NULL;
	descriptor_changed();
	return closed.operations->close(closed.object);
}

/* One look at all of them. */
static int look(struct pollfd *descriptors, unsigned long count)
{
	int ready = 0;

	for (unsigned long i = 0; i < count; i++) {
		struct pollfd *each = &descriptors[i];
		struct descriptor *descriptor;
		short state = POLLIN | POLLOUT;

		each->revents = 0;
		if (each->fd < 0)
			continue;
		descriptor = find(each->fd);
		if (descriptor == NULL)
			state = POLLNVAL;
		else if (descriptor->operations->poll != NULL)
			state = descriptor->operations->poll(descriptor->object);
		each->revents = state & (each->events | POLLERR | POLLHUP | POLLNVAL);
		ready += each->revents != 0;
	}
	return ready;
}

int poll(struct pollfd *descriptors, unsigned long count, int milliseconds)
{
	uint64_t deadline = FOREVER;
	int ready;

	if (milliseconds >= 0)
		deadline = clock_monotonic() + (uint64_t)milliseconds * MILLISECOND;
	/* So that one who polls without waiting sees what has come, too. */
	guest_yield();
	while ((ready = look(descriptors, count)) == 0)
		if (!wait_on(&changed, deadline))
			return look(descriptors, count);
	return ready;
}

const char *strerror(int number)
{
	static const struct {
		int number;
		const char *text;
	} texts[] = {
	    {0, "no error"},
	    {ENOENT, "no such file"},
	    {EIO, "input or output failed"},
	    {EBADF, "not an open descriptor"},
	    {EAGAIN, "not now, try again"},
	    {ENOMEM, "out of memory"},
	    {EACCES, "permission denied"},
	    {EEXIST, "it exists already"},
	    {ENODEV, "no such device"},
	    {ENOTDIR, "not a directory"},
	    {EISDIR, "a directory"},
	    {EINVAL, "invalid argument"},
	    {EMFILE, "too many descriptors"},
	    {ENOSPC, "no space left"},
	    {ESPIPE, "it has no position"},
	    {EROFS, "it can only be read"},
	    {EPIPE, "the other end has closed"},
	    {ENAMETOOLONG, "the name is too long"},
	    {ENOTSOCK, "not a socket"},
	    {EDESTADDRREQ, "no destination given"},
	    {EMSGSIZE, "the message is too long"},
	    {EPROTONOSUPPORT, "no such protocol"},
	    {EOPNOTSUPP, "it cannot do that"},
	    {EAFNOSUPPORT, "no such address family"},
	    {EADDRINUSE, "the address is in use"},
	    {EADDRNOTAVAIL, "not an address of this guest"},
	    {ENETDOWN, "the network is down"},
	    {EHOSTUNREACH, "no way to that host"},
	    {ECONNABORTED, "connection aborted"},
	    {ECONNRESET, "connection reset by the other end"},
	    {EISCONN, "it is connected"},
	    {ENOTCONN, "it is not connected"},
	    {ETIMEDOUT, "timed out"},
	    {ECONNREFUSED, "connection refused"},
	    {EINPROGRESS, "it has been started"},
	};

	for (unsigned int i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].number == number)
			return texts[i].text;
	return "unknown error";
}
