/* SPDX-License-Identifier: MIT */
/* Reads "Medians of the last 50 starts, in us: Reserve 12, Intent 3." from lightvmd's log. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void add_phases(const char *bench_case, const char *image, int guests, const char *acts)
{
	char command[256], line[1024] = "", name[64];
	double us;
	int length;

	snprintf(command, sizeof command,
	         "journalctl -u lightvmd -o cat --no-pager -n 5000 | grep 'Medians of the last [0-9]* %s, in "
	         "us' | tail -n 1",
	         acts);
	FILE *pipe = popen(command, "re");
	bool told = pipe != NULL && fgets(line, sizeof line, pipe) != NULL;
	if (pipe != NULL)
		pclose(pipe);
	char *at = strstr(line, "in us: ");
	if (!told || at == NULL) {
		fprintf(stderr, "%s: lightvmd's log does not tell where the time of %s goes\n", bench_case,
		        acts);
		return;
	}
	for (at += 7; sscanf(at, "%63[A-Za-z] %lf%n", name, &us, &length) == 2; at += 2) {
		struct row *row = row_new(bench_case, "lightvm", image, guests, "phase");
		row->phase = strdup(name);
		row_add(row, us / 1e3);
		at += length;
		if (*at != ',')
			break;
	}
}
