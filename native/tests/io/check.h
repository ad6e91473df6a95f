/* SPDX-License-Identifier: MIT */
/* The tests' one word: what does not hold ends the program, with the place and the numbers. */
#ifndef LIGHTVM_TESTS_IO_CHECK_H
#define LIGHTVM_TESTS_IO_CHECK_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SKIPPED 77

#define CHECK(condition)                                                                                     \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);       \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

#define CHECK_EQUAL(got, expected)                                                                           \
	do {                                                                                                 \
		uint64_t got_ = (uint64_t)(got);                                                             \
		uint64_t expected_ = (uint64_t)(expected);                                                   \
		if (got_ != expected_) {                                                                     \
			fprintf(stderr, "%s:%d: %s is %" PRIu64 ", not %" PRIu64 "\n", __FILE__, __LINE__,   \
			        #got, got_, expected_);                                                      \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

#endif
