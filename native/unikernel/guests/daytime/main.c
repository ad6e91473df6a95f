/* SPDX-License-Identifier: MIT */
/* The time of day (RFC 867): whoever connects to TCP port 13 gets one line with the date, and that is all. */
#include <lightvm/guest.h>
#include <lightvm/sockets.h>
#include <lightvm/time.h>

#define PORT 13

static void announce(void)
{
	char text[INET6_ADDRSTRLEN] = "::";
	struct sockaddr_storage address;
	const void *bytes = &((struct sockaddr_in *)&address)->sin_addr;

	if (network_address(AF_INET, &address) == 0)
		inet_ntop(AF_INET, bytes, text, sizeof(text));
	printf("daytime: listening on %s port %d\n", text, PORT);
}

static void on_resume(enum guest_resumed how)
{
	if (how == GUEST_CLONED)
		announce();
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	int listener = socket(AF_INET6, SOCK_STREAM, 0), connection;
	char line[64];

	(void)argc;
	(void)argv;
	if (listener < 0 || bind(listener, (struct sockaddr *)&any, sizeof(any)) < 0 ||
	    listen(listener, 128) < 0)
		panic("port %d: %s", PORT, strerror(errno));
	announce();
	guest_on_resume(on_resume);
	for (;;) {
		connection = accept(listener, NULL, NULL);
		if (connection < 0)
			continue;
		send(connection, line, time_text(clock_wall(), line, sizeof(line)), 0);
		close(connection);
	}
}
