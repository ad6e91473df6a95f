/* SPDX-License-Identifier: MIT */
/*
 * What the tests' guests print: numbered lines, so that every byte of the stream follows from its position,
 * and a reader anywhere in it sees what is missing or doubled.
 */
#ifndef LIGHTVM_TESTS_IO_STREAM_H
#define LIGHTVM_TESTS_IO_STREAM_H

#include <stdint.h>
#include <stdio.h>

#define STREAM_LINE 20U

/* Byte `position` of guest `guest`'s stream. */
static inline char stream_byte(uint32_t guest, uint64_t position)
{
	char line[STREAM_LINE + 1];

	snprintf(line, sizeof(line), "g%04u %013llu\n", guest % 10000,
	         (unsigned long long)(position / STREAM_LINE) % 10000000000000ULL);
	return line[position % STREAM_LINE];
}

/* Newlines before `position`. */
static inline uint64_t stream_lines(uint64_t position)
{
	return position / STREAM_LINE;
}

#endif
