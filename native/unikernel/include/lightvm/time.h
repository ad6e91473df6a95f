/* SPDX-License-Identifier: MIT */
/* The calendar, for nanoseconds since 1970 as clock_wall() of guest.h gives them. All of it is UTC. */
#ifndef LIGHTVM_TIME_H
#define LIGHTVM_TIME_H

#include <stddef.h>
#include <stdint.h>

struct calendar {
	int year;    /* 1970 and later */
	int month;   /* from 1 */
	int day;     /* of the month, from 1 */
	int weekday; /* from 0, Sunday */
	int hour, minute, second;
};

void time_calendar(uint64_t nanoseconds, struct calendar *calendar);

/*
 * "Tuesday, November 24, 2026 10:07:16-UTC\r\n", as RFC 867 suggests. Gives its length; a buffer of 64 bytes
 * has room.
 */
size_t time_text(uint64_t nanoseconds, char *buffer, size_t size);

#endif
