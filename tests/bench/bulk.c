/* SPDX-License-Identifier: MIT */
/*
 * Case bulk: as many guests as --guests allows made in one call, all of them shown to be there (Xen has that
 * many domains; each daytime guest tells the time over TCP), and removed in one call.
 */
#include "bench.h"

#include <stdio.h>

#define FREE_WITHIN 60000 /* ms, for Xen to give the last page back */

static void await_domains(int want)
{
	double start = now_ms();

	while (count_domains() != want) {
		if (now_ms() - start > FREE_WITHIN)
			die("Xen has %d domains, not %d", count_domains(), want);
		wait_ms(10);
	}
}

static void measure(struct http *http, const char *image, bool asked)
{
	int guests = most_guests(), others = count_domains();
	double created = run_beside(http, image, 0, guests);

	if (count_domains() - others != guests)
		die("Xen has %d domains more, not %d", count_domains() - others, guests);
	row_one("bulk", "lightvm", image, guests, "create", "guests/s", guests * 1e3 / created);
	if (asked) {
		double taken = ask_daytimes(http, guests); /* dies if one is silent */
		row_one("bulk", "lightvm", image, guests, "answered", "guests", guests);
		row_one("bulk", "lightvm", image, guests, "answer", "ms", taken / guests);
	}
	double removed = remove_beside(http, guests);
	row_one("bulk", "lightvm", image, guests, "destroy", "guests/s", guests * 1e3 / removed);
	await_domains(others);
	row_one("bulk", "lightvm", image, guests, "removed", "guests", guests);
}

void bench_bulk(struct http *http)
{
	if (most_guests() == 0)
		die("bulk needs --guests above 0");
	run_beside(http, "noop", 0, 10); /* what the first ones of a host bring about is not the others' */
	remove_beside(http, 10);
	measure(http, "noop", false);
	measure(http, "daytime", true);
}
