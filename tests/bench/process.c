/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PEER_LOG BENCH_DIRECTORY "/peer.log"

extern char **environ;

/* Starts it and waits for its end; the wait status, or -1 with errno when it cannot start. */
static int spawn_and_wait(char *const argv[], const posix_spawn_file_actions_t *files)
{
	int status;
	pid_t pid;
	int error = posix_spawnp(&pid, argv[0], files, NULL, argv, environ);

	if (error != 0) {
		errno = error;
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static void discard_output(posix_spawn_file_actions_t *files)
{
	posix_spawn_file_actions_init(files);
	posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(files, 1, "/dev/null", O_WRONLY, 0);
}

int try_process(char *const argv[])
{
	posix_spawn_file_actions_t files;

	discard_output(&files);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	int status = spawn_and_wait(argv, &files);
	posix_spawn_file_actions_destroy(&files);
	if (status == -1)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What a peer has said, once it has failed. */
static void show_errors(void)
{
	FILE *file = fopen(PEER_LOG, "re");
	char line[256];

	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		fputs(line, stderr);
	if (file != NULL)
		fclose(file);
}

static double timed(char *const argv[], const posix_spawn_file_actions_t *files)
{
	double start = now_ms();
	int status = spawn_and_wait(argv, files);
	double taken = now_ms() - start;

	if (status == -1)
		die("cannot start %s: %m", argv[0]);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		if (files != NULL)
			show_errors();
		die("%s failed (wait status %d)", argv[0], status);
	}
	return taken;
}

double run_process(char *const argv[])
{
	return timed(argv, NULL);
}

double run_peer(char *const argv[])
{
	posix_spawn_file_actions_t files;

	discard_output(&files);
	posix_spawn_file_actions_addopen(&files, 2, PEER_LOG, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	double taken = timed(argv, &files);
	posix_spawn_file_actions_destroy(&files);
	return taken;
}

double run_spawn(void)
{
	static char *const argv[] = {BENCH_DIRECTORY "/busybox", "true", NULL};

	return run_process(argv);
}

int try_shell(const char *script)
{
	char *const argv[] = {"sh", "-c", (char *)(uintptr_t)script, NULL};

	return try_process(argv);
}
