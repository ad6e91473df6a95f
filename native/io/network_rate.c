/* SPDX-License-Identifier: MIT */
#include "network_rate.h"

#define SECOND_NS 1000000000ULL

void network_rate_set(struct network_rate *bucket, uint64_t rate, int64_t burst, uint64_t now_ns)
{
	if (bucket->rate == rate && bucket->burst == burst)
		return;
	*bucket = (struct network_rate){.rate = rate, .burst = burst, .tokens = burst, .at_ns = now_ns};
}

static void fill(struct network_rate *bucket, uint64_t now_ns)
{
	uint64_t passed_ns = now_ns > bucket->at_ns ? now_ns - bucket->at_ns : 0;
	uint64_t missing = (uint64_t)(bucket->burst - bucket->tokens);
	/* What fills it for certain; below that the product cannot overflow. */
	bool full = passed_ns >= SECOND_NS && bucket->rate >= missing;
	uint64_t gained;

	if (passed_ns > 60 * SECOND_NS)
		passed_ns = 60 * SECOND_NS;
	gained = full ? missing : (uint64_t)((unsigned __int128)passed_ns * bucket->rate / SECOND_NS);
	if (gained == 0)
		return;
	bucket->at_ns = now_ns;
	bucket->tokens = gained >= missing ? bucket->burst : bucket->tokens + (int64_t)gained;
}

bool network_rate_open(struct network_rate *bucket, uint64_t now_ns)
{
	if (bucket->rate == 0)
		return true;
	fill(bucket, now_ns);
	return bucket->tokens > 0;
}

uint64_t network_rate_next(const struct network_rate *bucket)
{
	uint64_t missing = bucket->tokens > 0 ? 0 : (uint64_t)(1 - bucket->tokens);

	if (bucket->rate == 0)
		return bucket->at_ns;
	return bucket->at_ns + (uint64_t)((unsigned __int128)missing * SECOND_NS / bucket->rate) + 1;
}
