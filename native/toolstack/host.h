/* SPDX-License-Identifier: MIT */
/* What the parts that use Xen share: the open host, and errors that carry libxc's own words. */
#ifndef TOOLSTACK_HOST_H
#define TOOLSTACK_HOST_H

#include <stdbool.h>
#include <xenctrl.h>
#include <xenforeignmemory.h>
#include <xentoollog.h>
#include <lightvm/lightvm.h>
#include <lightvm/noxs.h>
#include "batch.h"
#include "error.h"
#include "window.h"

/* Keeps the first complaint of a call: the cause; what follows it are consequences. */
struct log {
	xentoollog_logger logger; /* first, so that a logger is a log */
	char text[160];
};

/* Frames of the unikernel that was built or restored last, for whoever makes a shell of it. */
struct built {
	uint32_t domid; /* 0: none */
	bool restored;  /* it has read its start_info long ago */
	xen_pfn_t start_info, devices, sysctl;
	const struct noxs_sysctl *word; /* while it is mapped; else NULL */
};

struct lightvm_host {
	struct log log;
	xc_interface *xc;
	xenforeignmemory_handle *memory; /* the one of xc */
	xc_hypercall_buffer_t context;   /* room for a vCPU's first state, see host_set_context */
	struct call_batch batch;
	uint8_t random[512]; /* for guests to come; what was given out is zero */
	size_t random_left;
	struct window window; /* of the guest that was built last, until it was looked at */
	struct built built;
};

void log_init(struct log *log);
void log_clear(struct log *log);

/* As error_set with errno of the call that just failed; libxc's words, if it had any, are put behind. */
int host_error(struct lightvm_host *host, struct lightvm_error *error, const char *step, const char *format,
               ...) __attribute__((format(printf, 4, 5)));

/* What Xen knows of one domain: unlike a list it is found without a walk past all others. ESRCH: there is
 * none. */
int host_get_domain(struct lightvm_host *host, uint32_t domid, xc_domaininfo_t *info);

/*
 * Where the first state of a vCPU is written, all zero; host_set_context hands it to Xen, or a batch does.
 * xc_vcpu_setcontext would map and unmap memory for it each time, because it is larger than what libxc keeps.
 */
vcpu_guest_context_any_t *host_new_context(struct lightvm_host *host);
int host_set_context(struct lightvm_host *host, uint32_t domid, uint32_t vcpu);

/* Random bytes, at most as many as host->random holds: of the kernel's, taken many at once. -1: it gives
 * none. */
int host_random(struct lightvm_host *host, void *bytes, size_t count);

/*
 * Lets go what is mapped of the guest that was built last: when it has been looked at, and before anything is
 * done that a mapping would be in the way of.
 */
void host_unmap(struct lightvm_host *host);

/* Sets the hard affinity of the first `count` vCPUs; all zero: any CPU. */
int host_set_affinity(struct lightvm_host *host, uint32_t domid, uint32_t count,
                      const uint64_t affinity[LIGHTVM_MAX_CPUS / 64], struct lightvm_error *error);

#endif
