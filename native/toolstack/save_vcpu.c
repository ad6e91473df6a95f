/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "save_pv.h"
/* Needs xenctrl.h before it. */
#include <xenguest.h>

#define STEP    "save vCPU"
#define MAX_GDT FIRST_RESERVED_GDT_ENTRY

static int refused(struct save_pv *save, const char *what)
{
	return host_error(save->host, save->error, STEP, "Xen does not give the guest's %s", what);
}

int save_policy(struct save_pv *save)
{
	xc_cpu_policy_t *policy = xc_cpu_policy_init();
	xen_cpuid_leaf_t *leaves = NULL;
	xen_msr_entry_t *msrs = NULL;
	uint32_t leaf_count = 0, msr_count = 0;
	int rc = -1;

	errno = ENOMEM;
	if (policy == NULL)
		goto out;
	rc = xc_cpu_policy_get_size(save->host->xc, &leaf_count, &msr_count);
	if (rc == 0)
		rc = xc_cpu_policy_get_domain(save->host->xc, save->config->domid, policy);
	if (rc != 0)
		goto out;
	leaves = calloc(leaf_count, sizeof(*leaves));
	msrs = calloc(msr_count, sizeof(*msrs));
	rc = -1;
	if (leaves != NULL && msrs != NULL)
		rc = xc_cpu_policy_serialise(save->host->xc, policy, leaves, &leaf_count, msrs, &msr_count);
out:
	if (rc != 0)
		rc = refused(save, "CPU policy");
	if (rc == 0 && leaf_count > 0)
		rc = save_record(save, STREAM_CPUID, NULL, 0, leaves, leaf_count * sizeof(*leaves));
	if (rc == 0 && msr_count > 0)
		rc = save_record(save, STREAM_MSR, NULL, 0, msrs, msr_count * sizeof(*msrs));
	free(leaves);
	free(msrs);
	if (policy != NULL)
		xc_cpu_policy_destroy(policy);
	return rc;
}

int save_tsc(struct save_pv *save)
{
	struct stream_tsc tsc = {0};
	int rc;

	rc = xc_domain_get_tsc_info(save->host->xc, save->config->domid, &tsc.mode, &tsc.elapsed_ns, &tsc.khz,
	                            &tsc.incarnation);
	return rc == 0 ? save_record(save, STREAM_TSC, &tsc, sizeof(tsc), NULL, 0) : refused(save, "clock");
}

/* Machine frames to the guest's own. false: one is not the guest's. */
static bool fix_context(const struct save_pv *save, vcpu_guest_context_x86_64_t *context, uint32_t vcpu)
{
	uint64_t found, i;
	bool good = context->gdt_ents <= MAX_GDT;

	for (i = 0; good && i * (XC_PAGE_SIZE / 8) < context->gdt_ents; i++) {
		context->gdt_frames[i] = frame_map_find(&save->frames, context->gdt_frames[i]);
		good = context->gdt_frames[i] != SAVE_ABSENT;
	}
	found = frame_map_find(&save->frames, xen_cr3_to_pfn_x86_64(context->ctrlreg[3]));
	good = good && found != SAVE_ABSENT;
	context->ctrlreg[3] = xen_pfn_to_cr3_x86_64(found);
	if (context->ctrlreg[1] != 0) {
		found = frame_map_find(&save->frames, xen_cr3_to_pfn_x86_64(context->ctrlreg[1]));
		good = good && found != SAVE_ABSENT;
		context->ctrlreg[1] = 1 | xen_pfn_to_cr3_x86_64(found);
	}
	if (vcpu == 0) {
		/* The argument of the hypercall in which it stands: start_info. */
		found = frame_map_find(&save->frames, (uint32_t)context->user_regs.rdx);
		good = good && found != SAVE_ABSENT;
		context->user_regs.rdx = found;
	}
	return good;
}

static int save_basic(struct save_pv *save, uint32_t vcpu)
{
	struct stream_vcpu head = {.vcpu = vcpu};
	vcpu_guest_context_any_t context;
	int rc;

	rc = xc_vcpu_getcontext(save->host->xc, save->config->domid, vcpu, &context);
	if (rc != 0)
		return refused(save, "registers");
	if (!fix_context(save, &context.x64, vcpu))
		return error_set(save->error, EINVAL, STEP,
		                 "vCPU %u uses page tables, segments or a start_info that are not the guest's own.", vcpu);
	return save_record(save, STREAM_VCPU_BASIC, &head, sizeof(head), &context.x64, sizeof(context.x64));
}

static int save_extended(struct save_pv *save, uint32_t vcpu)
{
	struct stream_vcpu head = {.vcpu = vcpu};
	struct xen_domctl domctl = {.cmd = XEN_DOMCTL_get_ext_vcpucontext,
	                            .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
	                            .domain = (domid_t)save->config->domid};
	int rc;

	domctl.u.ext_vcpucontext.vcpu = vcpu;
	rc = xc_domctl(save->host->xc, &domctl);
	if (rc != 0)
		return refused(save, "callbacks");
	return save_record(save, STREAM_VCPU_EXTENDED, &head, sizeof(head), &domctl.u,
	                   domctl.u.ext_vcpucontext.size);
}

/* Asks for the size, then for the bytes. */
static int save_xsave(struct save_pv *save, uint32_t vcpu)
{
	DECLARE_HYPERCALL_BUFFER(void, buffer);
	struct stream_vcpu head = {.vcpu = vcpu};
	struct xen_domctl domctl = {.cmd = XEN_DOMCTL_getvcpuextstate,
	                            .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
	                            .domain = (domid_t)save->config->domid};
	int rc;

	domctl.u.vcpuextstate.vcpu = vcpu;
	rc = xc_domctl(save->host->xc, &domctl);
	if (rc != 0)
		return refused(save, "vector registers");
	if (domctl.u.vcpuextstate.xfeature_mask == 0)
		return 0; /* no XSAVE here: all of it is among the registers */
	buffer = xc_hypercall_buffer_alloc(save->host->xc, buffer, domctl.u.vcpuextstate.size);
	if (buffer == NULL)
		return error_set(save->error, ENOMEM, STEP, "No memory for a hypercall.");
	set_xen_guest_handle(domctl.u.vcpuextstate.buffer, buffer);
	rc = xc_domctl(save->host->xc, &domctl);
	if (rc != 0)
		rc = refused(save, "vector registers");
	else if (domctl.u.vcpuextstate.size > 0)
		rc = save_record(save, STREAM_VCPU_XSAVE, &head, sizeof(head), buffer, domctl.u.vcpuextstate.size);
	xc_hypercall_buffer_free(save->host->xc, buffer);
	return rc;
}

static int save_msrs(struct save_pv *save, uint32_t vcpu)
{
	DECLARE_HYPERCALL_BUFFER(void, buffer);
	struct stream_vcpu head = {.vcpu = vcpu};
	struct xen_domctl domctl = {.cmd = XEN_DOMCTL_get_vcpu_msrs,
	                            .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
	                            .domain = (domid_t)save->config->domid};
	int rc;

	domctl.u.vcpu_msrs.vcpu = vcpu;
	rc = xc_domctl(save->host->xc, &domctl);
	if (rc != 0)
		return refused(save, "model-specific registers");
	if (domctl.u.vcpu_msrs.msr_count == 0)
		return 0;
	buffer = xc_hypercall_buffer_alloc(save->host->xc, buffer,
	                                   domctl.u.vcpu_msrs.msr_count * sizeof(xen_domctl_vcpu_msr_t));
	if (buffer == NULL)
		return error_set(save->error, ENOMEM, STEP, "No memory for a hypercall.");
	set_xen_guest_handle(domctl.u.vcpu_msrs.msrs, buffer);
	rc = xc_domctl(save->host->xc, &domctl);
	if (rc != 0)
		rc = refused(save, "model-specific registers");
	else if (domctl.u.vcpu_msrs.msr_count > 0)
		rc = save_record(save, STREAM_VCPU_MSRS, &head, sizeof(head), buffer,
		                 domctl.u.vcpu_msrs.msr_count * sizeof(xen_domctl_vcpu_msr_t));
	xc_hypercall_buffer_free(save->host->xc, buffer);
	return rc;
}

int save_vcpus(struct save_pv *save, uint32_t count)
{
	xc_vcpuinfo_t info;
	int rc = 0;

	for (uint32_t vcpu = 0; rc == 0 && vcpu < count; vcpu++) {
		rc = xc_vcpu_getinfo(save->host->xc, save->config->domid, vcpu, &info);
		if (rc != 0)
			return refused(save, "vCPUs");
		if (!info.online)
			continue;
		rc = save_basic(save, vcpu);
		if (rc == 0)
			rc = save_extended(save, vcpu);
		if (rc == 0)
			rc = save_xsave(save, vcpu);
		if (rc == 0)
			rc = save_msrs(save, vcpu);
	}
	return rc;
}
