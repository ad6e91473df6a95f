/* SPDX-License-Identifier: MIT */
/*
 * Builders turn an image into the memory and the first vCPU state of a domain that exists and has nothing
 * yet. Both fill the guest's device (or XenStore), console and control pages and say where they are; the
 * caller destroys the domain on failure.
 */
#ifndef TOOLSTACK_BUILD_H
#define TOOLSTACK_BUILD_H

#include "host.h"
#include "image.h"
#include "layout.h"

struct pv_build;

struct build {
	uint32_t domid;
	uint32_t event_channel;       /* the guest's port for the console; of a unikernel its only one */
	uint32_t store_event_channel; /* of a guest with a XenStore page, for that; 0 with noxs */
	bool nested_paging; /* PVH: the CPUs translate the guest's memory; else Xen does, with tables of its
	                       own */
	const struct lightvm_guest_config *config;
	const struct image *image;
	struct guest_identity identity;
	struct guest_pages pages; /* control_count is asked for, 0 for a stock kernel; the rest is found */
};

/* EINVAL: no guest has such a type, memory, vCPUs, name or number of devices. */
int build_check_shape(const struct lightvm_guest_config *config, struct lightvm_error *error);
/* Where the back-ends of dom0 find the guest. */
void build_describe(const struct build *build, struct lightvm_guest_layout *layout);
/* ENOMEM, if Xen has not the memory; 0 if it has, or does not say. */
int build_check_memory(struct lightvm_host *host, const struct build *build, struct lightvm_error *error);
/*
 * An empty domain: its limits, where it runs, its event channels; pv, or NULL: of our own builder. On failure
 * build->domid may be set: destroy it.
 */
int build_domain(struct lightvm_host *host, struct build *build, struct pv_build *pv,
                 struct lightvm_error *error);
/* Who the guest is, as its device page will say; entropy is fresh. */
int build_identify(struct lightvm_host *host, struct build *build, struct lightvm_error *error);

/* With libxenguest: any kernel, as a PV or PVH guest. */
int build_xenguest(struct lightvm_host *host, struct build *build, struct lightvm_error *error);

/* Our own, faster one, and whether it can do it: unikernels that bring no hypercall page. */
bool build_pv_can(const struct image *image);
/* Lays the guest out, before there is a domain. The result is freed by build_pv_free. */
int build_pv_plan(struct build *build, struct pv_build **pv, struct lightvm_error *error);
/* Adds to the batch that gives the new domain its limits what this builder asks Xen for. */
int build_pv_ask(struct lightvm_host *host, struct pv_build *pv, struct lightvm_error *error);
/* After that batch: fills the guest's memory and seeds its grants; then makes it ready to run. */
int build_pv_fill(struct lightvm_host *host, struct pv_build *pv, struct lightvm_error *error);
int build_pv_finish(struct lightvm_host *host, struct pv_build *pv, struct lightvm_error *error);
void build_pv_free(struct pv_build *pv); /* NULL is fine */

/* Writes the grant entries of the pages into the first frame of the guest's grant table. */
void grants_fill(void *frame, const struct guest_pages *pages);
/* The same, mapping that frame for it. */
int grants_seed(struct lightvm_host *host, const struct build *build, struct lightvm_error *error);

#endif
