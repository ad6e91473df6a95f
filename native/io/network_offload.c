/* SPDX-License-Identifier: MIT */
#include "network_offload.h"

#include <string.h>

enum {
	TCP_SEQUENCE = 4,
	TCP_HEADER = 12,
	TCP_FLAGS = 13,
	TCP_CHECKSUM = 16,
	UDP_CHECKSUM = 6,
};

enum {
	TCP_FIN = 0x01,
	TCP_PSH = 0x08,
	TCP_CWR = 0x80,
};

uint32_t offload_sum(uint32_t sum, const uint8_t *bytes, size_t size)
{
	uint64_t wide = sum;
	size_t at = 0;

	/* In native order, which the sum does not mind; it is turned at the end. */
	uint64_t native = 0;

	for (; at + 4 <= size; at += 4) {
		uint32_t word;

		memcpy(&word, bytes + at, sizeof(word));
		native += word;
	}
	native = (native & 0xffffffffU) + (native >> 32);
	native = (native & 0xffffU) + (native >> 16 & 0xffffU) + (native >> 32);
	native = (native & 0xffffU) + (native >> 16);
	native = (native & 0xffffU) + (native >> 16);
	wide += __builtin_bswap16((uint16_t)native);
	if (at + 2 <= size) {
		wide += frame_word(bytes + at);
		at += 2;
	}
	if (at < size)
		wide += (uint32_t)bytes[at] << 8;
	while (wide >> 32 != 0)
		wide = (wide & 0xffffffffU) + (wide >> 32);
	return (uint32_t)wide;
}

static uint16_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint16_t offload_checksum(uint32_t sum, const uint8_t *bytes, size_t size)
{
	return (uint16_t)~fold(offload_sum(sum, bytes, size));
}

uint32_t offload_pseudo(const uint8_t *frame, uint8_t protocol, uint32_t length)
{
	bool ipv6 = frame[FRAME_ETHERNET] >> 4 == 6;
	const uint8_t *addresses = frame + (ipv6 ? IPV6_SOURCE : IPV4_SOURCE);

	return offload_sum((length >> 16) + (length & 0xffff) + protocol, addresses, ipv6 ? 32 : 8);
}

size_t offload_checksum_place(const struct frame_info *info)
{
	size_t place = 0;

	if ((info->kind != FRAME_IPV4 && info->kind != FRAME_IPV6) || info->transport == 0 || info->fragment)
		return 0;
	if (info->protocol == FRAME_TCP)
		place = info->transport + TCP_CHECKSUM;
	else if (info->protocol == FRAME_UDP)
		place = info->transport + UDP_CHECKSUM;
	return place + 2 <= info->held && place + 2 <= info->end ? place : 0;
}

bool offload_prepare(const struct frame_info *info, uint8_t *bytes)
{
	size_t place = offload_checksum_place(info);

	if (place == 0)
		return false;
	frame_put_word(bytes + place,
	               fold(offload_pseudo(bytes, info->protocol, (uint32_t)(info->end - info->transport))));
	return true;
}

void offload_finish(const struct frame_info *info, uint8_t *bytes)
{
	size_t place = offload_checksum_place(info);
	size_t length = info->end - info->transport;
	uint16_t checksum;

	if (place == 0)
		return;
	frame_put_word(bytes + place, 0);
	checksum = offload_checksum(offload_pseudo(bytes, info->protocol, (uint32_t)length),
	                            bytes + info->transport, length);
	/* To UDP, zero means that there is none. */
	frame_put_word(bytes + place, checksum == 0 && info->protocol == FRAME_UDP ? 0xffff : checksum);
}

size_t offload_headers(const struct frame_info *info, const struct offload *offload)
{
	size_t header;

	if (info->kind != (offload->ipv6 ? FRAME_IPV6 : FRAME_IPV4) || info->protocol != FRAME_TCP ||
	    info->transport == 0 || info->fragment || info->transport + 20 > info->held)
		return 0;
	header = (size_t)(info->bytes[info->transport + TCP_HEADER] >> 4) * 4;
	if (header < 20 || info->transport + header > info->held || info->transport + header > info->end)
		return 0;
	return info->transport + header;
}

static uint32_t long_word(const uint8_t *bytes)
{
	return (uint32_t)frame_word(bytes) << 16 | frame_word(bytes + 2);
}

size_t offload_segment(const struct frame_info *info, const struct offload *offload, uint32_t number,
                       uint8_t *segment)
{
	size_t headers = offload_headers(info, offload);
	size_t start = headers + (size_t)number * offload->segment;
	size_t length = info->end > start ? info->end - start : 0;
	uint8_t *tcp = segment + info->transport;
	struct frame_info made = *info;
	bool last = length <= offload->segment;

	if (headers == 0 || (length == 0 && number > 0))
		return 0;
	if (!last)
		length = offload->segment;
	memcpy(segment, info->bytes, headers);
	memcpy(segment + headers, info->bytes + start, length);
	made.bytes = segment;
	made.size = headers + length;
	made.end = made.size;
	made.held = made.size;
	if (offload->ipv6) {
		frame_put_word(segment + IPV6_LENGTH, (uint32_t)(made.size - IPV6_END));
	} else {
		frame_put_word(segment + IPV4_LENGTH, (uint32_t)(made.size - FRAME_ETHERNET));
		frame_put_word(segment + IPV4_ID, frame_word(info->bytes + IPV4_ID) + number);
		frame_put_word(segment + IPV4_CHECKSUM, 0);
		frame_put_word(segment + IPV4_CHECKSUM, offload_checksum(0, segment + FRAME_ETHERNET,
		                                                         info->transport - FRAME_ETHERNET));
	}
	{
		uint32_t sequence = long_word(tcp + TCP_SEQUENCE) + (uint32_t)(start - headers);

		frame_put_word(tcp + TCP_SEQUENCE, sequence >> 16);
		frame_put_word(tcp + TCP_SEQUENCE + 2, sequence & 0xffff);
	}
	if (!last)
		tcp[TCP_FLAGS] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (number > 0)
		tcp[TCP_FLAGS] &= (uint8_t)~TCP_CWR;
	offload_finish(&made, segment);
	return made.size;
}
