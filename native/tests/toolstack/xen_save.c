/* SPDX-License-Identifier: MIT */
/*
 * On a real Xen host: the guest hello is saved, goes on where it was, is restored and cloned, and what it prints
 * has neither a gap nor a double in it. Streams that are cut off or altered are refused, and no domain is left; nor
 * is one when the process that reads dies.
 *
 *   xen_save HELLO_KERNEL LIGHTVM_RESTORE [ROUNDS]
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "hello.h"

#define MEMORY  (4 * MIB)
#define CUTS    40
#define FLIPS   150
#define LOOKS   200
#define LOOK_US 20000

static struct hello guest;
static struct lightvm_restorer *restorer; /* NULL: streams are read here */
static double restore_time;               /* ms that restores took in all */

static int new_file(void)
{
	int file = memfd_create("stream", MFD_CLOEXEC);

	if (file < 0)
		fail("memfd", strerror(errno));
	return file;
}

/* Has it suspend, and lets go of it. */
static void suspend(struct hello *hello)
{
	hello_request(hello, NOXS_SUSPEND);
	check(lightvm_domain_await_suspend(host, hello->layout.domid, 20000, &error), "await suspend");
	hello_drain(hello);
	expect(hello->sysctl->ended == 1 && hello->sysctl->end_reason == NOXS_SUSPEND, "it said so");
	hello_detach(hello);
}

static void save(const struct hello *hello, int file)
{
	struct lightvm_save_config config = {.domid = hello->layout.domid, .fd = file};

	check(lightvm_guest_save(host, &config, &error), "save");
}

static int restore(struct hello *hello, int number, int file)
{
	struct lightvm_restore_config config = {
	    .memory_bytes = MEMORY, .vcpu_count = 1, .control_pages = 3, .fd = file, .name = "again"};
	struct lightvm_restored restored;
	double begun = now();
	int rc;

	make_uuid(config.uuid, number);
	rc = lightvm_guest_restore(host, restorer, &config, &restored, &error);
	restore_time += now() - begun;
	if (rc != 0)
		return rc;
	make_uuid(hello->config.uuid, number);
	hello->layout = restored.layout;
	hello_attach(hello);
	expect(hello->console->out_cons == restored.console_index, "the console's index is told");
	return 0;
}

static void destroy(const struct hello *hello)
{
	check(lightvm_domain_destroy(host, hello->layout.domid, &error), "destroy");
}

static void resume(struct hello *hello)
{
	check(lightvm_guest_resume(host, hello->layout.domid, &error), "resume");
	hello_attach(hello);
}

static void unpause(const struct hello *hello)
{
	check(lightvm_domain_unpause(host, hello->layout.domid, &error), "unpause");
}

/* Whatever it printed so far is one line after the other: ticks from 1 up. */
static int count_ticks(const struct hello *hello)
{
	const char *line = hello->text;
	int number, ticks = 0;

	while ((line = strstr(line, "tick ")) != NULL && strchr(line, '\n') != NULL) {
		number = atoi(line + 5);
		if (number != ticks + 1)
			printf("%s", hello->text);
		expect(number == ++ticks, "ticks follow each other");
		line += 5;
	}
	return ticks;
}

static void await_ticks(struct hello *hello, int more)
{
	char line[32];

	snprintf(line, sizeof(line), "tick %d\n", count_ticks(hello) + more);
	hello_await(hello, line);
}

static void test_lives(void)
{
	int first = new_file(), second = new_file();
	struct hello clone;

	hello_start(&guest, 1, "interval=20");
	await_ticks(&guest, 3);
	suspend(&guest);
	save(&guest, first);
	resume(&guest);
	hello_await(&guest, "resumed: as it was, uuid a5a5a5a5-a5a5-a5a5-a5a5-a5a501000000\n");
	await_ticks(&guest, 3);
	suspend(&guest);
	save(&guest, second);
	destroy(&guest);
	clone = guest;

	lseek(second, 0, SEEK_SET);
	check(restore(&guest, 1, second), "restore");
	unpause(&guest);
	hello_await(&guest, "resumed: restored, uuid a5a5a5a5-a5a5-a5a5-a5a5-a5a501000000\n");
	await_ticks(&guest, 3);
	suspend(&guest);
	resume(&guest);
	await_ticks(&guest, 3);

	lseek(second, 0, SEEK_SET);
	check(restore(&clone, 2, second), "clone");
	unpause(&clone);
	hello_await(&clone, "resumed: a clone, uuid a5a5a5a5-a5a5-a5a5-a5a5-a5a502000000\n");
	await_ticks(&clone, 3);
	hello_request(&clone, NOXS_POWEROFF);
	hello_await(&clone, "Goodbye: the host asked for an end\n");
	hello_detach(&clone);
	destroy(&clone);
	hello_detach(&guest);
	destroy(&guest);
	close(first);
	close(second);
}

/* Restores what may be no good; whatever comes of it is taken away. true: it was refused. */
static bool is_refused(const void *bytes, size_t size, int number)
{
	struct lightvm_restore_config config = {
	    .memory_bytes = MEMORY, .vcpu_count = 1, .control_pages = 3, .fd = new_file()};
	struct lightvm_restored restored;
	int rc;

	make_uuid(config.uuid, number);
	expect(write(config.fd, bytes, size) == (ssize_t)size, "the stream is written");
	lseek(config.fd, 0, SEEK_SET);
	rc = lightvm_guest_restore(host, restorer, &config, &restored, &error);
	close(config.fd);
	if (rc == 0)
		check(lightvm_domain_destroy(host, restored.layout.domid, &error), "destroy");
	else if (error.error_number != EBADMSG && error.error_number != ENOTSUP)
		check(rc, "a bad stream is refused as one");
	return rc != 0;
}

/* A stream in memory. */
static uint8_t *take_stream(size_t *size)
{
	int file = new_file();
	uint8_t *bytes;

	hello_start(&guest, 4, "interval=20");
	await_ticks(&guest, 1);
	suspend(&guest);
	save(&guest, file);
	destroy(&guest);
	*size = (size_t)lseek(file, 0, SEEK_END);
	bytes = malloc(*size);
	expect(bytes != NULL && pread(file, bytes, *size, 0) == (ssize_t)*size, "the stream is read");
	close(file);
	return bytes;
}

static void test_bad_streams(void)
{
	size_t size, at;
	uint8_t *bytes = take_stream(&size), old;
	int refused = 0;

	expect(!is_refused(bytes, size, 5), "the stream is good");
	for (int i = 0; i < CUTS; i++) {
		/* Near its begin, near its end, anywhere. */
		at = i % 3 == 0 ? (size_t)i * 8 : i % 3 == 1 ? size - (size_t)i * 100 - 1 : (size_t)rand() % size;
		expect(is_refused(bytes, at, 6), "a stream that is cut off is refused");
	}
	/* Of memory whatever byte may be good; of the rest not many are. */
	for (int i = 0; i < FLIPS; i++) {
		at = i % 3 == 0 ? (size_t)rand() % 16384 : i % 3 == 1 ? size - 1 - (size_t)rand() % 12000 : (size_t)rand() % size;
		old = bytes[at];
		bytes[at] ^= (uint8_t)(1U << (rand() % 8));
		refused += is_refused(bytes, size, 7);
		bytes[at] = old;
	}
	expect(!is_refused(bytes, size, 8), "the stream is good again");
	printf("%d streams that were cut off and %d of %d altered ones refused\n", CUTS, refused, FLIPS);
	expect(refused > FLIPS / 10, "altered streams are refused");
	free(bytes);
	check_list(0);
}

/* A restore in a thread of its own, of a stream that comes to a stop in its middle. */
struct stuck {
	pthread_t thread;
	int pipe[2];
	struct lightvm_host *host;
	struct lightvm_progress progress;
	struct lightvm_error error;
};

static void *restore_stuck(void *argument)
{
	struct stuck *stuck = argument;
	struct lightvm_restore_config config = {.memory_bytes = MEMORY,
	                                        .vcpu_count = 1,
	                                        .control_pages = 3,
	                                        .fd = stuck->pipe[0],
	                                        .progress = &stuck->progress};
	struct lightvm_restored restored;
	int rc;

	make_uuid(config.uuid, 9);
	rc = lightvm_guest_restore(stuck->host, restorer, &config, &restored, &stuck->error);
	expect(rc != 0, "half a stream is no guest");
	return NULL;
}

/* The one process that this one has started. */
static pid_t find_restorer(void)
{
	FILE *file = fopen("/proc/thread-self/children", "r");
	int process = 0;

	expect(file != NULL && fscanf(file, "%d", &process) == 1, "the restorer is a child");
	fclose(file);
	return process;
}

/* All that there is of the stream has been read: the reading process waits for more. */
static void await_read(const struct stuck *stuck)
{
	int left = -1;

	for (int tries = 0; tries < LOOKS; tries++) {
		expect(ioctl(stuck->pipe[0], FIONREAD, &left) == 0, "the pipe tells what is in it");
		if (left == 0)
			return;
		usleep(LOOK_US);
	}
	fail("await read", "nobody reads the stream");
}

static void test_stuck(int number, void (*disturb)(struct stuck *stuck))
{
	size_t size;
	uint8_t *bytes = take_stream(&size);
	struct stuck stuck = {0};

	check(lightvm_host_open(LIGHTVM_ABI, &stuck.host, &error), "open");
	expect(pipe2(stuck.pipe, O_CLOEXEC) == 0 && fcntl(stuck.pipe[1], F_SETPIPE_SZ, (int)size) >= (int)(size / 2),
	       "half of it fits in a pipe");
	expect(write(stuck.pipe[1], bytes, size / 2) == (ssize_t)(size / 2), "half of it is written");
	expect(pthread_create(&stuck.thread, NULL, restore_stuck, &stuck) == 0, "a thread");
	check_list(1);
	await_read(&stuck);
	disturb(&stuck);
	pthread_join(stuck.thread, NULL);
	if (stuck.error.error_number != number)
		printf("%s: %s\n", stuck.error.step, stuck.error.message);
	expect(stuck.error.error_number == number, "it says why");
	check_list(0);
	close(stuck.pipe[0]);
	close(stuck.pipe[1]);
	lightvm_host_close(stuck.host);
	expect(!is_refused(bytes, size, 5), "the next one is restored");
	free(bytes);
}

static void cancel(struct stuck *stuck)
{
	__atomic_store_n(&stuck->progress.cancel, 1, __ATOMIC_RELAXED);
}

static void kill_restorer(struct stuck *stuck)
{
	(void)stuck;
	expect(kill(find_restorer(), SIGKILL) == 0, "it is killed");
}

static void measure(int rounds)
{
	int file = new_file();
	double save_time = 0, suspend_time = 0, begun;
	off_t size = 0;

	hello_start(&guest, 3, "interval=20");
	await_ticks(&guest, 1);
	restore_time = 0;
	for (int i = 0; i < rounds; i++) {
		begun = now();
		suspend(&guest);
		suspend_time += now() - begun;
		lseek(file, 0, SEEK_SET);
		begun = now();
		save(&guest, file);
		save_time += now() - begun;
		size = lseek(file, 0, SEEK_CUR);
		destroy(&guest);
		lseek(file, 0, SEEK_SET);
		check(restore(&guest, 3, file), "restore");
		unpause(&guest);
		if (restorer != NULL)
			check(lightvm_restorer_prepare(restorer, &error), "prepare");
		await_ticks(&guest, 2);
	}
	printf("%s, %d rounds, %.1f MiB: suspend %.2f ms, save %.2f ms, restore %.2f ms\n", restorer != NULL ? "read by another process" : "read here", rounds, (double)size / MIB,
	       suspend_time / rounds, save_time / rounds, restore_time / rounds);
	hello_detach(&guest);
	destroy(&guest);
	close(file);
}

int main(int argc, char **argv)
{
	uint64_t before;

	xen_open();
	if (argc < 3)
		fail("usage", "xen_save HELLO_KERNEL LIGHTVM_RESTORE [ROUNDS]");
	setvbuf(stdout, NULL, _IOLBF, 0);
	guest.config = (struct lightvm_guest_config){.memory_bytes = MEMORY, .vcpu_count = 1, .control_pages = 3};
	guest.config.kernel = read_file(argv[1], &guest.config.kernel_size);
	before = free_memory();
	test_lives();
	measure(argc > 3 ? atoi(argv[3]) : 5);
	test_bad_streams();
	check(lightvm_restorer_open(argv[2], &restorer, &error), "start the restorer");
	test_lives();
	measure(argc > 3 ? atoi(argv[3]) : 5);
	test_bad_streams();
	test_stuck(ECANCELED, cancel);
	test_stuck(EPIPE, kill_restorer);
	lightvm_restorer_close(restorer);
	check_list(0);
	check_memory(before);
	printf("passed\n");
	return 0;
}
