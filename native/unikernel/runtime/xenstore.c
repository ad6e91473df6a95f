/* SPDX-License-Identifier: MIT */
/*
 * The store's client. One request at a time: whoever makes one waits for its answer. Watches fire in a thread
 * of their own, since what they call makes requests too.
 */
#include <lightvm/memory.h>
#include <lightvm/threads.h>
#include "runtime.h"
#include "store_ring.h"
#include "xenstore.h"

#define MAX_WATCHES 32
#define NUMBER_SIZE 24

extern const struct xenstore_driver *const xenstore_drivers_start[], *const xenstore_drivers_end[];

static struct store_ring *ring; /* NULL: there is no store */
static evtchn_port_t port;
static struct mutex requests, hooks; /* hooks: held while one runs, and while the guest stands still */
static struct wait_queue answers, changes;
static uint32_t last_request;
static bool answered, broken;
static bool renewed; /* the domain is another, and the store's thread has yet to see to it */

static struct watch {
	xenstore_hook hook;
	void *data;
	bool fired;
} watches[MAX_WATCHES];
static unsigned int watch_count;

static void take_watch(void)
{
	const char *path, *token;
	unsigned long index;

	if (!store_parse_watch(ring->body, ring->header.len, &path, &token))
		return;
	index = parse_unsigned(token, NULL);
	if (index >= watch_count)
		return;
	watches[index].fired = true;
	wake_all(&changes);
}

/* Takes what came. An answer stays in the ring's buffer until whoever asked has looked. */
static void on_event(void *data)
{
	enum store_result result = STORE_NOTHING;
	bool taken = false, any = false;

	(void)data;
	while (!answered && !broken && (result = store_ring_get(ring, &taken)) != STORE_NOTHING) {
		any |= taken;
		if (result == STORE_BROKEN)
			broken = true;
		else if (ring->header.type == XS_WATCH_EVENT)
			take_watch();
		else if (ring->header.req_id == last_request)
			answered = true;
	}
	if (any || taken)
		event_notify(port);
	wake_all(&answers);
}

static bool send(const void *bytes, size_t size)
{
	const char *next = bytes;
	size_t count;

	while (size > 0 && !broken) {
		count = store_ring_put(ring, next, size);
		next += count;
		size -= count;
		event_notify(port);
		if (size > 0)
			wait_on(&answers, FOREVER);
	}
	return size == 0;
}

/*
 * Asks; the answer's bytes are copied to `answer`, cut to its size, and a NUL set behind. *length: of the
 * whole answer. false: the store says no, or speaks no more.
 */
static bool request(uint32_t type, const void *body, size_t size, char *answer, size_t answer_size,
                    size_t *length)
{
	struct xsd_sockmsg header = {.type = type, .len = (uint32_t)size};
	bool good;

	if (ring == NULL)
		return false;
	mutex_lock(&requests);
	header.req_id = ++last_request;
	good = send(&header, sizeof(header)) && send(body, size);
	while (good && !answered && !broken)
		wait_on(&answers, FOREVER);
	good = good && answered && ring->header.type != XS_ERROR;
	if (good && answer != NULL) {
		*length = ring->header.len;
		if (*length >= answer_size)
			ring->header.len = (uint32_t)answer_size - 1;
		memcpy(answer, ring->body, ring->header.len);
		answer[ring->header.len] = '\0';
		ring->header.len = (uint32_t)*length;
	}
	answered = false;
	on_event(NULL); /* what came behind the answer */
	mutex_unlock(&requests);
	return good;
}

/* What stands in a request: a path, and something behind its NUL. */
static bool request_pair(uint32_t type, const char *path, const char *rest, size_t rest_size)
{
	size_t length = strlen(path) + 1;
	char *body = malloc(length + rest_size);
	bool good;

	if (body == NULL)
		return false;
	memcpy(body, path, length);
	memcpy(body + length, rest, rest_size);
	good = request(type, body, length + rest_size, NULL, 0, NULL);
	free(body);
	return good;
}

bool xenstore_read(const char *path, char *value, size_t size)
{
	size_t length;

	return request(XS_READ, path, strlen(path) + 1, value, size, &length);
}

bool xenstore_read_number(const char *path, uint64_t *value)
{
	char text[NUMBER_SIZE];
	const char *end;

	if (!xenstore_read(path, text, sizeof(text)))
		return false;
	*value = parse_unsigned(text, &end);
	return end != text && *end == '\0';
}

static bool join(char path[XENSTORE_PATH], const char *directory, const char *name)
{
	return snprintf(path, XENSTORE_PATH, "%s/%s", directory, name) < XENSTORE_PATH;
}

bool xenstore_read_number_at(const char *directory, const char *name, uint64_t *value)
{
	char path[XENSTORE_PATH];

	return join(path, directory, name) && xenstore_read_number(path, value);
}

bool xenstore_write(const char *path, const char *value)
{
	return request_pair(XS_WRITE, path, value, strlen(value));
}

bool xenstore_write_number_at(const char *directory, const char *name, uint64_t value)
{
	char path[XENSTORE_PATH], text[NUMBER_SIZE];

	snprintf(text, sizeof(text), "%lu", value);
	return join(path, directory, name) && xenstore_write(path, text);
}

bool xenstore_list(const char *path, char *names, size_t size)
{
	size_t length;

	return request(XS_DIRECTORY, path, strlen(path) + 1, names, size, &length) && length < size;
}

bool xenstore_watch(const char *path, xenstore_hook hook, void *data)
{
	char token[NUMBER_SIZE];
	unsigned int i = 0;

	while (i < watch_count && (watches[i].hook != hook || watches[i].data != data))
		i++;
	if (ring == NULL || i == MAX_WATCHES)
		return false;
	watches[i] = (struct watch){.hook = hook, .data = data};
	if (i == watch_count)
		watch_count++;
	snprintf(token, sizeof(token), "%u", i);
	return request_pair(XS_WATCH, path, token, strlen(token) + 1);
}

static void run_hooks(void)
{
	for (unsigned int i = 0; i < watch_count; i++) {
		if (!watches[i].fired)
			continue;
		watches[i].fired = false;
		watches[i].hook(watches[i].data);
	}
}

static bool any_fired(void)
{
	for (unsigned int i = 0; i < watch_count; i++)
		if (watches[i].fired)
			return true;
	return false;
}

/* xl shutdown, xl reboot: the word is taken out of the node as an acknowledgement. */
static void on_shutdown(void *unused)
{
	char word[16];

	(void)unused;
	if (!xenstore_read("control/shutdown", word, sizeof(word)) || word[0] == '\0')
		return;
	xenstore_write("control/shutdown", "");
	if (strcmp(word, "poweroff") == 0 || strcmp(word, "halt") == 0)
		shutdown_requested(NOXS_POWEROFF);
	else if (strcmp(word, "reboot") == 0)
		shutdown_requested(NOXS_REBOOT);
	else if (strcmp(word, "suspend") == 0)
		shutdown_requested(NOXS_SUSPEND);
}

/* What the store is to know of us, and we of it. */
static void introduce(void)
{
	if ((guest_shutdown_features & NOXS_SYSCTL_POWEROFF) != 0)
		xenstore_write("control/feature-poweroff", "1");
	if ((guest_shutdown_features & NOXS_SYSCTL_REBOOT) != 0)
		xenstore_write("control/feature-reboot", "1");
	xenstore_write("control/feature-suspend", "1");
	xenstore_watch("control/shutdown", on_shutdown, NULL);
}

static void renew(void)
{
	const struct xenstore_driver *const *entry;

	introduce();
	for (entry = xenstore_drivers_start; entry < xenstore_drivers_end; entry++)
		(*entry)->resume();
}

/* The store's own thread: what it has to do at the start delays nobody. */
static void serve(void *unused)
{
	bool again;

	(void)unused;
	introduce();
	for (;;) {
		mutex_lock(&hooks);
		again = renewed;
		if (again)
			renew();
		run_hooks();
		if (again)
			renewed = false;
		mutex_unlock(&hooks);
		if (!renewed && !any_fired())
			wait_on(&changes, FOREVER);
	}
}

void xenstore_init(void)
{
	struct thread *thread;

	/* A toolstack without any store gives neither page nor port. */
	if (noxs_present() || start_info->store_mfn == 0 || start_info->store_evtchn == 0)
		return;
	ring = calloc(1, sizeof(*ring));
	thread = ring != NULL ? thread_create("xenstore", serve, NULL, 0) : NULL;
	if (thread == NULL)
		panic("no memory for XenStore");
	thread_detach(thread);
	ring->page = machine_frame_to_pointer(start_info->store_mfn);
	port = start_info->store_evtchn;
	event_bind(port, on_event, NULL);
}

void xenstore_hold(void)
{
	if (ring == NULL)
		return;
	mutex_lock(&hooks);
	mutex_lock(&requests);
}

/* What the other store had yet to say will never come whole. */
static void begin_anew(void)
{
	const struct xenstore_driver *const *entry;

	event_unbind(port, on_event, NULL);
	port = start_info->store_evtchn;
	store_ring_drop(ring);
	answered = broken = false;
	for (unsigned int i = 0; i < watch_count; i++)
		watches[i].fired = false;
	for (entry = xenstore_drivers_start; entry < xenstore_drivers_end; entry++)
		(*entry)->lose();
	event_bind(port, on_event, NULL);
	renewed = true;
	wake_all(&changes);
}

void xenstore_resume(bool new)
{
	if (ring == NULL)
		return;
	if (new)
		begin_anew();
	mutex_unlock(&requests);
	mutex_unlock(&hooks);
}

static bool all_ready(void)
{
	const struct xenstore_driver *const *entry;

	for (entry = xenstore_drivers_start; entry < xenstore_drivers_end; entry++)
		if (!(*entry)->ready())
			return false;
	return !renewed;
}

void xenstore_settle(void)
{
	uint64_t deadline = clock_monotonic() + NOXS_ANNOUNCED_MS * 1000000UL;

	while (ring != NULL && !all_ready() && clock_monotonic() < deadline)
		event_wait(deadline);
}

void xenstore_start_drivers(void)
{
	const struct xenstore_driver *const *entry;

	for (entry = xenstore_drivers_start; ring != NULL && entry < xenstore_drivers_end; entry++)
		if ((*entry)->start != NULL)
			(*entry)->start();
}
