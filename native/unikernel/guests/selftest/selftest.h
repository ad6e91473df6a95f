/* SPDX-License-Identifier: MIT */
#ifndef SELFTEST_H
#define SELFTEST_H

#include <lightvm/guest.h>
#include <lightvm/memory.h>
#include <lightvm/random.h>
#include <lightvm/threads.h>

/* Panics, with what was expected, if it does not hold. */
void expect(bool holds, const char *what);

void test_heap(void);
void test_all_memory(void);
void test_grants(void);
void test_threads(void);
void test_random(void);
void test_network(void);
void test_time(void);
void test_files(void);
void test_no_disk(void);

#endif
