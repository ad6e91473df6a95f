/* SPDX-License-Identifier: MIT */
/* Sparse logs, and a file system that is full: the guest waits, and the process lives. */
#include "log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

static const uint8_t uuid[16] = {9};

static void write_header(int file, uint32_t data_size)
{
	struct console_log header = {
	    .magic = CONSOLE_LOG_MAGIC,
	    .version = CONSOLE_LOG_VERSION,
	    .data_size = data_size,
	    .domid = 1,
	    .uuid = {9},
	};

	CHECK(pwrite(file, &header, 128, 0) == 128);
	CHECK(ftruncate(file, CONSOLE_DATA_OFFSET + (off_t)data_size) == 0);
}

static void takes_pages_as_needed(void)
{
	struct log_file file;
	struct stat status;
	int log = memfd_create("log", MFD_CLOEXEC);

	write_header(log, 65536);
	CHECK_EQUAL(log_file_map(&file, log, uuid, 1), 0);
	CHECK(log_file_reserve(&file, CONSOLE_RING_SIZE));
	CHECK(fstat(log, &status) == 0);
	CHECK(status.st_blocks * 512 <= 3 * 4096);
	/* across the end of data: its last page and its first */
	file.log->head = 65536 - 10;
	CHECK(log_file_reserve(&file, CONSOLE_RING_SIZE));
	CHECK(fstat(log, &status) == 0);
	CHECK(status.st_blocks * 512 <= 4 * 4096);
	log_file_unmap(&file);
	close(log);
}

static void refuses_what_is_no_log(void)
{
	struct log_file file;
	int log = memfd_create("log", MFD_CLOEXEC);
	int pipes[2];

	CHECK_EQUAL(log_file_map(&file, log, uuid, 1), EINVAL);
	write_header(log, 65536);
	CHECK_EQUAL(log_file_map(&file, log, uuid, 2), EINVAL);
	CHECK_EQUAL(log_file_map(&file, -1, uuid, 1), EINVAL);
	CHECK(pipe(pipes) == 0);
	CHECK_EQUAL(log_file_map(&file, pipes[0], uuid, 1), EINVAL);
	close(log);
	log = open("/proc/self/exe", O_RDONLY);
	CHECK(log_file_map(&file, log, uuid, 1) != 0);
	close(log);
}

static void waits_for_room(void)
{
	char directory[] = "/tmp/lightvm-log-XXXXXX";
	char path[64];
	struct log_file file;
	int filler;
	int log;

	CHECK(mkdtemp(directory) != NULL);
	CHECK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mount("none", directory, "tmpfs", 0, "size=64k") == 0);
	snprintf(path, sizeof(path), "%s/log", directory);
	log = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	CHECK(log >= 0);
	write_header(log, 65536);
	CHECK_EQUAL(log_file_map(&file, log, uuid, 1), 0);

	snprintf(path, sizeof(path), "%s/filler", directory);
	filler = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	for (ssize_t written = 1; written > 0;)
		written = write(filler, directory, 16);
	CHECK(!log_file_reserve(&file, CONSOLE_RING_SIZE));
	CHECK(!log_file_reserve(&file, CONSOLE_RING_SIZE));
	CHECK(ftruncate(filler, 0) == 0);
	CHECK(log_file_reserve(&file, CONSOLE_RING_SIZE));
	close(filler);
	log_file_unmap(&file);
	close(log);
	CHECK(umount(directory) == 0);
	CHECK(rmdir(directory) == 0);
}

int main(void)
{
	int alone;

	takes_pages_as_needed();
	refuses_what_is_no_log();
	alone = unshare(CLONE_NEWNS);
	if (alone == 0)
		waits_for_room();
	return 0;
}
