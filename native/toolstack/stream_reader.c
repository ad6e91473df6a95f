/* SPDX-License-Identifier: MIT */
/* The records of a stream, one after the other. Pages are read straight into the guest's memory. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include "error.h"
#include "stream_guest.h"

#define STEP "read stream"
/* Holes that a Linux may have: 1 GiB, and three times its memory. */
#define HOLE_FRAMES (1ULL << 18)
#define PENDING     UINT64_MAX /* a machine frame that is being asked for */

struct reader {
	struct stream_guest guest;
	int fd;
	struct lightvm_progress *progress;
	uint32_t version;
	bool has_info, has_static_end;
	uint64_t words[STREAM_BATCH]; /* of a record of pages */
	uint64_t batch[STREAM_BATCH], machine[STREAM_BATCH];
};

uint64_t reader_frame_limit(uint64_t page_count)
{
	return 4 * page_count + HOLE_FRAMES;
}

int stream_bad(struct stream_guest *guest, const char *format, ...)
{
	char text[128];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return error_set(guest->error, EBADMSG, STEP, "The stream is damaged, or not of this guest: %s.", text);
}

/* Fills all of it; the vector is used up. */
static int read_vector(struct reader *reader, struct iovec *vector, size_t count)
{
	ssize_t size;

	while (count > 0) {
		size = readv(reader->fd, vector, count < IOV_MAX ? (int)count : IOV_MAX);
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return error_set(reader->guest.error, errno, STEP, "The stream cannot be read: %s.",
			                 strerror(errno));
		if (size == 0)
			return stream_bad(&reader->guest, "it is cut off");
		stream_advance(&vector, &count, (size_t)size);
	}
	return 0;
}

static int read_bytes(struct reader *reader, void *bytes, size_t size)
{
	struct iovec vector = {bytes, size};

	return size == 0 ? 0 : read_vector(reader, &vector, 1);
}

/* What fills a record up to a multiple of 8. */
static int read_padding(struct reader *reader, uint32_t length)
{
	char padding[8];

	return read_bytes(reader, padding, -length & 7);
}

/* A whole record's body, to be freed. NULL: error is set. */
static void *read_body(struct reader *reader, uint32_t length)
{
	void *body = malloc(length + 1UL);
	int rc;

	if (body == NULL) {
		error_set(reader->guest.error, ENOMEM, STEP, "No memory.");
		return NULL;
	}
	rc = read_bytes(reader, body, length);
	if (rc == 0)
		rc = read_padding(reader, length);
	if (rc == 0)
		return body;
	free(body);
	return NULL;
}

static int read_headers(struct reader *reader)
{
	struct stream_header header;
	struct stream_domain domain;

	if (read_bytes(reader, &header, sizeof(header)) != 0)
		return -1;
	reader->version = ntohl(header.version);
	if (header.marker != STREAM_MARKER || ntohl(header.ident) != STREAM_IDENT)
		return stream_bad(&reader->guest, "it does not begin as one");
	if (reader->version < 2 || reader->version > STREAM_VERSION || header.options != 0)
		return stream_bad(&reader->guest, "its version is %u", reader->version);
	if (read_bytes(reader, &domain, sizeof(domain)) != 0)
		return -1;
	if (domain.type != STREAM_PV || domain.page_shift != STREAM_PAGE_SHIFT)
		return stream_bad(&reader->guest, "it is of a guest of type %u", domain.type);
	return 0;
}

static int read_info(struct reader *reader, uint32_t length)
{
	struct stream_pv_info info;

	if (length != sizeof(info) || reader->has_info)
		return stream_bad(&reader->guest, "it describes its guest wrongly");
	if (read_bytes(reader, &info, sizeof(info)) != 0)
		return -1;
	if (info.guest_width != 8 || info.levels != 4)
		return stream_bad(&reader->guest, "its guest is no 64-bit one");
	reader->has_info = true;
	return 0;
}

/* Where the guest lists its frames. It may come again in a live stream: the list has grown. */
static int read_list(struct reader *reader, uint32_t length)
{
	struct stream_guest *guest = &reader->guest;
	struct stream_p2m head;
	uint64_t count = length < sizeof(head) ? 0 : (length - sizeof(head)) / sizeof(uint64_t), i;

	if (length < sizeof(head) || length % sizeof(uint64_t) != 0)
		return stream_bad(guest, "its frame list has %u bytes", length);
	if (read_bytes(reader, &head, sizeof(head)) != 0)
		return -1;
	if (head.first != 0 || head.last >= guest->frame_count || count != head.last / STREAM_ENTRIES + 1)
		return stream_bad(guest, "its frame list is for frames up to %u", head.last);
	free(guest->list);
	guest->list = calloc(count, sizeof(*guest->list));
	guest->list_count = count;
	guest->list_last = head.last;
	if (guest->list == NULL)
		return error_set(guest->error, ENOMEM, STEP, "No memory.");
	if (read_bytes(reader, guest->list, count * sizeof(*guest->list)) != 0)
		return -1;
	for (i = 0; i < count; i++)
		if (guest->list[i] >= guest->frame_count)
			return stream_bad(guest, "its frame list lies in frame %llu",
			                  (unsigned long long)guest->list[i]);
	return 0;
}

/* Checks the words of a record of pages, and gives memory to those that have none. *data: how many bring bytes. */
static int take_words(struct reader *reader, uint32_t count, uint32_t *data)
{
	struct stream_guest *guest = &reader->guest;
	size_t absent = 0, i;

	*data = 0;
	for (i = 0; i < count; i++) {
		uint64_t pfn = reader->words[i] & STREAM_PFN_MASK;
		uint32_t type = (uint32_t)(reader->words[i] >> STREAM_TYPE_SHIFT);
		bool brings = type < STREAM_BROKEN;

		if (pfn >= guest->frame_count || (reader->words[i] & ~STREAM_PFN_MASK) << 4 != 0 ||
		    (brings && ((type & STREAM_LEVEL) > 4 || type == STREAM_PINNED)))
			return stream_bad(guest, "a page of it is %llx", (unsigned long long)reader->words[i]);
		guest->types[pfn] = (uint8_t)type;
		if (pfn >= guest->frame_end)
			guest->frame_end = pfn + 1;
		if (type == STREAM_BROKEN || type == STREAM_ABSENT)
			continue;
		*data += brings;
		if (guest->mfns[pfn] != READER_ABSENT)
			continue;
		guest->mfns[pfn] = PENDING; /* once, though it be named twice */
		reader->batch[absent++] = pfn;
	}
	if (absent == 0)
		return 0;
	if (guest->populated + absent > guest->domain->page_count)
		return stream_bad(guest, "it brings more than the guest's %llu pages",
		                  (unsigned long long)guest->domain->page_count);
	if (guest->host->ask(guest->host->context, READER_POPULATE, reader->batch, absent * sizeof(uint64_t),
	                     reader->machine, guest->error) != 0)
		return -1;
	for (i = 0; i < absent; i++)
		guest->mfns[reader->batch[i]] = reader->machine[i];
	guest->populated += absent;
	return 0;
}

static void tell_progress(struct reader *reader, uint32_t pages)
{
	if (reader->progress != NULL)
		__atomic_fetch_add(&reader->progress->done_bytes, (uint64_t)pages * STREAM_PAGE_SIZE,
		                   __ATOMIC_RELAXED);
}

static int read_data(struct reader *reader, uint32_t count)
{
	struct stream_guest *guest = &reader->guest;
	struct iovec vector;
	uint32_t i, next = 0;
	void *memory;
	int rc;

	for (i = 0; i < count; i++)
		if (reader->words[i] >> STREAM_TYPE_SHIFT < STREAM_BROKEN)
			reader->machine[next++] = guest->mfns[reader->words[i] & STREAM_PFN_MASK];
	if (next == 0)
		return 0;
	memory = guest->host->map(guest->host->context, reader->machine, next);
	if (memory == NULL)
		return error_set(guest->error, errno, STEP, "The new domain's memory cannot be mapped: %s.",
		                 strerror(errno));
	vector = (struct iovec){memory, (size_t)next * STREAM_PAGE_SIZE};
	rc = read_vector(reader, &vector, 1);
	guest->host->unmap(guest->host->context, memory, next);
	return rc;
}

/* Those that bring no bytes are zero. That is asked for: to map a page costs more than to clear it. */
static int clear_rest(struct reader *reader, uint32_t count)
{
	struct stream_guest *guest = &reader->guest;
	size_t empty = 0;

	for (uint32_t i = 0; i < count; i++)
		if (reader->words[i] >> STREAM_TYPE_SHIFT == STREAM_ALLOCATE)
			reader->batch[empty++] = reader->words[i] & STREAM_PFN_MASK;
	if (empty == 0)
		return 0;
	return guest->host->ask(guest->host->context, READER_ZERO, reader->batch, empty * sizeof(uint64_t), NULL,
	                        guest->error);
}

static int read_pages(struct reader *reader, uint32_t length)
{
	struct stream_pages head;
	uint32_t data;

	if (!reader->has_info)
		return stream_bad(&reader->guest, "pages come too early");
	if (length < sizeof(head))
		return stream_bad(&reader->guest, "a record of pages has %u bytes", length);
	if (read_bytes(reader, &head, sizeof(head)) != 0)
		return -1;
	if (head.count == 0 || head.count > STREAM_BATCH || head.reserved != 0)
		return stream_bad(&reader->guest, "a record has %u pages", head.count);
	if (length < sizeof(head) + head.count * sizeof(uint64_t))
		return stream_bad(&reader->guest, "a record of %u pages has %u bytes", head.count, length);
	if (read_bytes(reader, reader->words, head.count * sizeof(uint64_t)) != 0 ||
	    take_words(reader, head.count, &data) != 0)
		return -1;
	if (length != sizeof(head) + head.count * sizeof(uint64_t) + (uint64_t)data * STREAM_PAGE_SIZE)
		return stream_bad(&reader->guest, "a record of %u pages has %u bytes", data, length);
	if (clear_rest(reader, head.count) != 0 || read_data(reader, head.count) != 0)
		return -1;
	tell_progress(reader, head.count);
	return 0;
}

static int read_vcpu(struct reader *reader, uint32_t length, unsigned int kind)
{
	struct stream_guest *guest = &reader->guest;
	struct stream_vcpu *head;

	if (length < sizeof(*head) || length > sizeof(*head) + READER_VCPU)
		return stream_bad(guest, "a vCPU's state has %u bytes", length);
	head = read_body(reader, length);
	if (head == NULL)
		return -1;
	if (head->vcpu >= guest->domain->vcpu_count || guest->vcpus[head->vcpu].state[kind] != NULL) {
		stream_bad(guest, "the state of vCPU %u is not wanted", head->vcpu);
		free(head);
		return -1;
	}
	guest->vcpus[head->vcpu].state[kind] = head;
	guest->vcpus[head->vcpu].size[kind] = length;
	return 0;
}

static int read_shared_info(struct reader *reader, uint32_t length)
{
	if (length != STREAM_PAGE_SIZE || reader->guest.shared_info != NULL)
		return stream_bad(&reader->guest, "its shared page has %u bytes", length);
	reader->guest.shared_info = read_body(reader, length);
	return reader->guest.shared_info != NULL ? 0 : -1;
}

static int read_tsc(struct reader *reader, uint32_t length)
{
	if (length != sizeof(reader->guest.tsc) || reader->guest.has_tsc)
		return stream_bad(&reader->guest, "its clock has %u bytes", length);
	reader->guest.has_tsc = true;
	return read_bytes(reader, &reader->guest.tsc, length);
}

static int read_policy(struct reader *reader, uint32_t length, enum reader_ask what)
{
	struct stream_guest *guest = &reader->guest;
	void *body;
	int rc;

	if (length == 0 || length > READER_POLICY || reader->has_static_end)
		return stream_bad(guest, "its processor is described by %u bytes", length);
	body = read_body(reader, length);
	if (body == NULL)
		return -1;
	rc = guest->host->ask(guest->host->context, what, body, length, NULL, guest->error);
	free(body);
	return rc;
}

static int read_record(struct reader *reader, const struct stream_record *record)
{
	uint32_t length = record->length;
	void *body;

	switch (record->type) {
	case STREAM_PAGES:
		return read_pages(reader, length);
	case STREAM_PV_INFO:
		return read_info(reader, length);
	case STREAM_P2M:
		return read_list(reader, length);
	case STREAM_VCPU_BASIC:
		return read_vcpu(reader, length, VCPU_BASIC);
	case STREAM_VCPU_EXTENDED:
		return read_vcpu(reader, length, VCPU_EXTENDED);
	case STREAM_VCPU_XSAVE:
		return read_vcpu(reader, length, VCPU_XSAVE);
	case STREAM_VCPU_MSRS:
		return read_vcpu(reader, length, VCPU_MSRS);
	case STREAM_SHARED_INFO:
		return read_shared_info(reader, length);
	case STREAM_TSC:
		return read_tsc(reader, length);
	case STREAM_STATIC_END:
		reader->has_static_end = true;
		return length == 0 ? 0 : stream_bad(&reader->guest, "a mark has %u bytes", length);
	case STREAM_CPUID:
		return read_policy(reader, length, READER_CPUID);
	case STREAM_MSR:
		return read_policy(reader, length, READER_MSR);
	default:
		if ((record->type & STREAM_OPTIONAL) == 0)
			return stream_bad(&reader->guest, "a record of it is of type %u", record->type);
		body = read_body(reader, length);
		free(body);
		return body != NULL ? 0 : -1;
	}
}

static int check_cancel(const struct reader *reader)
{
	if (reader->progress == NULL || __atomic_load_n(&reader->progress->cancel, __ATOMIC_RELAXED) == 0)
		return 0;
	return error_set(reader->guest.error, ECANCELED, STEP, "It was cancelled.");
}

static int read_all(struct reader *reader)
{
	struct stream_record record;
	int rc = read_headers(reader);

	while (rc == 0) {
		rc = check_cancel(reader);
		if (rc == 0)
			rc = read_bytes(reader, &record, sizeof(record));
		if (rc != 0)
			break;
		if (record.length > STREAM_MAX)
			return stream_bad(&reader->guest, "a record has %u bytes", record.length);
		if (record.type == STREAM_END)
			return record.length == 0 ? 0 : stream_bad(&reader->guest, "it ends wrongly");
		rc = read_record(reader, &record);
	}
	return rc;
}

static int begin(struct stream_guest *guest)
{
	guest->frame_count = reader_frame_limit(guest->domain->page_count);
	/* Most of it is never touched. */
	guest->mfns = calloc(guest->frame_count, sizeof(*guest->mfns));
	guest->types = calloc(guest->frame_count, 1);
	guest->vcpus = calloc(guest->domain->vcpu_count, sizeof(*guest->vcpus));
	if (guest->mfns == NULL || guest->types == NULL || guest->vcpus == NULL)
		return error_set(guest->error, ENOMEM, STEP, "No memory.");
	return 0;
}

int reader_run(const struct reader_domain *domain, const struct reader_host *host, int fd,
               struct lightvm_progress *progress, struct lightvm_error *error)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	struct stream_guest *guest;
	uint32_t i, kind;
	int rc;

	if (reader == NULL)
		return error_set(error, ENOMEM, STEP, "No memory.");
	guest = &reader->guest;
	*guest = (struct stream_guest){.domain = domain, .host = host, .error = error};
	reader->fd = fd;
	reader->progress = progress;
	rc = begin(guest);
	if (rc == 0)
		rc = read_all(reader);
	if (rc == 0)
		rc = stream_finish(guest);
	for (i = 0; guest->vcpus != NULL && i < domain->vcpu_count; i++)
		for (kind = 0; kind < VCPU_KINDS; kind++)
			free(guest->vcpus[i].state[kind]);
	free(guest->vcpus);
	free(guest->shared_info);
	free(guest->list);
	free(guest->types);
	free(guest->mfns);
	free(reader);
	return rc;
}
