/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

void die(const char *format, ...)
{
	va_list arguments;

	fputs("lightvm-bench: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

int main(int argc, char **argv)
{
	static const char *const all[] = {"create", "daytime", "memory"};
	const char *const *cases = argc > 1 ? (const char *const *)argv + 1 : all;
	int count = argc > 1 ? argc - 1 : 3;
	struct http *http = http_open("/run/lightvm/lightvmd.sock");

	for (int i = 0; i < count; i++) {
		if (strcmp(cases[i], "create") == 0)
			bench_create(http, "noop");
		else if (strcmp(cases[i], "daytime") == 0)
			bench_daytime(http);
		else if (strcmp(cases[i], "memory") == 0)
			bench_memory(http);
		else
			die("there is no case '%s'; cases: create, daytime, memory", cases[i]);
	}
	rows_print();
	http_close(http);
	return 0;
}
