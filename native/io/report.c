/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static enum report_level highest = REPORT_INFO;

void report_set_level(enum report_level level)
{
	highest = level;
}

void report(enum report_level level, const char *format, ...)
{
	char line[512];
	int saved = errno;
	int length;
	int more;
	ssize_t written;
	va_list arguments;

	if (level > highest)
		return;
	length = snprintf(line, sizeof(line), "<%d>", (int)level);
	va_start(arguments, format);
	more = vsnprintf(line + length, sizeof(line) - (size_t)length - 1, format, arguments);
	va_end(arguments);
	if (more < 0)
		more = 0;
	length += more;
	if (length > (int)sizeof(line) - 2)
		length = (int)sizeof(line) - 2;
	line[length++] = '\n';
	/* By one write, so that lines stay whole; there is nobody to tell if it fails. */
	written = write(STDERR_FILENO, line, (size_t)length);
	(void)written;
	errno = saved;
}
