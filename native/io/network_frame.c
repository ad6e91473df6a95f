/* SPDX-License-Identifier: MIT */
#include "network_frame.h"

#include <string.h>

#define TYPE_IPV4 0x0800
#define TYPE_ARP  0x0806
#define TYPE_IPV6 0x86dd

#define IPV4_OFFSET_BITS 0x1fff
#define IPV4_MORE        0x2000
#define EXTENSIONS_MAX   8
#define ND_TARGET        8 /* in neighbour messages */
#define ND_OPTIONS       24
#define RS_OPTIONS       8
#define ND_SOURCE_MAC    1
#define ND_TARGET_MAC    2

enum {
	NEXT_HOP_BY_HOP = 0,
	NEXT_ROUTING = 43,
	NEXT_FRAGMENT = 44,
	NEXT_AUTHENTICATION = 51,
	NEXT_TARGET = 60,
};

enum {
	PORT_DHCP_SERVER = 67,
	PORT_DHCP_CLIENT = 68,
	PORT_DHCPV6_CLIENT = 546,
	PORT_DHCPV6_SERVER = 547,
};

bool frame_equal(const uint8_t *left, const uint8_t *right, size_t size)
{
	int difference = memcmp(left, right, size);

	return difference == 0;
}

bool frame_is_zero(const uint8_t *bytes, size_t size)
{
	static const uint8_t zeros[16];

	return frame_equal(bytes, zeros, size);
}

void frame_link_local(const uint8_t mac[6], uint8_t address[16])
{
	const uint8_t made[16] = {0xfe,       0x80,   0,      0,    0,    0,      0,      0,
	                          mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]};

	memcpy(address, made, sizeof(made));
}

bool frame_is_broadcast(const struct frame_info *info)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	return frame_equal(info->bytes + ETHERNET_TARGET, all, sizeof(all));
}

/* The header of what is above IP, of which the first fragment must hold what is looked at. */
static bool parse_transport(struct frame_info *info, size_t at)
{
	size_t needed = info->protocol == FRAME_UDP || info->protocol == FRAME_TCP ? 8 : 0;

	if (info->protocol == FRAME_ICMPV6 && info->kind == FRAME_IPV6)
		needed = 4;
	if (at + needed > info->held || at + needed > info->end)
		return false;
	info->transport = at;
	if (needed == 8) {
		info->source_port = frame_word(info->bytes + at);
		info->target_port = frame_word(info->bytes + at + 2);
	} else if (needed == 4) {
		info->icmp_type = info->bytes[at];
	}
	return true;
}

static bool parse_ipv4(struct frame_info *info)
{
	const uint8_t *bytes = info->bytes;
	size_t header;
	uint16_t fragment;

	if (info->held < IPV4_END || bytes[FRAME_ETHERNET] >> 4 != 4)
		return false;
	header = (size_t)(bytes[FRAME_ETHERNET] & 15) * 4;
	info->end = FRAME_ETHERNET + (size_t)frame_word(bytes + IPV4_LENGTH);
	if (header < 20 || FRAME_ETHERNET + header > info->end || info->end > info->size)
		return false;
	info->protocol = bytes[IPV4_PROTOCOL];
	fragment = frame_word(bytes + IPV4_FRAGMENT);
	info->fragment = (fragment & (IPV4_OFFSET_BITS | IPV4_MORE)) != 0;
	return (fragment & IPV4_OFFSET_BITS) != 0 || parse_transport(info, FRAME_ETHERNET + header);
}

/* Extension headers, which have to end within what is at hand: what hides behind them could be anything. */
static bool parse_ipv6(struct frame_info *info)
{
	const uint8_t *bytes = info->bytes;
	size_t at = IPV6_END;
	uint8_t next;

	if (info->held < IPV6_END || bytes[FRAME_ETHERNET] >> 4 != 6)
		return false;
	info->end = IPV6_END + (size_t)frame_word(bytes + IPV6_LENGTH);
	if (info->end > info->size)
		return false;
	next = bytes[IPV6_NEXT];
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		bool extension = next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_TARGET ||
		                 next == NEXT_FRAGMENT || next == NEXT_AUTHENTICATION;

		info->protocol = next;
		if (!extension)
			return parse_transport(info, at);
		if (at + 8 > info->held || at + 8 > info->end)
			return false;
		next = bytes[at];
		if (info->protocol == NEXT_FRAGMENT) {
			info->fragment = true;
			if ((frame_word(bytes + at + 2) & ~7U) != 0) {
				info->protocol = next;
				return true;
			}
			at += 8;
		} else if (info->protocol == NEXT_AUTHENTICATION) {
			at += ((size_t)bytes[at + 1] + 2) * 4;
		} else {
			at += ((size_t)bytes[at + 1] + 1) * 8;
		}
	}
	return false;
}

static bool parse_arp(const struct frame_info *info)
{
	static const uint8_t begin[] = {0, 1, 8, 0, 6, 4, 0}; /* Ethernet, IPv4 */
	uint8_t operation;

	if (info->held < ARP_END || !frame_equal(info->bytes + FRAME_ETHERNET, begin, sizeof(begin)))
		return false;
	operation = info->bytes[ARP_OPERATION + 1];
	return operation == ARP_REQUEST || operation == ARP_REPLY;
}

void frame_parse(const uint8_t *bytes, size_t held, size_t size, struct frame_info *info)
{
	*info = (struct frame_info){.bytes = bytes, .held = held, .size = size, .kind = FRAME_BAD};
	if (held < FRAME_ETHERNET)
		return;
	switch (frame_word(bytes + ETHERNET_TYPE)) {
	case TYPE_ARP:
		info->kind = parse_arp(info) ? FRAME_ARP : FRAME_BAD;
		break;
	case TYPE_IPV4:
		info->kind = FRAME_IPV4;
		if (!parse_ipv4(info))
			info->kind = FRAME_BAD;
		break;
	case TYPE_IPV6:
		info->kind = FRAME_IPV6;
		if (!parse_ipv6(info))
			info->kind = FRAME_BAD;
		break;
	default:
		info->kind = FRAME_OTHER;
		break;
	}
}

bool frame_is_icmpv6(const struct frame_info *info, uint8_t type)
{
	return info->kind == FRAME_IPV6 && info->protocol == FRAME_ICMPV6 && info->transport != 0 &&
	       !info->fragment && info->icmp_type == type;
}

static bool is_udp(const struct frame_info *info, enum frame_kind kind, uint16_t source, uint16_t target)
{
	return info->kind == kind && info->protocol == FRAME_UDP && info->transport != 0 &&
	       info->source_port == source && info->target_port == target;
}

bool frame_is_for_router(const struct frame_info *info)
{
	return is_udp(info, FRAME_IPV4, PORT_DHCP_CLIENT, PORT_DHCP_SERVER) ||
	       is_udp(info, FRAME_IPV6, PORT_DHCPV6_CLIENT, PORT_DHCPV6_SERVER) ||
	       frame_is_icmpv6(info, ICMPV6_ROUTER_SOLICITATION);
}

static enum frame_verdict check_arp(const struct frame_info *info, const struct frame_identity *identity)
{
	const uint8_t *sender = info->bytes + ARP_SENDER;
	bool probe = info->bytes[ARP_OPERATION + 1] == ARP_REQUEST && frame_is_zero(sender, 4);
	bool own =
	    identity->any_ipv4 || (frame_equal(sender, identity->ipv4, 4) && !frame_is_zero(sender, 4));

	if (!frame_equal(info->bytes + ARP_SENDER_MAC, identity->mac, 6))
		return FRAME_SPOOFED;
	return own || probe ? FRAME_PASS : FRAME_SPOOFED;
}

static enum frame_verdict check_ipv4(const struct frame_info *info, const struct frame_identity *identity)
{
	const uint8_t *source = info->bytes + IPV4_SOURCE;
	bool asks = is_udp(info, FRAME_IPV4, PORT_DHCP_CLIENT, PORT_DHCP_SERVER) && frame_is_zero(source, 4);
	bool own =
	    identity->any_ipv4 || (frame_equal(source, identity->ipv4, 4) && !frame_is_zero(source, 4));

	if (is_udp(info, FRAME_IPV4, PORT_DHCP_SERVER, PORT_DHCP_CLIENT))
		return FRAME_SPOOFED;
	return own || asks ? FRAME_PASS : FRAME_SPOOFED;
}

/* Options of a neighbour message: link-layer addresses in them are the adapter's. All of them are at hand. */
static enum frame_verdict check_options(const struct frame_info *info, size_t at, const uint8_t mac[6])
{
	if (info->end > info->held)
		return FRAME_REFUSED;
	while (at < info->end) {
		size_t length = at + 8 <= info->end ? (size_t)info->bytes[at + 1] * 8 : 0;

		if (length == 0 || at + length > info->end)
			return FRAME_REFUSED;
		if ((info->bytes[at] == ND_SOURCE_MAC || info->bytes[at] == ND_TARGET_MAC) &&
		    !frame_equal(info->bytes + at + 2, mac, 6))
			return FRAME_SPOOFED;
		at += length;
	}
	return FRAME_PASS;
}

static bool is_own_ipv6(const struct frame_identity *identity, const uint8_t *address)
{
	if (frame_equal(address, identity->link_local, 16) || identity->any_ipv6)
		return true;
	return frame_equal(address, identity->ipv6, 16) && !frame_is_zero(address, 16);
}

static enum frame_verdict check_icmpv6(const struct frame_info *info, const struct frame_identity *identity)
{
	size_t at = info->transport;
	enum frame_verdict verdict = FRAME_PASS;

	switch (info->icmp_type) {
	case ICMPV6_ROUTER_ADVERTISEMENT:
	case ICMPV6_REDIRECT:
		verdict = FRAME_SPOOFED;
		break;
	case ICMPV6_ROUTER_SOLICITATION:
	case ICMPV6_NEIGHBOUR_SOLICITATION:
	case ICMPV6_NEIGHBOUR_ADVERTISEMENT:
		/* Nobody needs to send these in parts. */
		if (info->fragment) {
			verdict = FRAME_REFUSED;
			break;
		}
		if (info->icmp_type == ICMPV6_ROUTER_SOLICITATION) {
			verdict = check_options(info, at + RS_OPTIONS, identity->mac);
			break;
		}
		verdict = check_options(info, at + ND_OPTIONS, identity->mac);
		if (verdict == FRAME_PASS && at + ND_OPTIONS > info->end)
			verdict = FRAME_REFUSED;
		if (verdict == FRAME_PASS && info->icmp_type == ICMPV6_NEIGHBOUR_ADVERTISEMENT &&
		    !is_own_ipv6(identity, info->bytes + at + ND_TARGET))
			verdict = FRAME_SPOOFED;
		break;
	default:
		break;
	}
	return verdict;
}

/* What may come from the unspecified address: while a host looks whether its own is free. */
static bool may_be_nobody(const struct frame_info *info)
{
	return frame_is_icmpv6(info, ICMPV6_ROUTER_SOLICITATION) ||
	       frame_is_icmpv6(info, ICMPV6_NEIGHBOUR_SOLICITATION) ||
	       frame_is_icmpv6(info, ICMPV6_MLD_REPORT) || frame_is_icmpv6(info, ICMPV6_MLD_DONE) ||
	       frame_is_icmpv6(info, ICMPV6_MLD2_REPORT);
}

static enum frame_verdict check_ipv6(const struct frame_info *info, const struct frame_identity *identity)
{
	const uint8_t *source = info->bytes + IPV6_SOURCE;
	bool nobody = frame_is_zero(source, 16);

	if (nobody ? !may_be_nobody(info) : !is_own_ipv6(identity, source))
		return FRAME_SPOOFED;
	if (is_udp(info, FRAME_IPV6, PORT_DHCPV6_SERVER, PORT_DHCPV6_CLIENT))
		return FRAME_SPOOFED;
	if (info->protocol == FRAME_ICMPV6 && info->transport != 0)
		return check_icmpv6(info, identity);
	return FRAME_PASS;
}

enum frame_verdict frame_check(const struct frame_info *info, const struct frame_identity *identity)
{
	enum frame_verdict verdict = FRAME_REFUSED;

	if (info->held >= FRAME_ETHERNET && !frame_equal(info->bytes + ETHERNET_SOURCE, identity->mac, 6))
		return FRAME_SPOOFED;
	switch (info->kind) {
	case FRAME_ARP:
		verdict = check_arp(info, identity);
		break;
	case FRAME_IPV4:
		verdict = check_ipv4(info, identity);
		break;
	case FRAME_IPV6:
		verdict = check_ipv6(info, identity);
		break;
	default:
		break;
	}
	return verdict;
}
