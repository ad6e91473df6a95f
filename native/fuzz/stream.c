/* SPDX-License-Identifier: MIT */
/*
 * Saved guests that are anything: records in any order, of any size, with any content. The reader maps nothing but the memory
 * that it was given, asks for no more than the guest has, and tells nothing that it was not to.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stream_reader.h"

#define PAGES      48U
#define VCPUS      2U
#define FIRST_MFN  1000U
#define SHARED_MFN 77U

static uint8_t memory[PAGES + 1][STREAM_PAGE_SIZE]; /* and the shared page */
static uint64_t given;
static bool done;

static void require(bool holds)
{
	if (!holds)
		abort();
}

static uint8_t *frame(uint64_t mfn)
{
	if (mfn == SHARED_MFN)
		return memory[PAGES];
	require(mfn >= FIRST_MFN && mfn < FIRST_MFN + given);
	return memory[mfn - FIRST_MFN];
}

/* What is mapped is a copy, written back when it is let go: so a frame that is mapped twice would be noticed. */
static struct mapping {
	uint8_t *copy;
	size_t count;
	uint64_t mfns[PAGES + 1];
} mappings[PAGES + 1];
static size_t mapping_count;
static bool is_mapped[FIRST_MFN + PAGES];

static void *map(void *context, const uint64_t *mfns, size_t count)
{
	struct mapping *mapping = &mappings[mapping_count++];

	(void)context;
	require(mapping_count <= PAGES + 1 && count > 0 && count <= PAGES);
	mapping->copy = malloc(count * STREAM_PAGE_SIZE);
	mapping->count = count;
	require(mapping->copy != NULL);
	for (size_t i = 0; i < count; i++) {
		memcpy(mapping->copy + i * STREAM_PAGE_SIZE, frame(mfns[i]), STREAM_PAGE_SIZE);
		mapping->mfns[i] = mfns[i];
		require(!is_mapped[mfns[i]]);
		is_mapped[mfns[i]] = true;
	}
	return mapping->copy;
}

static void unmap(void *context, void *copy, size_t count)
{
	size_t which = 0;

	(void)context;
	while (which < mapping_count && mappings[which].copy != copy)
		which++;
	require(which < mapping_count && mappings[which].count == count);
	for (size_t i = 0; i < count; i++) {
		memcpy(frame(mappings[which].mfns[i]), (uint8_t *)copy + i * STREAM_PAGE_SIZE, STREAM_PAGE_SIZE);
		is_mapped[mappings[which].mfns[i]] = false;
	}
	free(copy);
	mappings[which] = mappings[--mapping_count];
}

static int ask(void *context, enum reader_ask what, const void *bytes, size_t size, void *answer,
               struct lightvm_error *error)
{
	uint64_t *mfns = answer;

	(void)context;
	(void)bytes;
	(void)error;
	require(!done && what >= READER_CPUID && what <= READER_DONE);
	require(size <= READER_POLICY);
	if (what == READER_POPULATE) {
		require(size % sizeof(*mfns) == 0 && size > 0 && given + size / sizeof(*mfns) <= PAGES);
		for (size_t i = 0; i < size / sizeof(*mfns); i++)
			mfns[i] = FIRST_MFN + given++;
	}
	require(what != READER_PIN || mapping_count == 0);
	if (what == READER_DONE) {
		require(size == sizeof(struct reader_pages));
		done = true;
	}
	return 0;
}

struct input {
	const uint8_t *bytes;
	size_t size;
};

static uint8_t take(struct input *input)
{
	if (input->size == 0)
		return 0;
	input->size--;
	return *input->bytes++;
}

static void put(int file, const void *bytes, size_t size)
{
	require(write(file, bytes, size) == (ssize_t)size);
}

/* A body of `size` bytes: some of the input, the rest of it a pattern that is often zero. */
static void put_body(int file, struct input *input, size_t size, size_t from_input)
{
	static uint8_t body[STREAM_PAGE_SIZE * 4];
	size_t i;

	size = size < sizeof(body) ? size : sizeof(body);
	memset(body, take(input) % 4 == 0 ? 1 : 0, size);
	for (i = 0; i < size && i < from_input; i++)
		body[i] = take(input);
	put(file, body, size);
}

/* Some frames, with data for those that bring some. */
static void put_pages(int file, struct input *input)
{
	uint64_t words[16];
	struct stream_pages head = {.count = 1U + take(input) % 16};
	struct stream_record record = {.type = STREAM_PAGES};
	uint32_t data = 0, i;

	for (i = 0; i < head.count; i++) {
		uint64_t type = take(input) % 16;

		words[i] = type << STREAM_TYPE_SHIFT | take(input) % (PAGES + 4);
		data += type < STREAM_BROKEN;
	}
	record.length = (uint32_t)(sizeof(head) + head.count * sizeof(*words) + data * STREAM_PAGE_SIZE);
	put(file, &record, sizeof(record));
	put(file, &head, sizeof(head));
	put(file, words, head.count * sizeof(*words));
	for (i = 0; i < data; i++)
		put_body(file, input, STREAM_PAGE_SIZE, take(input) % 64);
}

static void put_sized(int file, struct input *input, uint32_t type, uint32_t size, size_t from_input)
{
	struct stream_record record = {.type = type, .length = size};

	put(file, &record, sizeof(record));
	put_body(file, input, (size + 7) & ~7U, from_input);
}

static void put_record(int file, struct input *input)
{
	static const struct stream_pv_info info = {.guest_width = 8, .levels = 4};
	uint8_t kind = take(input) % 14;
	struct stream_record record = {.type = STREAM_PV_INFO, .length = sizeof(info)};

	switch (kind) {
	case 0:
	case 1:
		put_pages(file, input);
		break;
	case 2:
		put(file, &record, sizeof(record));
		put(file, &info, sizeof(info));
		break;
	case 3:
		put_sized(file, input, STREAM_P2M, 8 + 8 * (take(input) % 4U), 24);
		break;
	case 4:
		put_sized(file, input, STREAM_SHARED_INFO, STREAM_PAGE_SIZE, 16);
		break;
	case 5:
		/* vcpu_guest_context_t has 5,168 bytes; rdx, cr3 and the like lie anywhere in it. */
		put_sized(file, input, STREAM_VCPU_BASIC, 8 + 5168, 8 + take(input));
		break;
	case 6:
		put_sized(file, input, STREAM_TSC, 24, 24);
		break;
	case 7:
		put_sized(file, input, take(input), take(input) * 16U, 64);
		break;
	case 8:
		put_body(file, input, take(input), 255);
		break;
	default:
		put_sized(file, input, kind + 3U, 8 + take(input) % 64U, 64);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const struct reader_domain domain = {.page_count = PAGES,
	                                            .vcpu_count = VCPUS,
	                                            .domid = 5,
	                                            .shared_info_mfn = SHARED_MFN,
	                                            .console_port = 1,
	                                            .store_port = 2};
	static const struct reader_host host = {.ask = ask, .map = map, .unmap = unmap};
	static const struct stream_domain head = {.type = STREAM_PV, .page_shift = STREAM_PAGE_SHIFT};
	struct stream_header start = {
	    .marker = STREAM_MARKER, .ident = htonl(STREAM_IDENT), .version = htonl(STREAM_VERSION)};
	struct stream_record end = {.type = STREAM_END};
	struct input input = {bytes, size};
	struct lightvm_error error = {0};
	static int file = -1;
	int rc;

	if (file < 0)
		file = memfd_create("stream", MFD_CLOEXEC);
	require(file >= 0 && ftruncate(file, 0) == 0 && lseek(file, 0, SEEK_SET) == 0);
	given = 0;
	done = false;
	if (take(&input) % 16 == 0)
		start.version = take(&input);
	put(file, &start, sizeof(start));
	put(file, &head, sizeof(head));
	while (input.size > 0)
		put_record(file, &input);
	put(file, &end, sizeof(end));
	lseek(file, 0, SEEK_SET);
	rc = reader_run(&domain, &host, file, NULL, &error);
	require((rc == 0) == done);
	require(rc == 0 || error.error_number == EBADMSG);
	require(mapping_count == 0);
	return 0;
}
