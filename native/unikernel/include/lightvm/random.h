/* SPDX-License-Identifier: MIT */
#ifndef LIGHTVM_RANDOM_H
#define LIGHTVM_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Random bytes, fit for keys: a ChaCha20 generator, seeded by the host's entropy for this guest and by the
 * processor. It forgets what it gave, and a guest that was cloned or restored goes on with a seed of its own.
 */
void guest_random(void *bytes, size_t length);
uint32_t guest_random32(void);

#endif
