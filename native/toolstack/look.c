/* SPDX-License-Identifier: MIT */
#include "look.h"
#include <time.h>

static uint64_t now_ns(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

bool look_runs(const volatile struct noxs_sysctl *sysctl, uint32_t patience_us)
{
	uint64_t deadline = 0, now = 0;
	int turn;

	do {
		/* The clock is read seldom, and not at first: on some hosts that is a system call. */
		for (turn = 0; turn < 1024; turn++) {
			if (__atomic_load_n(&sysctl->control.frontend_state, __ATOMIC_ACQUIRE) !=
			    NOXS_UNKNOWN)
				return true;
			if (patience_us == 0)
				return false;
			__builtin_ia32_pause();
		}
		now = now_ns();
		if (deadline == 0)
			deadline = now + patience_us * 1000ULL;
	} while (now < deadline);
	return false;
}
