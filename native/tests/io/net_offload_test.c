/* SPDX-License-Identifier: MIT */
/* Guests that take less than the sender leaves undone get it done: checksums, segments, over guests and the
 * host. */
#include <string.h>

#include <linux/virtio_net.h>

#include "check.h"
#include "net_rig.h"
#include "network_offload.h"

#define ALL                                                                                                  \
	(NOXS_NET_CHECKSUM_IPV4 | NOXS_NET_CHECKSUM_IPV6 | NOXS_NET_SG | NOXS_NET_GSO_TCPV4 |                \
	 NOXS_NET_GSO_TCPV6)

enum {
	WHOLE, /* takes everything */
	PLAIN, /* takes nothing */
	PARTS, /* takes several slots, no more */
	SENDER,
	GUESTS,
};

static struct rig rig;
static uint8_t bytes[RIG_FRAME_MAX];
static uint8_t stream[RIG_FRAME_MAX];
static const uint8_t host_ip[4] = {10, 0, 0, 1};

static uint32_t sequence_of(const uint8_t *frame)
{
	return (uint32_t)frame_word(frame + 38) << 16 | frame_word(frame + 40);
}

/* Takes segments out of a guest till it has so much payload: they are whole, right, and in order. */
static void take_segments(struct rig_guest *guest, uint32_t payload, uint32_t segment)
{
	uint32_t got = 0;
	int difference;

	while (got < payload) {
		const struct rig_frame *frame = rig_receive(guest);
		uint32_t length = payload - got < segment ? payload - got : segment;

		CHECK_EQUAL(frame->size, 54 + length);
		CHECK_EQUAL(frame->flags & NETRXF_csum_blank, 0);
		CHECK_EQUAL(frame->gso_size, 0);
		CHECK(rig_checksum_is_right(frame->bytes, frame->size));
		CHECK_EQUAL(offload_checksum(0, frame->bytes + 14, 20), 0);
		CHECK_EQUAL(frame_word(frame->bytes + 16), frame->size - 14);
		CHECK_EQUAL(sequence_of(frame->bytes), got);
		/* the last one pushes, and no other */
		CHECK_EQUAL(frame->bytes[47] & 8, got + length == payload ? 8 : 0);
		memcpy(stream + got, frame->bytes + 54, length);
		got += length;
		rig_post(guest, 1);
	}
	CHECK_EQUAL(rig_receive(guest)->size, 0);
	difference = memcmp(stream, bytes + 54, payload);
	CHECK_EQUAL(difference, 0);
}

static void large_frames_between_guests(uint32_t payload)
{
	struct rig_guest *sender = &rig.guests[SENDER];

	for (uint32_t to = WHOLE; to <= PARTS; to++) {
		struct rig_guest *guest = &rig.guests[to];
		uint32_t size = rig_tcp(bytes, sender->mac, sender->ipv4, guest->mac, guest->ipv4, payload);
		const struct rig_frame *frame;
		int difference;

		rig_send_gso(sender, bytes, size, 1448, XEN_NETIF_GSO_TYPE_TCPV4, 4096);
		rig_event(&rig, SENDER);
		(void)rig_answers(sender, NULL);
		if (to != WHOLE) {
			take_segments(guest, payload, 1448);
			continue;
		}
		frame = rig_receive(guest);
		CHECK_EQUAL(frame->size, size);
		CHECK_EQUAL(frame->gso_size, 1448);
		CHECK_EQUAL(frame->flags & NETRXF_csum_blank, NETRXF_csum_blank);
		/* all but the checksum, which is that of the pseudo header now */
		difference = memcmp(frame->bytes, bytes, 50);
		CHECK_EQUAL(difference, 0);
		difference = memcmp(frame->bytes + 52, bytes + 52, size - 52);
		CHECK_EQUAL(difference, 0);
		rig_post(guest, (size + 4095) / 4096 + 1);
	}
}

static void large_frames_from_the_host(uint32_t payload)
{
	for (uint32_t to = WHOLE; to <= PARTS; to++) {
		struct rig_guest *guest = &rig.guests[to];
		uint32_t size = rig_tcp(bytes, rig.host_mac, host_ip, guest->mac, guest->ipv4, payload);

		rig_host_send_gso(&rig, bytes, size, 1448, VIRTIO_NET_HDR_GSO_TCPV4);
		rig_turn(&rig);
		if (to == WHOLE) {
			CHECK_EQUAL(rig_receive(guest)->gso_size, 1448);
			rig_post(guest, (size + 4095) / 4096 + 1);
		} else {
			take_segments(guest, payload, 1448);
		}
	}
}

static void large_frames_to_the_host(uint32_t payload)
{
	struct rig_guest *sender = &rig.guests[SENDER];
	uint32_t size = rig_tcp(bytes, sender->mac, sender->ipv4, rig.host_mac, host_ip, payload);
	const struct rig_frame *frame;
	int difference;

	rig_send_gso(sender, bytes, size, 1000, XEN_NETIF_GSO_TYPE_TCPV4, 4096);
	rig_event(&rig, SENDER);
	frame = rig_host_receive(&rig);
	CHECK_EQUAL(frame->size, size);
	CHECK_EQUAL(frame->gso_size, 1000);
	CHECK_EQUAL(frame->gso_type, VIRTIO_NET_HDR_GSO_TCPV4);
	CHECK_EQUAL(frame->flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	difference = memcmp(frame->bytes + 54, bytes + 54, payload);
	CHECK_EQUAL(difference, 0);
	(void)rig_answers(sender, NULL);
}

static void blank_checksums(void)
{
	struct rig_guest *sender = &rig.guests[SENDER];

	for (uint32_t to = WHOLE; to <= PARTS; to++) {
		struct rig_guest *guest = &rig.guests[to];
		uint32_t size = rig_udp(bytes, sender->mac, sender->ipv4, guest->mac, guest->ipv4, 1000);
		const struct rig_frame *frame;

		/* What stands there is of no matter. */
		frame_put_word(bytes + 40, 0x1234);
		rig_send(sender, bytes, size, NETTXF_csum_blank, 1514);
		rig_event(&rig, SENDER);
		frame = rig_receive(guest);
		CHECK_EQUAL(frame->size, size);
		CHECK_EQUAL((frame->flags & NETRXF_csum_blank) != 0, to == WHOLE);
		CHECK_EQUAL(rig_checksum_is_right(frame->bytes, frame->size), to != WHOLE);
		rig_post(guest, 1);
	}
	(void)rig_answers(sender, NULL);
}

/* Frames in any mixture come in the order in which they were sent. */
static void order_is_kept(void)
{
	struct rig_guest *sender = &rig.guests[SENDER];

	for (uint32_t to = WHOLE; to <= PARTS; to++) {
		struct rig_guest *guest = &rig.guests[to];
		uint32_t last = 0;

		for (uint32_t i = 0; i < 12; i++) {
			uint32_t payload = i % 3 == 0 ? 10 : 700;
			uint32_t size =
			    rig_tcp(bytes, sender->mac, sender->ipv4, guest->mac, guest->ipv4, payload);

			frame_put_word(bytes + 40, i + 1);
			rig_send(sender, bytes, size, i % 2 == 0 ? NETTXF_csum_blank : 0, 1514);
		}
		rig_event(&rig, SENDER);
		for (uint32_t i = 0; i < 12; i++) {
			const struct rig_frame *frame = rig_receive(guest);

			CHECK(frame->size > 0);
			CHECK_EQUAL(sequence_of(frame->bytes), ++last);
			rig_post(guest, 1);
		}
	}
	(void)rig_answers(sender, NULL);
}

/* Segments that follow upon each other come as one, to who takes it; and only such. */
static void segments_are_merged(uint32_t count, uint32_t last_size, uint32_t gap, uint32_t part)
{
	struct rig_guest *sender = &rig.guests[SENDER];

	for (uint32_t to = WHOLE; to <= GUESTS; to++) {
		const uint8_t *mac = to == GUESTS ? rig.host_mac : rig.guests[to].mac;
		const uint8_t *ip = to == GUESTS ? host_ip : rig.guests[to].ipv4;
		bool whole = to == GUESTS || to == WHOLE;
		uint32_t sent = 0;
		uint32_t frames = 0;
		uint32_t got = 0;
		int difference;

		if (to == SENDER)
			continue;
		for (uint32_t i = 0; i < count; i++) {
			uint32_t payload = i + 1 == count ? last_size : 1400;
			uint32_t size = rig_tcp(bytes, sender->mac, sender->ipv4, mac, ip, payload);

			frame_put_word(bytes + 38, (sent + (i >= count / 2 ? gap : 0)) >> 16);
			frame_put_word(bytes + 40, (sent + (i >= count / 2 ? gap : 0)) & 0xffff);
			bytes[47] = i + 1 == count ? 0x18 : 0x10;
			for (uint32_t k = 0; k < payload; k++)
				bytes[54 + k] = stream[sent + k] = (uint8_t)((sent + k) * 31 >> 3);
			rig_send(sender, bytes, size, NETTXF_csum_blank | NETTXF_data_validated, part);
			sent += payload;
		}
		rig_event(&rig, SENDER);
		(void)rig_answers(sender, NULL);
		for (;;) {
			const struct rig_frame *frame =
			    to == GUESTS ? rig_host_receive(&rig) : rig_receive(&rig.guests[to]);

			if (frame->size == 0)
				break;
			frames++;
			CHECK_EQUAL(frame_word(frame->bytes + 16), frame->size - 14);
			CHECK_EQUAL(offload_checksum(0, frame->bytes + 14, 20), 0);
			CHECK_EQUAL(sequence_of(frame->bytes), got + (got >= count / 2 * 1400 ? gap : 0));
			CHECK_EQUAL(frame->gso_size, frame->size > 1454 ? 1400 : 0);
			memcpy(bytes + got, frame->bytes + 54, frame->size - 54);
			got += frame->size - 54;
			CHECK_EQUAL(frame->bytes[47], got == sent ? 0x18 : 0x10);
			if (to != GUESTS)
				rig_post(&rig.guests[to],
				         (frame->size + 4095) / 4096 + (frame->gso_size != 0));
		}
		CHECK_EQUAL(got, sent);
		difference = memcmp(bytes, stream, sent);
		CHECK_EQUAL(difference, 0);
		CHECK_EQUAL(frames, !whole ? count : gap != 0 ? 2 : 1);
	}
}

static void false_claims_are_refused(void)
{
	struct rig_guest *sender = &rig.guests[SENDER];
	struct rig_guest *guest = &rig.guests[WHOLE];
	uint64_t before = rig_counters(sender)->dropped_other;
	uint32_t size = rig_udp(bytes, sender->mac, sender->ipv4, guest->mac, guest->ipv4, 4000);

	/* no TCP */
	rig_send_gso(sender, bytes, size, 1448, XEN_NETIF_GSO_TYPE_TCPV4, 4096);
	/* of another protocol than it is */
	size = rig_tcp(bytes, sender->mac, sender->ipv4, guest->mac, guest->ipv4, 4000);
	rig_send_gso(sender, bytes, size, 1448, XEN_NETIF_GSO_TYPE_TCPV6, 4096);
	/* segments beyond the MTU, or next to nothing */
	rig_send_gso(sender, bytes, size, 2000, XEN_NETIF_GSO_TYPE_TCPV4, 4096);
	rig_send_gso(sender, bytes, size, 1, XEN_NETIF_GSO_TYPE_TCPV4, 4096);
	/* larger than the MTU */
	rig_send(sender, bytes, size, 0, 4096);
	/* no checksum to be computed */
	size = rig_arp(bytes, sender->mac, sender->ipv4, guest->ipv4);
	rig_send(sender, bytes, size, NETTXF_csum_blank, 4096);
	rig_event(&rig, SENDER);
	CHECK_EQUAL(rig_counters(sender)->dropped_other, before + 6);
	CHECK_EQUAL(rig_receive(guest)->size, 0);
	(void)rig_answers(sender, NULL);
}

static void sums(void)
{
	for (uint32_t size = 0; size < 70; size++) {
		uint32_t sum = 0;

		for (uint32_t i = 0; i < size; i++)
			bytes[i] = (uint8_t)(i * 37 + 200);
		for (uint32_t i = 0; i < size; i++)
			sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
		while (sum >> 16 != 0)
			sum = (sum & 0xffff) + (sum >> 16);
		CHECK_EQUAL(offload_checksum(0, bytes, size), (uint16_t)~sum);
	}
}

int main(void)
{
	static const uint32_t features[GUESTS] = {[WHOLE] = ALL, [PARTS] = NOXS_NET_SG, [SENDER] = ALL};

	sums();
	rig_open(&rig, GUESTS, 0);
	for (uint32_t i = 0; i < GUESTS; i++)
		rig_connect(&rig, i, features[i], 200);
	for (uint32_t payload = 1449; payload < 65400; payload += 7001) {
		large_frames_between_guests(payload);
		large_frames_from_the_host(payload);
		large_frames_to_the_host(payload);
	}
	segments_are_merged(30, 777, 0, 1514);
	segments_are_merged(30, 1400, 0, 300);
	segments_are_merged(10, 1, 5, 1514);
	segments_are_merged(2, 1400, 0, 1514);
	blank_checksums();
	order_is_kept();
	false_claims_are_refused();
	rig_close(&rig);
	return 0;
}
