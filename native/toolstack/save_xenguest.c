/* SPDX-License-Identifier: MIT */
/* Saving by libxenguest: HVM guests, and live, in rounds of what the guest has written since the last. */
#include <errno.h>
#include "save.h"
/* Needs xenctrl.h before it. */
#include <xenguest.h>

#define ROUNDS       5
#define DIRTY_ENOUGH 64 /* pages: fewer are not worth another round */

struct live {
	const struct lightvm_save_config *config;
	bool refused; /* by config->suspend */
};

static int suspend(void *argument)
{
	struct live *live = argument;

	/* Not live: it is suspended already. libxenguest looks for itself. */
	if (live->config->suspend != NULL)
		live->refused = live->config->suspend(live->config->context) != 0;
	return !live->refused;
}

static int choose(struct precopy_stats stats, void *argument)
{
	struct live *live = argument;
	struct lightvm_progress *progress = live->config->progress;
	uint32_t rounds = live->config->max_rounds != 0 ? live->config->max_rounds : ROUNDS;

	if (progress != NULL) {
		__atomic_store_n(&progress->round, stats.iteration + 1, __ATOMIC_RELAXED);
		__atomic_store_n(&progress->done_bytes, (uint64_t)stats.total_written * XC_PAGE_SIZE,
		                 __ATOMIC_RELAXED);
		if (stats.iteration > 0 && stats.dirty_count >= 0)
			__atomic_store_n(&progress->total_bytes,
			                 ((uint64_t)stats.total_written + (uint64_t)stats.dirty_count) * XC_PAGE_SIZE,
			                 __ATOMIC_RELAXED);
		if (__atomic_load_n(&progress->cancel, __ATOMIC_RELAXED) != 0)
			return XGS_POLICY_ABORT;
	}
	if (stats.iteration >= rounds)
		return XGS_POLICY_STOP_AND_COPY;
	if (stats.iteration > 0 && stats.dirty_count >= 0 && stats.dirty_count < DIRTY_ENOUGH)
		return XGS_POLICY_STOP_AND_COPY;
	return XGS_POLICY_CONTINUE_PRECOPY;
}

/* Of what is not live, and of a live one's last round, libxenguest tells nothing. */
static void finish_progress(struct lightvm_progress *progress)
{
	if (progress == NULL)
		return;
	if (progress->done_bytes < progress->total_bytes)
		__atomic_store_n(&progress->done_bytes, progress->total_bytes, __ATOMIC_RELAXED);
	else
		__atomic_store_n(&progress->total_bytes, progress->done_bytes, __ATOMIC_RELAXED);
}

/* There is no device model: nothing of its keeps a log. */
static int no_device_model(uint32_t domid, unsigned int enable, void *argument)
{
	(void)domid;
	(void)enable;
	(void)argument;
	return 0;
}

int save_xenguest(struct lightvm_host *host, const struct lightvm_save_config *config,
                  struct lightvm_error *error)
{
	static const char step[] = "save guest";
	struct live live = {.config = config};
	struct save_callbacks callbacks = {
	    .suspend = suspend, .precopy_policy = choose, .switch_qemu_logdirty = no_device_model, .data = &live};
	uint32_t flags = (config->flags & LIGHTVM_SAVE_LIVE) != 0 ? XCFLAGS_LIVE : 0;
	int rc;

	rc = xc_domain_save(host->xc, config->fd, config->domid, flags, &callbacks, XC_STREAM_PLAIN, -1);
	if (rc == 0) {
		finish_progress(config->progress);
		return 0;
	}
	if (live.refused)
		return error_set(error, EAGAIN, step, "Domain %u was not suspended.", config->domid);
	if (save_check_cancel(config->progress, step, error) != 0)
		return -1;
	return host_error(host, error, step, "Domain %u cannot be saved", config->domid);
}
