/* SPDX-License-Identifier: MIT */
/*
 * Grants: pages that a back-end may reach. References below NOXS_GREF_CONTROL + NOXS_MAX_CONTROL are the
 * builder's; of the others there are some 2,000. Reference 0 is never given out: it means none.
 */
#ifndef RUNTIME_GRANTS_H
#define RUNTIME_GRANTS_H

#include <stdbool.h>
#include <stdint.h>

/* A reference of one's own, which permits nothing yet. 0: there is none left. */
uint32_t grant_take(void);
void grant_give_back(uint32_t reference);
/* Lets domain `domid` reach a page of ours, at any address in it. */
void grant_permit(uint32_t reference, uint16_t domid, const void *page, bool read_only);
/* Ends that. false: the page is still mapped or being copied; nothing has changed, and it is not ours to use.
 */
bool grant_revoke(uint32_t reference);

/* Both at once. 0: there is none left. */
uint32_t grant_page(uint16_t domid, const void *page, bool read_only);
/* false: still in use, so the reference and the page must be left alone. */
bool grant_end(uint32_t reference);

#endif
