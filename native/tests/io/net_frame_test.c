/* SPDX-License-Identifier: MIT */
/* What a guest may send, and what it may not; how it is answered for. */
#include <string.h>

#include "check.h"
#include "network_frame.h"
#include "network_neighbour.h"
#include "network_offload.h"
#include "network_rate.h"
#include "network_table.h"

static struct frame_identity me = {
    .mac = {2, 1, 1, 1, 1, 1},
    .ipv4 = {10, 0, 0, 5},
    .ipv6 = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5},
};
static uint8_t bytes[512];
static size_t size;

static enum frame_verdict verdict(void)
{
	struct frame_info info;

	frame_parse(bytes, size < FRAME_HEAD ? size : FRAME_HEAD, size, &info);
	return frame_check(&info, &me);
}

#define PASSES()  CHECK_EQUAL(verdict(), FRAME_PASS)
#define SPOOFS()  CHECK_EQUAL(verdict(), FRAME_SPOOFED)
#define REFUSED() CHECK_EQUAL(verdict(), FRAME_REFUSED)

static void ethernet(uint16_t type)
{
	memset(bytes, 0, sizeof(bytes));
	memset(bytes, 0xff, 6);
	memcpy(bytes + 6, me.mac, 6);
	frame_put_word(bytes + 12, type);
}

static void ipv4(uint8_t protocol, size_t length)
{
	ethernet(0x0800);
	bytes[14] = 0x45;
	bytes[23] = protocol;
	memcpy(bytes + 26, me.ipv4, 4);
	memset(bytes + 30, 9, 4);
	size = 34 + length;
	frame_put_word(bytes + 16, (uint32_t)(20 + length));
}

static void ports(size_t at, uint16_t source, uint16_t target)
{
	frame_put_word(bytes + at, source);
	frame_put_word(bytes + at + 2, target);
}

static void ipv6(uint8_t next, size_t length)
{
	ethernet(0x86dd);
	bytes[14] = 0x60;
	bytes[20] = next;
	bytes[21] = 255;
	memcpy(bytes + 22, me.ipv6, 16);
	bytes[38] = 0xff;
	bytes[39] = 2;
	bytes[53] = 1;
	size = 54 + length;
	frame_put_word(bytes + 18, (uint32_t)length);
}

/* With a neighbour message: a target, and an option with a MAC. */
static void neighbour(uint8_t type, const uint8_t *target, uint8_t option, const uint8_t *mac)
{
	ipv6(FRAME_ICMPV6, 32);
	bytes[54] = type;
	memcpy(bytes + 62, target, 16);
	bytes[78] = option;
	bytes[79] = 1;
	memcpy(bytes + 80, mac, 6);
}

static void ethernet_is_checked(void)
{
	ipv4(FRAME_ICMP, 20);
	PASSES();
	bytes[6] ^= 4;
	SPOOFS();
	ethernet(0x8100);
	size = 100;
	REFUSED();
	ethernet(0x88a8);
	REFUSED();
	ethernet(0x0026); /* a length: spanning tree */
	REFUSED();
	ethernet(0x88cc);
	REFUSED();
}

static void ipv4_is_checked(void)
{
	ipv4(FRAME_UDP, 20);
	ports(34, 1, 2);
	PASSES();
	bytes[29]++;
	SPOOFS();
	ipv4(FRAME_UDP, 20);
	memset(bytes + 26, 0, 4);
	SPOOFS();
	ports(34, 68, 67);
	PASSES();
	/* a DHCP server, which no guest is */
	ipv4(FRAME_UDP, 300);
	ports(34, 67, 68);
	SPOOFS();
	/* lengths that do not add up */
	ipv4(FRAME_UDP, 20);
	bytes[14] = 0x44;
	REFUSED();
	bytes[14] = 0x65;
	REFUSED();
	ipv4(FRAME_UDP, 20);
	frame_put_word(bytes + 16, 41);
	REFUSED();
	frame_put_word(bytes + 16, 19);
	REFUSED();
	ipv4(FRAME_UDP, 7);
	REFUSED();
	ipv4(FRAME_TCP, 20);
	size = 33;
	REFUSED();
	/* padding is none of it */
	ipv4(FRAME_ICMP, 4);
	size = 60;
	PASSES();
	/* a later fragment has no ports */
	ipv4(FRAME_UDP, 8);
	frame_put_word(bytes + 20, 0x2001);
	ports(34, 67, 68);
	PASSES();
	/* with options */
	ipv4(FRAME_UDP, 48);
	bytes[14] = 0x4f;
	ports(74, 67, 68);
	SPOOFS();
}

static void arp_is_checked(void)
{
	static const uint8_t begin[] = {0, 1, 8, 0, 6, 4, 0, 1};

	ethernet(0x0806);
	memcpy(bytes + 14, begin, sizeof(begin));
	memcpy(bytes + 22, me.mac, 6);
	memcpy(bytes + 28, me.ipv4, 4);
	size = 42;
	PASSES();
	bytes[21] = 2;
	PASSES();
	bytes[21] = 3;
	REFUSED();
	bytes[21] = 2;
	memset(bytes + 28, 0, 4);
	SPOOFS();
	bytes[21] = 1; /* whether it is free */
	PASSES();
	bytes[28] = 10;
	SPOOFS();
	memcpy(bytes + 28, me.ipv4, 4);
	bytes[22]++;
	SPOOFS();
	bytes[22]--;
	size = 41;
	REFUSED();
	size = 42;
	bytes[18] = 8;
	REFUSED();
}

static void ipv6_is_checked(void)
{
	static const uint8_t other[6] = {2, 2, 2, 2, 2, 2};
	uint8_t address[16] = {0xfd, 1};

	ipv6(FRAME_UDP, 20);
	PASSES();
	bytes[37]++;
	SPOOFS();
	memcpy(bytes + 22, me.link_local, 16);
	PASSES();
	memset(bytes + 22, 0, 16);
	SPOOFS();
	ipv6(FRAME_UDP, 20);
	ports(54, 547, 546);
	SPOOFS();
	ipv6(FRAME_ICMPV6, 64);
	bytes[54] = ICMPV6_ROUTER_ADVERTISEMENT;
	SPOOFS();
	bytes[54] = ICMPV6_REDIRECT;
	SPOOFS();
	bytes[54] = 128;
	PASSES();
	frame_put_word(bytes + 18, 65);
	REFUSED();

	neighbour(ICMPV6_NEIGHBOUR_SOLICITATION, address, 1, me.mac);
	PASSES();
	memset(bytes + 22, 0, 16);
	PASSES();
	neighbour(ICMPV6_NEIGHBOUR_SOLICITATION, address, 1, other);
	SPOOFS();
	neighbour(ICMPV6_NEIGHBOUR_ADVERTISEMENT, me.ipv6, 2, me.mac);
	PASSES();
	neighbour(ICMPV6_NEIGHBOUR_ADVERTISEMENT, me.link_local, 2, me.mac);
	PASSES();
	neighbour(ICMPV6_NEIGHBOUR_ADVERTISEMENT, address, 2, me.mac);
	SPOOFS();
	neighbour(ICMPV6_NEIGHBOUR_ADVERTISEMENT, me.ipv6, 2, other);
	SPOOFS();
	neighbour(ICMPV6_NEIGHBOUR_ADVERTISEMENT, me.ipv6, 2, me.mac);
	bytes[79] = 0;
	REFUSED();
	bytes[79] = 2;
	REFUSED();
	/* an option that hides behind another one */
	neighbour(ICMPV6_NEIGHBOUR_ADVERTISEMENT, me.ipv6, 14, me.mac);
	size += 8;
	frame_put_word(bytes + 18, 40);
	bytes[86] = 2;
	bytes[87] = 1;
	SPOOFS();
}

/* What hides behind extension headers is looked at; what cannot be is refused. */
static void extensions_are_looked_behind(void)
{
	ipv6(0, 40);
	bytes[54] = FRAME_ICMPV6;
	bytes[62] = ICMPV6_ROUTER_ADVERTISEMENT;
	SPOOFS();
	bytes[62] = ICMPV6_MLD2_REPORT;
	PASSES();
	ipv6(0, 80);
	bytes[54] = 60;
	bytes[62] = FRAME_ICMPV6;
	bytes[63] = 1;
	bytes[78] = ICMPV6_REDIRECT;
	SPOOFS();
	/* a fragment: the first one shows what it is, and is not of the messages that need none */
	ipv6(44, 40);
	bytes[54] = FRAME_ICMPV6;
	frame_put_word(bytes + 56, 1);
	bytes[62] = ICMPV6_ROUTER_ADVERTISEMENT;
	SPOOFS();
	bytes[62] = ICMPV6_NEIGHBOUR_ADVERTISEMENT;
	REFUSED();
	bytes[62] = 128;
	PASSES();
	frame_put_word(bytes + 18, 10);
	REFUSED();
	/* longer than what is looked at */
	ipv6(60, 400);
	bytes[54] = FRAME_ICMPV6;
	bytes[55] = 30;
	REFUSED();
	/* no end of them */
	ipv6(60, 200);
	for (size_t at = 54; at < 254; at += 8)
		bytes[at] = 60;
	REFUSED();
}

static void others_are_answered_for(void)
{
	static const uint8_t mac[6] = {2, 7, 7, 7, 7, 7};
	uint8_t asked[16] = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
	uint8_t answer[NEIGHBOUR_FRAME];
	struct frame_info info;
	struct frame_info reply;
	int difference;

	neighbour(ICMPV6_NEIGHBOUR_SOLICITATION, asked, 1, me.mac);
	frame_parse(bytes, size, size, &info);
	difference = memcmp(neighbour_asked(&info), asked, 16);
	CHECK_EQUAL(difference, 0);
	CHECK_EQUAL(neighbour_answer(&info, mac, answer), 86);
	frame_parse(answer, 86, 86, &reply);
	CHECK(frame_is_icmpv6(&reply, ICMPV6_NEIGHBOUR_ADVERTISEMENT));
	CHECK_EQUAL(offload_checksum(offload_pseudo(answer, FRAME_ICMPV6, 32), answer + 54, 32), 0);
	CHECK(frame_equal(answer, me.mac, 6) && frame_equal(answer + 6, mac, 6));
	CHECK(frame_equal(answer + 22, asked, 16) && frame_equal(answer + 38, me.ipv6, 16));
	CHECK_EQUAL(answer[58], 0x60);
	/* somebody who looks whether the address is free is told, and so are all */
	memset(bytes + 22, 0, 16);
	CHECK_EQUAL(neighbour_answer(&info, mac, answer), 86);
	CHECK_EQUAL(answer[58], 0x20);
	CHECK(answer[0] == 0x33 && answer[38] == 0xff);
	CHECK_EQUAL(neighbour_ask_ipv6(mac, me.mac, me.ipv6, answer), 86);
	CHECK_EQUAL(offload_checksum(offload_pseudo(answer, FRAME_ICMPV6, 32), answer + 54, 32), 0);
}

static void rates_are_kept(void)
{
	struct network_rate rate = {0};
	uint64_t now_ns = 1000;
	uint64_t sent = 0;

	CHECK(network_rate_open(&rate, now_ns));
	network_rate_set(&rate, 1000000, 100000, now_ns);
	for (int i = 0; i < 3000; i++) {
		while (network_rate_open(&rate, now_ns)) {
			network_rate_take(&rate, 1500);
			sent += 1500;
		}
		CHECK(network_rate_next(&rate) > now_ns);
		now_ns = network_rate_next(&rate);
		CHECK(network_rate_open(&rate, now_ns));
	}
	/* what it held at first, and what it has got since */
	CHECK(sent <= 100000 + (now_ns - 1000) / 1000 + 1500);
	CHECK(sent + 1500 >= 100000 + (now_ns - 1000) / 1000);
	/* it does not overflow, whatever the clock and the rate are */
	network_rate_set(&rate, UINT64_MAX, 100000, now_ns);
	network_rate_take(&rate, 1U << 31);
	CHECK(network_rate_open(&rate, UINT64_MAX));
	CHECK(rate.tokens <= 100000);
	network_rate_set(&rate, 1, 100000, 0);
	network_rate_take(&rate, 200000);
	CHECK(!network_rate_open(&rate, 1000000000ULL * 1000));
}

static void tables_find_what_is_in_them(void)
{
	static struct network_entry entries[3000];
	struct network_table table = {0};
	struct network_entry twice = {0};
	uint8_t key[16] = {0};

	for (uint32_t i = 0; i < 3000; i++) {
		frame_put_word(key, i / 3);
		CHECK_EQUAL(network_table_add(&table, &entries[i], (enum network_key)(i % 3), key,
		                              (struct adapter *)(void *)&entries[i]),
		            0);
	}
	CHECK(network_table_add(&table, &twice, NETWORK_MAC, key, (struct adapter *)(void *)&twice) != 0);
	for (uint32_t i = 0; i < 3000; i += 2)
		network_table_remove(&table, &entries[i]);
	for (uint32_t i = 0; i < 3000; i++) {
		frame_put_word(key, i / 3);
		CHECK((network_table_find(&table, (enum network_key)(i % 3), key) != NULL) == (i % 2 == 1));
	}
	network_table_remove(&table, &entries[0]);
	network_table_free(&table);
	CHECK(network_table_find(&table, NETWORK_MAC, key) == NULL);
}

int main(void)
{
	frame_link_local(me.mac, me.link_local);
	ethernet_is_checked();
	ipv4_is_checked();
	arp_is_checked();
	ipv6_is_checked();
	extensions_are_looked_behind();
	others_are_answered_for();
	rates_are_kept();
	tables_find_what_is_in_them();
	return 0;
}
