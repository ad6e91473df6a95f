/* SPDX-License-Identifier: MIT */
/*
 * Cooperative threads: one vCPU, and a thread runs until it calls something that waits (here, in guest.h, in
 * sockets.h). So between two such calls nothing else happens, and data needs no lock. main() is a thread too;
 * when it returns the guest ends.
 */
#ifndef LIGHTVM_THREADS_H
#define LIGHTVM_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct thread;
typedef void (*thread_function)(void *argument);

#define THREAD_STACK 16384 /* bytes, where 0 is given */

/*
 * Starts a thread; it first runs when the caller waits. `name` is kept, not copied. Below its stack lies a
 * page that is not mapped. NULL: there is no memory for it.
 */
struct thread *thread_create(const char *name, thread_function function, void *argument, size_t stack_size);
/* Waits for its end and frees it. Each thread is joined once or detached once. */
void thread_join(struct thread *thread);
/* It frees itself at its end. */
void thread_detach(struct thread *thread);
/* The end of the caller, as if its function returned. */
_Noreturn void thread_exit(void);
struct thread *thread_self(void);
const char *thread_name(const struct thread *thread);

/* Threads that wait for something, first come first served. All zero is an empty one. */
struct wait_queue {
	struct thread *first, *last;
};

/*
 * Waits in the queue until it is woken, at most until `deadline` on the monotonic clock (UINT64_MAX: for
 * ever). false: the deadline came first.
 */
bool wait_on(struct wait_queue *queue, uint64_t deadline);
/* They go on when the caller waits. */
void wake_one(struct wait_queue *queue);
void wake_all(struct wait_queue *queue);

/* For what must not be entered twice although somebody waits inside. All zero is an open one. */
struct mutex {
	bool held;
	struct wait_queue queue;
};

void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

#endif
