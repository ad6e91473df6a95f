/* SPDX-License-Identifier: MIT */
/*
 * On a real Xen host: a lightvm-io without privileges is killed again and again while guests print, and no
 * line is lost or doubled; guests are asked to end, and do. Says what things took.
 *
 *   xen_io LIGHTVM_IO HELLO_KERNEL NOOP_KERNEL [GUESTS [KILLS [OTHERS]]]
 *
 * OTHERS guests are attached already when it measures, 0 if not given.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/sys/evtchn.h>

#include "check.h"
#include "lightvm/noxs.h"
#include "xen_rig.h"

#define LINES        300000U /* in each guest's burst: seconds of printing */
#define LOG_SIZE     (1U << 23)
#define GREETING_MAX 150U /* bytes before the burst, less than that */
#define ROUNDS       40U
#define LIMIT_NS     300000000000ULL

static struct rig rig;

static struct console_log header(uint32_t guest)
{
	struct console_log log;

	CHECK(pread(rig.guests[guest].log, &log, sizeof(log), 0) == sizeof(log));
	return log;
}

/* Waits until this holds for every guest. */
static void await_all(bool (*done)(const struct rig_guest *))
{
	uint64_t end = client_clock_ns() + LIMIT_NS;
	uint32_t left = rig.count;

	while (left > 0) {
		left = 0;
		for (uint32_t i = 0; i < rig.count; i++)
			left += !done(&rig.guests[i]);
		if (left > 0)
			(void)rig_poll(&rig, 100);
		if (client_clock_ns() > end) {
			fprintf(stderr, "%u guests did not get there\n", left);
			exit(1);
		}
	}
}

static bool ended(const struct rig_guest *guest)
{
	return guest->ends > 0;
}

static bool alive(const struct rig_guest *guest)
{
	return guest->first_events > 0;
}

/* Whether the guest has come through its burst and ticks; asked to end before, it would break off in
 * mid-line. */
static bool ticks(const struct rig_guest *guest)
{
	static uint64_t burst;
	static int known;
	char line[32];

	for (uint32_t i = 1; known == 0 && i <= LINES; i++)
		burst += (uint64_t)snprintf(line, sizeof(line), "burst %u\n", i);
	known = 1;
	return header((uint32_t)(guest - rig.guests)).head > burst + GREETING_MAX;
}

/* What a guest printed is a greeting, the whole burst in order, ticks in order, and a farewell. */
static void verify(uint32_t guest)
{
	static char text[LOG_SIZE + 1];
	struct console_log log = header(guest);
	char *line = text;
	uint32_t burst = 0;
	uint32_t tick = 0;
	uint32_t other = 0;
	uint64_t lines = 0;

	CHECK(log.head <= LOG_SIZE);
	CHECK(pread(rig.guests[guest].log, text, LOG_SIZE, CONSOLE_DATA_OFFSET) == LOG_SIZE);
	text[log.head] = '\0';
	while (*line != '\0') {
		char *end = strchr(line, '\n');
		unsigned number;

		CHECK(end != NULL);
		*end = '\0';
		if (sscanf(line, "burst %u", &number) == 1)
			CHECK_EQUAL(number, ++burst);
		else if (sscanf(line, "tick %u", &number) == 1)
			CHECK_EQUAL(number, ++tick);
		else
			other++;
		line = end + 1;
		lines++;
	}
	CHECK_EQUAL(burst, LINES);
	CHECK_EQUAL(other, 5); /* Hello, uuid, two arguments, Goodbye */
	CHECK(strncmp(text, "Hello", 5) == 0);
	CHECK(log.chunk_count > 0 && log.chunk_count <= CONSOLE_CHUNKS);
	CHECK(log.chunks[log.chunk_count - 1].lines <= lines);
}

static uint64_t taken(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < rig.count; i++)
		sum += header(i).head;
	return sum;
}

static void survives_kills(const char *kernel, uint32_t guests, int kills)
{
	char command_line[64];
	uint64_t began;
	uint64_t whole;
	uint64_t longest = 0;
	int done = 0;

	snprintf(command_line, sizeof(command_line), "burst=%u interval=200", LINES);
	rig_create(&rig, kernel, command_line, guests, LOG_SIZE);
	rig_start(&rig);
	for (uint32_t i = 0; i < guests; i++)
		rig_unpause(&rig, i);
	for (; done < kills; done++) {
		usleep((useconds_t)(rand() % 150000));
		began = client_clock_ns();
		rig_kill(&rig);
		if (done % 3 == 0)
			usleep((useconds_t)(rand() % 50000));
		rig_start(&rig);
		if (client_clock_ns() - began > longest)
			longest = client_clock_ns() - began;
		if (done % 10 == 0)
			printf("kill %d: %" PRIu64 " bytes of consoles taken\n", done, taken());
	}
	await_all(ticks);
	for (uint32_t i = 0; i < guests; i++) {
		struct rig_guest *guest = &rig.guests[i];

		CHECK_EQUAL(client_shutdown(&rig.client, guest->uuid, guest->layout.domid, NOXS_POWEROFF), 0);
	}
	await_all(ended);
	whole = taken();
	for (uint32_t i = 0; i < guests; i++) {
		verify(i);
		CHECK_EQUAL(rig.guests[i].end_reason, NOXS_POWEROFF);
		CHECK_EQUAL(rig.guests[i].acknowledgements, 1);
		CHECK_EQUAL(rig.guests[i].faults, 0);
		CHECK(rig.guests[i].first_events >= 1);
	}
	rig_destroy(&rig);
	rig_stop(&rig);
	printf("%d kills, %u guests, %" PRIu64
	       " bytes: no line lost, none doubled; longest from kill to all attached: "
	       "%.1f ms\n",
	       kills, guests, whole, (double)longest / 1e6);
}

/* How fast one guest's console is taken, by a lightvm-io that nobody disturbs. */
static void measure_throughput(const char *kernel)
{
	char command_line[64];
	uint64_t began;
	uint64_t took;

	snprintf(command_line, sizeof(command_line), "burst=%u exit=1", LINES / 4);
	rig_create(&rig, kernel, command_line, 1, LOG_SIZE);
	rig_start(&rig);
	began = client_clock_ns();
	rig_unpause(&rig, 0);
	await_all(ended);
	took = client_clock_ns() - began;
	printf("drain: %" PRIu64 " bytes of one guest in %.1f ms, %.2f MB/s\n", taken(), (double)took / 1e6,
	       (double)taken() * 1e3 / (double)took);
	rig_destroy(&rig);
	rig_stop(&rig);
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a;
	double right = *(const double *)b;

	return left < right ? -1 : left > right;
}

static void print_median(const char *what, double *values)
{
	qsort(values, ROUNDS, sizeof(*values), compare);
	printf("%s: median %.3f ms, p90 %.3f ms\n", what, values[ROUNDS / 2], values[ROUNDS * 9 / 10]);
}

/* From the unpause of a guest to its first event in this very process: what the message is compared with. */
static double first_event_directly(const struct rig_guest *guest, uint32_t which)
{
	struct ioctl_evtchn_bind_interdomain bind = {
	    .remote_domain = guest->layout.domid,
	    .remote_port = guest->layout.event_channel,
	};
	int channel = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	uint32_t port;
	uint64_t began;
	uint64_t took;

	CHECK(channel >= 0 && ioctl(channel, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind) >= 0);
	/* Xen's own event at the bind */
	CHECK(read(channel, &port, sizeof(port)) == sizeof(port));
	CHECK(write(channel, &port, sizeof(port)) == sizeof(port));
	began = client_clock_ns();
	rig_unpause(&rig, which);
	CHECK(read(channel, &port, sizeof(port)) == sizeof(port));
	took = client_clock_ns() - began;
	close(channel);
	return (double)took / 1e6;
}

/* From the unpause of a guest to the message that it lives, and what attaching and detaching take. */
static void measure_first_event(const char *kernel, uint32_t others)
{
	uint64_t started;
	static double told[ROUNDS];
	static double direct[ROUNDS];
	static double detached[ROUNDS];
	static double attached[ROUNDS];

	rig_create(&rig, kernel, NULL, 2 * ROUNDS + others, CONSOLE_DATA_SIZE);
	rig.count = others;
	started = client_clock_ns();
	rig_start(&rig);
	printf("start, and attach %u guests in one go: %.1f ms\n", others,
	       (double)(client_clock_ns() - started) / 1e6);
	for (uint32_t i = 0; i < others; i++)
		rig_unpause(&rig, i);
	await_all(alive);
	rig.count += 2 * ROUNDS;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t which = others + 2 * i;
		struct rig_guest *guest = &rig.guests[which];
		uint64_t began = client_clock_ns();

		rig_attach(&rig, which);
		attached[i] = (double)(client_clock_ns() - began) / 1e6;
		usleep(2000);
		began = client_clock_ns();
		rig_unpause(&rig, which);
		while (!alive(guest))
			CHECK(rig_poll(&rig, 5000));
		told[i] = (double)(client_clock_ns() - began) / 1e6;
		began = client_clock_ns();
		CHECK_EQUAL(client_detach(&rig.client, guest->uuid, guest->layout.domid), 0);
		detached[i] = (double)(client_clock_ns() - began) / 1e6;
		direct[i] = first_event_directly(&rig.guests[which + 1], which + 1);
	}
	rig_stop(&rig);
	rig_destroy(&rig);
	print_median("attach", attached);
	print_median("unpause to the first event's message", told);
	print_median("unpause to the first event, bound by this process", direct);
	print_median("detach", detached);
}

int main(int argc, char **argv)
{
	CHECK(argc >= 4);
	setvbuf(stdout, NULL, _IOLBF, 0);
	rig_open(&rig, argv[1]);
	measure_first_event(argv[3], argc > 6 ? (uint32_t)atoi(argv[6]) : 0);
	measure_throughput(argv[2]);
	survives_kills(argv[2], argc > 4 ? (uint32_t)atoi(argv[4]) : 10, argc > 5 ? atoi(argv[5]) : 60);
	rig_close(&rig);
	return 0;
}
