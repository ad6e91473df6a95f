/* SPDX-License-Identifier: MIT */
/* Where there is no Xen the library says so; wrong callers are told apart first. Skipped on a Xen host. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <lightvm/lightvm.h>
#include "test.h"

int main(void)
{
	struct lightvm_host *host = (void *)1;
	struct lightvm_ends *ends = (void *)1;
	struct lightvm_error error;

	CHECK(lightvm_host_open(LIGHTVM_ABI + 1, &host, &error) == -1);
	CHECK(error.error_number == EPROTO && host == NULL &&
	      strstr(error.message, "compiled for version") != NULL);
	lightvm_host_close(NULL);
	lightvm_ends_close(NULL);
	if (access("/proc/xen/privcmd", F_OK) == 0 || access("/dev/xen/privcmd", F_OK) == 0)
		return TEST_RESULT() != 0 ? 1 : 77;
	CHECK(lightvm_host_open(LIGHTVM_ABI, &host, &error) == -1);
	CHECK(host == NULL && error.error_number == ENOSYS &&
	      strstr(error.message, "no Xen control domain") != NULL);
	CHECK(strcmp(error.step, "open Xen") == 0);
	CHECK(lightvm_ends_open(&ends, &error) == -1);
	CHECK(ends == NULL && error.error_number != 0 && error.message[0] != '\0');
	return TEST_RESULT();
}
