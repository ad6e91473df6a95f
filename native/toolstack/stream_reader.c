/* SPDX-License-Identifier: MIT */
/* The records of a stream, one after the other. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "error.h"
#include "stream_input.h"

#define STEP "read stream"
/* Holes that a Linux may have: 1 GiB, and three times its memory. */
#define HOLE_FRAMES (1ULL << 18)

struct reader {
	struct stream_guest guest;
	struct stream_input input;
	struct lightvm_progress *progress;
	uint32_t version;
	bool has_info, has_static_end;
	struct stream_batch batch;
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
	return error_set(guest->error, EBADMSG, STEP, "The stream is damaged, or not of this guest: %s.",
	                 text);
}

static int read_headers(struct reader *reader)
{
	struct {
		struct stream_header header;
		struct stream_domain domain;
	} start;

	if (input_end(&reader->input, &start, sizeof(start), 0) != 0)
		return -1;
	reader->version = ntohl(start.header.version);
	if (start.header.marker != STREAM_MARKER || ntohl(start.header.ident) != STREAM_IDENT)
		return stream_bad(&reader->guest, "it does not begin as one");
	if (reader->version < 2 || reader->version > STREAM_VERSION || start.header.options != 0)
		return stream_bad(&reader->guest, "its version is %u", reader->version);
	if (start.domain.type != STREAM_PV || start.domain.page_shift != STREAM_PAGE_SHIFT)
		return stream_bad(&reader->guest, "it is of a guest of type %u", start.domain.type);
	return 0;
}

static int read_info(struct reader *reader, uint32_t length)
{
	struct stream_pv_info info;

	if (length != sizeof(info) || reader->has_info)
		return stream_bad(&reader->guest, "it describes its guest wrongly");
	if (input_end(&reader->input, &info, sizeof(info), length) != 0)
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
	if (input_bytes(&reader->input, &head, sizeof(head)) != 0)
		return -1;
	if (head.first != 0 || head.last >= guest->frame_count || count != head.last / STREAM_ENTRIES + 1)
		return stream_bad(guest, "its frame list is for frames up to %u", head.last);
	free(guest->list);
	guest->list = calloc(count, sizeof(*guest->list));
	guest->list_count = count;
	guest->list_last = head.last;
	if (guest->list == NULL)
		return error_set(guest->error, ENOMEM, STEP, "No memory.");
	if (input_end(&reader->input, guest->list, count * sizeof(*guest->list), length) != 0)
		return -1;
	for (i = 0; i < count; i++)
		if (guest->list[i] >= guest->frame_count)
			return stream_bad(guest, "its frame list lies in frame %llu",
			                  (unsigned long long)guest->list[i]);
	return 0;
}

static int read_pages(struct reader *reader, uint32_t length)
{
	uint32_t count;

	if (!reader->has_info)
		return stream_bad(&reader->guest, "pages come too early");
	if (stream_read_pages(&reader->input, &reader->batch, length, &count) != 0)
		return -1;
	if (reader->progress != NULL)
		__atomic_fetch_add(&reader->progress->done_bytes, (uint64_t)count * STREAM_PAGE_SIZE,
		                   __ATOMIC_RELAXED);
	return 0;
}

static int read_vcpu(struct reader *reader, uint32_t length, unsigned int kind)
{
	struct stream_guest *guest = &reader->guest;
	struct stream_vcpu *head;

	if (length < sizeof(*head) || length > sizeof(*head) + READER_VCPU)
		return stream_bad(guest, "a vCPU's state has %u bytes", length);
	head = input_body(&reader->input, length);
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
	reader->guest.shared_info = input_body(&reader->input, length);
	return reader->guest.shared_info != NULL ? 0 : -1;
}

static int read_tsc(struct reader *reader, uint32_t length)
{
	if (length != sizeof(reader->guest.tsc) || reader->guest.has_tsc)
		return stream_bad(&reader->guest, "its clock has %u bytes", length);
	reader->guest.has_tsc = true;
	return input_end(&reader->input, &reader->guest.tsc, length, length);
}

static int read_policy(struct reader *reader, uint32_t length, enum reader_ask what)
{
	struct stream_guest *guest = &reader->guest;
	void *body;
	int rc;

	if (length == 0 || length > READER_POLICY || reader->has_static_end)
		return stream_bad(guest, "its processor is described by %u bytes", length);
	body = input_body(&reader->input, length);
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
		return length == 0 ? input_end(&reader->input, NULL, 0, 0)
		                   : stream_bad(&reader->guest, "a mark has %u bytes", length);
	case STREAM_CPUID:
		return read_policy(reader, length, READER_CPUID);
	case STREAM_MSR:
		return read_policy(reader, length, READER_MSR);
	default:
		if ((record->type & STREAM_OPTIONAL) == 0)
			return stream_bad(&reader->guest, "a record of it is of type %u", record->type);
		body = input_body(&reader->input, length);
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
	int rc = read_headers(reader);

	while (rc == 0) {
		const struct stream_record record = reader->input.next;

		if (record.length > STREAM_MAX)
			return stream_bad(&reader->guest, "a record has %u bytes", record.length);
		if (record.type == STREAM_END)
			return record.length == 0 ? 0 : stream_bad(&reader->guest, "it ends wrongly");
		rc = check_cancel(reader);
		if (rc == 0)
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
	guest->pages = calloc(guest->frame_count, sizeof(*guest->pages));
	guest->vcpus = calloc(guest->domain->vcpu_count, sizeof(*guest->vcpus));
	if (guest->mfns == NULL || guest->types == NULL || guest->pages == NULL || guest->vcpus == NULL)
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
	reader->input = (struct stream_input){.guest = guest, .fd = fd};
	reader->progress = progress;
	rc = begin(guest);
	if (rc == 0)
		rc = read_all(reader);
	if (rc == 0)
		rc = stream_finish(guest);
	stream_unmap(guest);
	for (i = 0; guest->vcpus != NULL && i < domain->vcpu_count; i++)
		for (kind = 0; kind < VCPU_KINDS; kind++)
			free(guest->vcpus[i].state[kind]);
	free(guest->vcpus);
	free(guest->shared_info);
	free(guest->list);
	free(guest->mappings);
	free(guest->pages);
	free(guest->types);
	free(guest->mfns);
	free(reader);
	return rc;
}
