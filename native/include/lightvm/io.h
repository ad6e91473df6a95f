/* SPDX-License-Identifier: MIT */
/*
 * What lightvmd and lightvm-io say to each other, over one SOCK_SEQPACKET connection to /run/lightvm/io.sock
 * (systemd listens there and starts lightvm-io). One message is one packet; byte order is little endian.
 *
 * lightvm-io has no privileges and opens nothing itself: gntdev, evtchn and log files come as passed descriptors.
 * lightvmd keeps no copy of the evtchn descriptor: a port becomes bindable again only when its last copy closes.
 *
 * One lightvmd at a time: a second connection replaces the first. The connection may end at any time, on either
 * side; guests go on. A new lightvmd says HELLO, LISTs what is attached, ATTACHes what is not, DETACHes the rest.
 * A new lightvm-io holds nothing: it gets descriptors with HELLO, then an ATTACH for each guest.
 *
 * Replies carry the serial of their request; requests are served in order. serial 0 marks an event.
 * Requests may be sent without waiting for replies, by a lightvmd that reads meanwhile: while a reply cannot be
 * sent, no request is read. Whoever gets a packet of a wrong size, type, version or number of descriptors closes
 * the connection; a request that is well formed but cannot be served gets an IO_RESULT with an error:
 *   EPROTO      no IO_HELLO with descriptors has come yet
 *   ENOENT      no such guest is attached (uuid and domid must both match)
 *   EEXIST      IO_ATTACH: this uuid is attached with another domid; IO_DETACH that one first
 *   EOPNOTSUPP  IO_SHUTDOWN: the guest is up and says in its features that it does not obey this reason
 *   EBUSY       IO_NET, IO_BLOCK: this device is there with other values that cannot change while it is;
 *               IO_NETWORK_REMOVE: adapters are on it
 *   ENODEV      IO_NET: there is no such network; IO_DEVICE_REMOVE, IO_COUNTERS: no such device
 *   ETIMEDOUT   IO_DEVICE_REMOVE: the guest did not close it in NOXS_STEP_MS; it is as it was, still there
 *   EAGAIN      IO_INPUT: the guest's input ring has no room: nothing of it was taken, try again later
 *   EINVAL      a field has no such value, or the console log is not one for this guest
 * Any other number is the failed call's, named in `step`; a failed IO_ATTACH leaves nothing behind.
 *
 * Suspend, for a save. IO_SHUTDOWN with NOXS_SUSPEND asks for it: by the sysctl page, or, of a stock guest, by
 * control/shutdown. A unikernel says so (IO_ENDED, NOXS_SUSPEND) just before it is; a stock guest does not. Whether it is,
 * Xen tells (lightvm_domain_await_suspend). Then IO_DETACH, which drains its console: its log's head is all it wrote, and no
 * page of it is mapped any more. A domain that goes on where it was is attached as before, its store file and journals
 * as they are; IO_ENDED and IO_ACKNOWLEDGED of the suspend are not told again. A restored one is attached as a new one:
 * new domid and ports, its log with that domid and base = head - lightvm_restored.console_index (lightvmd writes both), an
 * empty store file, empty journals; then its devices, with the MAC and addresses that it is to have. A stock guest has its
 * devices before it first runs, since it looks for them at once.
 *
 * Events are told to the present connection, and nothing is kept for the next one. What stands (a first event, an
 * acknowledgement, an end, a fault) is told again after each IO_LIST, and after each IO_ATTACH of that guest.
 */
#ifndef LIGHTVM_IO_H
#define LIGHTVM_IO_H

#include <stdint.h>

#define IO_VERSION 2
#define IO_MAX_MESSAGE 256 /* bytes */
#define IO_MAX_INPUT 192   /* bytes of console input in one IO_INPUT */
#define IO_MAX_GNTDEV 32   /* gntdev descriptors that one IO_HELLO may bring */

enum io_type {
	/* lightvmd asks; each is answered by IO_RESULT */
	/*
	 * struct io_hello, with two descriptors or more: /dev/xen/gntdev, /dev/xen/evtchn, then further ones of
	 * /dev/xen/gntdev, at most IO_MAX_GNTDEV of that in all. Guests are spread over them, since the kernel walks
	 * one list per descriptor. Only the first IO_HELLO's are kept; those of a later one are closed unused.
	 */
	IO_HELLO = 1,
	/*
	 * struct io_attach, with the console log, read-write; where store_event_channel is not 0 also with the store
	 * file, read-write
	 */
	IO_ATTACH = 2,
	IO_DETACH = 3,   /* struct io_guest: last drain of its console, last look at its end, unmap, unbind, IO_RESULT */
	IO_LIST = 4,     /* struct io_header: one IO_ATTACHED per guest, IO_RESULT, then what stands */
	IO_SHUTDOWN = 5, /* struct io_shutdown: puts the request into the sysctl control page and notifies */
	IO_FOLLOW = 6,   /* struct io_follow: whether this connection wants IO_CONSOLE for a guest; off at first.
			    Read the log after the IO_RESULT: whatever comes later than that is told */
	/*
	 * The next four say what is to be, and may be said again: after a HELLO all of it is. What is there as asked
	 * succeeds and changes nothing, whatever descriptors came along. Networks come before their adapters, IO_ATTACH
	 * before the guest's devices. IO_DETACH takes its devices along; the guest sees nothing of that.
	 */
	/*
	 * struct io_network, with one descriptor or none: a queue of the TAP that leads to the host (IFF_TAP |
	 * IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE), non-blocking and detached (TUNSETQUEUE); lightvm-io attaches it
	 * if it keeps it. None: keep the one there is. Flags, mtu and addresses may change while it is there.
	 */
	IO_NETWORK = 7,
	IO_NETWORK_REMOVE = 8, /* struct io_network, of which only the uuid counts */
	/*
	 * struct io_net, with one descriptor if `network` is all zero: a TAP of this adapter's own, as above, which
	 * somebody else has put on a bridge. Rate, flags and mtu may change while it is there; of mtu, which the guest
	 * was told, the larger counts.
	 */
	IO_NET = 9,
	/*
	 * struct io_block, with two descriptors: the disk (a file or a block device; flock()ed by lightvmd, exclusively
	 * or, if read-only, shared: the lock ends when the last I/O on it has) and its journal (block_journal.h).
	 */
	IO_BLOCK = 10,
	IO_DEVICE_REMOVE = 11, /* struct io_device: asks the guest to close it, then removes it. Answered when it is so */
	IO_COUNTERS = 12,      /* struct io_device: IO_COUNTED for that device, (type 0) all of the guest or (uuid and domid 0
				  too) all of all guests; IO_RESULT */
	IO_INPUT = 13,         /* struct io_input: all of the bytes go into the console's input ring, or none (EAGAIN) */
	IO_WINDOW = 14,        /* struct io_window: size of the window at the console's other end */
	/*
	 * struct io_devices, after an IO_ATTACH and before the devices: which of them the guest is to have. What an
	 * earlier process offered beside those is taken away; what this one holds stays (IO_DEVICE_REMOVE).
	 */
	IO_DEVICES = 15,

	/* lightvm-io answers or tells */
	IO_RESULT = 64,      /* struct io_result */
	IO_ATTACHED = 65,    /* struct io_guest, serial of the IO_LIST */
	/*
	 * struct io_guest: the guest runs. It has set its front-end state or written to its console: an event alone is
	 * no proof, since Xen raises one at each bind, so guests must do one of the two before their first event.
	 */
	IO_FIRST_EVENT = 66,
	IO_CONSOLE = 67,     /* struct io_guest: its log has grown; growth meanwhile is told once */
	IO_ENDED = 68,       /* struct io_ended: the guest announced its end; its log is whole up to there */
	IO_ACKNOWLEDGED = 69, /* struct io_shutdown: the guest took the request */
	IO_FAULT = 70,       /* struct io_fault: the guest broke a protocol and was disconnected from that device */
	IO_DEVICE_STATE = 71, /* struct io_device: its state or flags changed. Stands */
	IO_COUNTED = 72,     /* struct io_counted, serial of the IO_COUNTERS */
};

struct io_header {
	uint16_t type;    /* enum io_type */
	uint16_t version; /* IO_VERSION */
	uint32_t serial;  /* 0 for events */
};

struct io_hello {
	struct io_header header;
	uint32_t pid; /* lightvmd's, for the log */
	uint32_t reserved;
};

/* Which guest. domid tells one life of a guest from the next; the uuid stays. */
struct io_guest {
	struct io_header header;
	uint8_t uuid[16];
	uint32_t domid;
	uint32_t reserved;
};

/*
 * Take over a guest's back-ends. Attaching what is attached already (same uuid and domid) succeeds and changes
 * nothing. Binding comes with one notification to the guest and one look at each ring, as if it had sent an event.
 */
struct io_attach {
	struct io_header header;
	uint8_t uuid[16];
	uint32_t domid;
	uint32_t event_channel; /* the guest's port */
	uint32_t console_gref;
	uint32_t device_gref; /* the device page, or the XenStore page */
	uint32_t sysctl_gref; /* 0 with a XenStore page */
	uint32_t store_event_channel; /* the guest's port of its XenStore page; 0: the page is a device page */
};

#define IO_MTU_MIN 576 /* bytes, of networks and adapters */
#define IO_MTU_MAX 9000

enum io_network_flags {
	IO_NETWORK_BROADCAST = 1 << 0, /* broadcasts other than ARP and DHCP go to all members; else they are dropped */
	IO_NETWORK_MULTICAST = 1 << 1, /* multicasts other than neighbour discovery go to all members, else dropped */
	IO_NETWORK_ISOLATED = 1 << 2,  /* guests reach the host and what is behind it, but not each other */
};

/* A network: guests that reach each other and, by a TAP, the host. Addresses in network byte order; zeros: none. */
struct io_network {
	struct io_header header;
	uint8_t uuid[16];
	char name[32];     /* NUL-terminated, for messages */
	uint32_t flags;    /* enum io_network_flags */
	uint16_t mtu;
	uint8_t host_mac[6]; /* of the TAP */
	uint8_t ipv4_host[4]; /* the host's address: gateway and DNS server of the guests */
	uint8_t ipv4_prefix;
	uint8_t ipv6_prefix;
	uint16_t reserved;
	uint8_t ipv6_host[16];
};

enum io_net_flags {
	IO_NET_TRUSTED = 1 << 0, /* what it sends is not checked: for routers and DHCP servers on a bridge of the user's */
};

/* An adapter. With a device page it is that of control page `slot`; with a XenStore page, device/vif/<id>. */
struct io_net {
	struct io_header header;
	uint8_t uuid[16];
	uint32_t domid;
	uint16_t id;   /* from 0, stable for as long as it is there */
	uint16_t slot; /* 1 to NOXS_MAX_CONTROL - 1; 0 with a XenStore page */
	uint8_t network[16];
	uint32_t flags; /* enum io_net_flags */
	uint16_t mtu;
	uint8_t mac[6];
	uint64_t rate;  /* bytes per second that the guest may send, and may be sent; 0: no limit */
	uint8_t ipv4[4];
	uint8_t ipv4_gateway[4];
	uint8_t ipv4_dns[4];
	uint8_t ipv4_prefix;
	uint8_t ipv6_prefix;
	uint16_t reserved;
	uint8_t ipv6[16];
	uint8_t ipv6_gateway[16];
};

/* A disk. With a device page it is that of control page `slot`; with a XenStore page, device/vbd/<number>. */
struct io_block {
	struct io_header header;
	uint8_t uuid[16];
	uint32_t domid;
	uint16_t id;
	uint16_t slot;
	uint64_t sectors;     /* of 512 bytes */
	uint32_t sector_size; /* bytes: 512 or 4096 */
	uint32_t read_only;   /* 0 or 1 */
	uint32_t number;      /* of the virtual device as xen/io/xs_wire.h's users know it: xvda is 51712 */
	uint32_t reserved;
};

enum io_device_flags {
	IO_DEVICE_FORCE = 1 << 0,     /* IO_DEVICE_REMOVE: do not wait for the guest */
	IO_DEVICE_REACHABLE = 1 << 1, /* IO_DEVICE_STATE: since it connected, this adapter has answered an ARP request */
};

/* One device of a guest, and in IO_DEVICE_STATE how it is. */
struct io_device {
	struct io_header header;
	uint8_t uuid[16];
	uint32_t domid;
	uint16_t type;  /* enum noxs_type: NOXS_NET, NOXS_BLOCK */
	uint16_t id;
	uint32_t state; /* enum noxs_state, the back-end's; 0 in requests */
	uint32_t flags; /* enum io_device_flags */
};

/* What a device has done since it was attached by this lightvm-io. From the guest's view: it sends, it writes. */
struct io_counted {
	struct io_header header;
	uint8_t uuid[16];
	uint32_t domid;
	uint16_t type;
	uint16_t id;
	uint64_t sent_bytes, sent_requests;         /* net: frames sent; block: written */
	uint64_t received_bytes, received_requests; /* net: frames received; block: read */
	uint64_t flushes;       /* block */
	uint64_t errors;        /* requests that failed: of its own making, or the disk's */
	uint64_t dropped_spoofed;   /* net: frames with a source that is not the guest's */
	uint64_t dropped_rate;      /* net: beyond its rate */
	uint64_t dropped_no_buffer; /* net: the guest had posted no room */
	uint64_t dropped_other;     /* net: malformed, broadcast or multicast that the network does not carry, nobody there */
};

struct io_input {
	struct io_header header;
	uint8_t uuid[16];
	uint32_t domid;
	uint32_t size; /* bytes used of `bytes`; the packet is always the whole structure */
	uint8_t bytes[IO_MAX_INPUT];
};

struct io_window {
	struct io_header header;
	uint8_t uuid[16];
	uint32_t domid;
	uint16_t columns, rows;
};

struct io_devices {
	struct io_header header;
	uint8_t uuid[16];
	uint32_t domid;
	uint32_t adapters; /* bit n: that with id n */
	uint32_t disks;
	uint32_t reserved;
};

struct io_shutdown {
	struct io_header header;
	uint8_t uuid[16];
	uint32_t domid;
	uint32_t reason; /* enum noxs_reason */
};

struct io_follow {
	struct io_header header;
	uint8_t uuid[16];
	uint32_t domid;
	uint32_t on; /* 0 or 1 */
};

struct io_ended {
	struct io_header header;
	uint8_t uuid[16];
	uint32_t domid;
	uint32_t reason; /* enum noxs_reason, as the guest says: not to be trusted further than that */
};

struct io_result {
	struct io_header header;
	int32_t error_number; /* 0, or errno */
	uint32_t pid;         /* lightvm-io's, so that a restart is noticed */
	char step[48];        /* what failed, NUL-terminated */
};

struct io_fault {
	struct io_header header;
	uint8_t uuid[16];
	uint32_t domid;
	uint32_t reserved;
	char text[128]; /* NUL-terminated, printable ASCII */
};

/*
 * The console log of a guest: a file under /run, made by lightvmd, mapped by lightvm-io, read by lightvmd with
 * pread (never mapped: whoever holds a file can truncate it). It is what makes "no line lost, none doubled" true:
 * byte n of all that the guest's lives have written lies at data[n % data_size], and `head` alone says how many
 * were taken. The consumer index of the guest's ring is always (uint32_t)(head - base).
 *
 * A drain: copy the bytes to data[head...], write chunk entry chunks[chunk_count % CONSOLE_CHUNKS] = {head, time,
 * lines}, chunk_count += 1, head += n (each a release store, in this order), then the ring's consumer index.
 * A drain within CONSOLE_CHUNK_NS of its chunk's time writes no entry of its own: its bytes belong to that chunk.
 * After a crash: entries whose start is not below head were never finished, and are dropped (chunk_count falls).
 *
 * A reader takes head, reads, takes head again: what lies below the second head + CONSOLE_RING_SIZE - data_size may
 * have been overwritten meanwhile. Of the entries, those are good whose number is at least the second chunk_count +
 * 1 - CONSOLE_CHUNKS, and whose start is below head. Bytes older than the oldest entry have no time of their own.
 *
 * A new life (lightvmd, while detached): domid, base = head; a restored one: base = head - its ring's index.
 * The file may be sparse: lightvm-io takes pages as it needs them. When the file system is full, the guest waits.
 */
#define CONSOLE_LOG_MAGIC 0x474f4c56U /* "VLOG" */
#define CONSOLE_LOG_VERSION 1
#define CONSOLE_CHUNKS 2048
#define CONSOLE_DATA_OFFSET 65536    /* where data begins in the file; the header and the chunks come before */
#define CONSOLE_DATA_SIZE 65536      /* default; a power of two, at least two pages, at most 1 GiB */
#define CONSOLE_RING_SIZE 2048       /* bytes of the guest's out ring: the most that one drain takes */
#define CONSOLE_CHUNK_NS 10000000    /* 10 ms */

struct console_chunk {
	uint64_t start;    /* log position of its first byte */
	uint64_t time_ns;  /* CLOCK_REALTIME when it was taken from the ring */
	uint64_t lines;    /* newlines before `start`, since the log began */
};

struct console_log {
	/* lightvmd's; written while the guest is not attached */
	uint32_t magic;
	uint16_t version;
	uint16_t reserved;
	uint32_t data_size; /* bytes, a power of two */
	uint32_t domid;     /* of the present life */
	uint64_t base;      /* log position of that life's ring index 0 */
	uint8_t uuid[16];
	uint8_t reserved2[24];
	/* lightvm-io's */
	uint64_t head;        /* bytes taken so far, over all lives */
	uint64_t chunk_count; /* chunks written so far */
	uint8_t reserved3[48];
	struct console_chunk chunks[CONSOLE_CHUNKS];
};

_Static_assert(sizeof(struct io_header) == 8, "ABI");
_Static_assert(sizeof(struct io_hello) == 16, "ABI");
_Static_assert(sizeof(struct io_guest) == 32, "ABI");
_Static_assert(sizeof(struct io_attach) == 48, "ABI");
_Static_assert(sizeof(struct io_network) == 92, "ABI");
_Static_assert(sizeof(struct io_net) == 120, "ABI");
_Static_assert(sizeof(struct io_block) == 56, "ABI");
_Static_assert(sizeof(struct io_device) == 40, "ABI");
_Static_assert(sizeof(struct io_counted) == 112, "ABI");
_Static_assert(sizeof(struct io_input) == 224, "ABI");
_Static_assert(sizeof(struct io_window) == 32, "ABI");
_Static_assert(sizeof(struct io_devices) == 40, "ABI");
_Static_assert(sizeof(struct io_shutdown) == 32, "ABI");
_Static_assert(sizeof(struct io_follow) == 32, "ABI");
_Static_assert(sizeof(struct io_ended) == 32, "ABI");
_Static_assert(sizeof(struct io_result) == 64, "ABI");
_Static_assert(sizeof(struct io_fault) == 160, "ABI");
_Static_assert(sizeof(struct console_chunk) == 24, "ABI");
_Static_assert(sizeof(struct console_log) == 128 + 24 * CONSOLE_CHUNKS, "ABI");
_Static_assert(sizeof(struct console_log) <= CONSOLE_DATA_OFFSET, "ABI");

#endif
