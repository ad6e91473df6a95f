/* SPDX-License-Identifier: MIT */
/*
 * The builder for unikernels: everything that the guest needs at first is laid out in one stretch of frames,
 * mapped once, filled, unmapped, and handed to Xen with as few hypercalls as there can be. libxenguest, which
 * takes any kernel, maps piece by piece and needs about ten times as long.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "build.h"
#include "pv_plan.h"

#define LARGE_ORDER  9 /* 2 MiB: one allocation in place of 512; where Xen has none, single frames do */
#define LARGE_FRAMES (1UL << LARGE_ORDER)
#define HIGHEST_BASE (1ULL << 40) /* far from where addresses stop being canonical */
#define EFLAGS_IF    (1UL << 9)

/* What is mapped beside the guest's own first frames. */
enum { EXTRA_SHARED_INFO, EXTRA_GRANTS, EXTRA_COUNT };

struct pv_build {
	struct build *build;
	struct pv_plan plan;
	xen_pfn_t *mfns;     /* of all the guest's frames */
	xen_pfn_t *map_list; /* the first of them, then the extras */
	uint64_t first_count;
	char *memory; /* the mapping */
};

bool build_pv_can(const struct image *image)
{
	return image->is_unikernel && image->hypercall_page == IMAGE_NONE && !image->has_initial_p2m &&
	       image->virt_base <= HIGHEST_BASE;
}

/* Allocates the extents of one order; what Xen cannot give in that order is left to the caller. */
static uint64_t populate_order(struct lightvm_host *host, struct pv_build *pv, uint64_t first,
                               unsigned int order, xen_pfn_t *extents)
{
	uint64_t frames = pv->plan.frame_count, size = 1UL << order, count = (frames - first) >> order, i, j;
	int done;

	for (i = 0; i < count; i++)
		extents[i] = first + i * size;
	if (count == 0)
		return first;
	done = xc_domain_populate_physmap(host->xc, pv->build->domid, count, order, 0, extents);
	for (i = 0; done > 0 && i < (uint64_t)done; i++, first += size)
		for (j = 0; j < size; j++)
			pv->mfns[first + j] = extents[i] + j;
	return first;
}

static int populate(struct lightvm_host *host, struct pv_build *pv, struct lightvm_error *error)
{
	uint64_t frames = pv->plan.frame_count, done;
	xen_pfn_t *extents;
	int rc = 0;

	extents = malloc(frames * sizeof(*extents));
	pv->mfns = malloc(frames * sizeof(*pv->mfns));
	if (extents == NULL || pv->mfns == NULL) {
		rc = error_set(error, ENOMEM, "populate memory",
		               "No memory for a list of the guest's frames.");
		goto out;
	}
	done = populate_order(host, pv, 0, LARGE_ORDER, extents);
	if (done < frames)
		done = populate_order(host, pv, done, 0, extents);
	if (done < frames) {
		errno = ENOMEM;
		rc = host_error(host, error, "populate memory", "Xen gave %llu of the guest's %llu KiB",
		                (unsigned long long)done * 4, (unsigned long long)frames * 4);
	}
out:
	free(extents);
	return rc;
}

/* The two frames that Xen made for the guest: where time and events are told, and its grant table. */
static int find_extras(struct lightvm_host *host, struct pv_build *pv, xen_pfn_t extras[EXTRA_COUNT],
                       struct lightvm_error *error)
{
	DECLARE_HYPERCALL_BUFFER(xen_pfn_t, frame);
	struct gnttab_setup_table setup = {.dom = (domid_t)pv->build->domid, .nr_frames = 1};
	xc_domaininfo_t info;
	int rc;

	rc = host_get_domain(host, pv->build->domid, &info);
	if (rc != 0)
		return host_error(host, error, "find shared page", "Xen does not describe the new domain");
	extras[EXTRA_SHARED_INFO] = info.shared_info_frame;
	frame = xc_hypercall_buffer_alloc(host->xc, frame, sizeof(*frame));
	if (frame == NULL)
		return error_set(error, ENOMEM, "find grant table", "No memory for a hypercall.");
	set_xen_guest_handle(setup.frame_list, frame);
	rc = xc_gnttab_op(host->xc, GNTTABOP_setup_table, &setup, sizeof(setup), 1);
	if (rc != 0 || setup.status != GNTST_okay) {
		errno = rc != 0 ? errno : EIO;
		rc = host_error(host, error, "find grant table",
		                "Xen does not give the grant table (status %d)", setup.status);
	} else {
		extras[EXTRA_GRANTS] = *frame;
	}
	xc_hypercall_buffer_free(host->xc, frame);
	return rc;
}

static int map(struct lightvm_host *host, struct pv_build *pv, struct lightvm_error *error)
{
	int rc;

	pv->first_count = pv->plan.tables_pfn + pv->plan.tables_count;
	pv->map_list = malloc((pv->first_count + EXTRA_COUNT) * sizeof(*pv->map_list));
	if (pv->map_list == NULL)
		return error_set(error, ENOMEM, "map guest", "No memory for a list of frames.");
	memcpy(pv->map_list, pv->mfns, pv->first_count * sizeof(*pv->map_list));
	rc = find_extras(host, pv, pv->map_list + pv->first_count, error);
	if (rc != 0)
		return rc;
	pv->memory = xenforeignmemory_map(host->memory, pv->build->domid, PROT_READ | PROT_WRITE,
	                                  pv->first_count + EXTRA_COUNT, pv->map_list, NULL);
	if (pv->memory == NULL)
		return host_error(host, error, "map guest", "%llu frames of the guest cannot be mapped",
		                  (unsigned long long)pv->first_count + EXTRA_COUNT);
	return 0;
}

/* Writes all that the guest finds when it begins. */
static void fill(struct pv_build *pv)
{
	const struct pv_plan *plan = &pv->plan;
	struct build *build = pv->build;
	struct guest_pages *pages = &build->pages;
	shared_info_any_t *shared =
	    (void *)(pv->memory + ((pv->first_count + EXTRA_SHARED_INFO) << XC_PAGE_SHIFT));
	void *grants = pv->memory + ((pv->first_count + EXTRA_GRANTS) << XC_PAGE_SHIFT);
	struct pv_start start = {.shared_info_mfn = pv->map_list[pv->first_count + EXTRA_SHARED_INFO],
	                         .event_channel = build->event_channel,
	                         .command_line = build->config->command_line};
	uint32_t i;

	pages->console_pfn = plan->console_pfn;
	pages->console_mfn = start.console_mfn = pv->mfns[plan->console_pfn];
	pages->device_pfn = plan->device_pfn;
	pages->device_mfn = start.device_mfn = pv->mfns[plan->device_pfn];
	for (i = 0; i < pages->control_count; i++) {
		pages->control_pfn[i] = plan->control_pfn + i;
		pages->control_mfn[i] = pv->mfns[plan->control_pfn + i];
	}
	pv_plan_fill(plan, build->image, build->config->ramdisk, pv->mfns, pv->memory);
	pv_plan_fill_start(plan, &start, pv->memory);
	layout_device_page(pv->memory + (plan->device_pfn << XC_PAGE_SHIFT), &build->identity,
	                   build->event_channel, pages);
	layout_sysctl_page(pv->memory + (plan->control_pfn << XC_PAGE_SHIFT));
	grants_fill(grants, pages);
	/* An event before the guest has set itself up must not be delivered. */
	for (i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		shared->x64.vcpu_info[i].evtchn_upcall_mask = 1;
}

/* Makes the page tables page tables for Xen, and sets the first vCPU at the entry. */
static int start_vcpu(struct lightvm_host *host, struct pv_build *pv, struct lightvm_error *error)
{
	const struct pv_plan *plan = &pv->plan;
	struct mmuext_op pin = {.cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = pv->mfns[plan->tables_pfn]};
	uint64_t stack = plan->base + ((plan->stack_pfn + 1) << XC_PAGE_SHIFT);
	vcpu_guest_context_x86_64_t *state = &host_new_context(host)->x64;
	int rc;

	rc = xc_mmuext_op(host->xc, &pin, 1, pv->build->domid);
	if (rc != 0)
		return host_error(host, error, "pin page tables", "Xen refused the guest's page tables");
	state->flags = VGCF_in_kernel | VGCF_online;
	state->user_regs.rip = pv->build->image->entry;
	state->user_regs.rsp = stack;
	state->user_regs.rsi = plan->base + (plan->start_info_pfn << XC_PAGE_SHIFT);
	state->user_regs.rflags = EFLAGS_IF;
	state->user_regs.cs = FLAT_KERNEL_CS_X86_64;
	state->user_regs.ss = FLAT_KERNEL_SS_X86_64;
	state->kernel_ss = FLAT_KERNEL_SS_X86_64;
	state->kernel_sp = stack;
	state->ctrlreg[3] = xen_pfn_to_cr3_x86_64(pv->mfns[plan->tables_pfn]);
	rc = host_set_context(host, pv->build->domid, 0);
	if (rc != 0)
		return host_error(host, error, "start vCPU", "Xen refused the guest's first state");
	return 0;
}

int build_pv(struct lightvm_host *host, struct build *build, struct lightvm_error *error)
{
	struct pv_build pv = {.build = build};
	uint64_t ramdisk_size = build->config->ramdisk != NULL ? build->config->ramdisk_size : 0;
	int rc;

	rc = pv_plan_make(&pv.plan, build->image, ramdisk_size, build->config->memory_bytes,
	                  build->pages.control_count, error);
	if (rc == 0)
		rc = populate(host, &pv, error);
	if (rc == 0)
		rc = map(host, &pv, error);
	if (rc != 0)
		goto out;
	fill(&pv);
	/* Before the pin: Xen takes no page as a table that someone can still write. */
	rc = xenforeignmemory_unmap(host->memory, pv.memory, pv.first_count + EXTRA_COUNT);
	if (rc != 0)
		rc = host_error(host, error, "unmap guest", "The guest's frames cannot be unmapped");
	else
		rc = start_vcpu(host, &pv, error);
	if (rc == 0)
		host->built = (struct built){
		    .domid = build->domid,
		    .start_info = pv.mfns[pv.plan.start_info_pfn],
		    .devices = pv.mfns[pv.plan.device_pfn],
		    .sysctl = pv.mfns[pv.plan.control_pfn],
		};
out:
	free(pv.map_list);
	free(pv.mfns);
	return rc;
}
