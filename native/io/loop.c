/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define SOURCES_PER_TURN 64
#define MS_NS            1000000ULL
#define LONGEST_WAIT_MS  60000
#define PATIENCE         6 /* times what serving takes */
#define LUCK_MAX         8
#define UNLUCKY          4  /* what looking in vain costs */
#define TRIAL_SLEEPS     64 /* short ones, after which it is tried whether looking would have found the work */
#define HASTY            8 /* turns at most in which no descriptor is looked at, while work comes by memory */

uint64_t loop_now(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* The CPU's counter. Its rate is unknown, but for being a GHz or more. */
static uint64_t ticks(void)
{
	return __builtin_ia32_rdtsc();
}

uint64_t loop_time(struct loop *loop)
{
	if (loop->time_ns == 0) {
		loop->time_ns = loop->read_ns = loop_now();
		loop->read_ticks = ticks();
	}
	return loop->time_ns;
}

/*
 * A time that is not before this turn's, mostly without reading the clock: a tick lasts at most a nanosecond.
 * The longer ago the clock was read, the farther ahead this lies.
 */
static uint64_t latest_time(struct loop *loop)
{
	uint64_t passed = ticks() - loop->read_ticks;

	if (loop->time_ns != 0 || loop->read_ns == 0 || passed > LONGEST_WAIT_MS * MS_NS)
		return loop_time(loop);
	return loop->read_ns + passed;
}

static bool is_due(struct loop *loop, uint64_t at_ns)
{
	return at_ns == 0 || (at_ns <= latest_time(loop) && at_ns <= loop_time(loop));
}

int loop_open(struct loop *loop)
{
	*loop = (struct loop){.epoll = epoll_create1(EPOLL_CLOEXEC)};
	return loop->epoll >= 0 ? 0 : errno;
}

void loop_close(struct loop *loop)
{
	if (loop->epoll >= 0)
		close(loop->epoll);
	free(loop->heap);
	*loop = (struct loop){.epoll = -1};
}

static int control(struct loop *loop, int act, int descriptor, uint32_t events, struct source *source)
{
	struct epoll_event event = {.events = events, .data.ptr = source};
	int failed = epoll_ctl(loop->epoll, act, descriptor, &event);

	return failed == 0 ? 0 : errno;
}

int loop_add(struct loop *loop, int descriptor, uint32_t events, struct source *source)
{
	return control(loop, EPOLL_CTL_ADD, descriptor, events, source);
}

int loop_change(struct loop *loop, int descriptor, uint32_t events, struct source *source)
{
	return control(loop, EPOLL_CTL_MOD, descriptor, events, source);
}

void loop_remove(struct loop *loop, int descriptor, struct source *source)
{
	(void)control(loop, EPOLL_CTL_DEL, descriptor, 0, source);
	for (size_t i = 0; i < loop->turn_count; i++) {
		if (loop->turn[i] == source)
			loop->turn[i] = NULL;
	}
}

/* The heap's places are counted from 1, so that a timer's place says whether it is set. */
static void put(struct loop *loop, size_t place, struct timer *timer)
{
	loop->heap[place - 1] = timer;
	timer->heap_place = place;
}

static struct timer *at(const struct loop *loop, size_t place)
{
	return loop->heap[place - 1];
}

static void sink(struct loop *loop, size_t place, struct timer *timer)
{
	while (place * 2 <= loop->heap_count) {
		size_t child = place * 2;

		if (child < loop->heap_count && at(loop, child + 1)->at_ns < at(loop, child)->at_ns)
			child++;
		if (timer->at_ns <= at(loop, child)->at_ns)
			break;
		put(loop, place, at(loop, child));
		place = child;
	}
	put(loop, place, timer);
}

static void rise(struct loop *loop, size_t place, struct timer *timer)
{
	while (place > 1 && at(loop, place / 2)->at_ns > timer->at_ns) {
		put(loop, place, at(loop, place / 2));
		place /= 2;
	}
	put(loop, place, timer);
}

void loop_cancel(struct loop *loop, struct timer *timer)
{
	size_t place = timer->heap_place;
	struct timer *last;

	if (place == 0)
		return;
	timer->heap_place = 0;
	last = at(loop, loop->heap_count);
	loop->heap_count--;
	if (last == timer)
		return;
	if (place > 1 && at(loop, place / 2)->at_ns > last->at_ns)
		rise(loop, place, last);
	else
		sink(loop, place, last);
}

int loop_set_timer(struct loop *loop, struct timer *timer, uint64_t at_ns)
{
	int result = 0;

	loop_cancel(loop, timer);
	/* Or one that sets itself anew could keep the others, and all descriptors, from their turn. */
	if (loop->firing && is_due(loop, at_ns))
		at_ns = loop_time(loop) + 1;
	if (loop->heap_count == loop->heap_capacity) {
		size_t capacity = loop->heap_capacity == 0 ? 64 : loop->heap_capacity * 2;
		struct timer **heap = realloc(loop->heap, capacity * sizeof(struct timer *));

		if (heap == NULL) {
			result = ENOMEM;
			goto out;
		}
		loop->heap = heap;
		loop->heap_capacity = capacity;
	}
	timer->at_ns = at_ns;
	loop->heap_count++;
	rise(loop, loop->heap_count, timer);

out:
	return result;
}

static int wait_ms(struct loop *loop)
{
	uint64_t at_ns, now_ns, ms;

	if (loop->heap_count == 0)
		return -1;
	at_ns = at(loop, 1)->at_ns;
	/* That one nanosecond: set while the others fired. */
	if (at_ns <= 1 || is_due(loop, at_ns - 1))
		return 0;
	now_ns = latest_time(loop);
	if (now_ns >= at_ns)
		return 0;
	/* Too short a wait costs a turn, in which the clock is read. */
	ms = (at_ns - now_ns + MS_NS - 1) / MS_NS;
	return ms < LONGEST_WAIT_MS ? (int)ms : LONGEST_WAIT_MS;
}

/* Those that are due now; one that is set meanwhile waits for the next turn. */
static void fire_timers(struct loop *loop)
{
	loop->firing = true;
	for (size_t i = loop->heap_count; i > 0 && loop->heap_count > 0; i--) {
		struct timer *timer = at(loop, 1);

		if (!is_due(loop, timer->at_ns))
			break;
		loop_cancel(loop, timer);
		timer->fire(timer);
	}
	loop->firing = false;
}

/* For how long to look at most: a few times what serving takes, so that it costs at most so many times as
 * much. */
static uint64_t patience(const struct loop *loop)
{
	return loop->usual_ticks * PATIENCE;
}

void loop_watch(struct loop *loop, struct lookout *lookout)
{
	lookout->next = loop->lookouts;
	loop->lookouts = lookout;
}

void loop_unwatch(struct loop *loop, struct lookout *lookout)
{
	struct lookout **place = &loop->lookouts;

	while (*place != lookout)
		place = &(*place)->next;
	*place = lookout->next;
}

static bool look_once(struct loop *loop)
{
	bool found = false;

	for (struct lookout *lookout = loop->lookouts; lookout != NULL; lookout = lookout->next) {
		if (lookout->look(lookout))
			found = true;
	}
	return found;
}

static bool rest(struct loop *loop)
{
	bool found = false;

	for (struct lookout *lookout = loop->lookouts; lookout != NULL; lookout = lookout->next) {
		if (lookout->rest(lookout))
			found = true;
	}
	return found;
}

/* Whether to look for a while: as long as it pays, and now and then to see whether it would. */
static bool is_hopeful(const struct loop *loop)
{
	uint32_t places = 0;

	for (const struct lookout *lookout = loop->lookouts; lookout != NULL; lookout = lookout->next)
		places += lookout->places;
	return places > 0 && (loop->luck > 0 || loop->short_sleeps >= TRIAL_SLEEPS);
}

/* Before a sleep: looks for work for a while, if that has paid of late. True: there is some, and no sleep. */
static bool look(struct loop *loop)
{
	uint64_t start = ticks();
	uint64_t spent = start - loop->turn_ticks;
	bool found = false;

	/* One long turn among short ones is not to count for much. */
	if (spent > loop->usual_ticks * 2 && loop->usual_ticks != 0)
		spent = loop->usual_ticks * 2;
	loop->usual_ticks = loop->usual_ticks - loop->usual_ticks / 8 + spent / 8;
	if (is_hopeful(loop)) {
		while (!found && ticks() - start < patience(loop)) {
			found = look_once(loop);
			if (!found)
				__builtin_ia32_pause();
		}
		if (found && loop->luck < LUCK_MAX)
			loop->luck++;
		else if (!found)
			loop->luck = loop->luck > UNLUCKY ? loop->luck - UNLUCKY : 0;
		loop->short_sleeps = 0;
	}
	return found || rest(loop);
}

/* Waits for descriptors. The number of those that are ready, or -1. */
static int wait(struct loop *loop, struct epoll_event *events)
{
	int timeout = wait_ms(loop);
	bool found = false;
	int count = 0;
	uint64_t start;

	/* While timers are due there is no sleep, and nobody sends an event of what is looked at. */
	if (loop->lookouts != NULL)
		found = timeout == 0 ? look_once(loop) : look(loop);
	start = ticks();
	if (timeout != 0 && found && ++loop->hasty < HASTY)
		goto out;
	loop->hasty = 0;
	count = epoll_wait(loop->epoll, events, SOURCES_PER_TURN, found ? 0 : timeout);
	loop->time_ns = 0;

out:
	loop->turn_ticks = ticks();
	if (timeout != 0 && !found && loop->turn_ticks - start < patience(loop))
		loop->short_sleeps++;
	return count;
}

int loop_turn(struct loop *loop)
{
	struct epoll_event events[SOURCES_PER_TURN];
	struct source *sources[SOURCES_PER_TURN];
	int count = wait(loop, events);
	int result = 0;

	if (count < 0) {
		result = errno == EINTR ? 0 : errno;
		goto out;
	}
	for (int i = 0; i < count; i++)
		sources[i] = events[i].data.ptr;
	loop->turn = sources;
	loop->turn_count = (size_t)count;
	for (int i = 0; i < count; i++) {
		if (sources[i] != NULL)
			sources[i]->ready(sources[i], events[i].events);
	}
	loop->turn_count = 0;
	fire_timers(loop);

out:
	return result;
}
