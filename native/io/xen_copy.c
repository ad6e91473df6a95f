/* SPDX-License-Identifier: MIT */
/*
 * The pieces of grant copies. Pure: xen_copy does them. Each is made as one that failed, so that those which a call
 * that failed as a whole did not come to are not taken for done.
 */
#include "xen.h"

void xen_copy_from(struct xen_copy *copy, uint32_t domid, uint32_t reference, uint16_t offset, void *to,
                   uint16_t length)
{
	*copy = (struct xen_copy){{
	    .source.foreign = {.ref = reference, .offset = offset, .domid = (uint16_t)domid},
	    .dest.virt = to,
	    .len = length,
	    .status = GNTST_general_error,
	    .flags = GNTCOPY_source_gref,
	}};
}

void xen_copy_to(struct xen_copy *copy, uint32_t domid, uint32_t reference, uint16_t offset, const void *from,
                 uint16_t length)
{
	*copy = (struct xen_copy){{
	    .source.virt = (void *)(uintptr_t)from,
	    .dest.foreign = {.ref = reference, .offset = offset, .domid = (uint16_t)domid},
	    .len = length,
	    .status = GNTST_general_error,
	    .flags = GNTCOPY_dest_gref,
	}};
}

void xen_copy_between(struct xen_copy *copy, uint32_t from_domid, uint32_t from_reference, uint16_t from_offset,
                      uint32_t to_domid, uint32_t to_reference, uint16_t to_offset, uint16_t length)
{
	*copy = (struct xen_copy){{
	    .source.foreign = {.ref = from_reference, .offset = from_offset, .domid = (uint16_t)from_domid},
	    .dest.foreign = {.ref = to_reference, .offset = to_offset, .domid = (uint16_t)to_domid},
	    .len = length,
	    .status = GNTST_general_error,
	    .flags = GNTCOPY_source_gref | GNTCOPY_dest_gref,
	}};
}
