/*
 * Three ways. The lowest real-time priority comes before all that share the CPU fairly; it needs
 * CAP_SYS_NICE or a limit (RLIMIT_RTPRIO), and the recorder takes a few percent of a CPU. (200
 * threads on 2 CPUs at 4999 Hz kept a recorder of nice -15 waiting for 100 to 200 ms, now and then;
 * 7 to 20 % of the samples were lost, and none with this.) Else a nice value, which needs
 * CAP_SYS_NICE, and a short slice, which needs Linux 6.12: it gives the fair scheduler's task an
 * early deadline without more CPU time.
 */
#include "record/priority.h"

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { WISHED_NICE = -15, SLICE_NS = 100000, RESET_ON_FORK = 1 };

/* struct sched_attr of linux/sched/types.h, its first version; glibc has none. */
struct scheduling {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime;
	uint64_t deadline;
	uint64_t period;
};

static bool set(struct scheduling s)
{
	s.size = sizeof(s);
	return syscall(SYS_sched_setattr, 0, &s, 0) == 0;
}

void priority_raise(void)
{
	if (set((struct scheduling){ .policy = SCHED_FIFO, .flags = RESET_ON_FORK, .priority = 1 }))
		return;
	if (getpriority(PRIO_PROCESS, 0) > WISHED_NICE)
		setpriority(PRIO_PROCESS, 0, WISHED_NICE);
	set((struct scheduling){
		.policy = SCHED_OTHER, .nice = getpriority(PRIO_PROCESS, 0), .runtime = SLICE_NS });
}

void priority_lower(void)
{
	if (sched_getscheduler(0) == (SCHED_FIFO | SCHED_RESET_ON_FORK))
		set((struct scheduling){ .policy = SCHED_OTHER, .flags = RESET_ON_FORK });
}
