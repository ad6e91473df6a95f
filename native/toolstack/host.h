/* SPDX-License-Identifier: MIT */
/* What the parts that use Xen share: the open host, and errors that carry libxc's own words. */
#ifndef TOOLSTACK_HOST_H
#define TOOLSTACK_HOST_H

#include <xenctrl.h>
#include <xenforeignmemory.h>
#include <xentoollog.h>
#include <lightvm/lightvm.h>
#include "error.h"

/* Keeps the first complaint of a call: the cause; what follows it are consequences. */
struct log {
	xentoollog_logger logger; /* first, so that a logger is a log */
	char text[160];
};

struct lightvm_host {
	struct log log;
	xc_interface *xc;
	xenforeignmemory_handle *memory; /* the one of xc */
};

void log_init(struct log *log);
void log_clear(struct log *log);

/* As error_set with errno of the call that just failed; libxc's words, if it had any, are put behind. */
int host_error(struct lightvm_host *host, struct lightvm_error *error, const char *step, const char *format,
               ...) __attribute__((format(printf, 4, 5)));

/* Sets the hard affinity of the first `count` vCPUs; all zero: any CPU. */
int host_set_affinity(struct lightvm_host *host, uint32_t domid, uint32_t count,
                      const uint64_t affinity[LIGHTVM_MAX_CPUS / 64], struct lightvm_error *error);

#endif
