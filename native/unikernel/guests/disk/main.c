/* SPDX-License-Identifier: MIT */
/*
 * Tries a disk, and powers off; a panic where something is wrong. Arguments:
 *   disk=ID       0 if not given
 *   files=1       list the files of the archive that is on it
 *   write=SEED    fill it with a pattern, and flush
 *   check=SEED    compare it with that pattern
 *   rounds=N      that many times both, each time with another pattern
 *   chunk=KB      bytes of each read and write, 256 KB if not given
 *   threads=N     that do it at once, each its part of the disk
 *   size=KB       only so much from the disk's beginning
 */
#include <lightvm/block.h>
#include <lightvm/files.h>
#include <lightvm/guest.h>
#include <lightvm/memory.h>
#include <lightvm/threads.h>

#define KB          1024UL
#define MILLISECOND 1000000UL
#define MAX_THREADS 16

struct work {
	struct block *disk;
	uint64_t start, end, chunk, seed;
	bool write;
};

static unsigned long option(int argc, char **argv, const char *name, unsigned long otherwise)
{
	size_t length = strlen(name);

	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=')
			return parse_unsigned(argv[i] + length + 1, NULL);
	return otherwise;
}

static uint64_t pattern(uint64_t seed, uint64_t offset)
{
	uint64_t value = (seed + 1) * 0x9e3779b97f4a7c15UL + offset;

	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9UL;
	return value ^ value >> 27;
}

static void run_part(void *argument)
{
	struct work *work = argument;
	uint64_t *words = malloc(work->chunk);

	if (words == NULL)
		panic("no memory for %lu bytes", work->chunk);
	for (uint64_t offset = work->start; offset < work->end; offset += work->chunk) {
		uint64_t left = work->end - offset, size = left < work->chunk ? left : work->chunk, i;

		for (i = 0; work->write && i < size / 8; i++)
			words[i] = pattern(work->seed, offset + i * 8);
		if (work->write ? block_write(work->disk, offset, words, size) != 0
		                : block_read(work->disk, offset, words, size) != 0)
			panic("%s of %lu bytes at %lu failed", work->write ? "write" : "read", size, offset);
		for (i = 0; !work->write && i < size / 8; i++)
			if (words[i] != pattern(work->seed, offset + i * 8))
				panic("byte %lu is not as it was written", offset + i * 8);
	}
	free(words);
}

static void run(struct work *whole, unsigned long threads)
{
	struct work parts[MAX_THREADS];
	struct thread *running[MAX_THREADS];
	uint64_t size = whole->end / threads, begun = clock_monotonic();

	size -= size % 4096;
	for (unsigned long i = 0; i < threads; i++) {
		parts[i] = *whole;
		parts[i].start = i * size;
		parts[i].end = i == threads - 1 ? whole->end : (i + 1) * size;
		running[i] = thread_create("part", run_part, &parts[i], 0);
		if (running[i] == NULL)
			panic("no memory for a thread");
	}
	for (unsigned long i = 0; i < threads; i++)
		thread_join(running[i]);
	if (whole->write && block_flush(whole->disk) != 0)
		panic("flush failed");
	printf("%s %lu bytes in %lu ms\n", whole->write ? "wrote" : "checked", whole->end,
	       (clock_monotonic() - begun) / MILLISECOND);
}

static void list(struct block *disk)
{
	struct files *files = files_of_disk(disk);
	const struct file *file = NULL;
	char text[65];
	long length;

	if (files == NULL) {
		printf("there is no archive on the disk\n");
		return;
	}
	while ((file = file_next(files, file)) != NULL) {
		length = file_read(file, 0, text, sizeof(text) - 1);
		text[length > 0 ? length : 0] = '\0';
		printf("file /%s, %lu bytes: %s\n", file->path, file->size, text);
	}
	files_free(files);
}

int main(int argc, char **argv)
{
	unsigned long id = option(argc, argv, "disk", 0), threads = option(argc, argv, "threads", 1);
	unsigned long rounds = option(argc, argv, "rounds", 0), none = UINT64_MAX;
	struct work work = {.disk = block_open((unsigned int)id)};

	if (work.disk == NULL)
		panic("there is no disk %lu", id);
	if (threads < 1 || threads > MAX_THREADS)
		panic("from 1 to %d threads, not %lu", MAX_THREADS, threads);
	printf("disk %lu: %lu bytes, sectors of %u%s\n", id, block_size(work.disk),
	       block_sector_size(work.disk), block_is_read_only(work.disk) ? ", read-only" : "");
	work.chunk = option(argc, argv, "chunk", 256) * KB;
	work.end = block_size(work.disk);
	if (option(argc, argv, "size", none) < work.end / KB)
		work.end = option(argc, argv, "size", none) * KB;
	if (option(argc, argv, "files", 0) != 0)
		list(work.disk);
	for (unsigned long round = 0; round < (rounds > 0 ? rounds : 1); round++) {
		work.seed = option(argc, argv, "write", none) + round;
		work.write = true;
		if (option(argc, argv, "write", none) != none)
			run(&work, threads);
		work.seed = option(argc, argv, "check", option(argc, argv, "write", none)) + round;
		work.write = false;
		if (option(argc, argv, "check", rounds > 0 ? 0 : none) != none)
			run(&work, threads);
		if (rounds > 0)
			printf("round %lu is done\n", round + 1);
	}
	return 0;
}
