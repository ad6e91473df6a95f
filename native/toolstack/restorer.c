/* SPDX-License-Identifier: MIT */
/* The process that reads streams, seen from here: its start, and a child of it that waits for the next
 * stream. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "descriptors.h"
#include "reader_child.h"
#include "restorer.h"

#define STEP "read stream"

struct lightvm_restorer {
	char *program;
	pthread_mutex_t lock; /* of the next three */
	pid_t process;        /* 0: none */
	int socket;
	struct reader_child *waiting; /* for the next stream; or NULL */
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

int restorer_spawn(const char *program, char *const *arguments, const int *descriptors, size_t count,
                   pid_t *process)
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
		return error_set(error, rc, "start restorer", "'%s' cannot be started: %s.",
		                 restorer->program, strerror(rc));
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
	if (rc == 0)
		rc = lightvm_restorer_prepare(restorer, error);
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
	reader_child_free(restorer->waiting);
	stop(restorer);
	pthread_mutex_destroy(&restorer->lock);
	free(restorer->program);
	free(restorer);
}

const char *restorer_program(const struct lightvm_restorer *restorer)
{
	return restorer->program;
}

int restorer_take_failure(const struct lightvm_error *told, struct lightvm_error *error)
{
	struct lightvm_error copy = *told;

	copy.step[sizeof(copy.step) - 1] = '\0';
	copy.message[sizeof(copy.message) - 1] = '\0';
	return error_set(error, copy.error_number > 0 ? copy.error_number : EBADMSG, copy.step, "%s",
	                 copy.message);
}

/* Has the process fork a child; a new process, if that has died. The lock is held. NULL with *error. */
static struct reader_child *fork_child(struct lightvm_restorer *restorer, struct lightvm_error *error)
{
	int sockets[2], rc = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets);
	struct reader_child *child;
	ssize_t sent = -1;

	if (rc != 0) {
		error_set(error, errno, STEP, "No socket for the reading process: %s.", strerror(errno));
		return NULL;
	}
	child = reader_child_new(sockets[0], error);
	if (child == NULL)
		goto out;
	if (restorer->socket >= 0)
		sent = descriptors_send(restorer->socket, "", 1, &sockets[1], 1);
	if (sent < 0) {
		stop(restorer);
		rc = start(restorer, error);
		if (rc == 0)
			sent = descriptors_send(restorer->socket, "", 1, &sockets[1], 1);
		if (rc == 0 && sent < 0)
			error_set(error, EPIPE, STEP, "'%s' ended at once.", restorer->program);
	}
	if (sent < 0) {
		reader_child_free(child);
		child = NULL;
	}
out:
	close(sockets[1]);
	return child;
}

int lightvm_restorer_prepare(struct lightvm_restorer *restorer, struct lightvm_error *error)
{
	int rc = 0;

	pthread_mutex_lock(&restorer->lock);
	if (restorer->waiting == NULL)
		restorer->waiting = fork_child(restorer, error);
	rc = restorer->waiting != NULL ? 0 : -1;
	pthread_mutex_unlock(&restorer->lock);
	return rc;
}

static struct reader_child *take_child(struct lightvm_restorer *restorer, struct lightvm_error *error)
{
	struct reader_child *child;

	pthread_mutex_lock(&restorer->lock);
	child = restorer->waiting;
	restorer->waiting = NULL;
	if (child == NULL)
		child = fork_child(restorer, error);
	pthread_mutex_unlock(&restorer->lock);
	return child;
}

int restore_pv_there(struct restore_pv *pv, struct lightvm_restorer *restorer, struct lightvm_error *error)
{
	struct reader_child *child;
	int tries = 2, rc;

	/* The one that waited may have died with its parent; another has not. */
	do {
		child = take_child(restorer, error);
		if (child == NULL)
			return -1;
		rc = reader_child_start(child, pv, error);
		if (rc != 0)
			reader_child_free(child);
	} while (rc != 0 && error->error_number == EPIPE && --tries > 0);
	if (rc != 0)
		return rc;
	rc = reader_child_serve(child, pv, error);
	reader_child_free(child);
	return rc;
}
