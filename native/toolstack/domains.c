/* SPDX-License-Identifier: MIT */
/* Domains that exist: list, pause, unpause, destroy, affinity. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "host.h"

static void describe(const xc_domaininfo_t *from, struct lightvm_domain_info *to)
{
	static const struct {
		uint32_t xen, ours;
	} flags[] = {
	    {XEN_DOMINF_dying, LIGHTVM_DOMAIN_DYING},     {XEN_DOMINF_shutdown, LIGHTVM_DOMAIN_SHUTDOWN},
	    {XEN_DOMINF_paused, LIGHTVM_DOMAIN_PAUSED},   {XEN_DOMINF_blocked, LIGHTVM_DOMAIN_BLOCKED},
	    {XEN_DOMINF_running, LIGHTVM_DOMAIN_RUNNING}, {XEN_DOMINF_hvm_guest, LIGHTVM_DOMAIN_HVM},
	};
	size_t i;

	memset(to, 0, sizeof(*to));
	to->domid = from->domain;
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if ((from->flags & flags[i].xen) != 0)
			to->flags |= flags[i].ours;
	to->shutdown_reason = (from->flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
	to->vcpu_count = from->nr_online_vcpus;
	to->memory_bytes = from->tot_pages * XC_PAGE_SIZE;
	to->max_memory_bytes = from->max_pages * XC_PAGE_SIZE;
	to->cpu_time_ns = from->cpu_time;
	memcpy(to->uuid, from->handle, sizeof(to->uuid));
}

int lightvm_domain_list(struct lightvm_host *host, uint32_t first, uint32_t capacity,
                        struct lightvm_domain_info *domains, uint32_t *count, struct lightvm_error *error)
{
	xc_domaininfo_t *list;
	int found, i;

	*count = 0;
	if (capacity == 0)
		return 0;
	log_clear(&host->log);
	list = calloc(capacity, sizeof(*list));
	if (list == NULL)
		return error_set(error, ENOMEM, "list domains", "No memory for a list of %u domains.",
		                 capacity);
	found = xc_domain_getinfolist(host->xc, first, capacity, list);
	if (found < 0) {
		found = host_error(host, error, "list domains", "Xen does not list its domains");
		goto out;
	}
	for (i = 0; i < found; i++)
		describe(&list[i], &domains[i]);
	*count = (uint32_t)found;
	found = 0;
out:
	free(list);
	return found;
}

/* Every call on a domain that fails names it. */
static int domain_error(struct lightvm_host *host, uint32_t domid, struct lightvm_error *error,
                        const char *step)
{
	if (errno == ESRCH)
		return error_set(error, ESRCH, step, "There is no domain %u.", domid);
	return host_error(host, error, step, "Xen refused to %s %u", step, domid);
}

int lightvm_domain_pause(struct lightvm_host *host, uint32_t domid, struct lightvm_error *error)
{
	int rc;

	log_clear(&host->log);
	rc = xc_domain_pause(host->xc, domid);
	return rc == 0 ? 0 : domain_error(host, domid, error, "pause domain");
}

int lightvm_domain_unpause(struct lightvm_host *host, uint32_t domid, struct lightvm_error *error)
{
	int rc;

	log_clear(&host->log);
	rc = xc_domain_unpause(host->xc, domid);
	return rc == 0 ? 0 : domain_error(host, domid, error, "unpause domain");
}

int lightvm_domain_destroy(struct lightvm_host *host, uint32_t domid, struct lightvm_error *error)
{
	int rc;

	if (domid == 0)
		return error_set(error, EPERM, "destroy domain", "Domain 0 is the host itself.");
	log_clear(&host->log);
	host_unmap(host);
	rc = xc_domain_destroy(host->xc, domid);
	return rc == 0 ? 0 : domain_error(host, domid, error, "destroy domain");
}

int host_set_affinity(struct lightvm_host *host, uint32_t domid, uint32_t count,
                      const uint64_t affinity[LIGHTVM_MAX_CPUS / 64], struct lightvm_error *error)
{
	bool any = true;
	xc_cpumap_t map;
	int size, rc = 0;
	uint32_t cpu, vcpu;

	for (cpu = 0; cpu < LIGHTVM_MAX_CPUS / 64; cpu++)
		any = any && affinity[cpu] == 0;
	size = xc_get_cpumap_size(host->xc);
	map = xc_cpumap_alloc(host->xc);
	if (size <= 0 || map == NULL) {
		rc = domain_error(host, domid, error, "set affinity of domain");
		goto out;
	}
	if (any)
		memset(map, 0xff, (size_t)size);
	for (cpu = 0; !any && cpu < LIGHTVM_MAX_CPUS && cpu / 8 < (uint32_t)size; cpu++)
		if ((affinity[cpu / 64] >> (cpu % 64) & 1) != 0)
			xc_cpumap_setcpu((int)cpu, map);
	for (vcpu = 0; rc == 0 && vcpu < count; vcpu++)
		rc = xc_vcpu_setaffinity(host->xc, domid, (int)vcpu, map, NULL, XEN_VCPUAFFINITY_HARD);
	if (rc != 0 && errno == EINVAL)
		rc = error_set(error, EINVAL, "set affinity of domain",
		               "None of the CPUs asked for is in the CPU pool of domain %u.", domid);
	else if (rc != 0)
		rc = domain_error(host, domid, error, "set affinity of domain");
out:
	free(map);
	return rc;
}

int lightvm_domain_set_affinity(struct lightvm_host *host, uint32_t domid,
                                const uint64_t affinity[LIGHTVM_MAX_CPUS / 64], struct lightvm_error *error)
{
	xc_domaininfo_t info;
	int rc;

	log_clear(&host->log);
	rc = host_get_domain(host, domid, &info);
	if (rc != 0)
		return domain_error(host, domid, error, "set affinity of domain");
	return host_set_affinity(host, domid, info.max_vcpu_id + 1, affinity, error);
}
