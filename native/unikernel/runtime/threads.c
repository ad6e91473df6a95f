/* SPDX-License-Identifier: MIT */
/*
 * Cooperative threads, and everything that waits. There is no idle thread: whoever waits and finds nobody
 * ready attends to events on its own stack, and blocks the vCPU.
 */
#include <lightvm/memory.h>
#include <lightvm/threads.h>
#include "runtime.h"

#define SAVED_REGISTERS 6

struct thread {
	void *stack_pointer;
	struct thread *next;       /* in the queue that it is in */
	struct wait_queue *queue;  /* in which it waits; NULL: it is ready, or runs */
	uint64_t deadline;         /* FOREVER: no matter */
	struct thread *next_timed; /* of those with a deadline */
	int error;                 /* errno */
	bool timed_out, ended, detached;
	const char *name;
	thread_function function;
	void *argument;
	struct wait_queue joiners;
	char *pages; /* the page that is not mapped, the stack, and at its upper end this */
	size_t page_count;
};

void thread_switch(void **save, void *load);

uint64_t (*idle_hook)(uint64_t now);

static struct thread main_thread = {.name = "main", .deadline = FOREVER};
static struct thread *current = &main_thread;
static struct wait_queue ready, for_event;
static struct thread *timed;
static uint64_t soonest = FOREVER; /* no deadline of `timed` is before it */
static struct thread *corpse;      /* has ended on the stack that was just left */
static bool looking;               /* handlers run */

static void append(struct wait_queue *queue, struct thread *thread)
{
	thread->next = NULL;
	if (queue->first == NULL)
		queue->first = thread;
	else
		queue->last->next = thread;
	queue->last = thread;
}

static struct thread *take_first(struct wait_queue *queue)
{
	struct thread *thread = queue->first;

	if (thread != NULL)
		queue->first = thread->next;
	return thread;
}

static void take_out(struct wait_queue *queue, struct thread *thread)
{
	struct thread **link = &queue->first, *before = NULL;

	while (*link != thread) {
		before = *link;
		link = &before->next;
	}
	*link = thread->next;
	if (queue->last == thread)
		queue->last = before;
}

static void forget_deadline(struct thread *thread)
{
	struct thread **link = &timed;

	if (thread->deadline == FOREVER)
		return;
	while (*link != thread)
		link = &(*link)->next_timed;
	*link = thread->next_timed;
	thread->deadline = FOREVER;
	/* Else an idle guest would be woken at a time for which nobody waits any longer. */
	soonest = FOREVER;
	for (thread = timed; thread != NULL; thread = thread->next_timed)
		if (thread->deadline < soonest)
			soonest = thread->deadline;
}

/* It is out of its queue. */
static void make_ready(struct thread *thread, bool timed_out)
{
	forget_deadline(thread);
	thread->queue = NULL;
	thread->timed_out = timed_out;
	append(&ready, thread);
}

void wake_one(struct wait_queue *queue)
{
	struct thread *thread = take_first(queue);

	if (thread != NULL)
		make_ready(thread, false);
}

void wake_all(struct wait_queue *queue)
{
	while (queue->first != NULL)
		wake_one(queue);
}

static void wake_timed(uint64_t now)
{
	struct thread *thread, *next;

	if (now < soonest)
		return;
	soonest = FOREVER;
	for (thread = timed; thread != NULL; thread = next) {
		next = thread->next_timed;
		if (thread->deadline <= now) {
			take_out(thread->queue, thread);
			make_ready(thread, true);
		} else if (thread->deadline < soonest) {
			soonest = thread->deadline;
		}
	}
}

/* Attends to all that has happened; gives the time at which something is to happen next. */
static uint64_t look(bool *any)
{
	uint64_t deadline = FOREVER;

	looking = true;
	*any = events_dispatch();
	if (*any)
		wake_all(&for_event);
	if (idle_hook != NULL)
		deadline = idle_hook(clock_monotonic());
	looking = false;
	if (soonest != FOREVER)
		wake_timed(clock_monotonic());
	return deadline < soonest ? deadline : soonest;
}

static void bury(void)
{
	struct thread *thread = corpse;

	if (thread == NULL)
		return;
	corpse = NULL;
	page_map_again(thread->pages);
	pages_free(thread->pages, thread->page_count);
}

static void run(struct thread *thread)
{
	struct thread *before = current;

	if (thread == before)
		return;
	current = thread;
	thread_switch(&before->stack_pointer, thread->stack_pointer);
	bury();
}

/* The caller is in some queue; returns when it has been made ready and its turn has come. */
static void schedule(void)
{
	struct thread *next;
	uint64_t deadline;
	bool any;

	for (;;) {
		deadline = look(&any);
		next = take_first(&ready);
		if (next != NULL)
			break;
		if (!any)
			events_block(deadline);
	}
	run(next);
}

bool wait_on(struct wait_queue *queue, uint64_t deadline)
{
	struct thread *self = current;

	if (looking)
		panic("%s waits in an event handler", self->name);
	append(queue, self);
	self->queue = queue;
	self->deadline = deadline;
	self->timed_out = false;
	if (deadline != FOREVER) {
		self->next_timed = timed;
		timed = self;
		if (deadline < soonest)
			soonest = deadline;
	}
	schedule();
	return !self->timed_out;
}

void event_wait(uint64_t deadline)
{
	bool any;

	if (looking) {
		/* A handler that prints to a full console: nothing else may run, and nothing may get lost. */
		if (events_defer())
			return;
		events_block(deadline);
		events_defer();
		return;
	}
	look(&any);
	if (!any)
		wait_on(&for_event, deadline);
}

void guest_wait(uint64_t deadline)
{
	event_wait(deadline);
}

void guest_yield(void)
{
	bool any;

	if (ready.first == NULL) {
		look(&any);
		if (ready.first == NULL)
			return;
	}
	append(&ready, current);
	schedule();
}

void guest_sleep(uint64_t nanoseconds)
{
	struct wait_queue nobody = {NULL, NULL};
	uint64_t now = clock_monotonic(), deadline = now + nanoseconds;

	wait_on(&nobody, deadline < now ? FOREVER : deadline);
}

void threads_stop(void)
{
	looking = true;
}

static void thread_begin(void)
{
	bury();
	current->function(current->argument);
	thread_exit();
}

struct thread *thread_create(const char *name, thread_function function, void *argument, size_t stack_size)
{
	size_t count = ((stack_size == 0 ? THREAD_STACK : stack_size) + PAGE_SIZE - 1) / PAGE_SIZE + 1;
	char *pages = pages_alloc(count);
	struct thread *thread;
	void **stack;

	if (pages == NULL)
		return NULL;
	page_unmap(pages);
	thread = (struct thread *)(pages + count * PAGE_SIZE - ((sizeof(*thread) + 15) & ~15UL));
	*thread = (struct thread){.deadline = FOREVER,
	                          .name = name,
	                          .function = function,
	                          .argument = argument,
	                          .pages = pages,
	                          .page_count = count};
	/* As after a call: the address that thread_begin would return to lies at a multiple of 16, less 8. */
	stack = (void **)thread;
	*--stack = NULL;
	*--stack = (void *)thread_begin;
	for (unsigned int i = 0; i < SAVED_REGISTERS; i++)
		*--stack = NULL;
	thread->stack_pointer = stack;
	append(&ready, thread);
	return thread;
}

void thread_exit(void)
{
	if (current == &main_thread)
		panic("main ended by thread_exit");
	current->ended = true;
	wake_all(&current->joiners);
	if (current->detached)
		corpse = current;
	schedule();
	__builtin_unreachable();
}

void thread_join(struct thread *thread)
{
	while (!thread->ended)
		wait_on(&thread->joiners, FOREVER);
	corpse = thread;
	bury();
}

void thread_detach(struct thread *thread)
{
	thread->detached = true;
	if (!thread->ended)
		return;
	corpse = thread;
	bury();
}

struct thread *thread_self(void)
{
	return current;
}

const char *thread_name(const struct thread *thread)
{
	return thread->name;
}

int *thread_errno(void)
{
	return &current->error;
}

void mutex_lock(struct mutex *mutex)
{
	while (mutex->held)
		wait_on(&mutex->queue, FOREVER);
	mutex->held = true;
}

void mutex_unlock(struct mutex *mutex)
{
	mutex->held = false;
	wake_one(&mutex->queue);
}
