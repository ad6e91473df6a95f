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
 *   EINVAL      a field has no such value, or the console log is not one for this guest
 * Any other number is the failed call's, named in `step`; a failed IO_ATTACH leaves nothing behind.
 *
 * Events are told to the present connection, and nothing is kept for the next one. What stands (a first event, an
 * acknowledgement, an end, a fault) is told again after each IO_LIST, and after each IO_ATTACH of that guest.
 */
#ifndef LIGHTVM_IO_H
#define LIGHTVM_IO_H

#include <stdint.h>

#define IO_VERSION 1
#define IO_MAX_MESSAGE 256 /* bytes */
#define IO_MAX_GNTDEV 32   /* gntdev descriptors that one IO_HELLO may bring */

enum io_type {
	/* lightvmd asks; each is answered by IO_RESULT */
	/*
	 * struct io_hello, with two descriptors or more: /dev/xen/gntdev, /dev/xen/evtchn, then further ones of
	 * /dev/xen/gntdev, at most IO_MAX_GNTDEV of that in all. Guests are spread over them, since the kernel walks
	 * one list per descriptor. Only the first IO_HELLO's are kept; those of a later one are closed unused.
	 */
	IO_HELLO = 1,
	IO_ATTACH = 2,   /* struct io_attach, with one descriptor: the console log, read-write */
	IO_DETACH = 3,   /* struct io_guest: last drain of its console, last look at its end, unmap, unbind, IO_RESULT */
	IO_LIST = 4,     /* struct io_header: one IO_ATTACHED per guest, IO_RESULT, then what stands */
	IO_SHUTDOWN = 5, /* struct io_shutdown: puts the request into the sysctl control page and notifies */
	IO_FOLLOW = 6,   /* struct io_follow: whether this connection wants IO_CONSOLE for a guest; off at first.
			    Read the log after the IO_RESULT: whatever comes later than that is told */

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
	uint32_t device_gref;
	uint32_t sysctl_gref;
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
_Static_assert(sizeof(struct io_shutdown) == 32, "ABI");
_Static_assert(sizeof(struct io_follow) == 32, "ABI");
_Static_assert(sizeof(struct io_ended) == 32, "ABI");
_Static_assert(sizeof(struct io_result) == 64, "ABI");
_Static_assert(sizeof(struct io_fault) == 160, "ABI");
_Static_assert(sizeof(struct console_chunk) == 24, "ABI");
_Static_assert(sizeof(struct console_log) == 128 + 24 * CONSOLE_CHUNKS, "ABI");
_Static_assert(sizeof(struct console_log) <= CONSOLE_DATA_OFFSET, "ABI");

#endif
