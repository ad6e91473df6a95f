/* SPDX-License-Identifier: MIT */
#include "restore_pv.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "restore_vcpu.h"

#define STEP         "restore guest"
#define LARGE_ORDER  9 /* 2 MiB, as our builder takes it */
#define LARGE_FRAMES (1UL << LARGE_ORDER)

/* The two frames that Xen made for the domain: where time and events are told, and its grant table. */
static int ask_frames(struct lightvm_host *host, struct restore *restore, uint64_t *shared_info,
                      struct lightvm_error *error)
{
	struct call_batch *batch = &host->batch;
	struct gnttab_setup_table *grants;
	unsigned int info_call, grants_call;
	struct xen_domctl *info;
	xen_pfn_t *frame;

	batch_begin(batch);
	info = batch_add_domctl(batch, XEN_DOMCTL_getdomaininfo, restore->build.domid, &info_call);
	grants = batch_room(batch, sizeof(*grants));
	frame = batch_room(batch, sizeof(*frame));
	if (info == NULL || grants == NULL || frame == NULL)
		return error_set(error, ENOMEM, STEP, "No room for hypercalls.");
	*grants = (struct gnttab_setup_table){.dom = (domid_t)restore->build.domid, .nr_frames = 1};
	set_xen_guest_handle_raw(grants->frame_list, frame);
	grants_call =
	    batch_add(batch, __HYPERVISOR_grant_table_op, GNTTABOP_setup_table, (unsigned long)grants, 1, 0);
	if (batch_run(batch) != 0 || batch_result(batch, info_call) != 0)
		return host_error(host, error, STEP, "Xen does not describe the new domain");
	if (batch_result(batch, grants_call) != 0 || grants->status != GNTST_okay)
		return host_error(host, error, STEP, "Xen does not give the grant table (status %d)",
		                  grants->status);
	*shared_info = info->u.getdomaininfo.shared_info_frame;
	restore->grants_mfn = *frame;
	return 0;
}

int restore_pv_begin(struct restore_pv *pv, struct lightvm_host *host, struct restore *restore,
                     struct lightvm_error *error)
{
	const struct build *build = &restore->build;
	uint64_t shared_info = 0;

	*pv = (struct restore_pv){.host = host, .restore = restore};
	if (ask_frames(host, restore, &shared_info, error) != 0)
		return -1;
	pv->domain = (struct reader_domain){
	    .page_count = build->config->memory_bytes >> XC_PAGE_SHIFT,
	    .vcpu_count = build->config->vcpu_count,
	    .domid = build->domid,
	    .shared_info_mfn = shared_info,
	    .console_port = build->event_channel,
	    .store_port = build->store_event_channel != 0 ? build->store_event_channel : build->event_channel,
	};
	pv->frame_limit = reader_frame_limit(pv->domain.page_count);
	pv->mfns = calloc(pv->frame_limit, sizeof(*pv->mfns));
	if (pv->mfns == NULL)
		return error_set(error, ENOMEM, STEP, "No memory for a list of the guest's frames.");
	return 0;
}

void restore_pv_end(struct restore_pv *pv)
{
	free(pv->mfns);
	free(pv->cpuid);
}

static int refuse(struct lightvm_error *error, const char *what)
{
	return error_set(error, EBADMSG, STEP, "The stream is damaged, or not of this guest: %s.", what);
}

static uint64_t mfn_of(const struct restore_pv *pv, uint64_t pfn)
{
	return pfn < pv->frame_limit ? pv->mfns[pfn] : READER_ABSENT;
}

static int clear(struct restore_pv *pv, const uint64_t *pfns, size_t count, struct lightvm_error *error)
{
	struct mmuext_op operations[STREAM_BATCH];
	unsigned int used = 0;
	int rc;

	for (size_t i = 0; i < count; i++)
		if ((pfns[i] & READER_CLEAR) != 0)
			operations[used++] = (struct mmuext_op){
			    .cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = pv->mfns[pfns[i] & ~READER_CLEAR]};
	rc = used == 0 ? 0 : xc_mmuext_op(pv->host->xc, operations, used, pv->domain.domid);
	if (rc == 0)
		return 0;
	errno = EBADMSG;
	return host_error(pv->host, error, STEP, "Xen did not clear the guest's empty pages");
}

/* Frames by the large: if LARGE_FRAMES of them follow each other. false: they do not, or Xen has none of that
 * size. */
static bool populate_large(struct restore_pv *pv, xen_pfn_t *frames)
{
	xen_pfn_t extent = frames[0];
	size_t i;

	if (frames[0] % LARGE_FRAMES != 0)
		return false;
	for (i = 1; i < LARGE_FRAMES; i++)
		if (frames[i] != frames[0] + i)
			return false;
	if (xc_domain_populate_physmap(pv->host->xc, pv->domain.domid, 1, LARGE_ORDER, 0, &extent) != 1)
		return false;
	for (i = 0; i < LARGE_FRAMES; i++)
		frames[i] = extent + i;
	return true;
}

/* In: the guest's frame numbers; out: machine frames. How many there are. */
static size_t populate_frames(struct restore_pv *pv, xen_pfn_t *frames, size_t count)
{
	size_t done = 0, end;
	int got;

	while (done < count) {
		if (count - done >= LARGE_FRAMES && populate_large(pv, frames + done)) {
			done += LARGE_FRAMES;
			continue;
		}
		end = count - done > LARGE_FRAMES ? done + LARGE_FRAMES : count;
		got = xc_domain_populate_physmap(pv->host->xc, pv->domain.domid, end - done, 0, 0,
		                                 frames + done);
		if (got < 0 || (size_t)got != end - done)
			break;
		done = end;
	}
	return done;
}

static int populate(struct restore_pv *pv, const uint64_t *pfns, size_t size, uint64_t *mfns,
                    struct lightvm_error *error)
{
	size_t count = size / sizeof(*pfns), i;
	xen_pfn_t frames[STREAM_BATCH];

	if (size % sizeof(*pfns) != 0 || count == 0 || count > STREAM_BATCH ||
	    pv->populated + count > pv->domain.page_count)
		return refuse(error, "it asks for more memory than the guest has");
	for (i = 0; i < count; i++) {
		frames[i] = pfns[i] & ~READER_CLEAR;
		if (frames[i] >= pv->frame_limit || pv->mfns[frames[i]] != READER_ABSENT)
			return refuse(error, "it asks twice for the same memory");
		pv->mfns[frames[i]] = UINT64_MAX; /* named twice in one batch it is refused too */
	}
	if (populate_frames(pv, frames, count) != count) {
		errno = ENOMEM;
		return host_error(pv->host, error, "populate memory", "Xen has not the guest's memory");
	}
	for (i = 0; i < count; i++) {
		pv->mfns[pfns[i] & ~READER_CLEAR] = frames[i];
		mfns[i] = frames[i];
	}
	pv->populated += count;
	return clear(pv, pfns, count, error);
}

static int pin(struct restore_pv *pv, const struct reader_table *tables, size_t size,
               struct lightvm_error *error)
{
	static const unsigned int commands[] = {MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE,
	                                        MMUEXT_PIN_L4_TABLE};
	size_t count = size / sizeof(*tables), i;
	struct mmuext_op operations[STREAM_BATCH];
	int rc;

	if (size % sizeof(*tables) != 0 || count > STREAM_BATCH)
		return refuse(error, "it has too many page tables");
	for (i = 0; i < count; i++) {
		uint64_t mfn = mfn_of(pv, tables[i].pfn);

		if (mfn == READER_ABSENT || tables[i].level < 1 || tables[i].level > 4)
			return refuse(error, "a page table of it is not there");
		operations[i] = (struct mmuext_op){.cmd = commands[tables[i].level - 1], .arg1.mfn = mfn};
	}
	rc = xc_mmuext_op(pv->host->xc, operations, (unsigned int)count, pv->domain.domid);
	if (rc == 0)
		return 0;
	errno = EBADMSG;
	return host_error(pv->host, error, STEP, "Xen refused the guest's page tables");
}

/* Where its special pages are. What its device page says of control pages is the guest's own word, but about
 * itself. */
static int find_pages(struct restore_pv *pv, const struct reader_pages *found, struct lightvm_error *error)
{
	struct guest_pages *pages = &pv->restore->build.pages;
	const struct noxs_device_page *table;
	xen_pfn_t frame;
	uint32_t i;

	pages->console_pfn = found->console_pfn;
	pages->console_mfn = mfn_of(pv, found->console_pfn);
	pages->device_pfn = found->store_pfn;
	pages->device_mfn = frame = mfn_of(pv, found->store_pfn);
	if (pages->console_mfn == READER_ABSENT || pages->device_mfn == READER_ABSENT)
		return refuse(error, "its console or its store is not there");
	if (pages->control_count == 0)
		return 0;
	table = window_map(&pv->host->window, pv->host->memory, pv->domain.domid, &frame, 1);
	if (table == NULL)
		return host_error(pv->host, error, STEP, "The guest's device page cannot be mapped");
	/* Control page n is that of entry n + 1, for n > 0; entry 1 is the console. */
	for (i = 0; i < pages->control_count; i++) {
		pages->control_pfn[i] =
		    __atomic_load_n(&table->devices[i == 0 ? 0 : i + 1].control_pfn, __ATOMIC_RELAXED);
		pages->control_mfn[i] = mfn_of(pv, pages->control_pfn[i]);
		if (pages->control_mfn[i] == READER_ABSENT)
			break;
	}
	window_unmap(&pv->host->window, pv->host->memory);
	if (i < pages->control_count)
		return refuse(error, "a control page of it is not there");
	return 0;
}

static int keep_cpuid(struct restore_pv *pv, const void *bytes, size_t size, struct lightvm_error *error)
{
	if (pv->cpuid != NULL || size > READER_POLICY)
		return refuse(error, "it describes its processor twice");
	pv->cpuid = malloc(size);
	if (pv->cpuid == NULL)
		return error_set(error, ENOMEM, STEP, "No memory.");
	memcpy(pv->cpuid, bytes, size);
	pv->cpuid_size = size;
	return 0;
}

int restore_pv_ask(struct restore_pv *pv, enum reader_ask what, const void *bytes, size_t size, void *answer,
                   struct lightvm_error *error)
{
	if (pv->done)
		return refuse(error, "it goes on behind its end");
	switch (what) {
	case READER_CPUID:
		return keep_cpuid(pv, bytes, size, error);
	case READER_MSR:
		return restore_policy(pv->host, pv->domain.domid, pv->cpuid, pv->cpuid_size, bytes, size,
		                      error);
	case READER_POPULATE:
		return populate(pv, bytes, size, answer, error);
	case READER_TSC:
		return restore_tsc(pv->host, pv->domain.domid, bytes, size, error);
	case READER_PIN:
		return pin(pv, bytes, size, error);
	case READER_VCPU_BASIC:
	case READER_VCPU_EXTENDED:
	case READER_VCPU_XSAVE:
	case READER_VCPU_MSRS:
		return restore_vcpu(pv->host, &pv->domain, what, bytes, size, error);
	case READER_DONE:
		if (size != sizeof(struct reader_pages))
			return refuse(error, "it ends wrongly");
		pv->done = true;
		return find_pages(pv, bytes, error);
	default:
		return refuse(error, "it asks for what there is not");
	}
}

static int ask_here(void *context, enum reader_ask what, const void *bytes, size_t size, void *answer,
                    struct lightvm_error *error)
{
	return restore_pv_ask(context, what, bytes, size, answer, error);
}

static void *map_here(void *context, const uint64_t *mfns, size_t count)
{
	struct restore_pv *pv = context;

	return xenforeignmemory_map(pv->host->memory, pv->domain.domid, PROT_READ | PROT_WRITE, count,
	                            (const xen_pfn_t *)mfns, NULL);
}

static void unmap_here(void *context, void *memory, size_t count)
{
	struct restore_pv *pv = context;

	xenforeignmemory_unmap(pv->host->memory, memory, count);
}

int restore_pv_here(struct restore_pv *pv, struct lightvm_error *error)
{
	struct reader_host host = {.ask = ask_here, .map = map_here, .unmap = unmap_here, .context = pv};

	return reader_run(&pv->domain, &host, pv->restore->fd, pv->restore->progress, error);
}
