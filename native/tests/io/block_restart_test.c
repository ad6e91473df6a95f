/* SPDX-License-Identifier: MIT */
/*
 * lightvm-io is killed at random moments while a guest (faked in this process) writes and reads a disk: every request
 * is answered exactly once, what was answered as written is there, and what is read is what was written.
 * Arguments: program, socket path, how many times to kill, the front-end's features, and a file's path for a disk past
 * the page cache; else it is in memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "check.h"
#include "block_journal.h"
#include "fake_disk.h"

#define PAGES_PER_REQUEST 2U
#define UNKNOWN           200 /* an operation that there is not */
#define PAGE_SECTORS      8U
#define PLACES            (DISK_SECTORS / PAGE_SECTORS / PAGES_PER_REQUEST)

/* One request of the guest's that may be under way. It owns its data pages, as its place on the disk. */
struct flight {
	bool used;
	uint8_t operation;
	uint32_t place;
	uint32_t stamp; /* what it writes, or expects to read */
};

static struct fake_host host;
static struct fake_disk disk;
static int passed; /* the disk's descriptor that lightvm-io gets */
static int open_flags = O_RDWR | O_CLOEXEC;
static struct flight flights[DISK_REQUESTS];
static uint32_t stamps[PLACES]; /* what is on the disk at each place */
static bool busy[PLACES];
static uint32_t next_stamp = 1;
static uint64_t answers;

static void fill(uint32_t flight, uint32_t stamp)
{
	uint32_t *words = (void *)fake_disk_page(&disk, flight * PAGES_PER_REQUEST);

	for (size_t i = 0; i < PAGES_PER_REQUEST * NOXS_PAGE_SIZE / 4; i++)
		words[i] = stamp;
}

static bool holds(const uint32_t *words, uint32_t stamp)
{
	for (size_t i = 0; i < PAGES_PER_REQUEST * NOXS_PAGE_SIZE / 4; i++) {
		if (words[i] != stamp)
			return false;
	}
	return true;
}

static void ask(uint32_t number, unsigned *random)
{
	struct flight *flight = &flights[number];
	uint32_t place = (uint32_t)rand_r(random) % PLACES;
	uint32_t kind = (uint32_t)rand_r(random) % 10;

	if (busy[place])
		return;
	flight->used = true;
	flight->place = place;
	if (kind == 0) {
		flight->operation = BLKIF_OP_FLUSH_DISKCACHE;
		fake_disk_ask(&disk, flight->operation, number, 0, 0, 0);
		return;
	}
	busy[place] = true;
	flight->operation = kind < 6 ? BLKIF_OP_WRITE : BLKIF_OP_READ;
	flight->stamp = flight->operation == BLKIF_OP_WRITE ? next_stamp++ : stamps[place];
	fill(number, flight->operation == BLKIF_OP_WRITE ? flight->stamp : ~0U);
	fake_disk_ask(&disk, flight->operation, number, (uint64_t)place * PAGES_PER_REQUEST * PAGE_SECTORS,
	              number * PAGES_PER_REQUEST, PAGES_PER_REQUEST);
}

static void take_answers(void)
{
	struct blkif_response response;

	while (fake_disk_take(&disk, &response)) {
		struct flight *flight = &flights[response.id % DISK_REQUESTS];

		CHECK(response.id < DISK_REQUESTS);
		CHECK(flight->used);
		CHECK_EQUAL(response.operation, flight->operation);
		CHECK_EQUAL((uint16_t)response.status,
		            (uint16_t)(flight->operation == UNKNOWN ? BLKIF_RSP_EOPNOTSUPP : BLKIF_RSP_OKAY));
		if (flight->operation == BLKIF_OP_READ)
			CHECK(holds((const void *)fake_disk_page(&disk, (uint32_t)response.id * PAGES_PER_REQUEST),
			            flight->stamp));
		if (flight->operation == BLKIF_OP_WRITE)
			stamps[flight->place] = flight->stamp;
		if (flight->operation == BLKIF_OP_WRITE || flight->operation == BLKIF_OP_READ)
			busy[flight->place] = false;
		flight->used = false;
		answers++;
	}
}

static uint32_t under_way(void)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < DISK_REQUESTS; i++)
		count += flights[i].used;
	return count;
}

static void work_for(uint64_t ns, unsigned *random, uint32_t features)
{
	uint64_t end = client_clock_ns() + ns;

	while (client_clock_ns() < end) {
		fake_host_poll(&host);
		if (!fake_disk_shake(&disk, features))
			continue;
		for (uint32_t i = 0; i < DISK_REQUESTS; i++) {
			if (!flights[i].used && rand_r(random) % 4 == 0)
				ask(i, random);
		}
		fake_disk_show(&disk);
		take_answers();
	}
}

/* lightvmd after a restart of lightvm-io. */
static void attach(struct client *client)
{
	struct io_attach request = fake_host_attach(disk.guest);
	int own = disk.file;

	fake_host_renew(&host);
	CHECK_EQUAL(fake_host_hello(&host, client), 0);
	CHECK_EQUAL(client_ask(client, &request, sizeof(request), &disk.guest->log, 1), 0);
	disk.file = passed;
	CHECK_EQUAL(fake_disk_attach(&disk, client, false), 0);
	disk.file = own;
}

static void finish(uint32_t features)
{
	for (int i = 0; under_way() > 0 && i < 5000; i++) {
		fake_host_poll(&host);
		fake_disk_shake(&disk, features);
		take_answers();
		usleep(1000);
	}
	CHECK_EQUAL(under_way(), 0);
}

/*
 * What a process leaves that took a request of a guest's own invention and was killed before it had refused it. Nothing
 * else is under way.
 */
static void leave_refused(void)
{
	struct block_entry entry = {
	    .state = BLOCK_TAKEN,
	    .status = BLKIF_RSP_EOPNOTSUPP,
	    .operation = UNKNOWN,
	    .answer_operation = UNKNOWN,
	};
	struct block_journal journal;

	flights[0] = (struct flight){.used = true, .operation = UNKNOWN};
	fake_disk_ask(&disk, UNKNOWN, 0, 0, 0, 0);
	fake_disk_show(&disk);
	CHECK(pread(disk.journal, &journal, sizeof(journal), 0) == (ssize_t)sizeof(journal));
	entry.sequence = journal.consumed++;
	CHECK(pwrite(disk.journal, &entry, sizeof(entry), BLOCK_JOURNAL_OFFSET) == (ssize_t)sizeof(entry));
	CHECK(pwrite(disk.journal, &journal, sizeof(journal), 0) == (ssize_t)sizeof(journal));
}

/* The disk as lightvmd opens it: an open file of its own, locked. */
static int open_disk(void)
{
	char path[64];
	int file;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", disk.file);
	file = open(path, open_flags);
	CHECK(file >= 0);
	return file;
}

/* Replaces the disk in memory by a file, which is passed with O_DIRECT. False: there is no such thing here. */
static bool use_file(const char *path)
{
	close(disk.file);
	disk.file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(disk.file >= 0);
	CHECK(ftruncate(disk.file, DISK_SECTORS * 512) == 0);
	open_flags |= O_DIRECT;
	passed = open(path, open_flags);
	CHECK(unlink(path) == 0);
	CHECK(passed >= 0 || errno == EINVAL);
	return passed >= 0;
}

/* lightvm-io holds the lock of the descriptor that it was passed, and lets go of it at once when the guest is detached. */
static void verify_lock(struct client *client, int locked)
{
	int other = open_disk();

	close(locked);
	CHECK(flock(other, LOCK_EX | LOCK_NB) != 0);
	CHECK_EQUAL(client_detach(client, disk.guest->uuid, disk.guest->domid), 0);
	CHECK_EQUAL(flock(other, LOCK_EX | LOCK_NB), 0);
	close(other);
}

static void verify_disk(void)
{
	static uint32_t words[PAGES_PER_REQUEST * NOXS_PAGE_SIZE / 4];

	for (uint32_t i = 0; i < PLACES; i++) {
		CHECK(pread(disk.file, words, sizeof(words), (off_t)(i * sizeof(words))) == (ssize_t)sizeof(words));
		CHECK(holds(words, stamps[i]));
	}
}

int main(int argc, char **argv)
{
	struct client client = {0};
	unsigned random = 1;
	uint32_t features;
	pid_t process;
	int kills;

	CHECK(argc == 5 || argc == 6);
	kills = atoi(argv[3]);
	features = (uint32_t)atoi(argv[4]);
	fake_host_open(&host, 1);
	fake_disk_open(&disk, &host, &host.guests[0]);
	passed = disk.file;
	if (argc == 6 && !use_file(argv[5])) {
		printf("this file system knows no O_DIRECT\n");
		return 77;
	}
	for (int i = 0; i < kills; i++) {
		process = client_start(argv[1], argv[2], 0);
		client_connect(&client, argv[2]);
		attach(&client);
		work_for((uint64_t)(rand_r(&random) % 30000) * 1000, &random, features);
		client_kill(process);
		client_close(&client);
		work_for((uint64_t)(rand_r(&random) % 2000) * 1000, &random, features);
	}
	process = client_start(argv[1], argv[2], 0);
	client_connect(&client, argv[2]);
	attach(&client);
	finish(features);
	client_kill(process);
	client_close(&client);
	leave_refused();
	process = client_start(argv[1], argv[2], 0);
	client_connect(&client, argv[2]);
	if (passed != disk.file)
		close(passed);
	passed = open_disk();
	CHECK_EQUAL(flock(passed, LOCK_EX | LOCK_NB), 0);
	attach(&client);
	finish(features);
	verify_disk();
	verify_lock(&client, passed);
	CHECK_EQUAL(client_stop(process), 0);
	client_close(&client);
	printf("%d kills, %" PRIu64 " requests, each answered once\n", kills, answers);
	CHECK(answers > (uint64_t)kills);
	fake_disk_close(&disk);
	fake_host_close(&host);
	return 0;
}
