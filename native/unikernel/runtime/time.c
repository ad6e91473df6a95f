/* SPDX-License-Identifier: MIT */
#include <lightvm/guest.h>
#include <lightvm/time.h>

#define SECOND 1000000000UL
#define DAY    86400UL

static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};

void time_calendar(uint64_t nanoseconds, struct calendar *calendar)
{
	uint64_t seconds = nanoseconds / SECOND, days = seconds / DAY, rest = seconds % DAY;
	/* In years that begin in March the leap day is the last one; 719,468 days before 1970 one of 400
	 * began. */
	uint64_t shifted = days + 719468, era = shifted / 146097, day = shifted % 146097;
	uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	uint64_t in_year = day - (365 * year + year / 4 - year / 100), month = (5 * in_year + 2) / 153;

	calendar->day = (int)(in_year - (153 * month + 2) / 5 + 1);
	calendar->month = (int)(month < 10 ? month + 3 : month - 9);
	calendar->year = (int)(year + era * 400 + (month >= 10));
	calendar->weekday = (int)((days + 4) % 7);
	calendar->hour = (int)(rest / 3600);
	calendar->minute = (int)(rest / 60 % 60);
	calendar->second = (int)(rest % 60);
}

size_t time_text(uint64_t nanoseconds, char *buffer, size_t size)
{
	struct calendar now;
	int length;

	time_calendar(nanoseconds, &now);
	length = snprintf(buffer, size, "%s, %s %d, %d %02d:%02d:%02d-UTC\r\n", weekdays[now.weekday],
	                  months[now.month - 1], now.day, now.year, now.hour, now.minute, now.second);
	return (size_t)length < size ? (size_t)length : size - 1;
}
