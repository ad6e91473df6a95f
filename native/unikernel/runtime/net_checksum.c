/* SPDX-License-Identifier: MIT */
/* The Internet checksum (RFC 1071), eight bytes at a time. */
#include <lightvm/guest.h>

uint16_t net_checksum(const void *bytes, int length);

uint16_t net_checksum(const void *bytes, int length)
{
	const unsigned char *from = bytes;
	uint64_t sum = 0, word, tail = 0;

	for (; length >= 8; length -= 8, from += 8) {
		__builtin_memcpy(&word, from, 8);
		sum += word;
		sum += sum < word; /* the carry comes in again below */
	}
	for (int i = 0; i < length; i++)
		tail |= (uint64_t)from[i] << (8 * i);
	sum += tail;
	sum += sum < tail;
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}
