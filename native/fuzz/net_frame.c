/* SPDX-License-Identifier: MIT */
/*
 * Frames of any kind: parsing stays within them, what passes the check has the sender's addresses, answers
 * and segments are whole.
 */
#include "../io/network_frame.h"

#include <stdlib.h>
#include <string.h>

#include "../io/network_neighbour.h"
#include "../io/network_offload.h"

static const struct frame_identity me = {
    .mac = {2, 1, 1, 1, 1, 1},
    .ipv4 = {10, 0, 0, 5},
    .ipv6 = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5},
    .link_local = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0xff, 0xfe, 1, 1, 1},
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* What a frame that passed may say of where it comes from. */
static void verify(const struct frame_info *info)
{
	const uint8_t *source = info->bytes + (info->kind == FRAME_IPV6 ? IPV6_SOURCE : IPV4_SOURCE);

	require(frame_equal(info->bytes + ETHERNET_SOURCE, me.mac, 6));
	if (info->kind == FRAME_ARP)
		require(frame_equal(info->bytes + ARP_SENDER_MAC, me.mac, 6));
	else if (info->kind == FRAME_IPV4)
		require(frame_equal(source, me.ipv4, 4) || frame_is_zero(source, 4));
	else
		require(frame_equal(source, me.ipv6, 16) || frame_equal(source, me.link_local, 16) ||
		        frame_is_zero(source, 16));
	require(!frame_is_icmpv6(info, ICMPV6_ROUTER_ADVERTISEMENT) &&
	        !frame_is_icmpv6(info, ICMPV6_REDIRECT));
}

static void answer(const struct frame_info *info)
{
	uint8_t reply[NEIGHBOUR_FRAME];
	struct frame_info parsed;
	size_t size;

	if (neighbour_asked(info) == NULL)
		return;
	size = neighbour_answer(info, me.mac, reply);
	require(size <= sizeof(reply));
	frame_parse(reply, size, size, &parsed);
	require(parsed.kind == info->kind && neighbour_asked(&parsed) == NULL);
}

static void offload(const struct frame_info *info, uint8_t *bytes, uint16_t segment)
{
	struct offload work = {.segment = segment, .ipv6 = info->kind == FRAME_IPV6};
	uint8_t made[4096];

	(void)offload_prepare(info, bytes);
	offload_finish(info, bytes);
	if (segment < OFFLOAD_SEGMENT_MIN || segment > 2000 || offload_headers(info, &work) == 0)
		return;
	for (uint32_t number = 0;; number++) {
		size_t size = offload_segment(info, &work, number, made);

		if (size == 0)
			break;
		require(size <= (size_t)FRAME_HEAD + segment);
		require(number < 100);
	}
}

/* The first bytes decide on the usual fields, so that most inputs get past the first look; the rest goes over
 * all. */
static size_t make(const uint8_t *input, size_t size, uint8_t *bytes)
{
	static const uint16_t types[] = {0x0800, 0x0806, 0x86dd, 0x86dd};
	static const uint8_t protocols[] = {FRAME_UDP, FRAME_TCP, FRAME_ICMPV6, 0, 44, 60, FRAME_ICMP, 51};
	uint16_t type = types[input[0] & 3];
	size_t length = 60 + (size_t)input[1] * 8;

	memset(bytes, 0, length);
	memcpy(bytes + ETHERNET_SOURCE, me.mac, 6);
	frame_put_word(bytes + ETHERNET_TYPE, type);
	bytes[FRAME_ETHERNET] = type == 0x0800 ? 0x45 : 0x60;
	if (type == 0x0800) {
		frame_put_word(bytes + IPV4_LENGTH, (uint32_t)length - FRAME_ETHERNET);
		bytes[IPV4_PROTOCOL] = protocols[input[2] & 7];
		memcpy(bytes + IPV4_SOURCE, me.ipv4, 4);
		bytes[IPV4_END + 12] = 0x50;
	} else if (type == 0x86dd) {
		frame_put_word(bytes + IPV6_LENGTH, (uint32_t)length - IPV6_END);
		bytes[IPV6_NEXT] = protocols[input[2] & 7];
		memcpy(bytes + IPV6_SOURCE, me.ipv6, 16);
	} else {
		memcpy(bytes + FRAME_ETHERNET, "\x00\x01\x08\x00\x06\x04\x00\x01", 8);
		memcpy(bytes + ARP_SENDER_MAC, me.mac, 6);
	}
	/* Bytes at places: two of where, one of what. */
	for (size_t at = 3; at + 2 < size; at += 3)
		bytes[(size_t)(input[at] | input[at + 1] << 8) % length] = input[at + 2];
	return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	uint8_t bytes[60 + 255 * 8];
	struct frame_info info;
	size_t held;
	size_t length;
	uint8_t *copy;

	if (size < 3)
		return 0;
	length = make(input, size, bytes);
	held = length < FRAME_HEAD ? length : FRAME_HEAD;
	/* Copies of their very size, so that AddressSanitizer sees what is read beyond them. */
	copy = malloc(held);
	require(copy != NULL);
	memcpy(copy, bytes, held);
	frame_parse(copy, held, length, &info);
	if (frame_check(&info, &me) == FRAME_PASS)
		verify(&info);
	if (info.kind != FRAME_BAD) {
		answer(&info);
		(void)offload_prepare(&info, copy);
		(void)frame_is_for_router(&info);
	}
	free(copy);
	copy = malloc(length);
	require(copy != NULL);
	memcpy(copy, bytes, length);
	frame_parse(copy, held, length, &info);
	if (info.kind != FRAME_BAD)
		offload(&info, copy, (uint16_t)(input[2] * 5));
	free(copy);
	return 0;
}
