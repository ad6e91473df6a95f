/* SPDX-License-Identifier: MIT */
#include "network_tap.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/virtio_net.h>

#define TCP_FLAGS 13
#define TCP_CWR   0x80

int tap_open(struct network_tap *tap, struct loop *loop, int descriptor,
             void (*ready)(struct source *, uint32_t))
{
	int result = tap_attach(descriptor, &tap->header_size);

	if (result != 0)
		goto out;
	if (tap->header_size != sizeof(struct virtio_net_hdr) &&
	    tap->header_size != sizeof(struct virtio_net_hdr_mrg_rxbuf)) {
		result = EINVAL;
		goto out;
	}
	tap->source.ready = ready;
	result = loop_add(loop, descriptor, EPOLLIN, &tap->source);
	if (result == 0)
		tap->descriptor = descriptor;

out:
	return result;
}

void tap_close(struct network_tap *tap, struct loop *loop)
{
	if (tap->descriptor < 0)
		return;
	loop_remove(loop, tap->descriptor, &tap->source);
	close(tap->descriptor);
	tap->descriptor = -1;
}

/* What a call that failed says of the TAP. */
static enum tap_result failure(void)
{
	enum tap_result result = TAP_LOST;

	if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)
		result = TAP_EMPTY;
	else if (errno == EINVAL || errno == EIO || errno == ENOMEM)
		result = TAP_DONE; /* this frame was not to its taste: it is lost, no more (an interface that
		                      is down) */
	return result;
}

enum tap_result tap_read(struct network_tap *tap, uint8_t *bytes, size_t *size, struct offload *offload)
{
	struct virtio_net_hdr_mrg_rxbuf header = {0};
	const struct iovec parts[] = {
	    {.iov_base = &header, .iov_len = tap->header_size},
	    {.iov_base = bytes, .iov_len = TAP_FRAME_MAX},
	};
	ssize_t got = readv(tap->descriptor, parts, 2);
	uint8_t gso = header.hdr.gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;

	*size = 0;
	if (got < 0)
		return failure();
	if (got == 0)
		return TAP_LOST;
	if ((size_t)got < tap->header_size + FRAME_ETHERNET)
		return TAP_DONE;
	if (gso != VIRTIO_NET_HDR_GSO_NONE && gso != VIRTIO_NET_HDR_GSO_TCPV4 &&
	    gso != VIRTIO_NET_HDR_GSO_TCPV6)
		return TAP_DONE;
	*size = (size_t)got - tap->header_size;
	*offload = (struct offload){
	    .checksum_blank = (header.hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0,
	    .validated = (header.hdr.flags & VIRTIO_NET_HDR_F_DATA_VALID) != 0,
	    .segment = gso != VIRTIO_NET_HDR_GSO_NONE ? header.hdr.gso_size : 0,
	    .ipv6 = gso == VIRTIO_NET_HDR_GSO_TCPV6,
	};
	return TAP_DONE;
}

static struct virtio_net_hdr describe(const struct frame_info *info, const struct offload *offload)
{
	struct virtio_net_hdr header = {0};

	if (offload->checksum_blank) {
		header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		header.csum_start = (uint16_t)info->transport;
		header.csum_offset = (uint16_t)(offload_checksum_place(info) - info->transport);
	} else if (offload->validated) {
		header.flags = VIRTIO_NET_HDR_F_DATA_VALID;
	}
	if (offload->segment != 0) {
		header.gso_type = offload->ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
		if ((info->bytes[info->transport + TCP_FLAGS] & TCP_CWR) != 0)
			header.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
		header.gso_size = offload->segment;
		header.hdr_len = (uint16_t)offload_headers(info, offload);
	}
	return header;
}

enum tap_result tap_write(struct network_tap *tap, const struct frame_info *info,
                          const struct offload *offload)
{
	struct virtio_net_hdr_mrg_rxbuf header = {.hdr = describe(info, offload)};
	const struct iovec parts[] = {
	    {.iov_base = &header, .iov_len = tap->header_size},
	    {.iov_base = (void *)(uintptr_t)info->bytes, .iov_len = info->size},
	};
	ssize_t put;

	if (tap->descriptor < 0)
		return TAP_EMPTY;
	put = writev(tap->descriptor, parts, 2);
	return put >= 0 ? TAP_DONE : failure();
}
