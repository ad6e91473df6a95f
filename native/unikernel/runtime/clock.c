/* SPDX-License-Identifier: MIT */
/*
 * Time, from the page that Xen keeps up to date: no hypercall. Xen's own time is its host's, so it jumps when a
 * guest is restored; ours does not.
 */
#include "runtime.h"

static uint64_t ahead; /* of Xen's time, modulo 2^64 */
static uint64_t held;

static uint64_t read_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static uint64_t xen_time(void)
{
	const volatile struct vcpu_time_info *time = &shared_info->vcpu_info[0].time;
	uint64_t now, ticks;
	uint32_t version;

	/* An odd version, or one that changed meanwhile, means that Xen was writing. */
	do {
		version = __atomic_load_n(&time->version, __ATOMIC_ACQUIRE);
		ticks = read_tsc() - time->tsc_timestamp;
		if (time->tsc_shift >= 0)
			ticks <<= time->tsc_shift;
		else
			ticks >>= -time->tsc_shift;
		now = time->system_time +
		      (uint64_t)(((unsigned __int128)ticks * time->tsc_to_system_mul) >> 32);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((version & 1) != 0 || version != time->version);
	return now;
}

uint64_t clock_monotonic(void)
{
	return xen_time() + ahead;
}

void clock_hold(void)
{
	held = clock_monotonic();
}

void clock_resume(void)
{
	ahead = held - xen_time();
}

uint64_t clock_to_xen(uint64_t time)
{
	uint64_t result = time - ahead;

	/* Before that host booted: due. To Xen 0 means never. */
	return (int64_t)result <= 0 ? 1 : result;
}

uint64_t clock_wall(void)
{
	uint32_t version;
	uint64_t base;

	do {
		version = __atomic_load_n(&shared_info->wc_version, __ATOMIC_ACQUIRE);
		base = ((uint64_t)shared_info->wc_sec_hi << 32 | shared_info->wc_sec) * 1000000000UL +
		       shared_info->wc_nsec;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((version & 1) != 0 ||
	         version != __atomic_load_n(&shared_info->wc_version, __ATOMIC_RELAXED));
	return base + xen_time();
}
