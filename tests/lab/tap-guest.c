/* SPDX-License-Identifier: MIT */
/*
 * Stands for a guest on a network, without Xen: tap-guest TAP MAC PROGRAM ARGS... makes a network namespace with one
 * interface, eth0, of that MAC, carries frames between it and a queue of the network's TAP, and runs the program in
 * there (which sets addresses, and serves). Ends with it, with its exit code. Run in dom0.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/if_arp.h>

#define FRAME_SIZE (65536 + 64)
#define HEADER_SIZE 12

static void fail(const char *what)
{
	fprintf(stderr, "tap-guest: %s: %s\n", what, strerror(errno));
	exit(125);
}

static int open_tap(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE};
	int size = HEADER_SIZE;
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		fail("/dev/net/tun");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &request) < 0)
		fail(name);
	if (ioctl(fd, TUNSETVNETHDRSZ, &size) < 0 ||
	    ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN) < 0)
		fail("headers of a TAP");
	return fd;
}

static void set_mac(const char *mac)
{
	struct ifreq request = {.ifr_name = "eth0"};
	unsigned char *b = (unsigned char *)request.ifr_hwaddr.sa_data;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	errno = EINVAL;
	if (sscanf(mac, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", b, b + 1, b + 2, b + 3, b + 4, b + 5) != 6)
		fail(mac);
	if (fd < 0 || ioctl(fd, SIOCSIFHWADDR, &request) < 0)
		fail("the MAC address of eth0");
	close(fd);
}

/* Frames that the other side does not take are lost, as on a wire. */
static void carry(int from, int to)
{
	static char frame[FRAME_SIZE];
	ssize_t size;

	while ((size = read(from, frame, sizeof(frame))) > 0) {
		ssize_t written = write(to, frame, (size_t)size);
		(void)written;
	}
}

int main(int argc, char **argv)
{
	struct pollfd ends[2];
	int status;
	pid_t child;

	if (argc < 4) {
		fprintf(stderr, "usage: tap-guest TAP MAC PROGRAM ARGS...\n");
		return 125;
	}
	ends[0] = (struct pollfd){.fd = open_tap(argv[1]), .events = POLLIN};
	if (unshare(CLONE_NEWNET) < 0)
		fail("a network namespace");
	ends[1] = (struct pollfd){.fd = open_tap("eth0"), .events = POLLIN};
	set_mac(argv[2]);
	child = fork();
	if (child < 0)
		fail("fork");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execvp(argv[3], argv + 3);
		fail(argv[3]);
	}
	while (waitpid(child, &status, WNOHANG) == 0) {
		if (poll(ends, 2, 100) <= 0)
			continue;
		carry(ends[0].fd, ends[1].fd);
		carry(ends[1].fd, ends[0].fd);
		if ((ends[0].revents | ends[1].revents) & (POLLERR | POLLHUP | POLLNVAL))
			break;
	}
	kill(child, SIGKILL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
