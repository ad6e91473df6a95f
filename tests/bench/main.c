/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <getopt.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int peers_beside = 200;
struct levels levels = {.count = 3, .guests = {0, 100, 500}};

/* clang-format off: a line for each */
static const struct bench_case {
	const char *name;
	void (*run)(struct http *http);
} cases[] = {
    {"create", bench_create},
    {"build", bench_build},
    {"claim", bench_claim},
    {"clone", bench_clone},
    {"daytime", bench_daytime},
    {"save", bench_save},
    {"bulk", bench_bulk},
    {"idle-cpu", bench_idle_cpu},
    {"memory", bench_memory},
    /* These start an xenstored, which stays. */
    {"peers", bench_peers},
    {"peers-beside", bench_peers_beside},
    {"daytime-peers", bench_daytime_peers},
    {"save-peers", bench_save_peers},
};
/* clang-format on */

double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

void wait_ms(int ms)
{
	(void)poll(NULL, 0, ms);
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

int most_guests(void)
{
	return levels.guests[levels.count - 1];
}

static void parse_levels(const char *text)
{
	levels.count = 0;
	for (const char *at = text; *at != '\0';) {
		char *end;
		long guests = strtol(at, &end, 10);
		bool rises = levels.count == 0 || guests > levels.guests[levels.count - 1];
		if (end == at || (*end != '\0' && *end != ',') || guests < 0 || guests > 10000 || !rises ||
		    levels.count == 16)
			die("--guests takes rising numbers like 0,100,500, not '%s'", text);
		levels.guests[levels.count++] = (int)guests;
		at = *end == ',' ? end + 1 : end;
	}
	if (levels.count == 0)
		die("--guests takes at least one number");
}

static const struct bench_case *find_case(const char *name)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (strcmp(cases[i].name, name) == 0)
			return &cases[i];
	die("there is no case '%s'", name);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"guests", required_argument, NULL, 'g'},
	                                        {"peers", required_argument, NULL, 'p'},
	                                        {NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'g')
			parse_levels(optarg);
		else if (option == 'p' && atoi(optarg) > 0)
			peers_beside = atoi(optarg);
		else
			die("usage: lightvm-bench [--guests 0,100,...] [--peers N] CASE...");
	}
	for (int i = optind; i < argc; i++)
		find_case(argv[i]);
	struct http *http = http_open("/run/lightvm/lightvmd.sock");
	for (int i = optind; i < argc; i++)
		find_case(argv[i])->run(http);
	rows_print();
	http_close(http);
	return 0;
}
