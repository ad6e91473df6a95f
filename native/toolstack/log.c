/* SPDX-License-Identifier: MIT */
/* libxc explains itself to a logger only. Ours keeps the explanation with the handle, for the error. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "host.h"

static void log_message(xentoollog_logger *logger, xentoollog_level level, int number, const char *context,
                        const char *format, va_list arguments)
{
	struct log *log = (struct log *)logger;
	size_t length;

	(void)number;
	(void)context;
	if (level < XTL_ERROR || log->text[0] != '\0')
		return;
	vsnprintf(log->text, sizeof(log->text), format, arguments);
	length = strlen(log->text);
	while (length > 0 && log->text[length - 1] == '\n')
		log->text[--length] = '\0';
}

/* Lives in its handle. */
static void log_destroy(xentoollog_logger *logger)
{
	(void)logger;
}

void log_init(struct log *log)
{
	log->logger.vmessage = log_message;
	log->logger.progress = NULL;
	log->logger.destroy = log_destroy;
	log_clear(log);
}

void log_clear(struct log *log)
{
	log->text[0] = '\0';
}

int host_error(struct lightvm_host *host, struct lightvm_error *error, const char *step, const char *format,
               ...)
{
	char text[sizeof(error->message)];
	int number = errno != 0 ? errno : EIO;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (host->log.text[0] != '\0')
		return error_set(error, number, step, "%s: %s (Xen: %s)", text, strerror(number),
		                 host->log.text);
	return error_set(error, number, step, "%s: %s", text, strerror(number));
}
