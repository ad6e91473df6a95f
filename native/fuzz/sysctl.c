/* SPDX-License-Identifier: MIT */
/* A guest that writes what it likes over its sysctl control page between our looks at it. */
#include "../io/sysctl.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static void require(int holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct noxs_sysctl *page = calloc(1, sizeof(*page));
	struct sysctl sysctl;
	uint32_t reason;

	require(page != NULL);
	sysctl_resume(&sysctl, page);
	for (size_t at = 0; at + 6 <= size; at += 6) {
		size_t offset = bytes[at] % (sizeof(*page) / 4) * 4;
		int result;

		memcpy((uint8_t *)page + offset, bytes + at + 2, 4);
		(void)sysctl_alive(&sysctl);
		(void)sysctl_acknowledged(&sysctl);
		(void)sysctl_ended(&sysctl, &reason);
		require(reason <= NOXS_CRASH);
		if (bytes[at + 1] < 4) {
			uint32_t before = sysctl.request;

			result = sysctl_ask(&sysctl, bytes[at + 1] % 3);
			require(sysctl.request != 0 || before == 0);
			require(result != 0 || page->request == sysctl.request);
		} else if (bytes[at + 1] < 8) {
			sysctl_resume(&sysctl, page);
			require(sysctl.reason <= NOXS_CRASH);
		}
	}
	free(page);
	return 0;
}
