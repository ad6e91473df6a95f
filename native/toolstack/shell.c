/* SPDX-License-Identifier: MIT */
/*
 * Shells: guests that are built (or restored) ahead and wait, paused, for what makes each its own. A claim is
 * a few stores into pages that stay mapped, and the unpause.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <lightvm/noxs.h>
#include "host.h"
#include "look.h"

/* What of a shell is mapped. */
enum { PAGE_DEVICES, PAGE_SYSCTL, PAGE_START_INFO, PAGE_COUNT };

struct lightvm_shell {
	uint32_t domid;
	size_t page_count; /* without PAGE_START_INFO where that has been read already */
	char *memory;
};

static void *page(const struct lightvm_shell *shell, size_t which)
{
	return shell->memory + which * XC_PAGE_SIZE;
}

int lightvm_shell_open(struct lightvm_host *host, uint32_t domid, struct lightvm_shell **result,
                       struct lightvm_error *error)
{
	const struct built *built = &host->built;
	const xen_pfn_t frames[PAGE_COUNT] = {
	    [PAGE_START_INFO] = built->start_info,
	    [PAGE_DEVICES] = built->devices,
	    [PAGE_SYSCTL] = built->sysctl,
	};
	struct lightvm_shell *shell;
	int rc = 0;

	*result = NULL;
	log_clear(&host->log);
	if (domid == 0 || built->domid != domid)
		return error_set(error, ENOTSUP, "open shell",
		                 "Domain %u is no unikernel that was built just now.", domid);
	shell = calloc(1, sizeof(*shell));
	if (shell == NULL)
		return error_set(error, ENOMEM, "open shell", "No memory.");
	host_unmap(host);
	shell->domid = domid;
	shell->page_count = built->restored ? PAGE_START_INFO : PAGE_COUNT;
	shell->memory = xenforeignmemory_map(host->memory, domid, PROT_READ | PROT_WRITE, shell->page_count,
	                                     frames, NULL);
	if (shell->memory == NULL) {
		rc = host_error(host, error, "map shell", "The shell's pages cannot be mapped");
		goto out;
	}
	*result = shell;
	shell = NULL;
out:
	free(shell);
	return rc;
}

static void write_identity(const struct lightvm_shell *shell, const struct lightvm_claim *claim)
{
	struct noxs_device_page *devices = page(shell, PAGE_DEVICES);
	start_info_t *start;
	size_t length;

	/* The guest has not run, so nobody reads meanwhile; the entropy is its own already. */
	devices->announced = claim->announced_devices;
	memcpy(devices->uuid, claim->uuid, sizeof(devices->uuid));
	memset(devices->name, 0, sizeof(devices->name));
	if (claim->name != NULL)
		memcpy(devices->name, claim->name, strnlen(claim->name, sizeof(devices->name) - 1));
	if (shell->page_count <= PAGE_START_INFO)
		return;
	start = page(shell, PAGE_START_INFO);
	length = claim->command_line != NULL ? strnlen(claim->command_line, sizeof(start->cmd_line) - 1) : 0;
	if (length > 0)
		memcpy(start->cmd_line, claim->command_line, length);
	start->cmd_line[length] = 0;
}

int lightvm_shell_claim(struct lightvm_host *host, struct lightvm_shell *shell,
                        const struct lightvm_claim *claim, struct lightvm_error *error)
{
	xen_domain_handle_t handle;
	int rc;

	log_clear(&host->log);
	if ((claim->flags & LIGHTVM_CLAIM_UUID) != 0) {
		memcpy(handle, claim->uuid, sizeof(handle));
		rc = xc_domain_sethandle(host->xc, shell->domid, handle);
		if (rc != 0)
			return host_error(host, error, "name domain", "Xen refused a shell's new id");
	}
	write_identity(shell, claim);
	rc = xc_domain_unpause(host->xc, shell->domid);
	if (rc != 0)
		return host_error(host, error, "unpause domain", "Xen refused to unpause domain %u",
		                  shell->domid);
	return 0;
}

int lightvm_shell_runs(const struct lightvm_shell *shell, uint32_t patience_us)
{
	return look_runs(page(shell, PAGE_SYSCTL), patience_us) ? 1 : 0;
}

void lightvm_shell_release(struct lightvm_shell *shell)
{
	if (shell == NULL)
		return;
	munmap(shell->memory, shell->page_count * XC_PAGE_SIZE);
	free(shell);
}
