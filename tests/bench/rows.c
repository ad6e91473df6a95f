/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ROWS 512
static struct row *rows[MAX_ROWS];
static int row_count;

struct row *row_new(const char *bench_case, const char *who, const char *image, int guests, const char *view)
{
	struct row *row = calloc(1, sizeof *row);

	if (row == NULL || row_count == MAX_ROWS)
		die("no room for another row");
	row->bench_case = bench_case;
	row->who = who;
	row->image = image;
	row->guests = guests;
	row->view = view;
	row->unit = "ms";
	rows[row_count++] = row;
	return row;
}

void row_add(struct row *row, double sample)
{
	if (row != NULL && row->count < BENCH_MAX_SAMPLES)
		row->samples[row->count++] = sample;
}

void row_one(const char *bench_case, const char *who, const char *image, int guests, const char *view,
             const char *unit, double sample)
{
	struct row *row = row_new(bench_case, who, image, guests, view);

	row->unit = unit;
	row_add(row, sample);
	fprintf(stderr, "%s: %s, %s, %d guests, %s: %.2f %s\n", bench_case, who, image, guests, view, sample,
	        unit);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double row_median(const struct row *row)
{
	static double sorted[BENCH_MAX_SAMPLES];

	if (row->count == 0)
		return 0;
	memcpy(sorted, row->samples, sizeof(double) * (size_t)row->count);
	qsort(sorted, (size_t)row->count, sizeof(double), by_value);
	return sorted[row->count / 2];
}

void rows_print(void)
{
	int printed = 0;

	printf("[");
	for (int i = 0; i < row_count; i++) {
		const struct row *row = rows[i];
		if (row->count == 0)
			continue;
		printf("%s\n  {\"case\": \"%s\", \"who\": \"%s\", \"image\": \"%s\", \"guests\": %d, "
		       "\"view\": \"%s\", ",
		       printed++ > 0 ? "," : "", row->bench_case, row->who, row->image, row->guests,
		       row->view);
		if (row->phase != NULL)
			printf("\"phase\": \"%s\", ", row->phase);
		printf("\"unit\": \"%s\", \"samples\": [", row->unit);
		for (int k = 0; k < row->count; k++)
			printf("%s%.4f", k > 0 ? ", " : "", row->samples[k]);
		printf("]}");
	}
	printf("\n]\n");
}
