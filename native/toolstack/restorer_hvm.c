/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "restore_protocol.h"
#include "restorer.h"

#define STEP "read stream"

/* Waits for its one answer, or its end. */
static int receive(int answers, const struct lightvm_progress *progress, struct restore_hvm_answer *answer,
                   struct lightvm_error *error)
{
	struct pollfd fd = {.fd = answers, .events = POLLIN};
	ssize_t got;

	while (poll(&fd, 1, RESTORER_LOOK_MS) <= 0)
		if (save_check_cancel(progress, STEP, error) != 0)
			return -1;
	do
		got = read(answers, answer, sizeof(*answer));
	while (got < 0 && errno == EINTR);
	if (got == sizeof(*answer))
		return 0;
	return error_set(error, EPIPE, STEP, "The process that read the stream has died.");
}

static void end(pid_t process)
{
	kill(process, SIGKILL);
	while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
		;
}

int restore_hvm_there(struct restore *restore, const struct lightvm_restorer *restorer, struct lightvm_error *error)
{
	struct build *build = &restore->build;
	struct restore_hvm_answer answer;
	char program[4096], words[3][12];
	char *const arguments[] = {program, words[0], words[1], words[2], NULL};
	int pipes[2], descriptors[2], rc;
	pid_t process;

	rc = snprintf(program, sizeof(program), "%s-hvm", restorer_program(restorer));
	if (rc < 0 || (size_t)rc >= sizeof(program))
		return error_set(error, ENAMETOOLONG, STEP, "The restorer's path is too long.");
	snprintf(words[0], sizeof(words[0]), "%u", build->domid);
	snprintf(words[1], sizeof(words[1]), "%u", build->store_event_channel);
	snprintf(words[2], sizeof(words[2]), "%u", build->event_channel);
	rc = pipe2(pipes, O_CLOEXEC);
	if (rc != 0)
		return error_set(error, errno, STEP, "No pipe for the reading process: %s.", strerror(errno));
	descriptors[0] = restore->fd;
	descriptors[1] = pipes[1];
	rc = restorer_spawn(program, arguments, descriptors, 2, &process);
	close(pipes[1]);
	if (rc != 0) {
		rc = error_set(error, rc, STEP, "'%s' cannot be started: %s.", program, strerror(rc));
		goto out;
	}
	rc = receive(pipes[0], restore->progress, &answer, error);
	end(process);
	if (rc == 0 && answer.failed != 0)
		rc = restorer_take_failure(&answer.error, error);
	if (rc == 0) {
		build->pages.device_mfn = answer.store_frame;
		build->pages.console_mfn = answer.console_frame;
	}
out:
	close(pipes[0]);
	return rc;
}
