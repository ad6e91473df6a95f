/* SPDX-License-Identifier: MIT */
/* Does nothing: the runtime has signalled the host before main. What creation costs is measured with it. */
#include <lightvm/guest.h>

const uint32_t guest_shutdown_features = 0;

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (;;)
		guest_wait(UINT64_MAX);
}
