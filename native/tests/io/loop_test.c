/* SPDX-License-Identifier: MIT */
/* Timers fire when they are due, and one that sets itself anew keeps nobody from their turn. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "check.h"
#include "loop.h"

static struct loop loop;
static int eager_count, other_count, ready_count;

static void be_eager(struct timer *timer)
{
	eager_count++;
	CHECK_EQUAL(loop_set_timer(&loop, timer, 0), 0);
}

static void count_other(struct timer *timer)
{
	(void)timer;
	other_count++;
}

static void count_ready(struct source *source, uint32_t events)
{
	(void)source;
	(void)events;
	ready_count++;
}

static void who_sets_itself_anew_waits_for_the_next_turn(void)
{
	static struct timer eager = {.fire = be_eager};
	static struct timer others[100];
	static struct source source = {.ready = count_ready};
	uint64_t one = 1;
	int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	CHECK(descriptor >= 0);
	CHECK_EQUAL(write(descriptor, &one, sizeof(one)), (ssize_t)sizeof(one));
	CHECK_EQUAL(loop_add(&loop, descriptor, EPOLLIN, &source), 0);
	CHECK_EQUAL(loop_set_timer(&loop, &eager, 0), 0);
	for (int i = 0; i < 100; i++) {
		others[i].fire = count_other;
		CHECK_EQUAL(loop_set_timer(&loop, &others[i], i < 50 ? loop_now() : loop_now() + 3600000000000ULL), 0);
	}
	for (int turn = 1; turn <= 10; turn++) {
		CHECK_EQUAL(loop_turn(&loop), 0);
		CHECK_EQUAL(eager_count, turn);
		CHECK_EQUAL(ready_count, turn);
		CHECK_EQUAL(other_count, 50);
	}
	loop_cancel(&loop, &eager);
	for (int i = 0; i < 100; i++)
		loop_cancel(&loop, &others[i]);
	loop_remove(&loop, descriptor, &source);
	close(descriptor);
}

static void a_timer_comes_at_its_time(void)
{
	static struct timer timer = {.fire = count_other};
	uint64_t at_ns = loop_now() + 5000000;

	other_count = 0;
	CHECK_EQUAL(loop_set_timer(&loop, &timer, at_ns), 0);
	while (other_count == 0)
		CHECK_EQUAL(loop_turn(&loop), 0);
	CHECK(loop_now() >= at_ns);
	CHECK_EQUAL(timer.heap_place, 0);
}

int main(void)
{
	CHECK_EQUAL(loop_open(&loop), 0);
	who_sets_itself_anew_waits_for_the_next_turn();
	a_timer_comes_at_its_time();
	loop_close(&loop);
	return 0;
}
