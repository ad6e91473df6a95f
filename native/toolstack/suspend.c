/* SPDX-License-Identifier: MIT */
/* A domain that stands still for a save: waiting for it, and letting it go on where it is. */
#include <errno.h>
#include <time.h>
#include "host.h"
/* Needs xenctrl.h before it. */
#include <xenguest.h>

#define FIRST_PAUSE 100000  /* ns: a unikernel is there at once */
#define LAST_PAUSE  5000000 /* ns: a Linux needs some tenths of a second */

static uint64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000ULL + (uint64_t)time.tv_nsec;
}

int lightvm_domain_await_suspend(struct lightvm_host *host, uint32_t domid, uint32_t timeout_ms,
                                 struct lightvm_error *error)
{
	static const char step[] = "await suspend";
	uint64_t end = now_ns() + timeout_ms * 1000000ULL;
	struct timespec pause = {.tv_nsec = FIRST_PAUSE};
	xc_domaininfo_t info;
	uint32_t reason;

	log_clear(&host->log);
	for (;;) {
		int rc = host_get_domain(host, domid, &info);

		if (rc != 0 && errno == ESRCH)
			return error_set(error, ESRCH, step, "There is no domain %u.", domid);
		if (rc != 0)
			return host_error(host, error, step, "Xen does not describe domain %u", domid);
		reason = (info.flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
		if ((info.flags & XEN_DOMINF_shutdown) != 0 && reason == SHUTDOWN_suspend)
			return 0;
		if ((info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying)) != 0)
			return error_set(error, ESRCH, step, "Domain %u has ended (reason %u) before it suspended.",
			                 domid, reason);
		if (now_ns() >= end)
			return error_set(error, ETIMEDOUT, step, "Domain %u has not suspended within %u ms.", domid,
			                 timeout_ms);
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < LAST_PAUSE)
			pause.tv_nsec *= 2;
	}
}

int lightvm_guest_resume(struct lightvm_host *host, uint32_t domid, struct lightvm_error *error)
{
	int rc;

	log_clear(&host->log);
	/* "fast": the guest finds that its suspend was cancelled, and that all is as it was. */
	rc = xc_domain_resume(host->xc, domid, 1);
	if (rc != 0)
		return host_error(host, error, "resume guest", "Domain %u cannot go on", domid);
	return 0;
}
