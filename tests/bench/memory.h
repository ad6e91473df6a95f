/* SPDX-License-Identifier: MIT */
#ifndef LIGHTVM_BENCH_MEMORY_H
#define LIGHTVM_BENCH_MEMORY_H

struct http;
/* The image of each unikernel, and the least memory with which it does its work. */
void measure_sizes(struct http *http);

#endif
