/* SPDX-License-Identifier: MIT */
/* What lightvm-io waits for: descriptors that get ready, and times that come. One thread, no locks. */
#ifndef LIGHTVM_IO_LOOP_H
#define LIGHTVM_IO_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A descriptor of which something is to be told. Embed it in what owns the descriptor. */
struct source {
	void (*ready)(struct source *source, uint32_t events); /* EPOLLIN and so on */
};

/* A time at which something is to be done. Embed it; zeroed, it is not set. */
struct timer {
	void (*fire)(struct timer *timer);
	uint64_t at_ns;    /* CLOCK_MONOTONIC */
	size_t heap_place; /* loop.c's: 1 and up while it is set, else 0 */
};

/*
 * Memory that others write, and that says that there is work before any descriptor does. While work comes that soon,
 * looking at it costs less than sleeping and being woken; then the loop looks for a while before it sleeps.
 */
struct lookout {
	struct lookout *next; /* loop.c's */
	uint32_t places; /* that there are to look at; 0: sleep at once */
	bool (*look)(struct lookout *lookout); /* whether work has come: it is queued, as a timer that is due at once */
	bool (*rest)(struct lookout *lookout); /* the loop is about to sleep: events are to wake it. True: not yet, work came */
};

struct loop {
	int epoll; /* -1: not open */
	uint64_t time_ns; /* of this turn; 0: nobody has asked */
	uint64_t read_ns; /* when the clock was read last, and the CPU's counter then */
	uint64_t read_ticks;
	struct lookout *lookouts;
	/* In ticks of the CPU's counter, which costs no system call: when this turn began, and what one takes. */
	uint64_t turn_ticks;
	uint64_t usual_ticks;
	uint32_t hasty; /* turns since descriptors were looked at */
	uint32_t luck; /* how often looking has found work of late; 0: not worth while */
	uint32_t short_sleeps; /* since it has been tried, that looking might have saved */
	struct timer **heap;
	size_t heap_count;
	size_t heap_capacity;
	bool firing; /* timers */
	/* The sources of the turn that is being served: one that is removed meanwhile must not be told. */
	struct source **turn;
	size_t turn_count;
};

/* All return 0 or an errno. */
int loop_open(struct loop *loop);
void loop_close(struct loop *loop);

/* Level-triggered, with the events of epoll. The source must stay where it is until loop_remove. */
int loop_add(struct loop *loop, int descriptor, uint32_t events, struct source *source);
int loop_change(struct loop *loop, int descriptor, uint32_t events, struct source *source);
/* Call it before the descriptor is closed. */
void loop_remove(struct loop *loop, int descriptor, struct source *source);

/*
 * Sets a timer, or sets it anew; at 0: as soon as descriptors have been served. It fires once, from loop_turn; one that is
 * set while timers fire, in the next turn at the earliest. ENOMEM: it is not set. loop_cancel is good for one that is not
 * set too.
 */
int loop_set_timer(struct loop *loop, struct timer *timer, uint64_t at_ns);
void loop_cancel(struct loop *loop, struct timer *timer);

/* The lookout must stay where it is until loop_unwatch. */
void loop_watch(struct loop *loop, struct lookout *lookout);
void loop_unwatch(struct loop *loop, struct lookout *lookout);

/* Waits until something is ready or due, and serves all that is. */
int loop_turn(struct loop *loop);

/* CLOCK_MONOTONIC in nanoseconds. A system call: the clock of a PV dom0 cannot be read without. */
uint64_t loop_now(void);
/*
 * The same, read once a turn at most, and once in the few turns that come without a look at descriptors: it may lie as far
 * back as the begin of those.
 */
uint64_t loop_time(struct loop *loop);

#endif
