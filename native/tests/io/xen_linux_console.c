/* SPDX-License-Identifier: MIT */
/* What the guest of xen_linux_rig says on its console, and waiting for it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "xen_linux_rig.h"

const char *linux_console(void)
{
	static char text[LINUX_LOG_SIZE + 1];
	struct console_log log;

	CHECK(pread(linux_rig.log, &log, sizeof(log), 0) == sizeof(log));
	CHECK(log.head <= LINUX_LOG_SIZE);
	CHECK(pread(linux_rig.log, text, log.head, CONSOLE_DATA_OFFSET) == (ssize_t)log.head);
	text[log.head] = '\0';
	return text;
}

void linux_give_up(const char *what)
{
	fprintf(stderr, "the guest did not get to: %s\nits console:\n%s\n", what, linux_console());
	exit(1);
}

/* Waits for the last marker of the console to be so. */
void linux_await_marker(bool (*good)(const char *last, int number), int number, const char *what)
{
	uint64_t end = client_clock_ns() + LINUX_LIMIT_NS;

	for (;;) {
		const char *text = linux_console();
		const char *last = NULL;

		if (strstr(text, "marker: differs") != NULL || strstr(text, " failed") != NULL)
			linux_give_up("go on without an error");
		for (const char *at = strstr(text, "marker: "); at != NULL; at = strstr(at + 1, "marker: ")) {
			if (strchr(at, '\n') != NULL)
				last = at;
		}
		if (last != NULL && good(last, number))
			return;
		if (client_clock_ns() > end)
			linux_give_up(what);
		linux_poll_events(100);
	}
}

int linux_round_of(const char *last)
{
	int number = 0;

	return sscanf(last, "marker: round %d", &number) == 1 ? number : 0;
}

bool linux_has_round(const char *last, int number)
{
	return linux_round_of(last) >= number;
}

bool linux_has_disks(const char *last, int count)
{
	char line[200];

	snprintf(line, sizeof(line), "%.*s", (int)strcspn(last, "\n"), last);
	return linux_round_of(last) > 0 && (strstr(line, "vbd-51728") != NULL) == (count == 2);
}
