/* SPDX-License-Identifier: MIT */
/* lightvm_guest_save: what is to be saved, and by whom. */
#include <errno.h>
#include "save_pv.h"

int save_check_cancel(const struct lightvm_progress *progress, const char *step, struct lightvm_error *error)
{
	if (progress == NULL || __atomic_load_n(&progress->cancel, __ATOMIC_RELAXED) == 0)
		return 0;
	return error_set(error, ECANCELED, step, "It was cancelled.");
}

/* With the guest suspended from its beginning. */
static int save_standing(struct lightvm_host *host, const struct lightvm_save_config *config, bool suspended,
                         struct lightvm_error *error)
{
	xc_domaininfo_t info;
	int rc = 0;

	if (!suspended)
		rc = config->suspend(config->context);
	if (rc != 0)
		return error_set(error, EAGAIN, "save guest", "Domain %u was not suspended.", config->domid);
	rc = host_get_domain(host, config->domid, &info);
	if (rc != 0)
		return host_error(host, error, "save guest", "Xen does not describe domain %u", config->domid);
	return save_pv(host, config, &info, error);
}

int lightvm_guest_save(struct lightvm_host *host, const struct lightvm_save_config *config,
                       struct lightvm_error *error)
{
	static const char step[] = "save guest";
	bool live = (config->flags & LIGHTVM_SAVE_LIVE) != 0;
	xc_domaininfo_t info;
	uint32_t reason;
	int rc;

	log_clear(&host->log);
	rc = host_get_domain(host, config->domid, &info);
	if (rc != 0 && errno == ESRCH)
		return error_set(error, ESRCH, step, "There is no domain %u.", config->domid);
	if (rc != 0)
		return host_error(host, error, step, "Xen does not describe domain %u", config->domid);
	reason = (info.flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
	if (live && config->suspend == NULL)
		return error_set(error, EINVAL, step, "A live save needs somebody who suspends the guest.");
	if (!live && ((info.flags & XEN_DOMINF_shutdown) == 0 || reason != SHUTDOWN_suspend))
		return error_set(error, EINVAL, step, "Domain %u is not suspended.", config->domid);
	if (config->progress != NULL)
		__atomic_store_n(&config->progress->total_bytes, info.tot_pages * XC_PAGE_SIZE, __ATOMIC_RELAXED);
	/*
	 * Xen logs what a PV guest writes by shadowing its page tables, and Debian builds it without that
	 * (CONFIG_SHADOW_PAGING; it answers EOPNOTSUPP): no rounds for these. HVM guests have it by HAP.
	 */
	if ((info.flags & XEN_DOMINF_hvm_guest) == 0)
		return save_standing(host, config, !live, error);
	return save_xenguest(host, config, error);
}
