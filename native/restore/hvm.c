/* SPDX-License-Identifier: MIT */
/*
 * lightvm-restore-hvm DOMID STORE_PORT CONSOLE_PORT: reads one saved PVH guest, by libxenguest, for which there is no way without
 * hypercalls. It is no user's of the host, and a crash of it is nobody else's; but who takes it over has Xen. Streams of
 * PV guests are read by lightvm-restore, which has not.
 *
 * Descriptors: RESTORE_HVM_STREAM is read, the answer is written to RESTORE_HVM_ANSWER.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "save.h"
#include "restore_protocol.h"

#define NOBODY 65534

static int give_up_rights(struct lightvm_error *error)
{
	static const struct rlimit none = {0, 0};

	if (setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
	    setresuid(NOBODY, NOBODY, NOBODY) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0 &&
	    setrlimit(RLIMIT_NPROC, &none) == 0)
		return 0;
	return error_set(error, errno, "give up rights", "The reading process cannot give up its rights: %s.",
	                 strerror(errno));
}

int main(int argc, char **argv)
{
	struct restore_hvm_answer answer = {0};
	struct restore restore = {.fd = RESTORE_HVM_STREAM};
	struct lightvm_host *host;
	ssize_t written;
	int rc;

	if (argc != 4 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || fcntl(RESTORE_HVM_ANSWER, F_GETFD) < 0)
		return 2;
	restore.build.domid = (uint32_t)strtoul(argv[1], NULL, 10);
	restore.build.store_event_channel = (uint32_t)strtoul(argv[2], NULL, 10);
	restore.build.event_channel = (uint32_t)strtoul(argv[3], NULL, 10);
	rc = lightvm_host_open(LIGHTVM_ABI, &host, &answer.error);
	if (rc == 0)
		rc = give_up_rights(&answer.error);
	if (rc == 0)
		rc = restore_xenguest(host, &restore, &answer.error);
	answer.failed = rc != 0;
	answer.store_frame = restore.build.pages.device_mfn;
	answer.console_frame = restore.build.pages.console_mfn;
	written = write(RESTORE_HVM_ANSWER, &answer, sizeof(answer));
	return written != sizeof(answer);
}
