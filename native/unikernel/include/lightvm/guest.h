/* SPDX-License-Identifier: MIT */
/*
 * What an application on the LightVM library kernel sees.
 *
 * A guest is one program: main() runs on the only vCPU, in the only address space, with all memory. Nothing
 * preempts it; the outside (console space, requests to shut down) is attended to inside the calls below that
 * say "waits". A program that computes for long calls guest_yield() now and then.
 *
 * When main returns 0 the guest powers off; any other value counts as a crash, so that restart policies see
 * it.
 */
#ifndef LIGHTVM_GUEST_H
#define LIGHTVM_GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <lightvm/noxs.h>

/* Yours. argv[0] is the image's name, the rest is the command line, split at blanks; "..." keeps blanks
 * together. No prototype, so that main(void) is as good: the runtime passes both anyway. */
int main();

/* The environment that the host gave: a variable's value, or NULL; all of it, entry after entry (KEY=VALUE; after NULL
 * the first, NULL after the last). Nobody writes to it. Files are in files.h. */
char *getenv(const char *name);
const char *environment_next(const char *entry);

/* The name that the image was built with. */
extern const char guest_name[];

/* The guest's identity: its 16 bytes, and its usual text form (36 characters). */
const uint8_t *guest_uuid(void);
const char *guest_uuid_text(void);

/*
 * Console. Nothing is ever lost: where the ring is full these wait until the host has taken some.
 * printf knows d i u x X p c s %, the flags - and 0, width, precision, and the lengths hh h l ll z.
 */
int printf(const char *pattern, ...) __attribute__((format(printf, 1, 2)));
int vprintf(const char *pattern, va_list arguments);
int snprintf(char *buffer, size_t size, const char *pattern, ...) __attribute__((format(printf, 3, 4)));
int vsnprintf(char *buffer, size_t size, const char *pattern, va_list arguments);
int puts(const char *text);
void console_write(const void *bytes, size_t length);

/*
 * Input, from whoever is at the other end of the console. These wait, at most until `deadline` on the monotonic
 * clock (UINT64_MAX: for ever; 0: not at all).
 * console_read takes the bytes as they are typed, one at least: how many it took, 0 at the deadline.
 * console_read_line takes a line (ended by return or line feed, which is not part of it), echoes it, and lets it be
 * corrected (backspace, ^U): its length, cut to what fits into size; -1 at the deadline, and the next call goes on
 * with what was typed so far. A line holds at most 511 bytes.
 */
size_t console_read(void *bytes, size_t size, uint64_t deadline);
int console_read_line(char *line, size_t size, uint64_t deadline);
int getchar(void);

/* The window at the other end; 0 and 0 where it is not known, as under xl. */
void console_size(unsigned int *columns, unsigned int *rows);
/* Called when it changes, inside one of the waiting calls. NULL takes the hook away. */
typedef void (*console_resize_hook)(unsigned int columns, unsigned int rows);
void console_on_resize(console_resize_hook hook);

/* Clocks, in nanoseconds: since the host booted on which the guest began, less the time that it was saved; since 1970. */
uint64_t clock_monotonic(void);
uint64_t clock_wall(void);

/* Waits so many nanoseconds. */
void guest_sleep(uint64_t nanoseconds);
/* Waits for whatever happens next, at most until `deadline` on the monotonic clock (UINT64_MAX: for ever). */
void guest_wait(uint64_t deadline);
/* Attends to what has happened, without waiting. */
void guest_yield(void);

/* The end. None returns. */
_Noreturn void guest_poweroff(void);
_Noreturn void guest_reboot(void);
_Noreturn void guest_crash(void);
/* Prints the message, then crashes. */
_Noreturn void panic(const char *pattern, ...) __attribute__((format(printf, 1, 2)));

/*
 * Called when the host asks for an end (NOXS_POWEROFF or NOXS_REBOOT), before it is obeyed: finish, print,
 * return. It runs inside one of the waiting calls. NULL takes the hook away.
 */
typedef void (*guest_shutdown_hook)(enum noxs_reason reason);
void guest_on_shutdown(guest_shutdown_hook hook);

/*
 * Called when the guest goes on after it was saved, with its network and disks connected again if they come within
 * seconds: in the same domain, as if nothing had happened (GUEST_WENT_ON); restored, perhaps on another host, with the same
 * identity (GUEST_RESTORED); or as a clone, with a uuid, name, MAC and addresses of its own, whose old connections are gone
 * (GUEST_CLONED). Programs need it only to tell others who they are. It runs in a thread of its own, and may wait. NULL
 * takes the hook away.
 */
enum guest_resumed {
	GUEST_WENT_ON,
	GUEST_RESTORED,
	GUEST_CLONED,
};
typedef void (*guest_resume_hook)(enum guest_resumed how);
void guest_on_resume(guest_resume_hook hook);

/*
 * Which requests the guest obeys, a set of NOXS_SYSCTL_*: poweroff and reboot, unless the program defines it
 * itself; with 0 the host does not ask but ends it at once.
 */
extern const uint32_t guest_shutdown_features;

/* Strings, as in C. */
void *memcpy(void *restrict target, const void *restrict source, size_t length);
void *memmove(void *target, const void *source, size_t length);
void *memset(void *target, int value, size_t length);
int memcmp(const void *left, const void *right, size_t length);
size_t strlen(const char *text);
int strcmp(const char *left, const char *right);
int strncmp(const char *left, const char *right, size_t length);
/* Decimal digits, as many as there are; *end, if wanted, is what follows them. */
unsigned long parse_unsigned(const char *text, const char **end);

#endif
