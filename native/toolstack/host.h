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

/* Frames of the unikernel that build_pv has built last, for whoever makes a shell of it. */
struct built {
	uint32_t domid; /* 0: none */
	xen_pfn_t start_info, devices, sysctl;
};

struct lightvm_host {
	struct log log;
	xc_interface *xc;
	xenforeignmemory_handle *memory; /* the one of xc */
	xc_hypercall_buffer_t context;   /* room for a vCPU's first state, see host_set_context */
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
 * Where the first state of a vCPU is written, all zero; host_set_context hands it to Xen. xc_vcpu_setcontext
 * would map and unmap memory for it each time, because it is larger than what libxc keeps.
 */
vcpu_guest_context_any_t *host_new_context(struct lightvm_host *host);
int host_set_context(struct lightvm_host *host, uint32_t domid, uint32_t vcpu);

/* Sets the hard affinity of the first `count` vCPUs; all zero: any CPU. */
int host_set_affinity(struct lightvm_host *host, uint32_t domid, uint32_t count,
                      const uint64_t affinity[LIGHTVM_MAX_CPUS / 64], struct lightvm_error *error);

#endif
