/* SPDX-License-Identifier: MIT */
/*
 * A guest that stands still while it is saved. What names machine memory, and what belongs to Xen, is put away
 * before; after it, all is as it was (the save was made of a guest that goes on), or the guest is another
 * domain, perhaps elsewhere and later, perhaps one of several: then ports are new, grants are made again, and
 * the devices come back as they came at first.
 */
#include <lightvm/memory.h>
#include <lightvm/threads.h>
#include "noxs_bus.h"
#include "runtime.h"
#include "xenstore.h"

#define CANCELLED 1 /* what SCHEDOP_shutdown answers then */

void (*resume_network)(enum guest_resumed how);

static guest_resume_hook resume_hook;
static bool under_way;

void guest_on_resume(guest_resume_hook hook)
{
	resume_hook = hook;
}

static unsigned long to_physical(unsigned long mfn)
{
	const unsigned long *machine_to_physical = (const unsigned long *)MACH2PHYS_VIRT_START;

	return mfn == 0 ? 0 : machine_to_physical[mfn];
}

static unsigned long to_machine(unsigned long pfn)
{
	return pfn == 0 ? 0 : ((const unsigned long *)start_info->mfn_list)[pfn];
}

/* From here to the return there is neither time nor an event. true: nothing happened but time. */
static bool stand_still(void)
{
	struct sched_shutdown shutdown = {.reason = SHUTDOWN_suspend};
	uint64_t self = pointer_to_machine_frame(start_info);
	long result;

	clock_hold();
	grants_put_away();
	/* Whoever restores makes machine frames of these again, and finds start_info by the hypercall's argument. */
	start_info->store_mfn = to_physical(start_info->store_mfn);
	start_info->console.domU.mfn = (unsigned int)to_physical(start_info->console.domU.mfn);
	page_map_again(shared_info);
	result = hypercall_suspend(&shutdown, self);
	if (result == CANCELLED) {
		start_info->store_mfn = to_machine(start_info->store_mfn);
		start_info->console.domU.mfn = (unsigned int)to_machine(start_info->console.domU.mfn);
	}
	shared_info_map();
	return result == CANCELLED;
}

static void come_back(enum guest_resumed how)
{
	clock_resume();
	publish_frame_list();
	grants_bring_back(true);
	noxs_bus_lose();
	console_resume();
	sysctl_resume(true);
	noxs_bus_resume();
	xenstore_resume(true);
	if (resume_network != NULL)
		resume_network(how);
}

static void suspend(void *unused)
{
	enum guest_resumed how = GUEST_WENT_ON;
	uint8_t uuid[16];

	(void)unused;
	memcpy(uuid, guest_uuid(), sizeof(uuid));
	xenstore_hold();
	sysctl_announce_end(NOXS_SUSPEND);
	if (stand_still()) {
		grants_bring_back(false);
		sysctl_resume(false);
		xenstore_resume(false);
	} else {
		how = memcmp(uuid, guest_uuid(), sizeof(uuid)) == 0 ? GUEST_RESTORED : GUEST_CLONED;
		come_back(how);
	}
	under_way = false;
	/* Events may have come and be gone; and the host looks once more too. */
	events_look_at_all();
	event_notify(console_port());
	if (how != GUEST_WENT_ON) {
		noxs_bus_settle();
		xenstore_settle();
	}
	if (resume_hook != NULL)
		resume_hook(how);
}

void suspend_requested(void)
{
	struct thread *thread;

	if (under_way)
		return;
	thread = thread_create("suspend", suspend, NULL, 0);
	/* No memory for that: the host waits in vain, and says so. */
	if (thread == NULL)
		return;
	under_way = true;
	thread_detach(thread);
}
