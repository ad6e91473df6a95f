/* SPDX-License-Identifier: MIT */
/*
 * lightvm-bench: measures lightvmd and its peers in one dom0, in one run, interleaved, so that ratios mean
 * something. Rows go to stdout as JSON with every sample (tests/bench/report makes tables of them), progress
 * to stderr. Times are milliseconds of CLOCK_MONOTONIC. Whatever does not work ends the program: a figure
 * without its proof is none.
 */
#ifndef LIGHTVM_BENCH_H
#define LIGHTVM_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_MAX_SAMPLES 4096
#define SAVED_IMAGE       "daytime"            /* that is saved and moved */
#define BENCH_DIRECTORY   "/run/lightvm-bench" /* on tmpfs: programs, images */

/* The samples of one row of the results: one per (case, who, image, guests, view, phase). */
struct row {
	const char *bench_case;
	const char *who;
	const char *image;
	int guests; /* others running meanwhile */
	const char *view;
	const char *phase; /* of the view "phase"; else NULL */
	const char *unit;  /* "ms" unless the case says otherwise */
	int count;
	double samples[BENCH_MAX_SAMPLES];
};

double now_ms(void);
void wait_ms(int ms);
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How many guests run beside what is measured, in rising order (--guests). */
struct levels {
	int count;
	int guests[16];
};
extern struct levels levels;
/* The last of them. */
int most_guests(void);
/* How many of a peer's own run beside it in part peers-beside (--peers). */
extern int peers_beside;

/* rows.c: rows are kept until rows_print; the pointers stay valid. The strings are kept by reference. */
struct row *row_new(const char *bench_case, const char *who, const char *image, int guests, const char *view);
void row_add(struct row *row, double sample); /* row may be NULL: a warm-up */
/* A row of one sample. */
void row_one(const char *bench_case, const char *who, const char *image, int guests, const char *view,
             const char *unit, double sample);
double row_median(const struct row *row);
void rows_print(void);
/*
 * phases.c: where the time went of ACTS ("starts") that lightvmd's log tells of, as rows of view
 * "phase". One in four is timed, and 25 make a line: measure at least 100 before.
 */
void add_phases(const char *bench_case, const char *image, int guests, const char *acts);

/* process.c: starts argv[0], waits for its end; the time it took. Dies if it cannot start or ends with
 * another code than 0. */
double run_process(char *const argv[]);
/* The unit: a static busybox `true`. */
double run_spawn(void);
/* The same with its output thrown away: stdout is for rows. If it fails, its errors are shown. */
double run_peer(char *const argv[]);
/* Runs it with output thrown away and gives its exit code, -1 if it cannot start. */
int try_process(char *const argv[]);
int try_shell(const char *script);

/* host.c: what dom0 and Xen have and do. */
long read_kb(const char *path, const char *field);
/* The process of a systemd unit. */
int pid_of(const char *unit);
struct cpu_time { /* seconds since each began */
	double lightvmd, lightvm_io;
	double dom0, guests; /* Xen's account */
};
void read_cpu_time(struct cpu_time *time);
/* Domains but dom0 that Xen has now, dying ones left out. */
int count_domains(void);
/* KB that neither Xen nor dom0 has given to anybody. */
long free_kb(void);

/* http.c: one open HTTP/1.1 connection to lightvmd. The body is valid until the next request. */
struct http;
struct http *http_open(const char *socket_path);
void http_close(struct http *http);
int http_request(struct http *http, const char *method, const char *path, const char *body,
                 const char **answer);
/*
 * A POST that asks for no body in the answer (Prefer: return=minimal); dies unless all of it was done. What is measured is this:
 * who wants to know more of a guest reads it afterwards.
 */
void http_do(struct http *http, const char *path, const char *body);

/* guests.c */
/* Whether this lightvmd has a feature; says so if it has not: a case that needs it is left out. */
bool host_has(struct http *http, const char *feature);
/* Creates a guest of 4 MiB. */
void make_guest(struct http *http, const char *image, const char *name);
/* The same, with the record in the answer: for who needs the address at once. */
const char *create_guest(struct http *http, const char *image, const char *name);
/* The record of a guest. */
const char *read_guest(struct http *http, const char *name);
/* What such an answer says of the first guest in it. */
double startup_ms(const char *answer);
void copy_address(const char *answer, char *address, size_t size);
/* "remove", "stop": as POST /v1/guests/actions takes them. */
void act_on_guest(struct http *http, const char *action, const char *name);
/* One batch brings the number of guests `beside-N` from `have` to `want`; one call takes them away. Both give
 * ms. */
double run_beside(struct http *http, const char *image, int have, int want);
double remove_beside(struct http *http, int count);

/* daytime.c: waits until somebody at `address` tells the time of day; dies if nobody does. */
void await_daytime(const char *address);
/* Asks each of beside-0 to beside-(count-1), in turn, and dies if one is missing or silent. ms of all. */
double ask_daytimes(struct http *http, int count);

/* classic.c: the classic toolstack, as its own scripts start it. Guests are named by what follows bench-xl-.
 */
/* xenstored and what belongs to it. False: it cannot be had. */
bool start_classic(struct http *http);
void write_file(const char *path, const char *text);
#define XL_NOOP    BENCH_DIRECTORY "/xl-noop.cfg" /* configurations of guests */
#define XL_DAYTIME BENCH_DIRECTORY "/xl-daytime.cfg"
#define XL_SAVED                                                                                             \
	BENCH_DIRECTORY                                                                                      \
	    "/xl-saved.cfg" /* without an adapter, which a unikernel gets back by a device page alone */
#define XL_DAYTIME_ADDRESS "10.119.0.2"
/* Each writes the configuration, and what it needs of the host. False: xl cannot create that guest here,
 * which is said. */
bool prepare_xl(struct http *http);
bool prepare_xl_daytime(struct http *http); /* on a bridge, with netback */
/* Whether xl can save that guest and restore it: the image must answer to control/shutdown. */
bool xl_can_save(const char *config);
/* Each gives its ms, and dies if it fails. A save ends the guest, and a restore brings it back. */
double xl_create(const char *config, const char *name);
double xl_destroy(const char *name);
double xl_save(const char *name);
double xl_restore(void);

/* containers.c: an OCI bundle whose program is busybox `true`, and one whose is `sleep`. */
bool prepare_containers(void);
bool container_runs(const char *runtime);
double container_true(const char *runtime);
double container_start(const char *runtime, int number);
double container_remove(const char *runtime, int number);

/* The cases, one file each. */
void bench_create(struct http *http);
void bench_build(struct http *http);
void bench_claim(struct http *http);
void bench_clone(struct http *http);
void bench_daytime(struct http *http);
void bench_save(struct http *http);
void bench_bulk(struct http *http);
void bench_idle_cpu(struct http *http);
void bench_memory(struct http *http);
/* The peers: on the empty host, beside many of their own, and to service. They start an xenstored, which
 * stays. */
void bench_peers(struct http *http);
void bench_peers_beside(struct http *http);
void bench_daytime_peers(struct http *http);
void bench_save_peers(struct http *http);
/* xl's save and restore of daytime while `running` others run. */
void save_by_xl(struct http *http, int running);

#endif
