/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "error.h"

/* The header promises ASCII; libxc quotes what images say about themselves. */
static void make_printable(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

int error_set(struct lightvm_error *error, int number, const char *step, const char *format, ...)
{
	va_list arguments;

	errno = number;
	if (error == NULL)
		return -1;
	memset(error, 0, sizeof(*error));
	error->error_number = number;
	snprintf(error->step, sizeof(error->step), "%s", step);
	va_start(arguments, format);
	vsnprintf(error->message, sizeof(error->message), format, arguments);
	va_end(arguments);
	make_printable(error->step);
	make_printable(error->message);
	errno = number;
	return -1;
}
