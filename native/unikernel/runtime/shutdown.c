/* SPDX-License-Identifier: MIT */
/* How a guest ends, and its identity. */
#include "runtime.h"

#define DRAIN_LIMIT 1000000000UL

_Noreturn void shutdown_now(unsigned int reason)
{
	struct sched_shutdown shutdown = {.reason = reason};

	sysctl_announce_end((enum noxs_reason)reason);
	for (;;)
		hypercall_sched_op(SCHEDOP_shutdown, &shutdown);
}

static _Noreturn void end(unsigned int reason)
{
	/* lightvm-io takes the rest out of the ring after the end; xenconsoled may not. */
	if (!noxs_present())
		console_drain(DRAIN_LIMIT);
	shutdown_now(reason);
}

void guest_poweroff(void)
{
	end(SHUTDOWN_poweroff);
}

void guest_reboot(void)
{
	end(SHUTDOWN_reboot);
}

void guest_crash(void)
{
	end(SHUTDOWN_crash);
}

void panic(const char *pattern, ...)
{
	char text[256];
	va_list arguments;
	int length;

	threads_stop();
	va_start(arguments, pattern);
	length = snprintf(text, sizeof(text), "\npanic: %s: ", guest_name);
	length += vsnprintf(text + length, sizeof(text) - (size_t)length - 1, pattern, arguments);
	va_end(arguments);
	if ((size_t)length > sizeof(text) - 2)
		length = sizeof(text) - 2;
	text[length++] = '\n';
	console_write_last(text, (size_t)length);
	guest_crash();
}

const uint8_t *guest_uuid(void)
{
	static xen_domain_handle_t handle;

	/* Xen knows it under every toolstack. */
	hypercall_xen_version(XENVER_guest_handle, handle);
	return handle;
}

const char *guest_uuid_text(void)
{
	static char text[37];
	const uint8_t *uuid = guest_uuid();
	unsigned int i, length = 0;

	for (i = 0; i < 16; i++)
		length += (unsigned int)snprintf(text + length, sizeof(text) - length, "%s%02x",
		                                 i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
	return text;
}
