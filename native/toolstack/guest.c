/* SPDX-License-Identifier: MIT */
/* lightvm_guest_create: from numbers and an image to a paused domain, or to nothing at all. */
#include <errno.h>
#include <string.h>
#include "build.h"
#include "look.h"
#include "pvh.h"

#define MIB              (1ULL << 20)
#define MINIMUM_MEMORY   (4 * MIB)
#define MAXIMUM_MEMORY   (1ULL << 40)
#define MAX_COMMAND_LINE 1023
/* Beside an image a PV guest needs its page tables, frame list, special pages and 512 KiB of free mapping. */
#define MEMORY_BESIDE (640ULL << 10)
/* What Xen itself spends on a domain, roughly. */
#define MEMORY_OF_DOMAIN MIB
#define TRY_LIMIT        (16 * MIB)
/* KiB over the guest's memory that Xen may account to it; as much as xl gives for stock kernels, which
 * balloon. */
#define MAXMEM_SLACK       64
#define STOCK_MAXMEM_SLACK 1024
#define UNIKERNEL_GRANTS   4 /* frames: 2,048 entries */
#define UNIKERNEL_MAPTRACK 1
#define XEN_DEFAULT        (-1)
#define UNIKERNEL_PORTS    1023
#define STOCK_PORTS        4095 /* Linux takes about seven for each vCPU */
/*
 * XEN_CPUID_TSC_MODE_NEVER_EMULATE. Where a host's counter is not known to be constant, Xen's default makes each
 * read a trap, and Linux reads it in every system call. Guests tell time by Xen's clock page, which is right
 * for the CPU that they are on.
 */
#define TSC_NATIVE 2

int build_check_shape(const struct lightvm_guest_config *config, struct lightvm_error *error)
{
	const char *step = "check configuration";

	if (config->type != LIGHTVM_PV && config->type != LIGHTVM_PVH)
		return error_set(error, EINVAL, step, "%u is no type of guest.", config->type);
	if (config->memory_bytes < MINIMUM_MEMORY)
		return error_set(error, EINVAL, step,
		                 "A guest needs 4 MiB of memory at least, %llu KiB are too few.",
		                 (unsigned long long)config->memory_bytes >> 10);
	if (config->memory_bytes % XC_PAGE_SIZE != 0 || config->memory_bytes > MAXIMUM_MEMORY)
		return error_set(
		    error, EINVAL, step,
		    "A guest's memory is a multiple of 4 KiB and at most 1 TiB, unlike %llu bytes.",
		    (unsigned long long)config->memory_bytes);
	if (config->vcpu_count < 1 || config->vcpu_count > LIGHTVM_MAX_CPUS)
		return error_set(error, EINVAL, step, "A guest has from 1 to %d vCPUs, not %u.",
		                 LIGHTVM_MAX_CPUS, config->vcpu_count);
	if (config->name != NULL && strnlen(config->name, NOXS_NAME_SIZE) == NOXS_NAME_SIZE)
		return error_set(error, EINVAL, step, "The guest's name is longer than %d bytes.",
		                 NOXS_NAME_SIZE - 1);
	if (config->announced_devices >= NOXS_MAX_DEVICES)
		return error_set(error, EINVAL, step, "A guest has at most %d devices, not %u.",
		                 NOXS_MAX_DEVICES - 1, config->announced_devices);
	return 0;
}

static int check_config(const struct lightvm_guest_config *config, struct lightvm_error *error)
{
	const char *step = "check configuration";
	int rc = build_check_shape(config, error);

	if (rc != 0)
		return rc;
	if (config->control_pages < 1 || config->control_pages > NOXS_MAX_CONTROL)
		return error_set(error, EINVAL, step, "A guest has from 1 to %d control pages, not %u.",
		                 NOXS_MAX_CONTROL, config->control_pages);
	if (config->kernel == NULL || config->kernel_size == 0)
		return error_set(error, EINVAL, step, "The guest has no kernel.");
	if (config->command_line != NULL &&
	    strnlen(config->command_line, MAX_COMMAND_LINE + 1) > MAX_COMMAND_LINE)
		return error_set(error, EINVAL, step, "The command line is longer than %d bytes.",
		                 MAX_COMMAND_LINE);
	return 0;
}

static int check_size(const struct lightvm_guest_config *config, const struct image *image,
                      struct lightvm_error *error)
{
	uint64_t size = image->end - image->virt_base;
	uint64_t ramdisk = config->ramdisk != NULL ? config->ramdisk_size : 0;
	uint64_t memory = config->memory_bytes;

	if (config->type == LIGHTVM_PVH && memory > IMAGE_PVH_HOLE)
		memory = IMAGE_PVH_HOLE; /* what lies above 4 GiB cannot be loaded to */
	if (size < memory && ramdisk < memory && size + ramdisk + MEMORY_BESIDE <= memory) {
		if (config->type == LIGHTVM_PVH ||
		    image_has_room(image, memory, image->loads_ramdisk_apart ? 0 : ramdisk))
			return 0;
		return error_set(
		    error, ENOEXEC, "check addresses",
		    "The kernel lies so high, or wants its frame list so, that not all fits that a "
		    "guest has mapped at its start.");
	}
	return error_set(error, EINVAL, "check memory",
	                 "The guest's %llu KiB of memory do not hold its kernel (%llu KiB), ramdisk (%llu "
	                 "KiB) and %llu KiB beside.",
	                 (unsigned long long)memory >> 10, (unsigned long long)size >> 10,
	                 (unsigned long long)ramdisk >> 10, MEMORY_BESIDE >> 10);
}

int build_check_memory(struct lightvm_host *host, const struct build *build, struct lightvm_error *error)
{
	xc_physinfo_t physical = {0};
	int rc = xc_physinfo(host->xc, &physical);
	uint64_t free_bytes = physical.free_pages * XC_PAGE_SIZE;
	uint64_t needed = build->config->memory_bytes;

	if (build->config->type == LIGHTVM_PVH)
		needed += pvh_paging_bytes(build);
	if (rc != 0 || free_bytes >= needed + MEMORY_OF_DOMAIN)
		return 0;
	return error_set(error, ENOMEM, "populate memory",
	                 "The guest needs %llu KiB of memory; Xen has %llu KiB free.",
	                 (unsigned long long)needed >> 10, (unsigned long long)free_bytes >> 10);
}

/* Asks for a port of the guest that dom0 may bind. */
static struct evtchn_alloc_unbound *ask_port(struct lightvm_host *host, const struct build *build,
                                             unsigned int *call)
{
	struct evtchn_alloc_unbound *port = batch_room(&host->batch, sizeof(*port));

	if (port == NULL)
		return NULL;
	*port = (struct evtchn_alloc_unbound){.dom = (domid_t)build->domid};
	*call = batch_add(&host->batch, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound,
	                  (unsigned long)port, 0, 0);
	return port;
}

/* What an empty domain gets: its limits, its event channels, and what its builder asks for. By one call. */
static int equip_domain(struct lightvm_host *host, struct build *build, struct pv_build *pv,
                        struct lightvm_error *error)
{
	const struct lightvm_guest_config *config = build->config;
	bool lean = build->image->is_unikernel, noxs = build->image->noxs;
	struct evtchn_alloc_unbound *console, *store = NULL;
	unsigned int vcpus_call = 0, memory_call = 0, tsc_call = 0, console_call = 0, store_call = 0;
	struct xen_domctl *vcpus, *memory, *tsc;
	int rc = 0;

	batch_begin(&host->batch);
	vcpus = batch_add_domctl(&host->batch, XEN_DOMCTL_max_vcpus, build->domid, &vcpus_call);
	memory = batch_add_domctl(&host->batch, XEN_DOMCTL_max_mem, build->domid, &memory_call);
	tsc = batch_add_domctl(&host->batch, XEN_DOMCTL_settscinfo, build->domid, &tsc_call);
	console = ask_port(host, build, &console_call);
	if (!noxs)
		store = ask_port(host, build, &store_call);
	if (vcpus == NULL || memory == NULL || tsc == NULL || console == NULL || (!noxs && store == NULL))
		return error_set(error, ENOMEM, "create domain", "No room for hypercalls.");
	vcpus->u.max_vcpus.max = config->vcpu_count;
	memory->u.max_mem.max_memkb =
	    (config->memory_bytes >> 10) + (lean ? MAXMEM_SLACK : STOCK_MAXMEM_SLACK);
	tsc->u.tsc_info.tsc_mode = TSC_NATIVE;
	if (pv != NULL)
		rc = build_pv_ask(host, pv, error);
	if (rc != 0)
		return rc;
	rc = batch_run(&host->batch);
	if (rc != 0)
		return host_error(host, error, "create domain", "Xen refused a batch of calls");
	if (batch_result(&host->batch, vcpus_call) != 0)
		return host_error(host, error, "create vCPUs", "Xen refused %u vCPUs", config->vcpu_count);
	if (batch_result(&host->batch, memory_call) != 0)
		return host_error(host, error, "limit memory", "Xen refused the memory limit");
	if (batch_result(&host->batch, tsc_call) != 0)
		return host_error(host, error, "set clock", "Xen refused the mode of the guest's time stamp counter");
	if (batch_result(&host->batch, console_call) != 0 ||
	    (!noxs && batch_result(&host->batch, store_call) != 0))
		return host_error(host, error, "allocate event channel", "Xen refused an event channel");
	build->event_channel = console->port;
	build->store_event_channel = noxs ? 0 : store->port;
	return 0;
}

int build_domain(struct lightvm_host *host, struct build *build, struct pv_build *pv,
                 struct lightvm_error *error)
{
	const struct lightvm_guest_config *config = build->config;
	bool lean = build->image->is_unikernel;
	struct xen_domctl_createdomain create = {
	    .max_vcpus = config->vcpu_count,
	    .max_evtchn_port = lean ? UNIKERNEL_PORTS : STOCK_PORTS,
	    .max_grant_frames = lean ? UNIKERNEL_GRANTS : XEN_DEFAULT,
	    .max_maptrack_frames = lean ? UNIKERNEL_MAPTRACK : XEN_DEFAULT,
	    .grant_opts = XEN_DOMCTL_GRANT_version(1),
	    .cpupool_id = config->cpupool,
	};
	static const uint64_t any_cpu[LIGHTVM_MAX_CPUS / 64];
	int rc;

	if (config->type == LIGHTVM_PVH) {
		rc = pvh_check(host, build, error);
		if (rc != 0)
			return rc;
		create.flags = XEN_DOMCTL_CDF_hvm | (build->nested_paging ? XEN_DOMCTL_CDF_hap : 0);
		create.arch.emulation_flags = XEN_X86_EMU_LAPIC;
	}
	memcpy(create.handle, config->uuid, sizeof(create.handle));
	rc = xc_domain_create(host->xc, &build->domid, &create);
	if (rc != 0) {
		build->domid = 0;
		if (errno == ESRCH)
			return error_set(error, EINVAL, "create domain", "There is no CPU pool %u.",
			                 config->cpupool);
		return host_error(host, error, "create domain",
		                  "Xen refused a domain of %u vCPUs in CPU pool %u", config->vcpu_count,
		                  config->cpupool);
	}
	rc = equip_domain(host, build, pv, error);
	if (rc == 0 && memcmp(config->affinity, any_cpu, sizeof(any_cpu)) != 0)
		rc = host_set_affinity(host, build->domid, config->vcpu_count, config->affinity, error);
	return rc;
}

int build_identify(struct lightvm_host *host, struct build *build, struct lightvm_error *error)
{
	const struct lightvm_guest_config *config = build->config;
	struct guest_identity *identity = &build->identity;
	int rc;

	memcpy(identity->uuid, config->uuid, sizeof(identity->uuid));
	identity->name = config->name;
	identity->announced = config->announced_devices;
	rc = host_random(host, identity->entropy, sizeof(identity->entropy));
	if (rc != 0)
		return error_set(error, EIO, "take entropy", "The kernel gave no random bytes.");
	return 0;
}

void build_describe(const struct build *build, struct lightvm_guest_layout *layout)
{
	layout->domid = build->domid;
	layout->event_channel = build->event_channel;
	layout->console_gref = NOXS_GREF_CONSOLE;
	layout->device_gref = NOXS_GREF_DEVICES;
	layout->sysctl_gref = build->image->noxs ? NOXS_GREF_CONTROL : 0;
	layout->store_event_channel = build->store_event_channel;
}

static int build_fast(struct lightvm_host *host, struct build *build, struct pv_build *pv,
                      struct lightvm_guest_layout *layout, struct lightvm_error *error)
{
	int rc;

	rc = build_pv_fill(host, pv, error);
	if (rc != 0)
		return rc;
	if (build->config->seeded != NULL) {
		build_describe(build, layout);
		build->config->seeded(build->config->context, layout);
	}
	return build_pv_finish(host, pv, error);
}

int lightvm_guest_create(struct lightvm_host *host, const struct lightvm_guest_config *config,
                         struct lightvm_guest_layout *layout, struct lightvm_error *error)
{
	struct image image;
	struct build build = {.config = config, .image = &image};
	struct pv_build *pv = NULL;
	int rc;

	log_clear(&host->log);
	memset(layout, 0, sizeof(*layout));
	rc = check_config(config, error);
	if (rc != 0)
		goto out;
	rc = image_parse(config->kernel, config->kernel_size, config->type, &image, error);
	if (rc != 0)
		goto out;
	rc = check_size(config, &image, error);
	if (rc != 0)
		goto out;
	/* A small guest just tries. A large one would take all there is from the others before it failed. */
	if (config->memory_bytes > TRY_LIMIT) {
		rc = build_check_memory(host, &build, error);
		if (rc != 0)
			goto out;
	}
	image.noxs = image_wants_noxs(&image, config->command_line);
	if (image.noxs) {
		build.pages.control_count = config->control_pages;
		rc = build_identify(host, &build, error);
		if (rc != 0)
			goto out;
	}
	if (config->builder != LIGHTVM_BUILDER_XENGUEST && build_pv_can(&image)) {
		rc = build_pv_plan(&build, &pv, error);
		if (rc != 0)
			goto out;
	}
	host_unmap(host);
	rc = build_domain(host, &build, pv, error);
	if (rc == 0 && pv != NULL)
		rc = build_fast(host, &build, pv, layout, error);
	else if (rc == 0)
		rc = build_xenguest(host, &build, error);
	if (rc != 0) {
		host_unmap(host);
		if (build.domid != 0)
			xc_domain_destroy(host->xc, build.domid);
		/* Was it for want of memory? Only now: what the failed guest had is free again. */
		build_check_memory(host, &build, error);
		goto out;
	}
	build_describe(&build, layout);
	/* Who is told of it so early lets it run at once, and looks at it. */
	if (config->seeded == NULL)
		host_unmap(host);
out:
	build_pv_free(pv);
	return rc;
}

int lightvm_guest_runs(struct lightvm_host *host, uint32_t domid, uint32_t patience_us)
{
	const struct built *built = &host->built;
	bool runs = domid != 0 && built->domid == domid && built->word != NULL &&
	            look_runs(built->word, patience_us);

	host_unmap(host);
	return runs ? 1 : 0;
}
