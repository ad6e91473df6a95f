/* SPDX-License-Identifier: MIT */
#include "reader_child.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include "descriptors.h"
#include "restorer.h"
/* Needs xenctrl.h before it. */
#include <xen/sys/privcmd.h>

#define STEP        "read stream"
#define HELLO_LOOKS 100

struct reader_child *reader_child_new(int talk, struct lightvm_error *error)
{
	const struct timeval look = {.tv_usec = RESTORER_LOOK_MS * 1000};
	struct reader_child *child = malloc(sizeof(*child));

	if (child == NULL || setsockopt(talk, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof(look)) != 0) {
		error_set(error, ENOMEM, STEP, "No memory.");
		free(child);
		close(talk);
		return NULL;
	}
	child->talk = talk;
	child->pidfd = -1;
	return child;
}

void reader_child_free(struct reader_child *child)
{
	if (child == NULL)
		return;
	/* Its mappings go with it. */
	if (child->pidfd >= 0) {
		(void)syscall(SYS_pidfd_send_signal, child->pidfd, SIGKILL, NULL, 0);
		close(child->pidfd);
	}
	close(child->talk);
	free(child);
}

/* The next packet, and its pidfd if it is the first. */
static int receive(struct reader_child *child, const struct lightvm_progress *progress,
                   struct restore_message *head, struct lightvm_error *error)
{
	int descriptors[DESCRIPTORS_MAX], looks = 0;
	size_t count;
	ssize_t got;

	do {
		if (save_check_cancel(progress, STEP, error) != 0)
			return -1;
		if (child->pidfd < 0 && looks++ == HELLO_LOOKS)
			return error_set(error, ETIMEDOUT, STEP, "The reading process does not answer.");
		got = descriptors_receive(child->talk, child->packet, sizeof(child->packet), descriptors,
		                          &count);
	} while (got < 0 && errno == EAGAIN);
	/* Later ones have nothing to bring. */
	if (got > 0 && child->pidfd < 0 && count == 1)
		child->pidfd = descriptors[--count];
	while (got >= 0 && count > 0)
		close(descriptors[--count]);
	if (got <= 0)
		return error_set(error, EPIPE, STEP, "The process that read the stream has died.");
	memcpy(head, child->packet, (size_t)got < sizeof(*head) ? (size_t)got : sizeof(*head));
	if ((size_t)got < sizeof(*head) || head->size != (size_t)got - sizeof(*head))
		return error_set(error, EBADMSG, STEP, "The process that read the stream talks nonsense.");
	return 0;
}

/* A descriptor that maps pages of this domain, and does nothing else. */
static int open_memory(uint32_t domid, struct lightvm_error *error)
{
	domid_t only = (domid_t)domid;
	int file = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC), rc;

	if (file < 0)
		return error_set(error, errno, STEP, "/dev/xen/privcmd cannot be opened: %s.",
		                 strerror(errno));
	rc = ioctl(file, IOCTL_PRIVCMD_RESTRICT, &only);
	if (rc == 0)
		return file;
	error_set(error, errno, STEP, "/dev/xen/privcmd cannot be tied to a domain: %s.", strerror(errno));
	close(file);
	return -1;
}

int reader_child_start(struct reader_child *child, const struct restore_pv *pv, struct lightvm_error *error)
{
	const struct restore_job job = {.domain = pv->domain};
	struct restore_message head;
	int descriptors[2];
	ssize_t sent;

	if (receive(child, pv->restore->progress, &head, error) != 0)
		return -1;
	if (head.what != RESTORE_HELLO || child->pidfd < 0)
		return error_set(error, EBADMSG, STEP, "The reading process is not what it should be.");
	descriptors[0] = pv->restore->fd;
	descriptors[1] = open_memory(pv->domain.domid, error);
	if (descriptors[1] < 0)
		return -1;
	sent = descriptors_send(child->talk, &job, sizeof(job), descriptors, 2);
	close(descriptors[1]);
	return sent >= 0 ? 0 : error_set(error, EPIPE, STEP, "The reading process has died.");
}

static int take_failure(const void *bytes, size_t size, struct lightvm_error *error)
{
	struct lightvm_error told;

	if (size != sizeof(told))
		return error_set(error, EBADMSG, STEP, "The process that read the stream talks nonsense.");
	memcpy(&told, bytes, size);
	return restorer_take_failure(&told, error);
}

int reader_child_serve(struct reader_child *child, struct restore_pv *pv, struct lightvm_error *error)
{
	uint64_t answer[STREAM_BATCH] = {0};
	struct restore_message head;
	const char *bytes = child->packet + sizeof(head);
	struct lightvm_progress *progress = pv->restore->progress;

	while (!pv->done) {
		if (receive(child, progress, &head, error) != 0)
			return -1;
		if (head.what == READER_FAILED)
			return take_failure(bytes, head.size, error);
		if (restore_pv_ask(pv, head.what, bytes, head.size, answer, error) != 0)
			return -1;
		if (head.what != READER_POPULATE)
			continue;
		if (progress != NULL)
			__atomic_store_n(&progress->done_bytes, pv->populated * STREAM_PAGE_SIZE,
			                 __ATOMIC_RELAXED);
		if (descriptors_send(child->talk, answer, head.size, NULL, 0) < 0)
			return error_set(error, EPIPE, STEP, "The process that read the stream has died.");
	}
	return 0;
}
