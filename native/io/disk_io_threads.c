/* SPDX-License-Identifier: MIT */
/* The way without io_uring: threads that do one request after the other. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "disk_io_ways.h"

#define THREADS    4
#define VECTOR_MAX 1024U /* IOV_MAX */

struct queue {
	struct disk_io_request *first;
	struct disk_io_request *last;
};

struct thread_state {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct disk_io *disk_io;
	struct queue waiting;
	struct queue done;
	bool stop;
	uint32_t count;
	pthread_t threads[THREADS];
};

static void add(struct queue *queue, struct disk_io_request *request)
{
	request->next = NULL;
	if (queue->last != NULL)
		queue->last->next = request;
	else
		queue->first = request;
	queue->last = request;
}

static struct disk_io_request *take(struct queue *queue)
{
	struct disk_io_request *request = queue->first;

	if (request == NULL)
		return NULL;
	queue->first = request->next;
	if (queue->first == NULL)
		queue->last = NULL;
	return request;
}

static int perform(int descriptor, const struct disk_io_request *request)
{
	int count = (int)(request->vector_count < VECTOR_MAX ? request->vector_count : VECTOR_MAX);
	ssize_t size;

	switch (request->act) {
	case DISK_IO_READ:
		size = preadv(descriptor, request->vector, count, (off_t)request->offset);
		break;
	case DISK_IO_WRITE:
		size = pwritev(descriptor, request->vector, count, (off_t)request->offset);
		break;
	default:
		size = fdatasync(descriptor);
		break;
	}
	return size < 0 ? -errno : (int)size;
}

static void *work(void *data)
{
	struct thread_state *state = data;
	const uint64_t one = 1;

	pthread_mutex_lock(&state->lock);
	while (!state->stop) {
		struct disk_io_request *request = take(&state->waiting);
		ssize_t size;

		if (request == NULL) {
			pthread_cond_wait(&state->wake, &state->lock);
			continue;
		}
		pthread_mutex_unlock(&state->lock);
		request->result = perform(state->disk_io->files[request->file], request);
		pthread_mutex_lock(&state->lock);
		add(&state->done, request);
		size = write(state->disk_io->event, &one, sizeof(one));
		(void)size;
	}
	pthread_mutex_unlock(&state->lock);
	return NULL;
}

static void ready(struct source *source, uint32_t events)
{
	struct disk_io *disk_io = (void *)((char *)source - offsetof(struct disk_io, source));
	struct thread_state *state = disk_io->state;
	struct disk_io_request *request;
	struct queue done;
	uint64_t count;
	ssize_t size = read(disk_io->event, &count, sizeof(count));

	(void)events;
	(void)size;
	pthread_mutex_lock(&state->lock);
	done = state->done;
	state->done = (struct queue){0};
	pthread_mutex_unlock(&state->lock);
	while ((request = take(&done)) != NULL)
		disk_io_finish(disk_io, request);
}

static void push(struct disk_io *disk_io)
{
	struct thread_state *state = disk_io->state;
	struct disk_io_request *request;

	pthread_mutex_lock(&state->lock);
	while ((request = disk_io_take(disk_io)) != NULL)
		add(&state->waiting, request);
	pthread_cond_broadcast(&state->wake);
	pthread_mutex_unlock(&state->lock);
}

static int set_file(struct disk_io *disk_io, uint32_t file, int descriptor)
{
	(void)disk_io;
	(void)file;
	(void)descriptor;
	return 0;
}

static void close_threads(struct disk_io *disk_io)
{
	struct thread_state *state = disk_io->state;

	pthread_mutex_lock(&state->lock);
	state->stop = true;
	pthread_cond_broadcast(&state->wake);
	pthread_mutex_unlock(&state->lock);
	for (uint32_t i = 0; i < state->count; i++)
		pthread_join(state->threads[i], NULL);
	pthread_cond_destroy(&state->wake);
	pthread_mutex_destroy(&state->lock);
	close(disk_io->event);
	free(state);
}

static const struct disk_io_way thread_way = {
    .push = push,
    .set_file = set_file,
    .close = close_threads,
};

int disk_io_threads_open(struct disk_io *disk_io)
{
	struct thread_state *state = calloc(1, sizeof(*state));
	sigset_t all, before;
	int result = ENOMEM;

	if (state == NULL)
		goto out;
	disk_io->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (disk_io->event < 0) {
		result = errno;
		free(state);
		goto out;
	}
	pthread_mutex_init(&state->lock, NULL);
	pthread_cond_init(&state->wake, NULL);
	state->disk_io = disk_io;
	disk_io->way = &thread_way;
	disk_io->source.ready = ready;
	disk_io->state = state;
	/* Signals are for the loop. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (result = 0; result == 0 && state->count < THREADS;) {
		result = pthread_create(&state->threads[state->count], NULL, work, state);
		if (result == 0)
			state->count++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (result != 0)
		close_threads(disk_io);

out:
	return result;
}
