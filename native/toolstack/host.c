/* SPDX-License-Identifier: MIT */
/* The open host: one libxc handle, kept, because opening costs more than what most calls do. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "host.h"

#define OPEN_STEP     "open Xen"
#define CONTEXT_PAGES ((sizeof(vcpu_guest_context_any_t) + XC_PAGE_SIZE - 1) / XC_PAGE_SIZE)

/* libxc's calls carry the version of the control interface, so another Xen would refuse each one by one. */
static int check_version(struct lightvm_host *host, struct lightvm_error *error)
{
	int version = xc_version(host->xc, XENVER_version, NULL);

	if (version < 0)
		return host_error(host, error, OPEN_STEP, "Xen does not tell its version");
	if (version >> 16 == LIGHTVM_XEN_MAJOR && (version & 0xffff) == LIGHTVM_XEN_MINOR)
		return 0;
	return error_set(
	    error, EPROTO, OPEN_STEP,
	    "This host runs Xen %d.%d, this liblightvm was built for Xen %d.%d: install the one for %d.%d.",
	    version >> 16, version & 0xffff, LIGHTVM_XEN_MAJOR, LIGHTVM_XEN_MINOR, version >> 16,
	    version & 0xffff);
}

int lightvm_host_open(uint32_t abi, struct lightvm_host **result, struct lightvm_error *error)
{
	struct lightvm_host *host = NULL;
	void *buffer;
	int rc;

	*result = NULL;
	if (abi != LIGHTVM_ABI)
		return error_set(error, EPROTO, OPEN_STEP,
		                 "The caller was compiled for version %u of liblightvm, this is version %d.",
		                 abi, LIGHTVM_ABI);
	host = calloc(1, sizeof(*host));
	if (host == NULL)
		return error_set(error, ENOMEM, OPEN_STEP, "No memory.");
	log_init(&host->log);
	host->xc = xc_interface_open(&host->log.logger, &host->log.logger, XC_OPENFLAG_NON_REENTRANT);
	if (host->xc == NULL) {
		int number = errno;

		if (number == EACCES || number == EPERM)
			rc = error_set(error, number, OPEN_STEP, "Controlling Xen needs root.");
		else
			rc = error_set(
			    error, ENOSYS, OPEN_STEP,
			    "This is no Xen control domain (dom0), or its module xen-privcmd is not loaded.");
		goto out;
	}
	host->memory = xc_interface_fmem_handle(host->xc);
	window_open(&host->window);
	rc = check_version(host, error);
	if (rc != 0)
		goto out;
	buffer = xc__hypercall_buffer_alloc_pages(host->xc, &host->context, CONTEXT_PAGES);
	rc = buffer != NULL ? batch_open(&host->batch, host->xc) : -1;
	if (rc != 0) {
		rc = error_set(error, ENOMEM, OPEN_STEP, "No memory for hypercalls.");
		goto out;
	}
	*result = host;
	host = NULL;
out:
	lightvm_host_close(host);
	return rc;
}

void lightvm_host_close(struct lightvm_host *host)
{
	if (host == NULL)
		return;
	window_close(&host->window, host->memory);
	batch_close(&host->batch);
	if (host->context.hbuf != NULL)
		xc__hypercall_buffer_free_pages(host->xc, &host->context, CONTEXT_PAGES);
	if (host->xc != NULL)
		xc_interface_close(host->xc);
	free(host);
}

int host_get_domain(struct lightvm_host *host, uint32_t domid, xc_domaininfo_t *info)
{
	struct xen_domctl domctl = {.cmd = XEN_DOMCTL_getdomaininfo,
	                            .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
	                            .domain = (domid_t)domid};
	int rc = xc_domctl(host->xc, &domctl);

	if (rc == 0)
		*info = domctl.u.getdomaininfo;
	return rc;
}

vcpu_guest_context_any_t *host_new_context(struct lightvm_host *host)
{
	return memset(host->context.hbuf, 0, sizeof(vcpu_guest_context_any_t));
}

int host_set_context(struct lightvm_host *host, uint32_t domid, uint32_t vcpu)
{
	struct xen_domctl domctl = {.cmd = XEN_DOMCTL_setvcpucontext,
	                            .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
	                            .domain = (domid_t)domid};

	domctl.u.vcpucontext.vcpu = vcpu;
	set_xen_guest_handle_raw(domctl.u.vcpucontext.ctxt, host->context.hbuf);
	return xc_domctl(host->xc, &domctl);
}

int host_random(struct lightvm_host *host, void *bytes, size_t count)
{
	if (host->random_left < count) {
		ssize_t got = getrandom(host->random, sizeof(host->random), 0);

		if (got != (ssize_t)sizeof(host->random))
			return -1;
		host->random_left = sizeof(host->random);
	}
	host->random_left -= count;
	memcpy(bytes, host->random + host->random_left, count);
	explicit_bzero(host->random + host->random_left, count);
	return 0;
}

void host_unmap(struct lightvm_host *host)
{
	host->built.word = NULL;
	window_unmap(&host->window, host->memory);
}

int lightvm_host_info(struct lightvm_host *host, struct lightvm_host_info *info, struct lightvm_error *error)
{
	xc_physinfo_t physical = {0};
	xen_extraversion_t extra = {0};
	int version, rc;

	log_clear(&host->log);
	memset(info, 0, sizeof(*info));
	rc = xc_physinfo(host->xc, &physical);
	if (rc != 0)
		return host_error(host, error, "ask Xen about the machine",
		                  "Xen does not describe the machine");
	version = xc_version(host->xc, XENVER_version, NULL);
	rc = xc_version(host->xc, XENVER_extraversion, &extra);
	if (version < 0 || rc < 0)
		return host_error(host, error, "ask Xen for its version", "Xen does not tell its version");
	info->xen_major = (uint32_t)version >> 16;
	info->xen_minor = (uint32_t)version & 0xffff;
	memcpy(info->xen_extra, extra, sizeof(info->xen_extra) - 1);
	info->memory_bytes = physical.total_pages * XC_PAGE_SIZE;
	/* Pages being scrubbed are counted in free_pages too. */
	info->free_bytes = physical.free_pages * XC_PAGE_SIZE;
	info->cpu_count = physical.nr_cpus;
	info->cpu_khz = physical.cpu_khz;
	info->supports_pv = (physical.capabilities & XEN_SYSCTL_PHYSCAP_pv) != 0;
	info->supports_hvm = (physical.capabilities & XEN_SYSCTL_PHYSCAP_hvm) != 0;
	return 0;
}
