/* SPDX-License-Identifier: MIT */
/*
 * lightvm-bench: measures lightvmd and its peers in one dom0, in one run, interleaved, so that ratios mean something.
 * Rows go to stdout as JSON, tables and progress to stderr. Times are milliseconds of CLOCK_MONOTONIC.
 */
#ifndef LIGHTVM_BENCH_H
#define LIGHTVM_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_MAX_SAMPLES 4096

/* The samples of one row of the results: one per (case, who, image, guests, view). */
struct row {
	const char *bench_case;
	const char *who;
	const char *image;
	int guests; /* others running meanwhile */
	const char *view;
	const char *unit; /* of `ms`, if that is no time; NULL: ms */
	int count;
	double ms[BENCH_MAX_SAMPLES];
};

double now_ms(void);
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* rows.c: rows are kept until rows_print; the pointers stay valid. The strings are kept by reference. */
struct row *row_new(const char *bench_case, const char *who, const char *image, int guests, const char *view);
void row_add(struct row *row, double ms);
double row_median(const struct row *row);
double row_percentile(const struct row *row, double percent);
void rows_print(void);

/* process.c: starts argv[0], waits for its end; the time it took. Dies if it cannot start or ends with another code than 0. */
double run_process(char *const argv[]);
/* The same with its output thrown away: stdout is for rows. Its errors are shown. */
double run_peer(char *const argv[]);
/* Runs it with output thrown away and gives its exit code, -1 if it cannot start. */
int try_process(char *const argv[]);

/* http.c: one open HTTP/1.1 connection to lightvmd. The body is valid until the next request. */
struct http;
struct http *http_open(const char *socket_path);
void http_close(struct http *http);
int http_request(struct http *http, const char *method, const char *path, const char *body, const char **answer);

/* create.c, daytime.c, memory.c, peers.c: the cases. */
void bench_create(struct http *http, const char *image);
void bench_daytime(struct http *http);
void bench_memory(struct http *http);
void peers_setup(struct http *http, const char *kernel);
void peers_round(void);
void peers_teardown(void);
/* A bridge for xl's guests, with the configuration of a daytime guest. False: xl cannot be had here. */
bool peers_bridge(struct http *http);
/* One batch brings the number of guests `beside-N` from `have` to `want`; and takes them away again. */
void run_beside(struct http *http, const char *image, int have, int want);
void remove_beside(struct http *http, int count);
/* Creates one guest `name` and removes it; adds to the rows of both views. */
void create_once(struct http *http, const char *image, const char *name, struct row *client, struct row *daemon);

#endif
