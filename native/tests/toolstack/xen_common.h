/* SPDX-License-Identifier: MIT */
/* What the tests on a real Xen host share. They stop at the first thing that is wrong; the lab is thrown
 * away. */
#ifndef TOOLSTACK_XEN_COMMON_H
#define TOOLSTACK_XEN_COMMON_H

#include <stdbool.h>
#include <stdint.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <lightvm/lightvm.h>
#include <lightvm/noxs.h>

#define SKIPPED 77 /* as CTest is told */
#define MIB     (1ULL << 20)

extern struct lightvm_host *host;
extern struct lightvm_error error;
extern xenevtchn_handle *channels;
extern xengnttab_handle *grants;

/* Opens all of the above; ends the program as skipped where there is no Xen. */
void xen_open(void);
_Noreturn void fail(const char *what, const char *why);
/* Fails with the library's error unless rc is 0. */
void check(int rc, const char *what);
/* Fails unless it holds. */
void expect(bool holds, const char *what);

double now(void); /* ms */
void *read_file(const char *path, uint64_t *size);
uint64_t free_memory(void);
/* Guest `number` of these tests: they find theirs again by the first twelve bytes. */
void make_uuid(uint8_t uuid[16], int number);
/* Waits until Xen lists as many of ours, or fails. */
void check_list(int expected);
/* Waits until as much memory is free as before, or fails. */
void check_memory(uint64_t before);
/* Binds the guest's port, unmasked. */
evtchn_port_t bind(const struct lightvm_guest_layout *layout);
void unbind(evtchn_port_t port);
/* Takes one event if there is one in time. */
bool take_event(int timeout_ms);
void *map_grant(uint32_t domid, uint32_t reference);

/* ms that posix_spawn of a static program takes, to its end; 0: there is none. */
double spawn_once(void);
/* For qsort. */
int compare_doubles(const void *left, const void *right);

#endif
