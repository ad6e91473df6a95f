/* SPDX-License-Identifier: MIT */
/*
 * The builder for unikernels. Of the guest's first frames only those are mapped that have some content, all
 * at once; Xen clears the others. Page tables are written to frames at the memory's end and copied by Xen to
 * where they belong: so no table is ever mapped here, and the mapping may stay until the guest runs.
 * libxenguest, which takes any kernel, maps piece by piece and needs about ten times as long.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "build.h"
#include "pv_plan.h"

#define LARGE_ORDER  9 /* 2 MiB: one allocation in place of 512; where Xen has none, single frames do */
#define LARGE_FRAMES (1UL << LARGE_ORDER)
#define HIGHEST_BASE (1ULL << 40) /* far from where addresses stop being canonical */
#define EFLAGS_IF    (1UL << 9)
#define ASK_EXTENTS  2048 /* that go into a batch; what is beyond them is asked for apart */
#define OPERATIONS   512  /* on pages, in one batch */
#define NOT_ASKED    UINT32_MAX

/* What is mapped beside the guest's own first frames. */
enum { EXTRA_SHARED_INFO, EXTRA_GRANTS, EXTRA_COUNT };

struct pv_build {
	struct build *build;
	struct pv_plan plan;
	struct pv_memory memory;
	xen_pfn_t *mfns;     /* of all the guest's frames */
	xen_pfn_t *map_list; /* of what is mapped: the memory, then the extras */
	/* What was asked for in the batch, and where Xen answers. */
	uint32_t large_call, single_call, info_call, grants_call;
	xen_pfn_t *extents; /* the large ones, then single ones */
	uint64_t large_count, single_count;
	struct xen_domctl *info;
	struct gnttab_setup_table *grants;
	xen_pfn_t *grant_frame;
	struct mmuext_op *operations; /* in the batch's room */
	unsigned int operation_count;
};

bool build_pv_can(const struct image *image)
{
	return image->is_unikernel && image->hypercall_page == IMAGE_NONE && !image->has_initial_p2m &&
	       image->virt_base <= HIGHEST_BASE;
}

void build_pv_free(struct pv_build *pv)
{
	if (pv == NULL)
		return;
	free(pv->memory.place);
	free(pv->map_list);
	free(pv->mfns);
	free(pv);
}

int build_pv_plan(struct build *build, struct pv_build **result, struct lightvm_error *error)
{
	uint64_t ramdisk_size = build->config->ramdisk != NULL ? build->config->ramdisk_size : 0;
	struct pv_build *pv = calloc(1, sizeof(*pv));
	uint64_t first_count;
	int rc;

	if (pv == NULL)
		return error_set(error, ENOMEM, "lay out guest", "No memory.");
	pv->build = build;
	rc = pv_plan_make(&pv->plan, build->image, ramdisk_size, build->config->memory_bytes,
	                  build->pages.control_count, error);
	if (rc != 0)
		goto out;
	first_count = pv->plan.tables_pfn + pv->plan.tables_count;
	pv->mfns = malloc(pv->plan.frame_count * sizeof(*pv->mfns));
	pv->memory.place = malloc(first_count * sizeof(*pv->memory.place));
	pv->map_list = malloc((first_count + EXTRA_COUNT) * sizeof(*pv->map_list));
	if (pv->mfns == NULL || pv->memory.place == NULL || pv->map_list == NULL) {
		rc = error_set(error, ENOMEM, "lay out guest", "No memory for a list of the guest's frames.");
		goto out;
	}
	pv_plan_place(&pv->plan, build->image, &pv->memory);
	if (first_count + 1 + pv->plan.tables_count > pv->plan.frame_count)
		rc = error_set(
		    error, EINVAL, "lay out guest",
		    "The guest's %llu KiB of memory are too few: beside its image, ramdisk and tables it "
		    "needs %llu KiB.",
		    (unsigned long long)build->config->memory_bytes >> 10,
		    (unsigned long long)(pv->plan.tables_count + 1) * 4);
out:
	if (rc == 0)
		*result = pv;
	else
		build_pv_free(pv);
	return rc;
}

/* Frames at the end of the guest's memory, where its page tables are written. */
static uint64_t draft_pfn(const struct pv_build *pv)
{
	return pv->plan.frame_count - pv->plan.tables_count;
}

static uint32_t ask_extents(struct call_batch *batch, const struct pv_build *pv, xen_pfn_t *extents,
                            uint64_t first, uint64_t count, unsigned int order)
{
	struct xen_memory_reservation *reservation = batch_room(batch, sizeof(*reservation));
	uint64_t i;

	for (i = 0; i < count; i++)
		extents[i] = first + (i << order);
	*reservation = (struct xen_memory_reservation){
	    .nr_extents = count, .extent_order = order, .domid = (domid_t)pv->build->domid};
	set_xen_guest_handle_raw(reservation->extent_start, extents);
	return batch_add(batch, __HYPERVISOR_memory_op, XENMEM_populate_physmap, (unsigned long)reservation,
	                 0, 0);
}

int build_pv_ask(struct lightvm_host *host, struct pv_build *pv, struct lightvm_error *error)
{
	uint64_t large = pv->plan.frame_count >> LARGE_ORDER, single = pv->plan.frame_count % LARGE_FRAMES;
	struct call_batch *batch = &host->batch;

	pv->large_call = pv->single_call = NOT_ASKED;
	pv->extents = batch_room(batch, ASK_EXTENTS * sizeof(*pv->extents));
	pv->grants = batch_room(batch, sizeof(*pv->grants));
	pv->grant_frame = batch_room(batch, sizeof(*pv->grant_frame));
	if (pv->extents == NULL || pv->grants == NULL || pv->grant_frame == NULL)
		return error_set(error, ENOMEM, "populate memory", "No room for hypercalls.");
	if (large + single <= ASK_EXTENTS) {
		pv->large_count = large;
		pv->single_count = single;
	}
	if (pv->large_count > 0)
		pv->large_call = ask_extents(batch, pv, pv->extents, 0, large, LARGE_ORDER);
	if (pv->single_count > 0)
		pv->single_call =
		    ask_extents(batch, pv, pv->extents + large, large << LARGE_ORDER, single, 0);
	pv->info = batch_add_domctl(batch, XEN_DOMCTL_getdomaininfo, pv->build->domid, &pv->info_call);
	if (pv->info == NULL)
		return error_set(error, ENOMEM, "populate memory", "No room for hypercalls.");
	*pv->grants = (struct gnttab_setup_table){.dom = (domid_t)pv->build->domid, .nr_frames = 1};
	set_xen_guest_handle_raw(pv->grants->frame_list, pv->grant_frame);
	pv->grants_call = batch_add(batch, __HYPERVISOR_grant_table_op, GNTTABOP_setup_table,
	                            (unsigned long)pv->grants, 1, 0);
	return 0;
}

/* Enters the extents that a call gave. How many frames these are. */
static uint64_t take_extents(const struct lightvm_host *host, struct pv_build *pv, uint32_t call,
                             const xen_pfn_t *extents, uint64_t first, unsigned int order)
{
	long done = call == NOT_ASKED ? 0 : batch_result(&host->batch, call);
	uint64_t i, j;

	for (i = 0; done > 0 && i < (uint64_t)done; i++)
		for (j = 0; j < 1UL << order; j++)
			pv->mfns[first++] = extents[i] + j;
	return done > 0 ? (uint64_t)done << order : 0;
}

/* Allocates [first, end) frame by frame. How many there are. */
static uint64_t populate_single(struct lightvm_host *host, struct pv_build *pv, uint64_t first, uint64_t end)
{
	uint64_t i;
	int done;

	for (i = first; i < end; i++)
		pv->mfns[i] = i;
	done = end == first ? 0
	                    : xc_domain_populate_physmap(host->xc, pv->build->domid, end - first, 0, 0,
	                                                 pv->mfns + first);
	return done > 0 ? (uint64_t)done : 0;
}

/* What a batch would not hold: in large extents, as far as Xen has them. How many frames there are. */
static uint64_t populate_large(struct lightvm_host *host, struct pv_build *pv)
{
	uint64_t count = pv->plan.frame_count >> LARGE_ORDER, done = 0, i, j;
	xen_pfn_t extents[ASK_EXTENTS];
	int got = 1;

	while (done < count && got > 0) {
		uint64_t part = count - done < ASK_EXTENTS ? count - done : ASK_EXTENTS;

		for (i = 0; i < part; i++)
			extents[i] = (done + i) << LARGE_ORDER;
		got = xc_domain_populate_physmap(host->xc, pv->build->domid, part, LARGE_ORDER, 0, extents);
		for (i = 0; got > 0 && i < (uint64_t)got; i++, done++)
			for (j = 0; j < LARGE_FRAMES; j++)
				pv->mfns[(done << LARGE_ORDER) + j] = extents[i] + j;
	}
	return done << LARGE_ORDER;
}

/* All frames of the guest, however Xen gave them. */
static int take_memory(struct lightvm_host *host, struct pv_build *pv, struct lightvm_error *error)
{
	uint64_t frames = pv->plan.frame_count, large_end = frames & ~(LARGE_FRAMES - 1), large, single;

	if (pv->large_count + pv->single_count > 0) {
		large = take_extents(host, pv, pv->large_call, pv->extents, 0, LARGE_ORDER);
		single = take_extents(host, pv, pv->single_call, pv->extents + pv->large_count, large_end, 0);
	} else {
		large = populate_large(host, pv);
		single = populate_single(host, pv, large_end, frames);
	}
	/* Where Xen's memory is in pieces. */
	if (large < large_end)
		large += populate_single(host, pv, large, large_end);
	if (large + single == frames)
		return 0;
	errno = ENOMEM;
	return host_error(host, error, "populate memory", "Xen gave %llu of the guest's %llu KiB",
	                  (unsigned long long)(large + single) * 4, (unsigned long long)frames * 4);
}

/* The two frames that Xen made for the guest: where time and events are told, and its grant table. */
static int take_extras(struct lightvm_host *host, const struct pv_build *pv, xen_pfn_t extras[EXTRA_COUNT],
                       struct lightvm_error *error)
{
	long rc = batch_result(&host->batch, pv->info_call);

	if (rc < 0)
		return host_error(host, error, "find shared page", "Xen does not describe the new domain");
	extras[EXTRA_SHARED_INFO] = pv->info->u.getdomaininfo.shared_info_frame;
	rc = batch_result(&host->batch, pv->grants_call);
	if (rc < 0 || pv->grants->status != GNTST_okay) {
		errno = rc < 0 ? errno : EIO;
		return host_error(host, error, "find grant table",
		                  "Xen does not give the grant table (status %d)", pv->grants->status);
	}
	extras[EXTRA_GRANTS] = *pv->grant_frame;
	return 0;
}

static int map(struct lightvm_host *host, struct pv_build *pv, struct lightvm_error *error)
{
	const struct pv_plan *plan = &pv->plan;
	struct pv_memory *memory = &pv->memory;
	uint64_t pfn;
	int rc;

	for (pfn = 0; pfn < plan->tables_pfn; pfn++)
		if (memory->place[pfn] != PV_ZERO)
			pv->map_list[memory->place[pfn]] = pv->mfns[pfn];
	for (pfn = 0; pfn < plan->tables_count; pfn++)
		pv->map_list[memory->place[plan->tables_pfn + pfn]] = pv->mfns[draft_pfn(pv) + pfn];
	rc = take_extras(host, pv, pv->map_list + memory->count, error);
	if (rc != 0)
		return rc;
	memory->start = window_map(&host->window, host->memory, pv->build->domid, pv->map_list,
	                           memory->count + EXTRA_COUNT);
	if (memory->start == NULL)
		return host_error(host, error, "map guest", "%llu frames of the guest cannot be mapped",
		                  (unsigned long long)memory->count + EXTRA_COUNT);
	return 0;
}

/* Writes all that the guest finds when it begins. */
static void fill(struct pv_build *pv)
{
	const struct pv_plan *plan = &pv->plan;
	const struct pv_memory *memory = &pv->memory;
	struct build *build = pv->build;
	struct guest_pages *pages = &build->pages;
	char *extras = memory->start + (memory->count << XC_PAGE_SHIFT);
	shared_info_any_t *shared = (void *)(extras + (EXTRA_SHARED_INFO << XC_PAGE_SHIFT));
	struct pv_start start = {.shared_info_mfn = pv->map_list[memory->count + EXTRA_SHARED_INFO],
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
	pv_plan_fill(plan, build->image, build->config->ramdisk, pv->mfns, memory);
	pv_plan_fill_start(plan, &start, memory);
	layout_device_page(pv_memory_frame(memory, plan->device_pfn), &build->identity, build->event_channel,
	                   pages);
	layout_sysctl_page(pv_memory_frame(memory, plan->control_pfn));
	grants_fill(extras + (EXTRA_GRANTS << XC_PAGE_SHIFT), pages);
	/* An event before the guest has set itself up must not be delivered. */
	for (i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		shared->x64.vcpu_info[i].evtchn_upcall_mask = 1;
}

/* Begins a batch with room for operations on pages. */
static int begin_operations(struct lightvm_host *host, struct pv_build *pv, struct lightvm_error *error)
{
	batch_begin(&host->batch);
	pv->operation_count = 0;
	pv->operations = batch_room(&host->batch, OPERATIONS * sizeof(*pv->operations));
	if (pv->operations == NULL)
		return error_set(error, ENOMEM, "clear pages", "No room for hypercalls.");
	return 0;
}

static unsigned int add_operations(struct lightvm_host *host, const struct pv_build *pv)
{
	return batch_add(&host->batch, __HYPERVISOR_mmuext_op, (unsigned long)pv->operations,
	                 pv->operation_count, 0, pv->build->domid);
}

/* Adds one; when there is no room for another, all of them are done. */
static int operate(struct lightvm_host *host, struct pv_build *pv, struct mmuext_op operation,
                   struct lightvm_error *error)
{
	unsigned int call;
	int rc;

	pv->operations[pv->operation_count++] = operation;
	if (pv->operation_count < OPERATIONS)
		return 0;
	call = add_operations(host, pv);
	rc = batch_run(&host->batch);
	if (rc != 0 || batch_result(&host->batch, call) != 0)
		return host_error(host, error, "clear pages", "Xen does not clear the guest's pages");
	return begin_operations(host, pv, error);
}

/* Frames without content are cleared, page tables come to their place. */
static int settle_frames(struct lightvm_host *host, struct pv_build *pv, struct lightvm_error *error)
{
	const struct pv_plan *plan = &pv->plan;
	uint64_t pfn;
	int rc;

	rc = begin_operations(host, pv, error);
	for (pfn = 0; rc == 0 && pfn < plan->tables_pfn; pfn++)
		if (pv->memory.place[pfn] == PV_ZERO)
			rc = operate(host, pv,
			             (struct mmuext_op){.cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = pv->mfns[pfn]},
			             error);
	for (pfn = 0; rc == 0 && pfn < plan->tables_count; pfn++)
		rc = operate(host, pv,
		             (struct mmuext_op){.cmd = MMUEXT_COPY_PAGE,
		                                .arg1.mfn = pv->mfns[plan->tables_pfn + pfn],
		                                .arg2.src_mfn = pv->mfns[draft_pfn(pv) + pfn]},
		             error);
	if (rc == 0)
		rc = operate(
		    host, pv,
		    (struct mmuext_op){.cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = pv->mfns[plan->tables_pfn]},
		    error);
	return rc;
}

/* The first vCPU, at the entry. */
static void describe_vcpu(struct lightvm_host *host, const struct pv_build *pv)
{
	const struct pv_plan *plan = &pv->plan;
	uint64_t stack = plan->base + ((plan->stack_pfn + 1) << XC_PAGE_SHIFT);
	vcpu_guest_context_x86_64_t *state = &host_new_context(host)->x64;

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
}

int build_pv_fill(struct lightvm_host *host, struct pv_build *pv, struct lightvm_error *error)
{
	int rc;

	rc = take_memory(host, pv, error);
	if (rc == 0)
		rc = map(host, pv, error);
	if (rc == 0)
		fill(pv);
	return rc;
}

/* Makes the page tables page tables for Xen, and gives it the first vCPU's state. */
int build_pv_finish(struct lightvm_host *host, struct pv_build *pv, struct lightvm_error *error)
{
	const struct pv_plan *plan = &pv->plan;
	unsigned int operations, context;
	struct xen_domctl *domctl;
	int rc;

	rc = settle_frames(host, pv, error);
	if (rc != 0)
		return rc;
	describe_vcpu(host, pv);
	operations = add_operations(host, pv);
	domctl = batch_add_domctl(&host->batch, XEN_DOMCTL_setvcpucontext, pv->build->domid, &context);
	if (domctl == NULL)
		return error_set(error, ENOMEM, "start vCPU", "No room for hypercalls.");
	set_xen_guest_handle_raw(domctl->u.vcpucontext.ctxt, host->context.hbuf);
	rc = batch_run(&host->batch);
	if (rc != 0 || batch_result(&host->batch, operations) != 0)
		return host_error(host, error, "pin page tables", "Xen refused the guest's page tables");
	if (batch_result(&host->batch, context) != 0)
		return host_error(host, error, "start vCPU", "Xen refused the guest's first state");
	host->built = (struct built){
	    .domid = pv->build->domid,
	    .start_info = pv->mfns[plan->start_info_pfn],
	    .devices = pv->mfns[plan->device_pfn],
	    .sysctl = pv->mfns[plan->control_pfn],
	    .word = pv_memory_frame(&pv->memory, plan->control_pfn),
	};
	return 0;
}
