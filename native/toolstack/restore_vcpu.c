/* SPDX-License-Identifier: MIT */
#include "restore_vcpu.h"
#include <errno.h>
#include <string.h>
/* Needs xenctrl.h before it. */
#include <xenguest.h>

#define STEP "restore vCPU"

static int refused(struct lightvm_host *host, const char *what, struct lightvm_error *error)
{
	if (errno == EINVAL || errno == EFAULT || errno == EPERM || errno == E2BIG)
		errno = EBADMSG;
	return host_error(host, error, STEP, "Xen refused the saved %s", what);
}

static int set_basic(struct lightvm_host *host, uint32_t domid, uint32_t vcpu, const void *state, size_t size,
                     struct lightvm_error *error)
{
	vcpu_guest_context_any_t *context = host_new_context(host);
	int rc;

	if (size != sizeof(context->x64)) {
		errno = EBADMSG;
		return refused(host, "registers", error);
	}
	memcpy(&context->x64, state, size);
	rc = host_set_context(host, domid, vcpu);
	return rc == 0 ? 0 : refused(host, "registers", error);
}

static int set_extended(struct lightvm_host *host, uint32_t domid, uint32_t vcpu, const void *state, size_t size,
                        struct lightvm_error *error)
{
	struct xen_domctl domctl = {.cmd = XEN_DOMCTL_set_ext_vcpucontext,
	                            .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
	                            .domain = (domid_t)domid};
	int rc;

	if (size > sizeof(domctl.u)) {
		errno = EBADMSG;
		return refused(host, "callbacks", error);
	}
	memcpy(&domctl.u, state, size);
	domctl.u.ext_vcpucontext.vcpu = vcpu;
	rc = xc_domctl(host->xc, &domctl);
	return rc == 0 ? 0 : refused(host, "callbacks", error);
}

/* The other two go by memory that Xen reads. */
static int set_by_buffer(struct lightvm_host *host, uint32_t domid, uint32_t vcpu, enum reader_ask what,
                         const void *state, size_t size, struct lightvm_error *error)
{
	DECLARE_HYPERCALL_BUFFER(void, buffer);
	struct xen_domctl domctl = {.interface_version = XEN_DOMCTL_INTERFACE_VERSION, .domain = (domid_t)domid};
	int rc;

	buffer = xc_hypercall_buffer_alloc(host->xc, buffer, size);
	if (buffer == NULL)
		return error_set(error, ENOMEM, STEP, "No memory for a hypercall.");
	memcpy(buffer, state, size);
	if (what == READER_VCPU_XSAVE) {
		domctl.cmd = XEN_DOMCTL_setvcpuextstate;
		domctl.u.vcpuextstate.vcpu = vcpu;
		domctl.u.vcpuextstate.size = size;
		set_xen_guest_handle(domctl.u.vcpuextstate.buffer, buffer);
	} else {
		domctl.cmd = XEN_DOMCTL_set_vcpu_msrs;
		domctl.u.vcpu_msrs.vcpu = vcpu;
		domctl.u.vcpu_msrs.msr_count = (uint32_t)(size / sizeof(xen_domctl_vcpu_msr_t));
		set_xen_guest_handle(domctl.u.vcpu_msrs.msrs, buffer);
	}
	rc = xc_domctl(host->xc, &domctl);
	if (rc != 0)
		rc = refused(host, what == READER_VCPU_XSAVE ? "vector registers" : "model-specific registers", error);
	xc_hypercall_buffer_free(host->xc, buffer);
	return rc;
}

int restore_vcpu(struct lightvm_host *host, const struct reader_domain *domain, enum reader_ask what,
                 const void *bytes, size_t size, struct lightvm_error *error)
{
	const struct stream_vcpu *head = bytes;
	const void *state = head + 1;

	if (size <= sizeof(*head) || size > sizeof(*head) + READER_VCPU || head->vcpu >= domain->vcpu_count) {
		errno = EBADMSG;
		return refused(host, "vCPU", error);
	}
	size -= sizeof(*head);
	if (what == READER_VCPU_BASIC)
		return set_basic(host, domain->domid, head->vcpu, state, size, error);
	if (what == READER_VCPU_EXTENDED)
		return set_extended(host, domain->domid, head->vcpu, state, size, error);
	return set_by_buffer(host, domain->domid, head->vcpu, what, state, size, error);
}

int restore_tsc(struct lightvm_host *host, uint32_t domid, const void *bytes, size_t size,
                struct lightvm_error *error)
{
	const struct stream_tsc *tsc = bytes;
	int rc = -1;

	errno = EBADMSG;
	if (size == sizeof(*tsc))
		rc = xc_domain_set_tsc_info(host->xc, domid, tsc->mode, tsc->elapsed_ns, tsc->khz, tsc->incarnation);
	return rc == 0 ? 0 : refused(host, "clock", error);
}

int restore_policy(struct lightvm_host *host, uint32_t domid, const void *leaves, size_t leaves_size,
                   const void *msrs, size_t msrs_size, struct lightvm_error *error)
{
	uint32_t leaf = 0, subleaf = 0, msr = 0;
	int rc;

	if (leaves == NULL || leaves_size % sizeof(xen_cpuid_leaf_t) != 0 ||
	    msrs_size % sizeof(xen_msr_entry_t) != 0) {
		errno = EBADMSG;
		return refused(host, "processor description", error);
	}
	rc = xc_set_domain_cpu_policy(host->xc, domid, (uint32_t)(leaves_size / sizeof(xen_cpuid_leaf_t)),
	                              (xen_cpuid_leaf_t *)leaves, (uint32_t)(msrs_size / sizeof(xen_msr_entry_t)),
	                              (xen_msr_entry_t *)msrs, &leaf, &subleaf, &msr);
	if (rc == 0)
		return 0;
	errno = ENOTSUP;
	return host_error(host, error, "set CPU policy",
	                  "This host's processors lack what the saved guest uses (CPUID %x.%x, MSR %x)", leaf, subleaf,
	                  msr);
}
