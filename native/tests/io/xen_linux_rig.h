/* SPDX-License-Identifier: MIT */
/*
 * On a real Xen host, with no xenstored: Debian's kernel with a private XenStore by lightvm-io, an adapter and one or two disks,
 * which in rounds writes to a disk and reads it back, pings the host, and says "marker: round N" on its console.
 */
#ifndef LIGHTVM_TESTS_IO_XEN_LINUX_RIG_H
#define LIGHTVM_TESTS_IO_XEN_LINUX_RIG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "client.h"
#include "lightvm/lightvm.h"

#define LINUX_MEMORY (128ULL << 20)
#define LINUX_DISKS  2
#define LINUX_LOG_SIZE (1U << 20)
#define LINUX_LIMIT_NS 180000000000ULL /* of each wait */

struct linux_rig {
	struct lightvm_host *host;
	const char *program;
	char directory[32];
	char path[48];
	pid_t process;
	struct client client;
	uint8_t uuid[16];
	struct lightvm_guest_layout layout;
	int log;
	int store;
	char disks[LINUX_DISKS][64];
	int journals[LINUX_DISKS];
	int tap;
	int network_socket;
	int disk_count; /* that are to be there */
	uint32_t acknowledgements;
	uint32_t states[LINUX_DISKS]; /* enum noxs_state */
};

extern struct linux_rig linux_rig;
extern struct lightvm_error linux_error;

/* Exits with the skip code where there is no Xen or no kernel. kernel NULL: that of the lab's dom0, uncompressed. */
void linux_open(struct lightvm_guest_config *config, const char *program, const char *kernel);
bool linux_has_pvh(void);
void linux_close(void);

/* Exits with linux_error unless it is 0. */
void linux_ok(int result);
/* Creates it, paused, with an empty log, store and disks; and an empty store once more, for a new domain of it. */
void linux_create(struct lightvm_guest_config *config, uint32_t type);
void linux_make_store(const char *name);
/* Starts lightvm-io and attaches the guest with its devices; attaches it to the one there is. */
void linux_start(void);
void linux_attach(void);
void linux_attach_disk(int id);
void linux_remove_disk(int id);
/*
 * Creates it, starts lightvm-io, and waits for its first marker; meanwhile, or NULL, is called once it runs. A PVH guest that resets
 * itself before its first word is made anew.
 */
void linux_boot(struct lightvm_guest_config *config, uint32_t type, void (*meanwhile)(void));
/* Asks it to power off, and takes it away. */
void linux_end(void);
/* Takes it, running or not, its files and lightvm-io away. */
void linux_take_away(void);

/* Takes what lightvm-io tells within so much time. */
void linux_poll_events(int timeout_ms);

/* All that it has printed. */
const char *linux_console(void);
/* Shows that, and exits. */
void linux_give_up(const char *what);
/* Waits for the last marker of the console to be so. */
void linux_await_marker(bool (*good)(const char *last, int number), int number, const char *what);
int linux_round_of(const char *last);
bool linux_has_round(const char *last, int number);
bool linux_has_disks(const char *last, int count);

#endif
