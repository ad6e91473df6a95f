/* SPDX-License-Identifier: MIT */
/* The filter is in force: children that step outside it die of SIGSYS, and those that stay inside live. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static void opens_file(void)
{
	(void)open("/etc/hostname", O_RDONLY);
}

static void makes_socket(void)
{
	(void)socket(AF_INET, SOCK_STREAM, 0);
}

static void runs_program(void)
{
	char *const arguments[] = {(char[]){"true"}, NULL};

	(void)execv("/bin/true", arguments);
}

static void forks(void)
{
	(void)fork();
}

static void maps_code(void)
{
	(void)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void makes_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static void uses_other_ioctl(void)
{
	int size;

	(void)ioctl(0, FIONREAD, &size);
}

static void copies_descriptor(void)
{
	(void)fcntl(0, F_DUPFD, 10);
}

static void kills_parent(void)
{
	(void)kill(getppid(), 0);
}

static void uses_io_uring(void)
{
	(void)syscall(SYS_io_uring_setup, 1, NULL);
}

static void stays_inside(void)
{
	struct timespec now;
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)munmap(page, 4096);
	(void)fcntl(0, F_GETFL);
	(void)getpid();
}

/* How a child ends that enters the sandbox and then does this. */
static int ending(void (*act)(void))
{
	int status = 0;
	pid_t child = fork();

	CHECK(child >= 0);
	if (child == 0) {
		int failed = sandbox_enter();

		if (failed == ENOTSUP)
			_exit(SKIPPED);
		if (failed != 0)
			_exit(2);
		act();
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	return status;
}

int main(void)
{
	void (*const outside[])(void) = {
	    opens_file, makes_socket,     runs_program,      forks,        maps_code,
	    makes_code, uses_other_ioctl, copies_descriptor, kills_parent, uses_io_uring,
	};
	int status = ending(stays_inside);

	CHECK(WIFEXITED(status));
	if (WEXITSTATUS(status) == SKIPPED)
		return SKIPPED;
	CHECK_EQUAL(WEXITSTATUS(status), 0);
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		status = ending(outside[i]);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS) {
			fprintf(stderr, "violation %zu was let through: status %#x\n", i, (unsigned)status);
			return 1;
		}
	}
	return 0;
}
