/* SPDX-License-Identifier: MIT */
#ifndef TOOLSTACK_LOOK_H
#define TOOLSTACK_LOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <lightvm/noxs.h>

/*
 * Looks at a unikernel's own word for its state until it says that it runs, or the time is over (0: once).
 * Does not sleep.
 */
bool look_runs(const volatile struct noxs_sysctl *sysctl, uint32_t patience_us);

#endif
