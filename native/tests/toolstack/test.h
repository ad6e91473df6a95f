/* SPDX-License-Identifier: MIT */
/* The least that a unit test needs: a check that says where it failed and lets the rest go on. */
#ifndef TOOLSTACK_TEST_H
#define TOOLSTACK_TEST_H

#include <stdio.h>

static int test_failures;

#define CHECK(condition)                                                                                     \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                               \
			test_failures++;                                                                     \
		}                                                                                            \
	} while (0)

#define TEST_RESULT() (test_failures == 0 ? 0 : 1)

#endif
