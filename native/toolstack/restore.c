/* SPDX-License-Identifier: MIT */
/* lightvm_guest_restore: from a stream to a paused domain, or to nothing at all. */
#include <errno.h>
#include <string.h>
#include "pvh.h"
#include "restore_pv.h"
#include "restorer.h"
/* Needs xenctrl.h before it. */
#include <xen/io/console.h>

bool restore_by_xenguest;

/* As the builders know a guest. */
static void describe(struct restore *restore, const struct lightvm_restore_config *config)
{
	memset(restore, 0, sizeof(*restore));
	memcpy(restore->shape.uuid, config->uuid, sizeof(config->uuid));
	restore->shape.memory_bytes = config->memory_bytes;
	restore->shape.vcpu_count = config->vcpu_count;
	restore->shape.type = config->type;
	restore->shape.cpupool = config->cpupool;
	restore->shape.control_pages = config->control_pages;
	restore->shape.name = config->name;
	restore->shape.announced_devices = config->announced_devices;
	memcpy(restore->shape.affinity, config->affinity, sizeof(config->affinity));
	restore->image.is_unikernel = config->control_pages != 0;
	restore->image.noxs = restore->image.is_unikernel;
	restore->build.config = &restore->shape;
	restore->build.image = &restore->image;
	restore->build.pages.control_count = config->control_pages;
	restore->fd = config->fd;
	restore->progress = config->progress;
}

static int check(const struct lightvm_guest_config *shape, struct lightvm_error *error)
{
	if (shape->control_pages > NOXS_MAX_CONTROL ||
	    (shape->control_pages != 0 && shape->type != LIGHTVM_PV))
		return error_set(error, EINVAL, "check configuration",
		                 "A guest of this type has not %u control pages.", shape->control_pages);
	return build_check_shape(shape, error);
}

static void fill_pages(const struct restore *restore, char *memory)
{
	const struct build *build = &restore->build;
	uint32_t i;

	if (build->pages.control_count == 0) {
		memset(memory + XC_PAGE_SIZE, 0, XC_PAGE_SIZE);
		return;
	}
	layout_device_page(memory + XC_PAGE_SIZE, &build->identity, build->event_channel, &build->pages);
	for (i = 0; i < build->pages.control_count; i++)
		memset(memory + (2 + i) * XC_PAGE_SIZE, 0, XC_PAGE_SIZE);
	layout_sysctl_page(memory + 2 * XC_PAGE_SIZE);
}

int restore_pages(struct lightvm_host *host, struct restore *restore, struct lightvm_error *error)
{
	const struct guest_pages *pages = &restore->build.pages;
	uint32_t count = 2 + pages->control_count, i;
	xen_pfn_t frames[2 + NOXS_MAX_CONTROL + 1] = {pages->console_mfn, pages->device_mfn};
	bool has_grants = restore->grants_mfn != 0;
	char *memory;

	for (i = 0; i < pages->control_count; i++)
		frames[2 + i] = pages->control_mfn[i];
	frames[count] = restore->grants_mfn;
	memory = window_map(&host->window, host->memory, restore->build.domid, frames, count + has_grants);
	if (memory == NULL)
		return host_error(host, error, "write device page",
		                  "The guest's %u special pages cannot be mapped", count);
	fill_pages(restore, memory);
	restore->console_index = ((const struct xencons_interface *)memory)->out_cons;
	if (has_grants)
		grants_fill(memory + count * XC_PAGE_SIZE, pages);
	window_unmap(&host->window, host->memory);
	return has_grants ? 0 : grants_seed(host, &restore->build, error);
}

/* As at its creation: what a Linux is told of its memory when it asks. */
static int limit_memory_map(struct lightvm_host *host, const struct build *build, struct lightvm_error *error)
{
	int rc = xc_domain_set_memmap_limit(host->xc, build->domid, build->config->memory_bytes >> 10);

	return rc == 0 ? 0
	               : host_error(host, error, "set memory map", "The guest's memory map cannot be set");
}

static int fill_pv(struct lightvm_host *host, struct lightvm_restorer *restorer, struct restore *restore,
                   struct lightvm_error *error)
{
	struct restore_pv pv;
	int rc;

	rc = restore_pv_begin(&pv, host, restore, error);
	if (rc == 0)
		rc = restorer != NULL ? restore_pv_there(&pv, restorer, error) : restore_pv_here(&pv, error);
	restore_pv_end(&pv);
	return rc;
}

int lightvm_guest_restore(struct lightvm_host *host, struct lightvm_restorer *restorer,
                          const struct lightvm_restore_config *config, struct lightvm_restored *restored,
                          struct lightvm_error *error)
{
	struct restore restore;
	struct build *build = &restore.build;
	int rc;

	log_clear(&host->log);
	memset(restored, 0, sizeof(*restored));
	describe(&restore, config);
	rc = check(&restore.shape, error);
	if (rc != 0)
		return rc;
	rc = build_identify(host, build, error);
	if (rc == 0)
		rc = build_check_memory(host, build, error);
	if (rc != 0)
		return rc;
	rc = build_domain(host, build, NULL, error);
	if (rc == 0 && config->type == LIGHTVM_PVH)
		rc = pvh_prepare(host, build, error);
	if (rc == 0 && config->type == LIGHTVM_PV && config->control_pages == 0)
		rc = limit_memory_map(host, build, error);
	if (rc == 0 && config->type == LIGHTVM_PV && !restore_by_xenguest)
		rc = fill_pv(host, restorer, &restore, error);
	else if (rc == 0 && restorer != NULL)
		rc = restore_hvm_there(&restore, restorer, error);
	else if (rc == 0)
		rc = restore_xenguest(host, &restore, error);
	if (rc == 0)
		rc = restore_pages(host, &restore, error);
	if (rc != 0) {
		if (build->domid != 0)
			xc_domain_destroy(host->xc, build->domid);
		return rc;
	}
	build_describe(build, &restored->layout);
	restored->console_index = restore.console_index;
	if (config->control_pages != 0)
		host->built = (struct built){
		    .domid = build->domid,
		    .restored = true,
		    .devices = build->pages.device_mfn,
		    .sysctl = build->pages.control_mfn[0],
		};
	return 0;
}
