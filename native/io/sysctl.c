/* SPDX-License-Identifier: MIT */
#include "sysctl.h"

#include <errno.h>
#include <stddef.h>

static uint32_t load(const volatile uint32_t *from)
{
	return __atomic_load_n(from, __ATOMIC_ACQUIRE);
}

static void store(volatile uint32_t *to, uint32_t value)
{
	__atomic_store_n(to, value, __ATOMIC_RELEASE);
}

/* What a guest calls a reason may be any number. */
static uint32_t known_reason(uint32_t reason)
{
	return reason <= NOXS_CRASH ? reason : NOXS_CRASH;
}

void sysctl_resume(struct sysctl *sysctl, volatile struct noxs_sysctl *page)
{
	*sysctl = (struct sysctl){
	    .page = page,
	    .request = load(&page->request),
	    .reason = known_reason(load(&page->reason)),
	};
	/* It suspended, and goes on now: that was no end, though it may not have had time to say so. */
	if (load(&page->end_reason) == NOXS_SUSPEND)
		store(&page->ended, 0);
	store(&page->control.backend_state, NOXS_CONNECTED);
}

bool sysctl_alive(const struct sysctl *sysctl)
{
	return load(&sysctl->page->control.frontend_state) != NOXS_UNKNOWN;
}

uint32_t sysctl_port(const struct sysctl *sysctl)
{
	return load(&sysctl->page->event_channel);
}

int sysctl_ask(struct sysctl *sysctl, uint32_t reason)
{
	/* features only after the state that says they are there */
	uint32_t state = load(&sysctl->page->control.frontend_state);
	uint32_t features = load(&sysctl->page->features);
	uint32_t request = sysctl->request + 1;
	int result = EOPNOTSUPP;

	/* Before Connected the guest has not said yet what it obeys; it finds the request when it gets there.
	 */
	if (state == NOXS_CONNECTED && (features & (1U << reason)) == 0)
		goto out;
	if (request == 0)
		request = 1;
	sysctl->request = request;
	sysctl->reason = reason;
	store(&sysctl->page->reason, reason);
	store(&sysctl->page->request, request);
	result = 0;

out:
	return result;
}

bool sysctl_acknowledged(const struct sysctl *sysctl)
{
	return sysctl->request != 0 && load(&sysctl->page->acknowledged) == sysctl->request;
}

bool sysctl_ended(const struct sysctl *sysctl, uint32_t *reason)
{
	bool ended = load(&sysctl->page->ended) != 0;

	*reason = ended ? known_reason(load(&sysctl->page->end_reason)) : 0;
	return ended;
}

void sysctl_window(struct sysctl *sysctl, uint16_t columns, uint16_t rows)
{
	sysctl->page->columns = columns;
	sysctl->page->rows = rows;
}
