/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ROWS 256
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
	rows[row_count++] = row;
	return row;
}

void row_add(struct row *row, double ms)
{
	if (row->count < BENCH_MAX_SAMPLES)
		row->ms[row->count++] = ms;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double row_percentile(const struct row *row, double percent)
{
	static double sorted[BENCH_MAX_SAMPLES];

	if (row->count == 0)
		return 0;
	memcpy(sorted, row->ms, sizeof(double) * (size_t)row->count);
	qsort(sorted, (size_t)row->count, sizeof(double), by_value);
	int index = (int)(percent / 100 * row->count);
	return sorted[index < row->count ? index : row->count - 1];
}

double row_median(const struct row *row)
{
	return row_percentile(row, 50);
}

/* The row that another is compared with: same guests if there is one, else any. */
static const struct row *find_row(const char *bench_case, const char *who, int guests)
{
	const struct row *any = NULL;

	for (int i = 0; i < row_count; i++) {
		if (strcmp(rows[i]->bench_case, bench_case) != 0 || strcmp(rows[i]->who, who) != 0 || rows[i]->count == 0)
			continue;
		if (rows[i]->guests == guests)
			return rows[i];
		if (any == NULL)
			any = rows[i];
	}
	return any;
}

void rows_print(void)
{
	fprintf(stderr, "\n%-8s %-12s %-8s %6s %-7s %5s %10s %10s %9s %9s\n", "case", "who", "image", "guests", "view",
		"n", "median ms", "p99 ms", "x spawn", "xl is x");
	for (int i = 0; i < row_count; i++) {
		const struct row *row = rows[i];
		if (row->count == 0 || row->unit != NULL)
			continue;
		double median = row_median(row);
		const struct row *spawn = find_row(row->bench_case, "posix_spawn", row->guests);
		const struct row *xl = find_row(row->bench_case, "xl", row->guests);
		fprintf(stderr, "%-8s %-12s %-8s %6d %-7s %5d %10.3f %10.3f", row->bench_case, row->who, row->image,
			row->guests, row->view, row->count, median, row_percentile(row, 99));
		if (spawn != NULL)
			fprintf(stderr, " %9.2f", median / row_median(spawn));
		if (xl != NULL)
			fprintf(stderr, " %9.1f", row_median(xl) / median);
		fputc('\n', stderr);
	}
	printf("[\n");
	for (int i = 0, printed = 0; i < row_count; i++) {
		const struct row *row = rows[i];
		if (row->count == 0)
			continue;
		printf("%s  {\"case\": \"%s\", \"who\": \"%s\", \"image\": \"%s\", \"guests\": %d, \"view\": \"%s\", \"n\": %d, "
		       "\"median_%s\": %.3f, \"p99_%s\": %.3f}",
		       printed++ ? ",\n" : "", row->bench_case, row->who, row->image, row->guests, row->view, row->count,
		       row->unit == NULL ? "ms" : row->unit, row_median(row), row->unit == NULL ? "ms" : row->unit,
		       row_percentile(row, 99));
	}
	printf("\n]\n");
}
