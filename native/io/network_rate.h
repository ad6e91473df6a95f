/* SPDX-License-Identifier: MIT */
/* A token bucket. It may go below zero by one frame, and is then refused till it has recovered. */
#ifndef LIGHTVM_IO_NETWORK_RATE_H
#define LIGHTVM_IO_NETWORK_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct network_rate {
	uint64_t rate; /* tokens per second; 0: no limit */
	int64_t burst; /* the most that it holds */
	int64_t tokens;
	uint64_t at_ns; /* when it was last filled */
};

/* Begins full; keeps what it holds if it has this rate already. */
void network_rate_set(struct network_rate *bucket, uint64_t rate, int64_t burst, uint64_t now_ns);
/* Whether anything may go now. */
bool network_rate_open(struct network_rate *bucket, uint64_t now_ns);
/* Something went: only after network_rate_open said so. */
static inline void network_rate_take(struct network_rate *bucket, uint64_t tokens)
{
	if (bucket->rate != 0)
		bucket->tokens -= (int64_t)tokens;
}
/* When it will be open, if it is not now. */
uint64_t network_rate_next(const struct network_rate *bucket);

#endif
