/* SPDX-License-Identifier: MIT */
/*
 * lightvm-restore: reads saved guests for lightvmd. It stays small and has read nothing itself, so that a fork of it is a cheap
 * and clean process for each stream; that child gives away all rights before it reads the first byte.
 */
#include <errno.h>
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
	return descriptors_send(talk, packet, sizeof(head) + size, descriptor, descriptor != NULL) < 0 ? -1 : 0;
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
		if (what != READER_POPULATE && what != READER_ZERO)
			return 0;
		got = descriptors_receive(talk, packet, sizeof(packet), descriptors, &count);
		if (got == (ssize_t)size) {
			if (answer != NULL)
				memcpy(answer, packet, size);
			return 0;
		}
	}
	return error_set(error, EPIPE, "ask for memory", "lightvmd does not answer.");
}

/* Without a way back. */
static int give_up_rights(const struct restore_job *job, struct lightvm_error *error)
{
	if (memory_open(job->domain.domid) != 0)
		return error_set(error, errno, "open memory", "The new domain's memory cannot be opened: %s.",
		                 strerror(errno));
	if (sandbox_enter() != 0)
		return error_set(error, errno, "give up rights", "The reading process cannot give up its rights: %s.",
		                 strerror(errno));
	return 0;
}

static _Noreturn void serve(const struct restore_job *job, int stream)
{
	static const struct reader_host host = {.ask = ask, .map = memory_map, .unmap = memory_unmap};
	struct lightvm_error error = {0};
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	int rc;

	if (pidfd < 0 || send_message(RESTORE_HELLO, NULL, 0, &pidfd) != 0)
		_exit(1);
	close(pidfd);
	rc = give_up_rights(job, &error);
	if (rc == 0)
		rc = reader_run(&job->domain, &host, stream, NULL, &error);
	if (rc != 0)
		(void)send_message(READER_FAILED, &error, sizeof(error), NULL);
	_exit(rc != 0);
}

static void begin(const struct restore_job *job, const int descriptors[2])
{
	pid_t parent = getpid();
	pid_t child = fork();

	if (child != 0) /* where there is none, the end of `talk` says so */
		return;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	close(RESTORE_SOCKET);
	talk = descriptors[1];
	serve(job, descriptors[0]);
}

int main(void)
{
	struct restore_job job;
	int descriptors[DESCRIPTORS_MAX];
	size_t count;
	ssize_t got;

	(void)signal(SIGCHLD, SIG_IGN); /* nobody waits for children */
	free(malloc(1));                /* its first call needs more of the system than its later ones */
	for (;;) {
		got = descriptors_receive(RESTORE_SOCKET, &job, sizeof(job), descriptors, &count);
		if (got <= 0)
			return got < 0;
		if (got == sizeof(job) && count == 2)
			begin(&job, descriptors);
		while (count > 0)
			close(descriptors[--count]);
	}
}
