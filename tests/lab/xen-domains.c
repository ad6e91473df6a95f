/* SPDX-License-Identifier: MIT */
/*
 * Prints every domain but dom0, a line each: domid, uuid, flags (lightvm.h), bytes. `xl list` cannot do that where no
 * xenstored runs. Run in dom0.
 */
#include <lightvm/lightvm.h>

#include <inttypes.h>
#include <stdio.h>

#define BATCH 1024

int main(void)
{
	static struct lightvm_domain_info domains[BATCH];
	struct lightvm_error error;
	struct lightvm_host *host;
	uint32_t count, first = 1;
	int rc = lightvm_host_open(LIGHTVM_ABI, &host, &error);

	if (rc != 0) {
		fprintf(stderr, "xen-domains: %s: %s\n", error.step, error.message);
		return 1;
	}
	do {
		rc = lightvm_domain_list(host, first, BATCH, domains, &count, &error);
		if (rc != 0) {
			fprintf(stderr, "xen-domains: %s: %s\n", error.step, error.message);
			break;
		}
		for (uint32_t i = 0; i < count; i++) {
			const struct lightvm_domain_info *d = &domains[i];
			printf("%" PRIu32 " ", d->domid);
			for (int k = 0; k < 16; k++)
				printf("%s%02x", k == 4 || k == 6 || k == 8 || k == 10 ? "-" : "", d->uuid[k]);
			printf(" %#" PRIx32 " %" PRIu64 "\n", d->flags, d->memory_bytes);
			first = d->domid + 1;
		}
	} while (count == BATCH);
	lightvm_host_close(host);
	return rc == 0 ? 0 : 1;
}
