/* SPDX-License-Identifier: MIT */
/*
 * Prints every domain but dom0, a line each: domid, uuid, flags (lightvm.h), bytes. `xl list` cannot do that where no
 * xenstored runs. Run in dom0. With --destroy DOMID it destroys one instead, behind everybody's back.
 */
#include <lightvm/lightvm.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 1024

int main(int argc, char **argv)
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
	if (argc == 3 && strcmp(argv[1], "--destroy") == 0) {
		rc = lightvm_domain_destroy(host, (uint32_t)strtoul(argv[2], NULL, 10), &error);
		if (rc != 0)
			fprintf(stderr, "xen-domains: domain %s: %s: %s\n", argv[2], error.step, error.message);
		goto out;
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

out:
	lightvm_host_close(host);
	return rc == 0 ? 0 : 1;
}
