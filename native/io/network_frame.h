/* SPDX-License-Identifier: MIT */
/*
 * What an Ethernet frame is, as far as its first bytes say, and whether a guest may send it. Pure: nothing
 * here is guest memory any more, but a copy that the receiver gets.
 */
#ifndef LIGHTVM_IO_NETWORK_FRAME_H
#define LIGHTVM_IO_NETWORK_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEAD                                                                                           \
	256 /* bytes of a frame that are looked at, if it has so many; 128 hold all usual headers */
#define FRAME_ETHERNET 14

enum frame_kind {
	FRAME_BAD,   /* it does not add up, or its headers do not end within the bytes at hand */
	FRAME_OTHER, /* no ARP, IPv4 or IPv6: VLAN tags among them */
	FRAME_ARP,
	FRAME_IPV4,
	FRAME_IPV6,
};

/* The protocols above IP that are looked into. */
enum {
	FRAME_ICMP = 1,
	FRAME_TCP = 6,
	FRAME_UDP = 17,
	FRAME_ICMPV6 = 58,
};

/* Where in a frame things are, as offsets. */
enum {
	ETHERNET_TARGET = 0,
	ETHERNET_SOURCE = 6,
	ETHERNET_TYPE = 12,
	ARP_OPERATION = 20,
	ARP_SENDER_MAC = 22,
	ARP_SENDER = 28,
	ARP_TARGET_MAC = 32,
	ARP_TARGET = 38,
	ARP_END = 42,
	IPV4_LENGTH = 16,
	IPV4_ID = 18,
	IPV4_FRAGMENT = 20,
	IPV4_PROTOCOL = 23,
	IPV4_CHECKSUM = 24,
	IPV4_SOURCE = 26,
	IPV4_TARGET = 30,
	IPV4_END = 34,
	IPV6_LENGTH = 18,
	IPV6_NEXT = 20,
	IPV6_HOPS = 21,
	IPV6_SOURCE = 22,
	IPV6_TARGET = 38,
	IPV6_END = 54,
};

enum {
	ARP_REQUEST = 1,
	ARP_REPLY = 2,
	ARP_REVERSE = 3, /* RFC 903: asks for the sender's own address, in frames of a type of their own */
};

enum {
	ICMPV6_MLD_QUERY = 130,
	ICMPV6_MLD_REPORT = 131,
	ICMPV6_MLD_DONE = 132,
	ICMPV6_ROUTER_SOLICITATION = 133,
	ICMPV6_ROUTER_ADVERTISEMENT = 134,
	ICMPV6_NEIGHBOUR_SOLICITATION = 135,
	ICMPV6_NEIGHBOUR_ADVERTISEMENT = 136,
	ICMPV6_REDIRECT = 137,
	ICMPV6_MLD2_REPORT = 143,
};

struct frame_info {
	const uint8_t *bytes;
	size_t held; /* of them */
	size_t size; /* of the whole frame */
	enum frame_kind kind;
	uint8_t protocol; /* above IP */
	bool fragment;    /* a part of a packet */
	size_t transport; /* offset of that protocol's header; 0: it is not in this fragment */
	size_t end;       /* of the IP packet: what follows is padding */
	uint16_t source_port, target_port; /* UDP and TCP */
	uint8_t icmp_type;                 /* ICMPv6 */
};

/* Who a guest's adapter is. */
struct frame_identity {
	uint8_t mac[6];
	uint8_t ipv4[4];
	uint8_t ipv6[16];
	uint8_t link_local[16]; /* made of the MAC */
	bool any_ipv4;          /* its address is nobody's business here */
	bool any_ipv6;
};

enum frame_verdict {
	FRAME_PASS,
	FRAME_SPOOFED, /* it pretends to be somebody else, or to be what only the host may be */
	FRAME_REFUSED, /* malformed, or of a kind that is not carried */
};

static inline uint16_t frame_word(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline void frame_put_word(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

bool frame_is_zero(const uint8_t *bytes, size_t size);
bool frame_equal(const uint8_t *left, const uint8_t *right, size_t size);
/* fe80:: with the identifier that the MAC makes. */
void frame_link_local(const uint8_t mac[6], uint8_t address[16]);

/* `held` of the frame's `size` bytes are at hand: min(size, FRAME_HEAD). */
void frame_parse(const uint8_t *bytes, size_t held, size_t size, struct frame_info *info);

/* Whether this adapter may send it. */
enum frame_verdict frame_check(const struct frame_info *info, const struct frame_identity *identity);

static inline bool frame_is_multicast(const struct frame_info *info)
{
	return (info->bytes[ETHERNET_TARGET] & 1) != 0;
}
bool frame_is_broadcast(const struct frame_info *info);
/* From a DHCP client to its server, of IPv4 or IPv6, or an IPv6 router solicitation: what the host is to
 * hear. */
bool frame_is_for_router(const struct frame_info *info);
/* A whole ICMPv6 message of this type. */
bool frame_is_icmpv6(const struct frame_info *info, uint8_t type);

#endif
