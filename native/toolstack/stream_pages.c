/* SPDX-License-Identifier: MIT */
/* Records of pages, which are read straight into the guest's memory. */
#include <errno.h>
#include <string.h>
#include "error.h"
#include "stream_input.h"

#define PENDING UINT64_MAX /* a machine frame that is being asked for */

static bool brings_data(uint64_t word)
{
	return word >> STREAM_TYPE_SHIFT < STREAM_BROKEN;
}

/* Whether a word of a record is one, and what kind of page it tells of. */
static int take_word(struct stream_guest *guest, uint64_t word)
{
	uint64_t pfn = word & STREAM_PFN_MASK;
	uint32_t type = (uint32_t)(word >> STREAM_TYPE_SHIFT);

	if (pfn >= guest->frame_count || (word & ~STREAM_PFN_MASK) << 4 != 0 ||
	    (brings_data(word) && ((type & STREAM_LEVEL) > 4 || type == STREAM_PINNED)))
		return stream_bad(guest, "a page of it is %llx", (unsigned long long)word);
	guest->types[pfn] = (uint8_t)type;
	if (pfn >= guest->frame_end)
		guest->frame_end = pfn + 1;
	return 0;
}

static int populate(struct stream_guest *guest, struct stream_batch *batch, size_t count)
{
	if (count == 0)
		return 0;
	if (guest->populated + count > guest->domain->page_count)
		return stream_bad(guest, "it brings more than the guest's %llu pages",
		                  (unsigned long long)guest->domain->page_count);
	if (guest->host->ask(guest->host->context, READER_POPULATE, batch->pfns, count * sizeof(uint64_t),
	                     batch->mfns, guest->error) != 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		guest->mfns[batch->pfns[i] & ~READER_CLEAR] = batch->mfns[i];
	guest->populated += count;
	return 0;
}

/*
 * Checks the words of a record, and gives memory to those frames that have none. Those that bring no bytes
 * are zero, which is asked for with it: to map a page costs more than to clear it. *data: how many bring
 * bytes.
 */
static int take_words(struct stream_guest *guest, struct stream_batch *batch, uint32_t count, uint32_t *data)
{
	size_t absent = 0;

	*data = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t word = batch->words[i], pfn = word & STREAM_PFN_MASK,
		         type = word >> STREAM_TYPE_SHIFT;

		if (take_word(guest, word) != 0)
			return -1;
		*data += brings_data(word);
		if (type == STREAM_BROKEN || type == STREAM_ABSENT || guest->mfns[pfn] != READER_ABSENT)
			continue;
		guest->mfns[pfn] = PENDING; /* once, though it be named twice */
		batch->pfns[absent++] = pfn | (brings_data(word) ? 0 : READER_CLEAR);
		if (!brings_data(word))
			batch->words[i] =
			    (uint64_t)STREAM_ABSENT << STREAM_TYPE_SHIFT | pfn; /* done with it */
	}
	return populate(guest, batch, absent);
}

/* Those that had memory before, in a live stream, and have become zero. */
static int clear_again(struct stream_guest *guest, const struct stream_batch *batch, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint64_t word = batch->words[i];
		void *page;

		if (word >> STREAM_TYPE_SHIFT != STREAM_ALLOCATE)
			continue;
		page = stream_page(guest, word & STREAM_PFN_MASK);
		if (page == NULL)
			return -1;
		memset(page, 0, STREAM_PAGE_SIZE);
	}
	return 0;
}

static int read_data(struct stream_input *input, struct stream_batch *batch, uint32_t count, uint32_t length)
{
	struct stream_guest *guest = input->guest;
	size_t pages = 0, used = 0;

	for (uint32_t i = 0; i < count; i++)
		if (brings_data(batch->words[i]))
			batch->pfns[pages++] = batch->words[i] & STREAM_PFN_MASK;
	if (stream_map(guest, batch->pfns, pages) != 0)
		return -1;
	for (size_t i = 0; i < pages; i++) {
		char *page = guest->pages[batch->pfns[i]];
		struct iovec *last = used > 0 ? &batch->vector[used - 1] : NULL;

		if (last != NULL && (char *)last->iov_base + last->iov_len == page)
			last->iov_len += STREAM_PAGE_SIZE;
		else
			batch->vector[used++] = (struct iovec){page, STREAM_PAGE_SIZE};
	}
	return input_rest(input, batch->vector, used, length);
}

int stream_read_pages(struct stream_input *input, struct stream_batch *batch, uint32_t length,
                      uint32_t *count)
{
	struct stream_guest *guest = input->guest;
	struct stream_pages head;
	uint32_t data;

	if (length < sizeof(head))
		return stream_bad(guest, "a record of pages has %u bytes", length);
	if (input_bytes(input, &head, sizeof(head)) != 0)
		return -1;
	if (head.count == 0 || head.count > STREAM_BATCH || head.reserved != 0)
		return stream_bad(guest, "a record has %u pages", head.count);
	if (length < sizeof(head) + head.count * sizeof(uint64_t))
		return stream_bad(guest, "a record of %u pages has %u bytes", head.count, length);
	if (input_bytes(input, batch->words, head.count * sizeof(uint64_t)) != 0 ||
	    take_words(guest, batch, head.count, &data) != 0)
		return -1;
	if (length != sizeof(head) + head.count * sizeof(uint64_t) + (uint64_t)data * STREAM_PAGE_SIZE)
		return stream_bad(guest, "a record of %u pages has %u bytes", data, length);
	*count = head.count;
	if (clear_again(guest, batch, head.count) != 0)
		return -1;
	return read_data(input, batch, head.count, length);
}
