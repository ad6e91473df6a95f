/* SPDX-License-Identifier: MIT */
#include "network_neighbour.h"

#include <string.h>

#include "network_offload.h"

#define ND_TARGET 8
#define ND_SIZE   32 /* with one option */
#define ND_FLAGS  4

enum {
	ADVERTISED_SOLICITED = 0x40,
	ADVERTISED_OVERRIDE = 0x20,
};

static const uint8_t all_nodes[16] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
static const uint8_t all_nodes_mac[6] = {0x33, 0x33, 0, 0, 0, 1};

const uint8_t *neighbour_asked(const struct frame_info *info)
{
	const uint8_t *asked = NULL;

	if (info->kind == FRAME_ARP && info->bytes[ARP_OPERATION + 1] == ARP_REQUEST)
		asked = info->bytes + ARP_TARGET;
	else if (frame_is_icmpv6(info, ICMPV6_NEIGHBOUR_SOLICITATION) && info->transport + 24 <= info->held)
		asked = info->bytes + info->transport + ND_TARGET;
	return asked;
}

bool neighbour_is_probe(const struct frame_info *info)
{
	return info->kind == FRAME_ARP ? frame_is_zero(info->bytes + ARP_SENDER, 4)
	                               : frame_is_zero(info->bytes + IPV6_SOURCE, 16);
}

static void put_ethernet(uint8_t *frame, const uint8_t target[6], const uint8_t source[6], uint16_t type)
{
	memcpy(frame + ETHERNET_TARGET, target, 6);
	memcpy(frame + ETHERNET_SOURCE, source, 6);
	frame_put_word(frame + ETHERNET_TYPE, type);
}

static size_t put_arp(uint8_t *frame, uint8_t operation, const uint8_t *sender_mac, const uint8_t *sender,
                      const uint8_t *target_mac, const uint8_t *target)
{
	static const uint8_t begin[] = {0, 1, 8, 0, 6, 4, 0};

	memset(frame, 0, NEIGHBOUR_FRAME);
	memcpy(frame + FRAME_ETHERNET, begin, sizeof(begin));
	frame[ARP_OPERATION + 1] = operation;
	memcpy(frame + ARP_SENDER_MAC, sender_mac, 6);
	memcpy(frame + ARP_SENDER, sender, 4);
	memcpy(frame + ARP_TARGET_MAC, target_mac, 6);
	memcpy(frame + ARP_TARGET, target, 4);
	return ARP_END;
}

static size_t answer_arp(const struct frame_info *request, const uint8_t mac[6], uint8_t *answer)
{
	const uint8_t *bytes = request->bytes;
	size_t size =
	    put_arp(answer, ARP_REPLY, mac, bytes + ARP_TARGET, bytes + ARP_SENDER_MAC, bytes + ARP_SENDER);

	put_ethernet(answer, bytes + ETHERNET_SOURCE, mac, 0x0806);
	return size;
}

/* A neighbour message with one option, the sender's MAC. */
static size_t put_neighbour(uint8_t *frame, uint8_t type, uint8_t flags, const uint8_t *source,
                            const uint8_t *target, const uint8_t *asked, const uint8_t mac[6])
{
	uint8_t *message = frame + IPV6_END;

	memset(frame, 0, NEIGHBOUR_FRAME);
	frame[FRAME_ETHERNET] = 6 << 4;
	frame_put_word(frame + IPV6_LENGTH, ND_SIZE);
	frame[IPV6_NEXT] = FRAME_ICMPV6;
	frame[IPV6_HOPS] = 255;
	memcpy(frame + IPV6_SOURCE, source, 16);
	memcpy(frame + IPV6_TARGET, target, 16);
	message[0] = type;
	message[ND_FLAGS] = flags;
	memcpy(message + ND_TARGET, asked, 16);
	message[24] = type == ICMPV6_NEIGHBOUR_ADVERTISEMENT ? 2 : 1;
	message[25] = 1;
	memcpy(message + 26, mac, 6);
	frame_put_word(message + 2,
	               offload_checksum(offload_pseudo(frame, FRAME_ICMPV6, ND_SIZE), message, ND_SIZE));
	return IPV6_END + ND_SIZE;
}

static size_t answer_neighbour(const struct frame_info *request, const uint8_t mac[6], uint8_t *answer)
{
	const uint8_t *bytes = request->bytes;
	const uint8_t *asked = neighbour_asked(request);
	bool probe = neighbour_is_probe(request);
	uint8_t flags = probe ? ADVERTISED_OVERRIDE : ADVERTISED_OVERRIDE | ADVERTISED_SOLICITED;
	size_t size = put_neighbour(answer, ICMPV6_NEIGHBOUR_ADVERTISEMENT, flags, asked,
	                            probe ? all_nodes : bytes + IPV6_SOURCE, asked, mac);

	put_ethernet(answer, probe ? all_nodes_mac : bytes + ETHERNET_SOURCE, mac, 0x86dd);
	return size;
}

size_t neighbour_answer(const struct frame_info *request, const uint8_t mac[6],
                        uint8_t answer[NEIGHBOUR_FRAME])
{
	return request->kind == FRAME_ARP ? answer_arp(request, mac, answer)
	                                  : answer_neighbour(request, mac, answer);
}

size_t neighbour_ask_ipv4(const uint8_t source_mac[6], const uint8_t source[4], const uint8_t mac[6],
                          const uint8_t address[4], uint8_t frame[NEIGHBOUR_FRAME])
{
	static const uint8_t unknown[6];
	size_t size = put_arp(frame, ARP_REQUEST, source_mac, source, unknown, address);

	put_ethernet(frame, mac, source_mac, 0x0806);
	return size;
}

size_t neighbour_ask_ipv6(const uint8_t source_mac[6], const uint8_t mac[6], const uint8_t address[16],
                          uint8_t frame[NEIGHBOUR_FRAME])
{
	uint8_t source[16];
	size_t size;

	frame_link_local(source_mac, source);
	size = put_neighbour(frame, ICMPV6_NEIGHBOUR_SOLICITATION, 0, source, address, address, source_mac);
	put_ethernet(frame, mac, source_mac, 0x86dd);
	return size;
}

size_t neighbour_announce(const uint8_t mac[6], uint8_t frame[NEIGHBOUR_FRAME])
{
	static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t unknown[4];
	size_t size = put_arp(frame, ARP_REVERSE, mac, unknown, mac, unknown);

	put_ethernet(frame, everybody, mac, 0x8035);
	return size;
}
