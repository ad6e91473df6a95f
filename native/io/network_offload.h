/* SPDX-License-Identifier: MIT */
/* What a frame leaves to be done, checksums and segments, and the doing for receivers that do not take it so.
 * Pure. */
#ifndef LIGHTVM_IO_NETWORK_OFFLOAD_H
#define LIGHTVM_IO_NETWORK_OFFLOAD_H

#include "network_frame.h"

#define OFFLOAD_SEGMENT_MIN 88 /* bytes of payload in a segment: less is refused, it would only cost us */

struct offload {
	bool checksum_blank; /* the transport checksum is yet to be computed */
	bool validated;      /* it is good, though it may not be there */
	uint16_t segment;    /* bytes of payload that each segment is to have; 0: it is one already */
	bool ipv6;           /* of what it is made of */
};

/* The Internet checksum's sum, not yet folded; then folded and complemented, in host order. */
uint32_t offload_sum(uint32_t sum, const uint8_t *bytes, size_t size);
uint16_t offload_checksum(uint32_t sum, const uint8_t *bytes, size_t size);
/* The sum of the pseudo header of the IP frame. */
uint32_t offload_pseudo(const uint8_t *frame, uint8_t protocol, uint32_t length);

/* Where the transport checksum lies, or 0: this frame has none that could be left blank. */
size_t offload_checksum_place(const struct frame_info *info);

/*
 * Puts the sum of the pseudo header where the checksum is to come, as receivers of such frames expect it.
 * `bytes` are the frame's own, which info was parsed from.
 */
bool offload_prepare(const struct frame_info *info, uint8_t *bytes);

/* Computes it, of a frame that is at hand as a whole. */
void offload_finish(const struct frame_info *info, uint8_t *bytes);

/* Bytes of headers of a frame that can be made into segments, or 0: it can not. */
size_t offload_headers(const struct frame_info *info, const struct offload *offload);

/*
 * Makes segment number `number` of a frame that is at hand as a whole, checksums and all. Returns its size,
 * or 0: there are no more.
 */
size_t offload_segment(const struct frame_info *info, const struct offload *offload, uint32_t number,
                       uint8_t *segment);

#endif
