/* SPDX-License-Identifier: MIT */
#include "network_merge.h"

enum {
	TCP_SEQUENCE = 4,
	TCP_ACKNOWLEDGED = 8,
	TCP_FLAGS = 13,
	TCP_WINDOW = 14,
	TCP_OPTIONS = 20,
};

enum {
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
};

static uint32_t long_word(const uint8_t *bytes)
{
	return (uint32_t)frame_word(bytes) << 16 | frame_word(bytes + 2);
}

/* Headers of a TCP segment that carries data and nothing special, and whose checksum nobody is to see; or 0.
 */
static size_t headers_of(const struct frame *frame)
{
	const struct frame_info *info = &frame->info;
	const struct offload tcp = {.ipv6 = info->kind == FRAME_IPV6};
	size_t headers;

	if (info->protocol != FRAME_TCP || frame->offload.segment != 0 ||
	    !(frame->offload.checksum_blank || frame->offload.validated) || info->end != info->size)
		return 0;
	headers = offload_headers(info, &tcp);
	/* Without options of IP, and with the whole header at hand. */
	if (headers == 0 || info->transport != (size_t)(tcp.ipv6 ? IPV6_END : IPV4_END) ||
	    headers >= info->size)
		return 0;
	return (info->bytes[info->transport + TCP_FLAGS] & ~TCP_PSH) == TCP_ACK ? headers : 0;
}

bool merge_is_segment(const struct frame *frame)
{
	return headers_of(frame) != 0;
}

void merge_begin(struct merge *merge, struct frame *frame, uint8_t *head, size_t limit)
{
	size_t headers = limit == 0 ? 0 : headers_of(frame);

	*merge = (struct merge){.first = frame, .last = frame, .head = head, .headers = headers};
	if (headers == 0 || frame->info.size - headers < OFFLOAD_SEGMENT_MIN ||
	    (head[frame->info.transport + TCP_FLAGS] & TCP_PSH) != 0)
		return;
	merge->limit = limit;
	merge->next =
	    long_word(head + frame->info.transport + TCP_SEQUENCE) + (uint32_t)(frame->info.size - headers);
}

/* Of the same connection, and saying the same but for where its data goes. */
static bool is_alike(const struct merge *merge, const uint8_t *bytes)
{
	const struct frame_info *info = &merge->first->info;
	const uint8_t *first = info->bytes;
	const uint8_t *tcp = bytes + info->transport;
	const uint8_t *first_tcp = first + info->transport;
	bool same_ip = info->kind == FRAME_IPV6
	                   ? frame_equal(first + 14, bytes + 14, 4) && frame_equal(first + 20, bytes + 20, 34)
	                   : frame_equal(first + 14, bytes + 14, 2) &&
	                         frame_equal(first + 20, bytes + 20, 4) &&
	                         frame_equal(first + 26, bytes + 26, 8);

	return same_ip && frame_equal(first, bytes, FRAME_ETHERNET) && frame_equal(first_tcp, tcp, 4) &&
	       frame_equal(first_tcp + TCP_ACKNOWLEDGED, tcp + TCP_ACKNOWLEDGED, 5) &&
	       frame_equal(first_tcp + TCP_WINDOW, tcp + TCP_WINDOW, 2) &&
	       frame_equal(first_tcp + TCP_OPTIONS, tcp + TCP_OPTIONS,
	                   merge->headers - info->transport - TCP_OPTIONS);
}

bool merge_add(struct merge *merge, struct frame *frame)
{
	size_t segment;
	size_t length;
	const uint8_t *tcp;

	if (merge->limit == 0 || frame->from != merge->first->from ||
	    frame->info.kind != merge->first->info.kind || headers_of(frame) != merge->headers)
		return false;
	tcp = frame->info.bytes + frame->info.transport;
	length = frame->info.size - merge->headers;
	segment = merge->first->offload.segment != 0 ? merge->first->offload.segment
	                                             : merge->first->info.size - merge->headers;
	if (length > segment || merge->first->info.size + length > merge->limit ||
	    long_word(tcp + TCP_SEQUENCE) != merge->next || !is_alike(merge, frame->info.bytes))
		return false;
	/* All but the last are of one size; and what is to be pushed is. */
	if (length < segment || (tcp[TCP_FLAGS] & TCP_PSH) != 0)
		merge->limit = 0;
	merge->head[merge->first->info.transport + TCP_FLAGS] |= tcp[TCP_FLAGS] & TCP_PSH;
	merge->first->offload.segment = (uint16_t)segment;
	merge->first->info.size += length;
	merge->next += (uint32_t)length;
	frame->skip = (uint16_t)merge->headers;
	merge->last->more = frame;
	merge->last = frame;
	return true;
}

struct frame *merge_end(struct merge *merge)
{
	struct frame *frame = merge->first;
	struct frame_info *info;
	uint8_t *head = merge->head;

	merge->first = NULL;
	if (frame == NULL || frame->more == NULL)
		return frame;
	info = &frame->info;
	info->end = info->size;
	frame->offload = (struct offload){
	    .checksum_blank = true, .segment = frame->offload.segment, .ipv6 = info->kind == FRAME_IPV6};
	if (info->kind == FRAME_IPV6) {
		frame_put_word(head + IPV6_LENGTH, (uint32_t)(info->size - IPV6_END));
	} else {
		frame_put_word(head + IPV4_LENGTH, (uint32_t)(info->size - FRAME_ETHERNET));
		frame_put_word(head + IPV4_CHECKSUM, 0);
		frame_put_word(head + IPV4_CHECKSUM,
		               offload_checksum(0, head + FRAME_ETHERNET, IPV4_END - FRAME_ETHERNET));
	}
	(void)offload_prepare(info, head);
	return frame;
}
