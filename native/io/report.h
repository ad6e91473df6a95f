/* SPDX-License-Identifier: MIT */
/* One-line sentences for the journal, on stderr. */
#ifndef LIGHTVM_IO_REPORT_H
#define LIGHTVM_IO_REPORT_H

/* Syslog's numbers, which the journal reads from the line's beginning. */
enum report_level {
	REPORT_ERROR = 3,
	REPORT_WARNING = 4,
	REPORT_INFO = 6,
	REPORT_DEBUG = 7,
};

/* Lines above this level are not written; REPORT_INFO at first. */
void report_set_level(enum report_level level);

__attribute__((format(printf, 2, 3))) void report(enum report_level level, const char *format, ...);

#endif
