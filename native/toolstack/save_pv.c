/* SPDX-License-Identifier: MIT */
#include "save_pv.h"
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STEP "save guest"

int save_write(struct save_pv *save, struct iovec *vector, size_t count)
{
	ssize_t size;

	while (count > 0) {
		size = writev(save->config->fd, vector, count < IOV_MAX ? (int)count : IOV_MAX);
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return error_set(save->error, errno, STEP, "The stream cannot be written: %s.",
			                 strerror(errno));
		stream_advance(&vector, &count, (size_t)size);
	}
	return 0;
}

int save_record(struct save_pv *save, uint32_t type, const void *head, size_t head_size, const void *body,
                size_t body_size)
{
	static const char padding[8];
	struct stream_record record = {.type = type, .length = (uint32_t)(head_size + body_size)};
	struct iovec vector[] = {{&record, sizeof(record)},
	                         {(void *)head, head_size},
	                         {(void *)body, body_size},
	                         {(void *)padding, -record.length & 7}};

	return save_write(save, vector, 4);
}

static int write_headers(struct save_pv *save)
{
	int version = xc_version(save->host->xc, XENVER_version, NULL);
	struct {
		struct stream_header header;
		struct stream_domain domain;
	} start = {
	    .header = {.marker = STREAM_MARKER, .ident = htonl(STREAM_IDENT), .version = htonl(STREAM_VERSION)},
	    .domain = {.type = STREAM_PV,
	               .page_shift = STREAM_PAGE_SHIFT,
	               .xen_major = (uint32_t)version >> 16,
	               .xen_minor = (uint32_t)version & 0xffff},
	};
	struct iovec vector = {&start, sizeof(start)};
	struct stream_pv_info info = {.guest_width = 8, .levels = 4};
	struct stream_p2m list = {.last = (uint32_t)(save->frames.count - 1)};
	int rc;

	rc = save_write(save, &vector, 1);
	if (rc == 0)
		rc = save_policy(save);
	if (rc == 0)
		rc = save_record(save, STREAM_STATIC_END, NULL, 0, NULL, 0);
	if (rc == 0)
		rc = save_record(save, STREAM_PV_INFO, &info, sizeof(info), NULL, 0);
	if (rc == 0)
		rc = save_record(save, STREAM_P2M, &list, sizeof(list), save->frames.list,
		                 save->frames.list_count * sizeof(*save->frames.list));
	return rc;
}

/* What Xen takes these frames for: in, machine frames; out, types as XEN_DOMCTL_PFINFO_*. */
static int get_types(struct save_pv *save, const uint64_t *mfns, uint64_t *types, uint32_t count)
{
	DECLARE_HYPERCALL_BUFFER(uint64_t, buffer);
	struct xen_domctl domctl = {.cmd = XEN_DOMCTL_getpageframeinfo3,
	                            .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
	                            .domain = (domid_t)save->config->domid};
	size_t size = count * sizeof(*buffer);
	int rc;

	buffer = xc_hypercall_buffer_alloc(save->host->xc, buffer, size);
	if (buffer == NULL)
		return error_set(save->error, ENOMEM, STEP, "No memory for a hypercall.");
	memcpy(buffer, mfns, size);
	domctl.u.getpageframeinfo3.num = count;
	set_xen_guest_handle(domctl.u.getpageframeinfo3.array, buffer);
	rc = xc_domctl(save->host->xc, &domctl);
	if (rc != 0)
		rc = host_error(save->host, save->error, STEP, "Xen does not tell the types of the guest's pages");
	else
		memcpy(types, buffer, size);
	xc_hypercall_buffer_free(save->host->xc, buffer);
	return rc;
}

/* Machine frames in a copy of a page table become frames of the guest. */
static int fix_table(struct save_pv *save, uint64_t *table, unsigned int level, uint64_t pfn)
{
	for (unsigned int i = 0; i < STREAM_ENTRIES; i++) {
		uint64_t entry = table[i], found;

		if ((entry & STREAM_PRESENT) == 0)
			continue;
		if (level == 4 && i >= STREAM_XEN_FIRST && i <= STREAM_XEN_LAST) {
			table[i] = 0;
			continue;
		}
		found = frame_map_find(&save->frames, (entry & STREAM_FRAME_MASK) >> XC_PAGE_SHIFT);
		if (found == SAVE_ABSENT || (level > 1 && (entry & STREAM_LARGE) != 0))
			return error_set(save->error, EINVAL, STEP,
			                 "A page table of the guest (frame %llu, level %u) maps what is not its own: "
			                 "entry %u is %llx.",
			                 (unsigned long long)pfn, level, i, (unsigned long long)entry);
		table[i] = (entry & ~STREAM_FRAME_MASK) | found << XC_PAGE_SHIFT;
	}
	return 0;
}

struct batch {
	uint32_t count;                 /* of the words */
	uint32_t data;                  /* of those that bring a page */
	uint64_t words[STREAM_BATCH];
	uint64_t mfns[STREAM_BATCH];    /* of those */
	uint64_t pfns[STREAM_BATCH];
	uint8_t levels[STREAM_BATCH];   /* of those; 0: no page table */
	struct iovec vector[STREAM_BATCH + 3];
	uint64_t tables[STREAM_BATCH][STREAM_ENTRIES]; /* copies */
};

/* Types as the stream has them: the upper four bits of XEN_DOMCTL_PFINFO_*. */
static int sort_batch(struct save_pv *save, struct batch *batch)
{
	uint64_t types[STREAM_BATCH];
	uint32_t all = batch->data, i;

	if (get_types(save, batch->mfns, types, all) != 0)
		return -1;
	batch->count = batch->data = 0;
	for (i = 0; i < all; i++) {
		uint64_t type = (types[i] & XEN_DOMCTL_PFINFO_LTAB_MASK) >> XEN_DOMCTL_PFINFO_LTAB_SHIFT;

		if (type == STREAM_ABSENT)
			continue;
		batch->words[batch->count++] = type << STREAM_TYPE_SHIFT | batch->pfns[i];
		if (type == STREAM_BROKEN || type == STREAM_ALLOCATE)
			continue;
		batch->pfns[batch->data] = batch->pfns[i];
		batch->mfns[batch->data] = batch->mfns[i];
		batch->levels[batch->data++] = type & STREAM_LEVEL;
	}
	return 0;
}

static bool is_zero(const char *page)
{
	const uint64_t *words = (const uint64_t *)page;
	uint64_t any = 0;

	/* A line at a time: most pages that are not zero begin so. */
	for (unsigned int i = 0; i < XC_PAGE_SIZE / sizeof(*words) && any == 0; i += 8)
		any = words[i] | words[i + 1] | words[i + 2] | words[i + 3] | words[i + 4] | words[i + 5] |
		      words[i + 6] | words[i + 7];
	return any == 0;
}

/* What brings bytes, and what is only said. The words of the batch are in the order of its pages. */
static int gather(struct save_pv *save, struct batch *batch, char *memory, uint32_t *used, uint32_t *written)
{
	uint32_t word = 0, tables = 0, i;

	*used = 3;
	*written = 0;
	for (i = 0; i < batch->data; i++, word++) {
		char *page = memory + (size_t)i * XC_PAGE_SIZE;
		struct iovec *last = &batch->vector[*used - 1];

		while ((batch->words[word] & STREAM_PFN_MASK) != batch->pfns[i])
			word++;
		if (batch->levels[i] == 0 && is_zero(page)) {
			batch->words[word] = (uint64_t)STREAM_ALLOCATE << STREAM_TYPE_SHIFT | batch->pfns[i];
			continue;
		}
		if (batch->levels[i] != 0) {
			memcpy(batch->tables[tables], page, XC_PAGE_SIZE);
			if (fix_table(save, batch->tables[tables], batch->levels[i], batch->pfns[i]) != 0)
				return -1;
			page = (char *)batch->tables[tables++];
		}
		++*written;
		if (*used > 3 && (char *)last->iov_base + last->iov_len == page)
			last->iov_len += XC_PAGE_SIZE;
		else
			batch->vector[(*used)++] = (struct iovec){page, XC_PAGE_SIZE};
	}
	return 0;
}

static int write_batch(struct save_pv *save, struct batch *batch)
{
	struct stream_pages head = {.count = batch->count};
	struct stream_record record = {.type = STREAM_PAGES};
	uint32_t used = 3, written = 0;
	char *memory = NULL;
	int rc = 0;

	if (batch->data > 0) {
		memory = xenforeignmemory_map(save->host->memory, save->config->domid, PROT_READ, batch->data,
		                              (const xen_pfn_t *)batch->mfns, NULL);
		if (memory == NULL)
			return host_error(save->host, save->error, STEP, "The guest's memory cannot be mapped");
		rc = gather(save, batch, memory, &used, &written);
	}
	record.length = (uint32_t)(sizeof(head) + batch->count * sizeof(uint64_t) + written * XC_PAGE_SIZE);
	batch->vector[0] = (struct iovec){&record, sizeof(record)};
	batch->vector[1] = (struct iovec){&head, sizeof(head)};
	batch->vector[2] = (struct iovec){batch->words, batch->count * sizeof(uint64_t)};
	if (rc == 0)
		rc = save_write(save, batch->vector, used);
	if (memory != NULL)
		xenforeignmemory_unmap(save->host->memory, memory, batch->data);
	return rc;
}

static int write_memory(struct save_pv *save)
{
	struct lightvm_progress *progress = save->config->progress;
	struct batch *batch = malloc(sizeof(*batch));
	uint64_t pfn = 0;
	int rc = 0;

	if (batch == NULL)
		return error_set(save->error, ENOMEM, STEP, "No memory.");
	while (rc == 0 && pfn < save->frames.count) {
		for (batch->data = 0; batch->data < STREAM_BATCH && pfn < save->frames.count; pfn++) {
			if (save->frames.mfns[pfn] == SAVE_ABSENT)
				continue;
			batch->pfns[batch->data] = pfn;
			batch->mfns[batch->data++] = save->frames.mfns[pfn];
		}
		if (batch->data == 0)
			break;
		rc = sort_batch(save, batch);
		if (rc == 0 && batch->count > 0)
			rc = write_batch(save, batch);
		if (rc == 0)
			rc = save_check_cancel(progress, STEP, save->error);
		if (progress != NULL)
			__atomic_fetch_add(&progress->done_bytes, (uint64_t)batch->data * XC_PAGE_SIZE,
			                   __ATOMIC_RELAXED);
	}
	free(batch);
	return rc;
}

int save_pv(struct lightvm_host *host, const struct lightvm_save_config *config, const xc_domaininfo_t *info,
            struct lightvm_error *error)
{
	struct save_pv save = {.host = host, .config = config, .error = error};
	xen_pfn_t frame = info->shared_info_frame;
	shared_info_any_t *shared;
	int rc;

	shared = xenforeignmemory_map(host->memory, config->domid, PROT_READ, 1, &frame, NULL);
	if (shared == NULL)
		return host_error(host, error, STEP, "The guest's shared page cannot be mapped");
	rc = frame_map_read(host, config->domid, shared, &save.frames, error);
	if (rc != 0)
		goto out;
	rc = write_headers(&save);
	if (rc == 0)
		rc = write_memory(&save);
	if (rc == 0)
		rc = save_tsc(&save);
	if (rc == 0)
		rc = save_record(&save, STREAM_SHARED_INFO, shared, XC_PAGE_SIZE, NULL, 0);
	if (rc == 0)
		rc = save_vcpus(&save, info->max_vcpu_id + 1);
	if (rc == 0)
		rc = save_record(&save, STREAM_END, NULL, 0, NULL, 0);
out:
	frame_map_free(&save.frames);
	xenforeignmemory_unmap(host->memory, shared, 1);
	return rc;
}
