/* SPDX-License-Identifier: MIT */
/*
 * lightvm-restore: reads saved guests for lightvmd. It stays small and has read nothing itself, so that a
 * fork of it is a cheap and clean process for each stream; that child gives away all rights, and waits for a
 * stream, before it reads the first byte.
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "descriptors.h"
#include "error.h"
#include "memory.h"
#include "restore_protocol.h"
#include "sandbox.h"

#define HEAP   (96UL << 10) /* bytes that a small guest's stream takes */
#define PACKET 12288        /* those of its packets that are the largest */

static int talk; /* the child's end */
static char packet[sizeof(struct restore_message) + RESTORE_MAX];

static int send_message(uint32_t what, const void *bytes, size_t size, const int *descriptor)
{
	struct restore_message head = {.what = what, .size = (uint32_t)size};

	if (size > RESTORE_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	memcpy(packet, &head, sizeof(head));
	if (size > 0)
		memcpy(packet + sizeof(head), bytes, size);
	return descriptors_send(talk, packet, sizeof(head) + size, descriptor, descriptor != NULL) < 0 ? -1
	                                                                                               : 0;
}

static int ask(void *context, enum reader_ask what, const void *bytes, size_t size, void *answer,
               struct lightvm_error *error)
{
	int descriptors[DESCRIPTORS_MAX];
	size_t count;
	ssize_t got = 0;

	(void)context;
	if (send_message(what, bytes, size, NULL) == 0) {
		/* The others are obeyed, or it is our end. */
		if (what != READER_POPULATE)
			return 0;
		got = descriptors_receive(talk, packet, sizeof(packet), descriptors, &count);
		if (got == (ssize_t)size) {
			memcpy(answer, packet, size);
			return 0;
		}
	}
	return error_set(error, EPIPE, "ask for memory", "lightvmd does not answer.");
}

/* All that costs time and needs no stream. What is touched here need not be when one is read. */
static int prepare(void)
{
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	void *heap;

	if (pidfd < 0 || sandbox_enter() != 0)
		return -1;
	memory_prepare();
	heap = malloc(HEAP);
	if (heap != NULL)
		memset(heap, 1, HEAP);
	free(heap);
	memset(packet, 0, PACKET);
	return send_message(RESTORE_HELLO, NULL, 0, &pidfd);
}

static _Noreturn void serve(void)
{
	static const struct reader_host host = {.ask = ask, .map = memory_map, .unmap = memory_unmap};
	struct lightvm_error error = {0};
	struct restore_job job;
	int descriptors[DESCRIPTORS_MAX], rc;
	size_t count;

	if (prepare() != 0 ||
	    descriptors_receive(talk, &job, sizeof(job), descriptors, &count) != sizeof(job) || count != 2)
		_exit(1);
	memory_use(descriptors[1], job.domain.domid);
	rc = reader_run(&job.domain, &host, descriptors[0], NULL, &error);
	if (rc != 0)
		(void)send_message(READER_FAILED, &error, sizeof(error), NULL);
	_exit(rc != 0);
}

static void begin(int socket)
{
	pid_t parent = getpid();
	pid_t child = fork();

	if (child != 0) /* where there is none, the end of `talk` says so */
		return;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	close(RESTORE_SOCKET);
	talk = socket;
	serve();
}

int main(void)
{
	int descriptors[DESCRIPTORS_MAX];
	size_t count;
	ssize_t got;
	char order;

	(void)signal(SIGCHLD, SIG_IGN); /* nobody waits for children */
	(void)mallopt(M_TRIM_THRESHOLD, 2 * HEAP);
	for (;;) {
		got = descriptors_receive(RESTORE_SOCKET, &order, sizeof(order), descriptors, &count);
		if (got <= 0)
			return got < 0;
		if (count == 1)
			begin(descriptors[0]);
		while (count > 0)
			close(descriptors[--count]);
	}
}
