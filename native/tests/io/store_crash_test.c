/* SPDX-License-Identifier: MIT */
/*
 * "Nothing lost, nothing done twice": the process that serves a private XenStore is cut off before each of
 * its stores, in the file and in the ring, and the next one before some of its own, and a third goes on. What
 * the guest reads must be, byte for byte, what it reads when nobody dies.
 */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "store_rig.h"

static jmp_buf cut;
static long steps_left = -1; /* negative: never */
static long steps_taken;

/* store_file.c calls this before each store (STORE_STEP). */
void store_step(void)
{
	steps_taken++;
	if (steps_left == 0)
		longjmp(cut, 1);
	if (steps_left > 0)
		steps_left--;
}

/* A dead process's mapping would stay. */
void *__real_mmap(void *address, size_t size, int protection, int flags, int file, off_t offset);
void *__wrap_mmap(void *address, size_t size, int protection, int flags, int file, off_t offset);
static void *mapped;

void *__wrap_mmap(void *address, size_t size, int protection, int flags, int file, off_t offset)
{
	void *result = __real_mmap(address, size, protection, flags, file, offset);

	if (size == STORE_FILE_SIZE)
		mapped = result;
	return result;
}

struct action {
	uint32_t type;
	uint32_t transaction;
	const char *payload;
	size_t size;
};

#define ACTION(type, transaction, payload)                                                                   \
	{                                                                                                    \
		type, transaction, payload, sizeof(payload) - 1                                              \
	}

/* Long enough for all requests to go around the ring. */
#define X64  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X512 X64 X64 X64 X64 X64 X64 X64 X64

/* Every kind of change, with events; no two of the same event close by, since those are told once. */
static const struct action script[] = {
    ACTION(XS_WATCH, 0, "data\0t1\0"),
    ACTION(XS_WATCH, 0, "/local/domain/7/data/b\0a longer token than the others\0"),
    ACTION(XS_WRITE, 0, "data/a\0one"),
    ACTION(XS_WRITE, 0, "data/long\0" X512 X512),
    ACTION(XS_WATCH, 0, "data/a/deep\0t3\0"),
    ACTION(XS_WRITE, 0, "data/a/deep\0two"),
    ACTION(XS_TRANSACTION_START, 0, "\0"),
    ACTION(XS_TRANSACTION_START, 0, "\0"),
    ACTION(XS_WRITE, 1, "data/b\0in a transaction"),
    ACTION(XS_READ, 2, "data/b\0"),
    ACTION(XS_RM, 1, "data/a\0"),
    ACTION(XS_WRITE, 2, "data/c\0never to be"),
    ACTION(XS_DIRECTORY, 1, "data\0"),
    ACTION(XS_TRANSACTION_END, 1, "T\0"),
    ACTION(XS_READ, 0, "data/a/deep\0"),
    ACTION(XS_TRANSACTION_END, 2, "T\0"),
    ACTION(XS_DIRECTORY, 0, "data\0"),
    ACTION(XS_UNWATCH, 0, "data\0t1\0"),
    ACTION(XS_MKDIR, 0, "data/b/c\0"),
    ACTION(XS_TRANSACTION_START, 0, "\0"),
    ACTION(XS_WRITE, 3, "data/b/x\0dropped"),
    ACTION(XS_TRANSACTION_END, 3, "F\0"),
    ACTION(XS_READ, 0, "data/b/x\0"),
    ACTION(XS_READ, 0, "no//path\0"),
    ACTION(XS_RM, 0, "data/b\0"),
    ACTION(XS_GET_PERMS, 0, "data\0"),
    ACTION(XS_RESET_WATCHES, 0, "\0"),
    ACTION(XS_WRITE, 0, "data/b\0the end"),
    ACTION(XS_DIRECTORY, 0, "\0"),
};
#define ACTIONS (sizeof(script) / sizeof(script[0]))

static uint8_t stream[65536]; /* all requests */
static size_t stream_size;
static uint8_t expected[65536]; /* all answers */
static size_t expected_size;

static void make_stream(void)
{
	for (uint32_t i = 0; i < ACTIONS; i++) {
		struct xsd_sockmsg header = {
		    .type = script[i].type,
		    .req_id = i + 1,
		    .tx_id = script[i].transaction,
		    .len = (uint32_t)script[i].size,
		};

		memcpy(stream + stream_size, &header, sizeof(header));
		memcpy(stream + stream_size + sizeof(header), script[i].payload, script[i].size);
		stream_size += sizeof(header) + script[i].size;
	}
}

/* A process that takes up and serves, and dies before its store number `steps`. True: it did not get so far.
 */
static bool run(struct store_rig *rig, long steps)
{
	volatile bool finished = false;
	int died = setjmp(cut);

	if (died == 0) {
		steps_left = steps;
		if (rig->store == NULL)
			store_rig_open(rig);
		store_serve(rig->store);
		finished = true;
	}
	steps_left = -1;
	if (!finished) {
		munmap(mapped, STORE_FILE_SIZE);
		rig->store = NULL;
		rig->guest.store = NULL;
		/* the timers of the dead */
		rig->server->loop.heap_count = 0;
	}
	return finished;
}

/*
 * The guest sends all of the requests, at most `piece` bytes before the store is served and it reads again.
 * The first process dies before its store number `first`, the next after `second` of its own. False: it never
 * got to `first`.
 */
static bool play(struct store_rig *rig, size_t piece, long first, long second)
{
	size_t done = 0;
	bool died = false;
	int idle = 0;

	store_rig_begin(rig);
	while (idle < 3) {
		size_t left = stream_size - done;
		size_t put = store_rig_put(rig, stream + done, left < piece ? left : piece);
		size_t before = rig->read_size;
		long began = steps_taken;

		done += put;
		if (!run(rig, died ? -1 : first)) {
			died = true;
			/* The guest goes on by what it sees. */
			store_rig_take(rig);
			done += store_rig_put(rig, stream + done, stream_size - done);
			(void)run(rig, second);
			store_rig_take(rig);
			done += store_rig_put(rig, stream + done, stream_size - done);
			run(rig, -1);
		} else if (!died && first >= 0) {
			first -= steps_taken - began;
		}
		store_rig_take(rig);
		idle = put == 0 && rig->read_size == before ? idle + 1 : 0;
	}
	CHECK_EQUAL(done, stream_size);
	return died;
}

static void verify(const struct store_rig *rig, long first, long second)
{
	if (rig->read_size != expected_size || memcmp(rig->read, expected, expected_size) != 0) {
		size_t at = 0;

		while (at < rig->read_size && at < expected_size && rig->read[at] == expected[at])
			at++;
		fprintf(
		    stderr,
		    "cut off before store %ld, then %ld: %zu bytes instead of %zu, different from %zu on\n",
		    first, second, rig->read_size, expected_size, at);
		exit(1);
	}
}

static void survives(size_t piece)
{
	long first = 0;
	bool more = true;

	for (; more; first++) {
		struct store_rig rig;
		long second = first * 7 % 97;

		more = play(&rig, piece, first, second);
		verify(&rig, first, second);
		store_rig_end(&rig);
	}
	printf("requests in pieces of %zu bytes: cut off before each of %ld stores\n", piece, first - 1);
	CHECK(first > 500);
}

/* We ask, and die before store number `steps`. True: it did not get so far. */
static bool ask(struct store_rig *rig, long steps)
{
	volatile bool finished = false;
	int died = setjmp(cut);

	if (died == 0) {
		steps_left = steps;
		CHECK_EQUAL(store_ask(rig->store, NOXS_REBOOT), 0);
		finished = true;
	}
	steps_left = -1;
	return finished;
}

/* A request of ours: it is there with its event, or not at all; asked again, it is there. */
static void asks_whole(void)
{
	bool finished = false;
	struct store_message message;
	char value[16];

	for (long steps = 0; !finished; steps++) {
		struct store_rig rig;
		bool asked;
		bool told = false;

		store_rig_begin(&rig);
		store_rig_open(&rig);
		store_rig_watch(&rig, "control/shutdown", "t", "OK");
		store_rig_event(&rig, "control/shutdown", "t");
		finished = ask(&rig, steps);
		if (!finished) {
			munmap(mapped, STORE_FILE_SIZE);
			store_rig_open(&rig);
		}
		store_serve(rig.store);
		store_rig_take(&rig);
		while (store_rig_message(&rig, &message))
			told = told || message.header.type == XS_WATCH_EVENT;
		CHECK(store_get(rig.store, RIG_HOME "/control/shutdown", value, sizeof(value)));
		asked = strcmp(value, "reboot") == 0;
		CHECK(asked || value[0] == '\0');
		CHECK_EQUAL(asked, told);
		CHECK(asked == (store_root(&rig.store->file)->asked == NOXS_REBOOT + 1));
		CHECK_EQUAL(store_ask(rig.store, NOXS_REBOOT), 0);
		store_rig_expect(&rig, XS_READ, 0, "control/shutdown", "reboot");
		store_rig_end(&rig);
	}
}

/* Leaks are the dead's. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

int main(void)
{
	struct store_rig rig;

	make_stream();
	play(&rig, 700, -1, -1);
	memcpy(expected, rig.read, rig.read_size);
	expected_size = rig.read_size;
	CHECK(expected_size > 1024);
	store_rig_end(&rig);
	survives(stream_size);
	survives(131);
	asks_whole();
	return 0;
}
