/* SPDX-License-Identifier: MIT */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include <linux/if_tun.h>
#include <xen/xen.h>
#include <xen/sys/evtchn.h>
#include <xen/sys/gntdev.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

/* With any arguments. */
static const int calls[] = {
    SCMP_SYS(accept4),        SCMP_SYS(brk),
    SCMP_SYS(clock_gettime),  SCMP_SYS(close),
    SCMP_SYS(epoll_ctl),      SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),    SCMP_SYS(exit),
    SCMP_SYS(exit_group),     SCMP_SYS(fstat),
    SCMP_SYS(futex),          SCMP_SYS(getpid),
    SCMP_SYS(getsockopt),     SCMP_SYS(gettid),
    SCMP_SYS(geteuid),        SCMP_SYS(madvise),
    SCMP_SYS(mremap),         SCMP_SYS(munmap),
    SCMP_SYS(newfstatat),     SCMP_SYS(read),
    SCMP_SYS(recvmsg),        SCMP_SYS(restart_syscall),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sendmsg),        SCMP_SYS(sendto),
    SCMP_SYS(write),
    /* TAPs */
    SCMP_SYS(readv),          SCMP_SYS(writev),
    /* Disks: the threads where there is no io_uring; the io_uring, which takes only what it was restricted to. */
    SCMP_SYS(fallocate),      SCMP_SYS(fdatasync),
    SCMP_SYS(preadv),         SCMP_SYS(pwritev),
    SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register),
    SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
};

static const uint32_t ioctls[] = {
    IOCTL_EVTCHN_BIND_INTERDOMAIN, IOCTL_EVTCHN_UNBIND,          IOCTL_EVTCHN_NOTIFY,
    IOCTL_GNTDEV_MAP_GRANT_REF,    IOCTL_GNTDEV_UNMAP_GRANT_REF,
    IOCTL_GNTDEV_GRANT_COPY,       TUNSETQUEUE,                  TUNGETVNETHDRSZ,
};

static const int fcntls[] = {F_GETFL, F_SETFL};

/* Calls of which one argument must be one of some values. */
static int allow_value(scmp_filter_ctx filter, int call, unsigned argument, uint64_t value)
{
	/* 32 bits: what the kernel takes of it */
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
	                        SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, UINT32_MAX, value));
}

static int allow(scmp_filter_ctx filter)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < sizeof(calls) / sizeof(calls[0]); i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	for (size_t i = 0; result == 0 && i < sizeof(ioctls) / sizeof(ioctls[0]); i++)
		result = allow_value(filter, SCMP_SYS(ioctl), 1, ioctls[i]);
	for (size_t i = 0; result == 0 && i < sizeof(fcntls) / sizeof(fcntls[0]); i++)
		result = allow_value(filter, SCMP_SYS(fcntl), 1, (uint64_t)fcntls[i]);
	if (result == 0)
		result = allow_value(filter, SCMP_SYS(flock), 1, LOCK_UN);
	if (result == 0)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
		                          SCMP_CMP(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* abort() raises its signal in its own process, and in no other. */
	if (result == 0)
		result = allow_value(filter, SCMP_SYS(tgkill), 0, (uint64_t)getpid());
	return result;
}

int sandbox_enter(void)
{
	scmp_filter_ctx filter = NULL;
	int result = ENOMEM;

#ifdef SANITIZED
	result = ENOTSUP;
	goto out;
#endif
	filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (filter == NULL)
		goto out;
	result = -allow(filter);
	if (result != 0)
		goto out;
	result = -seccomp_load(filter); /* sets no_new_privs as well */

out:
	if (filter != NULL)
		seccomp_release(filter);
	return result;
}
