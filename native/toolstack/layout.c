/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "layout.h"

void layout_device_page(void *page, const struct guest_identity *identity, uint32_t event_channel,
                        const struct guest_pages *pages)
{
	struct noxs_device_page *table = page;
	uint32_t i;

	memset(page, 0, NOXS_PAGE_SIZE);
	table->magic = NOXS_MAGIC;
	table->version = NOXS_VERSION;
	table->device_count = (uint16_t)(1 + pages->control_count);
	table->announced = identity->announced;
	memcpy(table->uuid, identity->uuid, sizeof(table->uuid));
	memcpy(table->entropy, identity->entropy, sizeof(table->entropy));
	if (identity->name != NULL)
		memcpy(table->name, identity->name, strnlen(identity->name, NOXS_NAME_SIZE - 1));
	table->devices[0] = (struct noxs_device){
	    .type = NOXS_SYSCTL,
	    .event_channel = event_channel,
	    .control_gref = NOXS_GREF_CONTROL,
	    .control_pfn = pages->control_pfn[0],
	};
	table->devices[1] = (struct noxs_device){
	    .type = NOXS_CONSOLE,
	    .event_channel = event_channel,
	    .control_gref = NOXS_GREF_CONSOLE,
	    .control_pfn = pages->console_pfn,
	};
	for (i = 1; i < pages->control_count; i++)
		table->devices[1 + i] = (struct noxs_device){
		    .type = NOXS_NONE,
		    .event_channel = event_channel,
		    .control_gref = NOXS_GREF_CONTROL + i,
		    .control_pfn = pages->control_pfn[i],
		};
}

void layout_sysctl_page(void *page)
{
	struct noxs_sysctl *sysctl = page;

	memset(page, 0, NOXS_PAGE_SIZE);
	sysctl->control.type = NOXS_SYSCTL;
	sysctl->control.id = 0;
	sysctl->control.backend_state = NOXS_CONNECTED;
}
