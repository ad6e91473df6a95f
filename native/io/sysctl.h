/* SPDX-License-Identifier: MIT */
/* The sysctl control page of a guest (lightvm/noxs.h), seen from dom0. Every field in it may lie. */
#ifndef LIGHTVM_IO_SYSCTL_H
#define LIGHTVM_IO_SYSCTL_H

#include <stdbool.h>
#include <stdint.h>

#include "lightvm/noxs.h"

struct sysctl {
	volatile struct noxs_sysctl *page;
	uint32_t request; /* the last one made, by whichever lightvm-io; 0: none */
	uint32_t reason;  /* its reason */
};

/* Takes the page up where the last process left it, and says in it that the back-end is there. */
void sysctl_resume(struct sysctl *sysctl, volatile struct noxs_sysctl *page);

/* Whether the guest's driver has ever said that it lives. */
bool sysctl_alive(const struct sysctl *sysctl);

/* The guest's port for all that is no console, or 0. */
uint32_t sysctl_port(const struct sysctl *sysctl);

/* Puts a request into the page: 0 (then notify the guest), or EOPNOTSUPP if the guest says that it would not
 * obey. */
int sysctl_ask(struct sysctl *sysctl, uint32_t reason);

/* Whether there is a request and the guest took it. */
bool sysctl_acknowledged(const struct sysctl *sysctl);

/* Tells the size of the console's window. Notify the guest then. */
void sysctl_window(struct sysctl *sysctl, uint16_t columns, uint16_t rows);

/* Whether the guest announced its end; *reason is what it says, made to fit enum noxs_reason. */
bool sysctl_ended(const struct sysctl *sysctl, uint32_t *reason);

#endif
