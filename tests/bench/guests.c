/* SPDX-License-Identifier: MIT */
/* Guests by lightvmd's API: single ones to be measured, and many that run beside them. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool host_has(struct http *http, const char *feature)
{
	char quoted[64];
	const char *answer;

	snprintf(quoted, sizeof quoted, "\"%s\"", feature);
	if (http_request(http, "GET", "/v1/host", NULL, &answer) != 200)
		die("the host does not say what it can do: %.400s", answer);
	const char *features = strstr(answer, "\"features\":["),
	           *end = features == NULL ? NULL : strchr(features, ']');
	const char *found = end == NULL ? NULL : strstr(features, quoted);
	bool has = found != NULL && found < end;
	if (!has)
		fprintf(stderr, "this lightvmd has no '%s'; left out\n", feature);
	return has;
}

static void definition(char *body, size_t size, const char *image, const char *name)
{
	snprintf(body, size,
	         "{\"guests\":[{\"name\":\"%s\",\"image\":\"%s\",\"memory\":4194304}],\"start\":true}", name,
	         image);
}

void make_guest(struct http *http, const char *image, const char *name)
{
	char body[256];

	definition(body, sizeof body, image, name);
	http_do(http, "/v1/guests", body);
}

const char *create_guest(struct http *http, const char *image, const char *name)
{
	char body[256];
	const char *answer;

	definition(body, sizeof body, image, name);
	int status = http_request(http, "POST", "/v1/guests", body, &answer);
	if (status != 200 || strstr(answer, "\"problem\"") != NULL)
		die("creating %s gave %d: %.400s", name, status, answer);
	return answer;
}

const char *read_guest(struct http *http, const char *name)
{
	char path[128];
	const char *answer;

	snprintf(path, sizeof path, "/v1/guests/%s", name);
	int status = http_request(http, "GET", path, NULL, &answer);
	if (status != 200)
		die("reading %s gave %d: %.400s", name, status, answer);
	return answer;
}

double startup_ms(const char *answer)
{
	const char *startup = strstr(answer, "\"startupMs\":");

	if (startup == NULL)
		die("no startupMs in %.400s", answer);
	return atof(startup + 12);
}

void copy_address(const char *answer, char *address, size_t size)
{
	const char *found = strstr(answer, "\"address\":\"");
	size_t length = found == NULL ? 0 : strcspn(found + 11, "\"");

	if (length == 0 || length >= size)
		die("no address in %.400s", answer);
	memcpy(address, found + 11, length);
	address[length] = 0;
}

void act_on_guest(struct http *http, const char *action, const char *name)
{
	char body[128];

	snprintf(body, sizeof body, "{\"action\":\"%s\",\"names\":[\"%s\"]}", action, name);
	http_do(http, "/v1/guests/actions", body);
}

double run_beside(struct http *http, const char *image, int have, int want)
{
	size_t size = 128 + (size_t)(want - have) * 96;
	char *body;
	const char *answer;

	if (want <= have)
		return 0;
	body = malloc(size);
	if (body == NULL)
		die("no memory");
	size_t used = (size_t)snprintf(body, size, "{\"start\":true,\"guests\":[");
	for (int i = have; i < want; i++)
		used += (size_t)snprintf(body + used, size - used,
		                         "%s{\"name\":\"beside-%d\",\"image\":\"%s\",\"memory\":4194304}",
		                         i > have ? "," : "", i, image);
	snprintf(body + used, size - used, "]}");
	double start = now_ms();
	int status = http_request(http, "POST", "/v1/guests", body, &answer);
	double taken = now_ms() - start;
	if (status != 200 || strstr(answer, "\"problem\"") != NULL)
		die("creating %d guests in one call gave %d: %.400s", want - have, status, answer);
	fprintf(stderr, "%d %s guests created in one call: %.0f ms, %.2f ms each\n", want - have, image,
	        taken, taken / (want - have));
	free(body);
	return taken;
}

double remove_beside(struct http *http, int count)
{
	size_t size = 128 + (size_t)count * 24;
	char *body;
	const char *answer;

	if (count == 0)
		return 0;
	body = malloc(size);
	if (body == NULL)
		die("no memory");
	size_t used = (size_t)snprintf(body, size, "{\"action\":\"remove\",\"names\":[");
	for (int i = 0; i < count; i++)
		used += (size_t)snprintf(body + used, size - used, "%s\"beside-%d\"", i > 0 ? "," : "", i);
	snprintf(body + used, size - used, "]}");
	double start = now_ms();
	int status = http_request(http, "POST", "/v1/guests/actions", body, &answer);
	double taken = now_ms() - start;
	if (status != 200 || strstr(answer, "\"problem\"") != NULL)
		die("removing %d guests gave %d: %.400s", count, status, answer);
	fprintf(stderr, "%d guests removed in one call: %.0f ms, %.2f ms each\n", count, taken,
	        taken / count);
	free(body);
	return taken;
}
