/* SPDX-License-Identifier: MIT */
/*
 * liblightvm: what lightvmd needs of Xen, over the distribution's libxenctrl and libxenguest.
 *
 * Ownership   Handles are opaque; who opens closes. Nothing passed in is kept after the call returns.
 * Errors      Functions return 0, or -1 with *error filled: the step that failed, errno, a sentence. No global state.
 * Threads     A handle is used by one thread at a time; different handles may be used at once.
 * Rollback    A call that fails leaves nothing behind: no domain, no mapping, no event channel.
 *
 * The structures have no implicit padding and are mirrored in LightVM.Native; their sizes are asserted in both.
 */
#ifndef LIGHTVM_LIGHTVM_H
#define LIGHTVM_LIGHTVM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
/* liblightvm is built with hidden visibility; what stands here is what it shows. */
#pragma GCC visibility push(default)

#define LIGHTVM_ABI 3 /* raised with every incompatible change of this file */

/* Fits every failure. step and message are NUL-terminated ASCII. */
struct lightvm_error {
	int32_t error_number; /* errno of the failed call */
	char step[60];        /* what was being done: "create domain", "populate memory", ... */
	char message[192];    /* one sentence for the user, with names and numbers */
};

struct lightvm_host;

struct lightvm_host_info {
	uint32_t xen_major;
	uint32_t xen_minor;
	char xen_extra[16];        /* ".4" for 4.17.4 and so on */
	uint64_t memory_bytes;     /* of the machine */
	uint64_t free_bytes;       /* not given to any domain, scrubbed or being scrubbed */
	uint32_t cpu_count;        /* physical CPUs that Xen uses */
	uint32_t cpu_khz;
	uint32_t supports_pv;      /* 0 or 1 */
	uint32_t supports_hvm;     /* 0 or 1: PVH guests can run */
};

enum lightvm_domain_flags {
	LIGHTVM_DOMAIN_DYING = 1 << 0,
	LIGHTVM_DOMAIN_SHUTDOWN = 1 << 1,
	LIGHTVM_DOMAIN_PAUSED = 1 << 2,
	LIGHTVM_DOMAIN_BLOCKED = 1 << 3,
	LIGHTVM_DOMAIN_RUNNING = 1 << 4,
	LIGHTVM_DOMAIN_HVM = 1 << 5,
};

struct lightvm_domain_info {
	uint32_t domid;
	uint32_t flags;           /* enum lightvm_domain_flags */
	uint32_t shutdown_reason; /* SHUTDOWN_* of xen/sched.h; valid with LIGHTVM_DOMAIN_SHUTDOWN */
	uint32_t vcpu_count;      /* online */
	uint64_t memory_bytes;    /* allocated now */
	uint64_t max_memory_bytes;
	uint64_t cpu_time_ns;
	uint8_t uuid[16];         /* the domain handle, in the order of its text form */
};

enum lightvm_guest_type {
	LIGHTVM_PV = 0,
	LIGHTVM_PVH = 1, /* stock kernels with an XEN_ELFNOTE_PHYS32_ENTRY note; unikernels are PV */
};

/* Who lays a guest out. For tests and measurements: lightvmd leaves the choice to the library. */
enum lightvm_builder {
	LIGHTVM_BUILDER_ANY = 0,      /* our own where it can */
	LIGHTVM_BUILDER_XENGUEST = 1, /* libxenguest, the reference */
};

#define LIGHTVM_MAX_CPUS 256

struct lightvm_guest_layout;

/* A guest to be built. Pointers are borrowed for the call. */
struct lightvm_guest_config {
	uint8_t uuid[16];
	uint64_t memory_bytes;        /* a multiple of 4096; PV needs at least 4 MiB */
	uint32_t vcpu_count;          /* from 1 */
	uint32_t type;                /* enum lightvm_guest_type */
	uint32_t cpupool;             /* 0 is the default pool */
	uint32_t control_pages;       /* control pages to reserve and grant, at least 1 (sysctl), at most NOXS_MAX_CONTROL */
	const void *kernel;           /* an ELF image with Xen notes, uncompressed */
	uint64_t kernel_size;         /* bytes */
	const void *ramdisk;          /* or NULL */
	uint64_t ramdisk_size;        /* bytes */
	const char *command_line;     /* or NULL; at most 1,023 bytes */
	const char *name;             /* for the device page; at most NOXS_NAME_SIZE - 1 bytes */
	uint32_t announced_devices;   /* net and block devices that will be added at once; see noxs.h */
	uint32_t builder;             /* enum lightvm_builder */
	uint64_t affinity[LIGHTVM_MAX_CPUS / 64]; /* hard affinity of all vCPUs; all zero: any CPU */
	/*
	 * Or NULL. Called, on the same thread, as soon as back-ends can attach the guest: while they do, the rest is
	 * done. The call may still fail after it, and the domain is gone then. Not by libxenguest's builder.
	 * With it, some pages of the guest stay mapped until lightvm_guest_runs: unpause it, and call that, next.
	 */
	void (*seeded)(void *context, const struct lightvm_guest_layout *layout);
	void *context;
};

/* What came of it: where the back-ends of dom0 find the guest. */
struct lightvm_guest_layout {
	uint32_t domid;
	uint32_t event_channel;  /* the guest's port of its console, unbound, for dom0; with noxs its one port */
	uint32_t console_gref;   /* NOXS_GREF_CONSOLE */
	uint32_t device_gref;    /* NOXS_GREF_DEVICES: the device page, or the XenStore page */
	uint32_t sysctl_gref;    /* NOXS_GREF_CONTROL; 0 without noxs */
	uint32_t store_event_channel; /* 0 with noxs; else the guest's port of its XenStore page: a stock kernel */
};

/*
 * Opens Xen. `abi` is LIGHTVM_ABI as the caller was compiled with (EPROTO when it is another).
 * ENOSYS: this is no Xen dom0. EPROTO: the running Xen is not the one this library was built for; both are named.
 */
int lightvm_host_open(uint32_t abi, struct lightvm_host **host, struct lightvm_error *error);
void lightvm_host_close(struct lightvm_host *host); /* NULL is fine */

int lightvm_host_info(struct lightvm_host *host, struct lightvm_host_info *info, struct lightvm_error *error);

/* Lists domains from `first` up, at most `capacity`; *count is how many. One hypercall. */
int lightvm_domain_list(struct lightvm_host *host, uint32_t first, uint32_t capacity,
			struct lightvm_domain_info *domains, uint32_t *count, struct lightvm_error *error);

/*
 * Creates and builds a guest, paused, its grants seeded. A unikernel of ours, known by its GUEST_OS note, has its device
 * page and sysctl control page written; any other kernel has an empty XenStore page, and needs no control pages.
 * ENOMEM: Xen has not the memory. EINVAL, ENOEXEC: the image or the numbers are not acceptable, see message.
 * ENOTSUP: the host cannot run guests of this type.
 */
int lightvm_guest_create(struct lightvm_host *host, const struct lightvm_guest_config *config,
			 struct lightvm_guest_layout *layout, struct lightvm_error *error);

/*
 * Whether a unikernel that lightvm_guest_create has just made with this handle, and `seeded`, has said that it runs: looks
 * for at most patience_us (0: once), without sleeping. Lets go what is mapped of it. 0 for any other domain.
 */
int lightvm_guest_runs(struct lightvm_host *host, uint32_t domid, uint32_t patience_us);

/*
 * A shell: a unikernel that is built ahead of the request for it, under an id of its own, and waits paused. What it has
 * of memory, vCPUs, control pages and image is fixed; who it is comes with the claim. Its start_info, device page and
 * sysctl page stay mapped until the release, and a domain that is destroyed before is not gone until then. A shell is
 * used by one thread at a time.
 */
struct lightvm_shell;

enum lightvm_claim_flags {
	LIGHTVM_CLAIM_UUID = 1 << 0, /* the uuid is not the one that the shell was prepared with: tell Xen too */
};

/* What makes a guest of a shell. Pointers are borrowed for the call. */
struct lightvm_claim {
	uint8_t uuid[16];
	const char *command_line;   /* or NULL; at most 1,023 bytes. A restored guest keeps its own */
	const char *name;           /* at most NOXS_NAME_SIZE - 1 bytes */
	uint32_t announced_devices; /* as in lightvm_guest_config */
	uint32_t flags;             /* enum lightvm_claim_flags */
};

/* Opens the unikernel that lightvm_guest_create or _restore has made last with this handle, before it runs. ENOTSUP: it is no such. */
int lightvm_shell_open(struct lightvm_host *host, uint32_t domid, struct lightvm_shell **shell, struct lightvm_error *error);
/* Writes who it is, and lets it run. Once for each shell; after a failure the domain is to be destroyed. */
int lightvm_shell_claim(struct lightvm_host *host, struct lightvm_shell *shell, const struct lightvm_claim *claim,
			struct lightvm_error *error);
/*
 * Whether it has said that it runs; looks for at most patience_us (0: once), without sleeping. What it says is what
 * lightvm-io's IO_FIRST_EVENT tells, seen without that way.
 */
int lightvm_shell_runs(const struct lightvm_shell *shell, uint32_t patience_us);
/* Unmaps it; the domain is not touched. NULL is fine. */
void lightvm_shell_release(struct lightvm_shell *shell);

int lightvm_domain_pause(struct lightvm_host *host, uint32_t domid, struct lightvm_error *error);
int lightvm_domain_unpause(struct lightvm_host *host, uint32_t domid, struct lightvm_error *error);
/* Ends it at once and gives its memory back (may take several hypercalls). ESRCH: there is none. */
int lightvm_domain_destroy(struct lightvm_host *host, uint32_t domid, struct lightvm_error *error);
/* Sets the hard affinity of all vCPUs; all zero: any CPU. */
int lightvm_domain_set_affinity(struct lightvm_host *host, uint32_t domid,
				const uint64_t affinity[LIGHTVM_MAX_CPUS / 64], struct lightvm_error *error);
/* Writes the memory of a domain that has crashed to fd, as Xen's ELF core format. */
int lightvm_domain_dump(struct lightvm_host *host, uint32_t domid, int fd, struct lightvm_error *error);

/*
 * Save and restore. A guest's memory and vCPUs as a stream: libxenguest's own format (version 3, x86 PV or HVM), so that
 * either side can be read and written by it. The stream ends by itself; nothing behind it is read.
 *
 * What a save takes, in order: ask the guest to suspend (lightvm-io, IO_SHUTDOWN with NOXS_SUSPEND), wait until it is
 * (lightvm_domain_await_suspend), detach it from lightvm-io (IO_DETACH: no back-end may write to its memory any more),
 * lightvm_guest_save. Then destroy it, or let it go on where it is (lightvm_guest_resume, and attach it again as it was).
 *
 * These calls are long: make them with a host handle of their own.
 */

/* How far a save or restore has come; read and written by other threads while it runs. */
struct lightvm_progress {
	uint64_t total_bytes; /* of guest memory, as far as known now: a live save raises it */
	uint64_t done_bytes;
	uint32_t round;       /* of a live save, from 1 */
	uint32_t cancel;      /* the caller's: anything but 0 makes the call fail with ECANCELED soon */
};

enum lightvm_save_flags {
	/*
	 * The guest runs: it is copied while it does, and suspended for the last round. A PV guest is suspended first, and
	 * copied in one round: Xen does not log what it writes.
	 */
	LIGHTVM_SAVE_LIVE = 1 << 0,
};

/* Called on the thread of lightvm_guest_save, when the guest is to stand still: suspends it and detaches it from
 * lightvm-io. 0: it is; anything else: it cannot be, the save fails (EAGAIN). */
typedef int (*lightvm_suspend)(void *context);

struct lightvm_save_config {
	uint32_t domid;
	int32_t fd;                /* written to, blocking; the caller's to close. ESPIPE is fine: a pipe, a socket */
	uint32_t flags;            /* enum lightvm_save_flags */
	uint32_t max_rounds;       /* live: after so many the rest is copied with the guest suspended; 0: 5 */
	lightvm_suspend suspend;   /* live; else NULL */
	void *context;             /* its argument */
	struct lightvm_progress *progress; /* or NULL */
};

/* A domain that a stream is to fill. Pointers are borrowed for the call. */
struct lightvm_restore_config {
	uint8_t uuid[16];      /* of the new domain, and for the device page: another than was saved makes a clone */
	uint64_t memory_bytes; /* as the saved guest was created; a stream that brings more is refused */
	uint32_t vcpu_count;   /* likewise */
	uint32_t type;         /* enum lightvm_guest_type; likewise */
	uint32_t cpupool;
	uint32_t control_pages;     /* of a unikernel, as it was created; 0: a stock kernel, with a XenStore page */
	uint32_t announced_devices; /* of a unikernel: it waits for so many before it takes those it had for gone */
	int32_t fd;            /* read from, blocking; the caller's to close */
	const char *name;      /* for the device page; at most NOXS_NAME_SIZE - 1 bytes */
	struct lightvm_progress *progress; /* or NULL */
	uint64_t affinity[LIGHTVM_MAX_CPUS / 64]; /* hard affinity of all vCPUs; all zero: any CPU */
};

struct lightvm_restored {
	struct lightvm_guest_layout layout;
	uint32_t console_index; /* of its console ring: what dom0 had taken. Its log's base is head - console_index */
	uint32_t reserved;      /* 0 */
};

/* Waits until a domain has shut down with SHUTDOWN_suspend. ETIMEDOUT: it has not within timeout_ms. ESRCH: it is gone,
 * or has ended for another cause. */
int lightvm_domain_await_suspend(struct lightvm_host *host, uint32_t domid, uint32_t timeout_ms,
				 struct lightvm_error *error);

/*
 * Writes a suspended domain (live: a running one, which is suspended at the end) to a descriptor. The domain is left
 * suspended, whether it failed or not, but for a live save that failed before `suspend` was called.
 * EINVAL: it is not suspended, or not savable. ECANCELED: progress->cancel. Other: what a write said.
 */
int lightvm_guest_save(struct lightvm_host *host, const struct lightvm_save_config *config, struct lightvm_error *error);

/*
 * Lets a suspended domain go on where it is, unpaused: same ports, same rings, as if its back-ends had been killed and
 * came back. (Of a unikernel's device page nothing has changed either.)
 */
int lightvm_guest_resume(struct lightvm_host *host, uint32_t domid, struct lightvm_error *error);

/*
 * What reads streams, which may be hostile: a process of its own, program `lightvm-restore`, which forks a child without
 * rights for each restore and dies with this one. It is started here, ahead, since a start costs more than a restore.
 * Any number of threads may restore by it at once. A restorer that has died is started again by the next restore.
 */
struct lightvm_restorer;
int lightvm_restorer_open(const char *program, struct lightvm_restorer **restorer, struct lightvm_error *error);
/*
 * Has a child wait for the next stream, if none does: a restore finds one ready then. lightvm_restorer_open does it too, and a
 * restore needs it not. Returns at once; to be called when nobody waits for anything, since to fork takes some milliseconds.
 */
int lightvm_restorer_prepare(struct lightvm_restorer *restorer, struct lightvm_error *error);
void lightvm_restorer_close(struct lightvm_restorer *restorer); /* NULL is fine. No restore may be under way */

/*
 * Reads a stream into a new domain, paused, with new ports, grants, entropy, device page and (all zero) control pages,
 * or an empty XenStore page. Its memory, console ring and vCPUs are the saved ones. Attach it as a created one.
 * restorer NULL: the stream is read in this process, for streams that were made here and are known to be whole.
 * EBADMSG: the stream is cut off, altered or not of this guest; nothing is left of it. ENOMEM: Xen has not the memory.
 * ENOTSUP: the host lacks what the saved guest used. ECANCELED: progress->cancel. EPIPE: the reading process died.
 */
int lightvm_guest_restore(struct lightvm_host *host, struct lightvm_restorer *restorer,
			  const struct lightvm_restore_config *config, struct lightvm_restored *restored,
			  struct lightvm_error *error);

/*
 * The ends of domains: VIRQ_DOM_EXC, which one process on the host can hold.
 * lightvm_ends_open: EEXIST when another (xenstored) has it.
 */
struct lightvm_ends;
int lightvm_ends_open(struct lightvm_ends **ends, struct lightvm_error *error);
void lightvm_ends_close(struct lightvm_ends *ends);
/* Waits up to timeout_ms (-1: for ever) for some domain to have ended; *fired is 1 or 0. Then list the domains. */
int lightvm_ends_wait(struct lightvm_ends *ends, int32_t timeout_ms, int32_t *fired, struct lightvm_error *error);
/* Makes a lightvm_ends_wait of another thread return at once. */
void lightvm_ends_wake(struct lightvm_ends *ends);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#if defined(__STDC_VERSION__)
_Static_assert(sizeof(struct lightvm_error) == 256, "ABI");
_Static_assert(sizeof(struct lightvm_host_info) == 56, "ABI");
_Static_assert(sizeof(struct lightvm_domain_info) == 56, "ABI");
_Static_assert(sizeof(struct lightvm_guest_config) == 144, "ABI");
_Static_assert(sizeof(struct lightvm_guest_layout) == 24, "ABI");
_Static_assert(sizeof(struct lightvm_progress) == 24, "ABI");
_Static_assert(sizeof(struct lightvm_save_config) == 40, "ABI");
_Static_assert(sizeof(struct lightvm_restore_config) == 96, "ABI");
_Static_assert(sizeof(struct lightvm_restored) == 32, "ABI");
_Static_assert(sizeof(struct lightvm_claim) == 40, "ABI");
#endif

#endif
