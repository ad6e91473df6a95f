/* SPDX-License-Identifier: MIT */
#include "selftest.h"

#define MILLISECOND 1000000UL

static struct wait_queue queue;
static struct mutex mutex;
static unsigned int sum, inside;

static void add(void *argument)
{
	for (unsigned int i = 0; i < 100; i++) {
		sum += (unsigned int)(uintptr_t)argument;
		guest_yield();
	}
}

static void wait_once(void *argument)
{
	bool woken = wait_on(&queue, UINT64_MAX);

	expect(woken, "a wait without a deadline is woken");
	*(unsigned int *)argument = ++sum;
}

static void hold(void *argument)
{
	(void)argument;
	for (unsigned int i = 0; i < 10; i++) {
		mutex_lock(&mutex);
		expect(inside++ == 0, "one thread at a time holds a mutex");
		guest_sleep(MILLISECOND / 10);
		inside--;
		mutex_unlock(&mutex);
	}
}

static void sleep_and_exit(void *argument)
{
	guest_sleep((uintptr_t)argument * MILLISECOND);
	sum = sum * 10 + (unsigned int)(uintptr_t)argument;
	thread_exit();
}

void test_threads(void)
{
	size_t before = memory_free();
	struct thread *threads[8];
	unsigned int order[8] = {0};
	uint64_t now;

	for (uintptr_t i = 0; i < 8; i++)
		threads[i] = thread_create("adder", add, (void *)i, 0);
	for (unsigned int i = 0; i < 8; i++)
		thread_join(threads[i]);
	expect(sum == 2800, "threads run to their end");

	sum = 0;
	for (unsigned int i = 0; i < 8; i++)
		thread_detach(thread_create("waiter", wait_once, &order[i], 8192));
	guest_yield();
	wake_one(&queue);
	guest_yield();
	expect(order[0] == 1 && order[1] == 0, "one is woken, the first");
	wake_all(&queue);
	guest_yield();
	for (unsigned int i = 0; i < 8; i++)
		expect(order[i] == i + 1, "first come, first served");
	now = clock_monotonic();
	expect(!wait_on(&queue, now + 5 * MILLISECOND), "a deadline ends a wait");
	expect(clock_monotonic() >= now + 5 * MILLISECOND, "not before its time");

	for (unsigned int i = 0; i < 4; i++)
		threads[i] = thread_create("holder", hold, NULL, 0);
	for (unsigned int i = 0; i < 4; i++)
		thread_join(threads[i]);

	sum = 0;
	for (uintptr_t i = 3; i > 0; i--)
		threads[i] = thread_create("sleeper", sleep_and_exit, (void *)(i * 2), 0);
	for (unsigned int i = 1; i < 4; i++)
		thread_join(threads[i]);
	expect(sum == 246, "sleepers wake in the order of their times");
	expect(memory_free() == before, "stacks came back");
}

void test_random(void)
{
	unsigned char bytes[4096];
	unsigned int counts[256] = {0}, ones = 0;
	uint32_t last = guest_random32();

	guest_random(bytes, sizeof(bytes));
	for (unsigned int i = 0; i < sizeof(bytes); i++) {
		counts[bytes[i]]++;
		for (unsigned int bit = 0; bit < 8; bit++)
			ones += bytes[i] >> bit & 1;
	}
	/* 16 of each byte are expected, 16,384 ones: far more than ten deviations off are these bounds. */
	for (unsigned int i = 0; i < 256; i++)
		expect(counts[i] < 64, "no byte is too frequent");
	expect(ones > 15384 && ones < 17384, "half of the bits are ones");
	expect(guest_random32() != last || guest_random32() != last, "it moves on");
}
