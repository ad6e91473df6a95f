/* SPDX-License-Identifier: MIT */
/* What the parts of the runtime know of each other. One vCPU, no preemption: nothing here needs a lock. */
#ifndef RUNTIME_RUNTIME_H
#define RUNTIME_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>
#include <lightvm/guest.h>
#include <lightvm/noxs.h>
#include "hypercall.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096UL
#define FOREVER    UINT64_MAX

/* init.c */
extern start_info_t *start_info;
extern shared_info_t *const shared_info;
extern char image_start[]; /* first byte of guest memory: frame 0 */
/* The address of a frame of the initial mapping, by its pseudo-physical or its machine number; NULL if
 * outside. */
void *frame_to_pointer(uint64_t pfn);
void *machine_frame_to_pointer(uint64_t mfn);
/* And the other way, for an address in guest memory. */
uint64_t pointer_to_machine_frame(const void *pointer);
/* Lets Xen's shared page take the place of the one that the image reserves for it. */
void shared_info_map(void);
/* Tells the toolstack where the guest's frames are listed: it needs that to save or dump it. */
void publish_frame_list(void);

/*
 * events.c: event channels. A handler runs inside something that waits, on the stack of whoever waits there,
 * never in between. It wakes threads and starts them; it must not wait itself, but for printing. (Where it does
 * nevertheless, no other handler and no other thread runs meanwhile.)
 */
typedef void (*event_handler)(void *data);
void event_bind(evtchn_port_t port, event_handler handler, void *data);
void event_unbind(evtchn_port_t port, event_handler handler, void *data);
void event_notify(evtchn_port_t port);
/* Waits until some bound port fired and its handlers ran, or until `deadline` on the monotonic clock. */
void event_wait(uint64_t deadline);
/* Runs the handlers of the ports that fired; false: none did. */
bool events_dispatch(void);
/* Remembers ports that fired, for the next events_dispatch; false: none did. */
bool events_defer(void);
/* Blocks the vCPU until a port fires or the deadline is reached. Runs nothing. */
void events_block(uint64_t deadline);

/* Runs all handlers at the next look: events may have come that nobody saw. */
void events_look_at_all(void);

/* clock.c: the monotonic clock stands still from hold to resume. A time on it as Xen counts. */
void clock_hold(void);
void clock_resume(void);
uint64_t clock_to_xen(uint64_t time);

/* grants.c: around a suspend. New: Xen's table is another, and knows none of our grants. */
void grants_put_away(void);
void grants_bring_back(bool new);

/* suspend.c: somebody asks the guest to stand still. */
void suspend_requested(void);
/* Called in a domain that was restored, when all but its devices has been seen to. One hook; the network has it. */
extern void (*resume_network)(enum guest_resumed how);

/* threads.c */
/* From here on, what waits lets neither other threads nor handlers run: these are the guest's last words. */
void threads_stop(void);
/*
 * One more thing to be looked at whenever somebody waits: it does what is due, and says when it wants to be
 * called again. One hook; the network has it.
 */
extern uint64_t (*idle_hook)(uint64_t now);

/* console.c */
void console_init(void);
struct xencons_interface;
struct xencons_interface *console_ring(void);
evtchn_port_t console_port(void);
/* In a restored domain: the same ring, another port. */
void console_resume(void);
/* For what may be the last words: gives up when nobody takes them for a second. */
void console_write_last(const char *text, size_t length);
/* Waits, for at most `limit` nanoseconds, until the back-end has taken everything. */
void console_drain(uint64_t limit);

/* noxs.c: the device page, if the guest was given one. */
void noxs_init(void);
bool noxs_present(void);
/* Copies the entry of a device; false: there is none. */
bool noxs_find(enum noxs_type type, uint16_t id, struct noxs_device *device);
/*
 * The rest is for a guest that has a device page. A copy of it with a generation that is valid; false: dom0
 * writes right now.
 */
bool noxs_copy(struct noxs_device_page *copy);
uint32_t noxs_generation(void);
/* Net and block devices: in the page, and announced by the builder. */
unsigned int noxs_device_count(void);
unsigned int noxs_announced(void);
/* The guest's name; "" without a device page. */
const char *noxs_name(void);
/* The host's entropy for this guest; false: not now, or there is no device page. */
bool noxs_entropy(uint8_t bytes[32]);

/* pages.c: what lies at the address of one of our own pages. The page's own frame is kept for page_map_again. */
void page_unmap(void *page);
void page_map_again(void *page);
void page_map_machine(void *page, uint64_t mfn);

/* random.c */
void chacha20_block(const uint32_t start[16], uint32_t block[16]);

/* sysctl.c */
void sysctl_init(void);
/* After a suspend; new: the page is as it was at the very start. */
void sysctl_resume(bool new);
void sysctl_announce_end(enum noxs_reason reason);
/* Somebody asks for an end: runs the hook, in a thread of its own, and ends, if guest_shutdown_features has it. */
void shutdown_requested(enum noxs_reason reason);

/* arguments.c: splits the command line in place; argv[0] is the guest's name. */
int arguments_parse(char *line, size_t size, char **argv, int capacity);

/* format.c */
typedef void (*format_sink)(void *context, const char *text, size_t length);
int format(format_sink sink, void *context, const char *pattern, va_list arguments);

/* traps.c */
void traps_init(void);

/* shutdown.c */
_Noreturn void shutdown_now(unsigned int reason);

#endif
