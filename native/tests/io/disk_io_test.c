/* SPDX-License-Identifier: MIT */
/*
 * Requests that follow each other on the disk and in memory are one act for the kernel. Nobody who asks is to
 * notice: each is done whole or fails for itself, also where such an act crosses the end of the file, or a
 * hole in what may be written.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "disk_io.h"
#include "loop.h"

#define PIECE  4096U
#define PIECES 10U

struct piece {
	struct disk_io_request io; /* first */
	struct iovec part;
	unsigned int calls;
	int error_number;
};

static struct loop loop;
static struct disk_io *disk_io;
static struct piece pieces[PIECES];
static uint8_t *memory;
static uint32_t known, file;
static unsigned int left;

static void done(struct disk_io_request *io, int error_number)
{
	struct piece *piece = (struct piece *)(void *)io;

	piece->calls++;
	piece->error_number = error_number;
	left--;
}

static void ask(unsigned int i, enum disk_io_act act, uint64_t offset, void *base, size_t size)
{
	struct piece *piece = &pieces[i];

	*piece = (struct piece){.part = {.iov_base = base, .iov_len = size}};
	piece->io = (struct disk_io_request){
	    .done = done, .file = file, .act = act, .offset = offset, .memory = known};
	if (act != DISK_IO_FLUSH) {
		piece->io.vector = &piece->part;
		piece->io.vector_count = 1;
	}
	left++;
	disk_io_ask(disk_io, &piece->io);
}

/* Pieces from `first` on, each where its number says, in memory and on the disk `behind` pieces before that. */
static void ask_row(enum disk_io_act act, unsigned int first, unsigned int count, unsigned int behind)
{
	for (unsigned int i = first; i < first + count; i++)
		ask(i, act, (uint64_t)(i - behind) * PIECE, memory + (size_t)(i - behind) * PIECE, PIECE);
}

static void wait_for_all(unsigned int count)
{
	disk_io_push(disk_io);
	while (left > 0) {
		CHECK_EQUAL(loop_turn(&loop), 0);
		disk_io_push(disk_io);
	}
	for (unsigned int i = 0; i < count; i++)
		CHECK_EQUAL(pieces[i].calls, 1);
}

/* Opens a file of `size` bytes, in which each piece holds its number from 1. */
static int make_file(size_t size)
{
	int descriptor = memfd_create("disk", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	uint8_t content[PIECE];

	CHECK(descriptor >= 0);
	for (size_t at = 0; at < size; at += PIECE) {
		size_t length = size - at < PIECE ? size - at : PIECE;

		memset(content, (int)(at / PIECE + 1), sizeof(content));
		CHECK_EQUAL(pwrite(descriptor, content, length, (off_t)at), length);
	}
	CHECK_EQUAL(disk_io_open_file(disk_io, descriptor, &file), 0);
	return descriptor;
}

static bool holds(const uint8_t *bytes, uint8_t value, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != value)
			return false;
	}
	return true;
}

static void reads_rows(void)
{
	make_file((size_t)PIECES * PIECE);
	ask_row(DISK_IO_READ, 0, PIECES, 0);
	wait_for_all(PIECES);
	for (unsigned int i = 0; i < PIECES; i++) {
		CHECK_EQUAL(pieces[i].error_number, 0);
		CHECK(holds(memory + (size_t)i * PIECE, (uint8_t)(i + 1), PIECE));
	}
	disk_io_close_file(disk_io, file);
}

/* In a row on the disk but not in memory, and the other way round. */
static void keeps_others_apart(void)
{
	make_file((size_t)PIECES * PIECE);
	ask(0, DISK_IO_READ, 0, memory + 3 * PIECE, PIECE);
	ask(1, DISK_IO_READ, PIECE, memory + 1 * PIECE, PIECE);
	ask(2, DISK_IO_READ, 7 * PIECE, memory + 2 * PIECE, PIECE);
	ask(3, DISK_IO_READ, 3 * PIECE, memory + 4 * PIECE, PIECE);
	wait_for_all(4);
	CHECK(holds(memory + 3 * PIECE, 1, PIECE));
	CHECK(holds(memory + 1 * PIECE, 2, PIECE));
	CHECK(holds(memory + 2 * PIECE, 8, PIECE));
	CHECK(holds(memory + 4 * PIECE, 4, PIECE));
	disk_io_close_file(disk_io, file);
}

/* A file that shrank behind the guest's back: what lies before its end is read, the rest is an error, piece
 * by piece. */
static void fails_piece_by_piece(void)
{
	make_file(2 * PIECE + 512);
	ask_row(DISK_IO_READ, 0, 4, 0);
	wait_for_all(4);
	CHECK_EQUAL(pieces[0].error_number, 0);
	CHECK_EQUAL(pieces[1].error_number, 0);
	CHECK_EQUAL(pieces[2].error_number, EIO);
	CHECK_EQUAL(pieces[3].error_number, EIO);
	CHECK(holds(memory + PIECE, 2, PIECE));
	disk_io_close_file(disk_io, file);
}

/* Writes, a flush between them, and reads of what they wrote. */
static void writes_rows(void)
{
	int descriptor = make_file(8 * PIECE);
	uint8_t content[8 * PIECE];

	for (unsigned int i = 0; i < 8; i++)
		memset(memory + (size_t)i * PIECE, (int)(100 + i), PIECE);
	ask_row(DISK_IO_WRITE, 0, 4, 0);
	ask(4, DISK_IO_FLUSH, 0, NULL, 0);
	ask_row(DISK_IO_WRITE, 5, 4, 1);
	wait_for_all(9);
	CHECK_EQUAL(pread(descriptor, content, sizeof(content), 0), sizeof(content));
	for (unsigned int i = 0; i < 8; i++)
		CHECK(holds(content + (size_t)i * PIECE, (uint8_t)(100 + i), PIECE));
	disk_io_close_file(disk_io, file);
}

/* A whole act that fails is tried piece by piece: those that can be done are. */
static void tries_again_alone(void)
{
	int descriptor = make_file(2 * PIECE);

	CHECK_EQUAL(fcntl(descriptor, F_ADD_SEALS, F_SEAL_GROW), 0);
	memset(memory, 77, 4 * PIECE);
	ask_row(DISK_IO_WRITE, 0, 4, 0);
	wait_for_all(4);
	CHECK_EQUAL(pieces[0].error_number, 0);
	CHECK_EQUAL(pieces[1].error_number, 0);
	CHECK_EQUAL(pieces[2].error_number, EPERM);
	CHECK_EQUAL(pieces[3].error_number, EPERM);
	disk_io_close_file(disk_io, file);
}

static void try_with(bool use_ring)
{
	CHECK_EQUAL(loop_open(&loop), 0);
	CHECK_EQUAL(disk_io_open(&disk_io, &loop, use_ring), 0);
	memory = mmap(NULL, PIECES * PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(memory != MAP_FAILED);
	known = disk_io_add_memory(disk_io, memory, PIECES * PIECE);
	reads_rows();
	keeps_others_apart();
	fails_piece_by_piece();
	writes_rows();
	tries_again_alone();
	disk_io_close(disk_io);
	munmap(memory, PIECES * PIECE);
	loop_close(&loop);
}

int main(void)
{
	try_with(true);
	try_with(false);
	return 0;
}
