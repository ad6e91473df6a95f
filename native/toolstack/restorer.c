/* SPDX-License-Identifier: MIT */
/* The process that reads streams, seen from here: its start, and serving what its children ask. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "descriptors.h"
#include "restore_pv.h"
#include "restore_protocol.h"
#include "restorer.h"

#define STEP     "read stream"
#define HELLO_MS 10000

struct lightvm_restorer {
	char *program;
	pthread_mutex_t lock; /* of the next two */
	pid_t process;        /* 0: none */
	int socket;
};

/* A child that works for one restore. */
struct reader_child {
	int talk;
	int pidfd;
	char packet[sizeof(struct restore_message) + RESTORE_MAX];
};

static void stop(struct lightvm_restorer *restorer)
{
	if (restorer->socket >= 0)
		close(restorer->socket);
	restorer->socket = -1;
	if (restorer->process > 0) {
		kill(restorer->process, SIGKILL);
		while (waitpid(restorer->process, NULL, 0) < 0 && errno == EINTR)
			;
	}
	restorer->process = 0;
}

/* Each signal as at the start of a program, none blocked: neither is inherited from lightvmd. */
static int set_signals(posix_spawnattr_t *attributes)
{
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setsigmask(attributes, &none);
	return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

int restorer_spawn(const char *program, char *const *arguments, const int *descriptors, size_t count, pid_t *process)
{
	char *const environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int high[DESCRIPTORS_MAX], rc = 0;
	size_t i, made = 0;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	/* Out of the way of the numbers that they are to have. */
	for (; rc == 0 && made < count; made++) {
		high[made] = fcntl(descriptors[made], F_DUPFD_CLOEXEC, RESTORE_SOCKET + DESCRIPTORS_MAX);
		if (high[made] < 0) {
			rc = errno;
			break;
		}
		rc = posix_spawn_file_actions_adddup2(&actions, high[made], RESTORE_SOCKET + (int)made);
	}
	if (rc == 0)
		rc = set_signals(&attributes);
	if (rc == 0)
		rc = posix_spawn(process, program, &actions, &attributes, arguments, environment);
	for (i = 0; i < made; i++)
		close(high[i]);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

static int start(struct lightvm_restorer *restorer, struct lightvm_error *error)
{
	char *const arguments[] = {restorer->program, NULL};
	int sockets[2], rc;

	rc = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets);
	if (rc != 0)
		return error_set(error, errno, "start restorer", "No socket for it: %s.", strerror(errno));
	rc = restorer_spawn(restorer->program, arguments, &sockets[1], 1, &restorer->process);
	close(sockets[1]);
	if (rc != 0) {
		close(sockets[0]);
		restorer->process = 0;
		return error_set(error, rc, "start restorer", "'%s' cannot be started: %s.", restorer->program,
		                 strerror(rc));
	}
	restorer->socket = sockets[0];
	return 0;
}

int lightvm_restorer_open(const char *program, struct lightvm_restorer **result, struct lightvm_error *error)
{
	struct lightvm_restorer *restorer = calloc(1, sizeof(*restorer));
	int rc = -1;

	*result = NULL;
	if (restorer != NULL)
		restorer->program = strdup(program);
	if (restorer == NULL || restorer->program == NULL) {
		free(restorer);
		return error_set(error, ENOMEM, "start restorer", "No memory.");
	}
	restorer->socket = -1;
	pthread_mutex_init(&restorer->lock, NULL);
	rc = start(restorer, error);
	if (rc != 0) {
		lightvm_restorer_close(restorer);
		return rc;
	}
	*result = restorer;
	return 0;
}

void lightvm_restorer_close(struct lightvm_restorer *restorer)
{
	if (restorer == NULL)
		return;
	stop(restorer);
	pthread_mutex_destroy(&restorer->lock);
	free(restorer->program);
	free(restorer);
}

const char *restorer_program(const struct lightvm_restorer *restorer)
{
	return restorer->program;
}

/* To the process; to a new one, if that has died. */
static int send_job(struct lightvm_restorer *restorer, const struct restore_job *job, const int descriptors[2],
                    struct lightvm_error *error)
{
	ssize_t sent = -1;
	int rc = 0;

	pthread_mutex_lock(&restorer->lock);
	if (restorer->socket >= 0)
		sent = descriptors_send(restorer->socket, job, sizeof(*job), descriptors, 2);
	if (sent < 0) {
		stop(restorer);
		rc = start(restorer, error);
		if (rc == 0)
			sent = descriptors_send(restorer->socket, job, sizeof(*job), descriptors, 2);
		if (rc == 0 && sent < 0)
			rc = error_set(error, EPIPE, STEP, "'%s' ended at once.", restorer->program);
	}
	pthread_mutex_unlock(&restorer->lock);
	return rc;
}

/* The next packet, and descriptors if it is the first. *size is of what follows the head. */
static int receive(struct reader_child *child, int timeout_ms, const struct lightvm_progress *progress,
                   struct restore_message *head, struct lightvm_error *error)
{
	struct pollfd fd = {.fd = child->talk, .events = POLLIN};
	int descriptors[DESCRIPTORS_MAX], ready;
	size_t count;
	ssize_t got;

	do {
		if (save_check_cancel(progress, STEP, error) != 0)
			return -1;
		ready = poll(&fd, 1, timeout_ms);
	} while ((ready < 0 && errno == EINTR) || (ready == 0 && child->pidfd >= 0));
	if (ready <= 0)
		return error_set(error, ETIMEDOUT, STEP, "The reading process does not answer.");
	got = descriptors_receive(child->talk, child->packet, sizeof(child->packet), descriptors, &count);
	/* The first brings its pidfd; later ones have nothing to bring. */
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

int restorer_take_failure(const struct lightvm_error *told, struct lightvm_error *error)
{
	struct lightvm_error copy = *told;

	copy.step[sizeof(copy.step) - 1] = '\0';
	copy.message[sizeof(copy.message) - 1] = '\0';
	return error_set(error, copy.error_number > 0 ? copy.error_number : EBADMSG, copy.step, "%s", copy.message);
}

static int take_failure(const void *bytes, size_t size, struct lightvm_error *error)
{
	struct lightvm_error told;

	if (size != sizeof(told))
		return error_set(error, EBADMSG, STEP, "The process that read the stream talks nonsense.");
	memcpy(&told, bytes, size);
	return restorer_take_failure(&told, error);
}

static int serve(struct restore_pv *pv, struct reader_child *child, struct lightvm_error *error)
{
	uint64_t answer[STREAM_BATCH] = {0};
	struct restore_message head;
	const char *bytes = child->packet + sizeof(head);
	struct lightvm_progress *progress = pv->restore->progress;

	while (!pv->done) {
		if (receive(child, RESTORER_LOOK_MS, progress, &head, error) != 0)
			return -1;
		if (head.what == READER_FAILED)
			return take_failure(bytes, head.size, error);
		if (restore_pv_ask(pv, head.what, bytes, head.size, answer, error) != 0)
			return -1;
		if (head.what != READER_POPULATE && head.what != READER_ZERO)
			continue;
		if (progress != NULL)
			__atomic_store_n(&progress->done_bytes, pv->populated * STREAM_PAGE_SIZE, __ATOMIC_RELAXED);
		if (descriptors_send(child->talk, answer, head.size, NULL, 0) < 0)
			return error_set(error, EPIPE, STEP, "The process that read the stream has died.");
	}
	return 0;
}

int restore_pv_there(struct restore_pv *pv, struct lightvm_restorer *restorer, struct lightvm_error *error)
{
	struct restore_job job = {.domain = pv->domain};
	struct reader_child *child = malloc(sizeof(*child));
	struct restore_message head;
	int sockets[2], descriptors[2], rc;

	if (child == NULL)
		return error_set(error, ENOMEM, STEP, "No memory.");
	*child = (struct reader_child){.talk = -1, .pidfd = -1};
	rc = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets);
	if (rc != 0) {
		rc = error_set(error, errno, STEP, "No socket for the reading process: %s.", strerror(errno));
		goto out;
	}
	child->talk = sockets[0];
	descriptors[0] = pv->restore->fd;
	descriptors[1] = sockets[1];
	rc = send_job(restorer, &job, descriptors, error);
	close(sockets[1]);
	if (rc == 0)
		rc = receive(child, HELLO_MS, NULL, &head, error);
	if (rc == 0 && (head.what != RESTORE_HELLO || child->pidfd < 0))
		rc = error_set(error, EPIPE, STEP, "'%s' is not what it should be.", restorer->program);
	if (rc == 0)
		rc = serve(pv, child, error);
	/* It may be in the middle of anything; its mappings go with it. */
	if (rc != 0 && child->pidfd >= 0)
		(void)syscall(SYS_pidfd_send_signal, child->pidfd, SIGKILL, NULL, 0);
out:
	if (child->pidfd >= 0)
		close(child->pidfd);
	if (child->talk >= 0)
		close(child->talk);
	free(child);
	return rc;
}
